"""From a checkout to findings, without an APM: what the codemods suspect, and would edit when a trace said so."""

from collections.abc import Iterator

from bot.plan.entries import reached_entries
from bot.plan.plan import diff, fingerprint, title
from bot.records import Change, Finding, FoundLoad
from codemods import ask, discover, turns
from codemods.api import Codemod, Proposal, Suspect
from codemods.index import Index


def scan(index: Index) -> list[Finding]:
    """Every finding once: reached from an entry first, then by the number of relationships, then by place.

    Each edit stands on the checkout as it is. What a codemod would refuse, or offer as a draft only, is no finding.
    """
    found: dict[tuple[str, str, int], tuple[Suspect, Finding]] = {}
    for turn in turns(discover().values()):
        for suspect, finding in _found(turn, index):
            place = (finding.file, finding.function, finding.line)
            if place not in found or len(found[place][1].loads) < len(finding.loads):
                found[place] = (suspect, finding)
    unique = {finding.fingerprint: (suspect, finding) for suspect, finding in reversed(found.values())}
    entries = reached_entries(index) if unique else {}
    named = [_with_entry(suspect, finding, entries) for suspect, finding in unique.values()]
    return sorted(named, key=lambda f: (f.entry is None, -len(f.loads), f.file, f.line, f.function, f.fingerprint))


def _found(turn: list[Codemod], index: Index) -> Iterator[tuple[Suspect, Finding]]:
    sources = (suspects for codemod in turn if (suspects := getattr(codemod, "suspects", None)))
    for suspect in (suspect for suspects in sources for suspect in suspects(index)):
        for answer in ask(turn, index, suspect.sighting):
            if isinstance(answer, Proposal) and _is_meant(answer, suspect):
                yield suspect, _finding(index, answer, suspect)


def _is_meant(proposal: Proposal, suspect: Suspect) -> bool:
    """Whether the edit is a sure one, of the suspected query, and loads nothing but what its rows are seen to read."""
    place = (proposal.path, proposal.qualname, proposal.line)
    loads = {load.path for load in proposal.loads}
    return (
        proposal.tier != "C" and place == (suspect.path, suspect.qualname, suspect.line) and loads <= set(suspect.loads)
    )


def _finding(index: Index, proposal: Proposal, suspect: Suspect) -> Finding:
    changes = tuple(
        Change(path=path, before=index.tree.source(path) or "", after=after) for path, after in proposal.texts.items()
    )
    paths = tuple(load.path for load in proposal.loads)
    module = index.tree.module(proposal.path)
    class_ = module.classes.get(proposal.qualname) if module else None
    return Finding(
        fingerprint=fingerprint(proposal.codemod, proposal.path, proposal.qualname, paths),
        codemod=proposal.codemod,
        tier=proposal.tier,
        title=title(proposal),
        file=proposal.path,
        function=proposal.qualname,
        line=class_.line if class_ else proposal.line,
        query=proposal.query,
        loads=tuple(
            FoundLoad(
                path=load.path, statement=load.repeat.statement, read_file=suspect.loads[load.path][0],
                read_line=suspect.loads[load.path][1], strategy=load.strategy, why=load.why,
                statements_after=load.statements_after,
            )
            for load in proposal.loads
        ),
        notes=proposal.notes,
        changes=changes,
        diff=diff(changes),
    )  # fmt: skip


def _with_entry(suspect: Suspect, finding: Finding, entries: dict[tuple[str, str], str]) -> Finding:
    from msgspec.structs import replace

    keys = [(finding.file, finding.function), *((r.path, r.qualname) for r in suspect.sighting.reached)]
    return replace(finding, entry=next((entries[key] for key in keys if key in entries), None))
