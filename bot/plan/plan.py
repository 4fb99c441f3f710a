"""From a hotspot to patches and refusals: locate, ask the codemods, turn their answers into records."""

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache

from bot.plan.locate import Start, anywhere, at_location, from_above, reached, starts, with_object
from bot.records import Change, Hotspot, Load, Patch, Refusal, Site
from codemods import discover
from codemods.api import Answer, Codemod, Evidence, No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index

Outcome = Patch | Refusal
Look = Callable[[Index, list[Start]], tuple[Reached, ...]]
_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # a form feed or a line separator inside a line ends none
_LOOK_FURTHER = frozenset({"R-UNRESOLVED", "R-AMBIGUOUS"})  # more callers may tell


def plan(hotspot: Hotspot, index: Index) -> list[Outcome]:
    """What can be done about a hotspot: a patch per site, a refusal per reason; each repeat is in exactly one."""
    able = [c for c in discover().values() if hotspot.kind in c.META.kinds]
    if not able:
        return [
            Refusal(
                hotspot=hotspot.id, code="R-NO-CODEMOD", message=f"no codemod answers a hotspot of kind {hotspot.kind}"
            )
        ]
    begins = starts(index, hotspot)
    if not begins:
        return [Refusal(hotspot=hotspot.id, code="R-UNRESOLVED", message=_unlocated(hotspot))]
    outcomes: list[Outcome] = []
    undecided: dict[str, No] = {}  # by fingerprint of the repeat
    repeats = _repeats(hotspot)
    for codemod in able:
        for sighting in _sightings(index, hotspot, begins):
            proposals, rest = _ask(codemod, index, replace(sighting, repeats=repeats))
            for proposal, before in proposals:
                outcomes.append(_patch(hotspot, proposal, before))
                index = before.edited(proposal.texts)
            for no in (no for no in rest if no.code in _LOOK_FURTHER):
                undecided |= {r.fingerprint: _more_telling(undecided.get(r.fingerprint), no) for r in no.repeats}
            repeats = tuple(r for no in rest if no.code in _LOOK_FURTHER for r in no.repeats)
            outcomes += [_refusal(hotspot, no) for no in rest if no.code not in _LOOK_FURTHER]
            if not repeats:
                return outcomes
    left = dict.fromkeys(undecided[r.fingerprint] for r in repeats)
    return [*outcomes, *(_refusal(hotspot, no) for no in left)]


def _more_telling(before: No | None, now: No) -> No:
    """The refusal to report: one that names its candidates is not replaced by one that found none."""
    return before if before and before.candidates and not now.candidates else now


def _sightings(index: Index, hotspot: Hotspot, begins: list[list[Start]]) -> Iterator[Sighting]:
    """Where to look and for what: first queries whose rows come to the reader that the evidence names, nearest first.

    Then queries on whose rows the relation is seen, whoever reads it; names alone come last.
    """
    at = at_location(index, hotspot)
    named = [begin for begin in begins if begin[0].key in at]
    others = [begin for begin in begins if begin not in named]
    readers = frozenset(start.key for begin in named for start in begin)

    @cache
    def seen(look: Look, begin: tuple[Start, ...]) -> tuple[Reached, ...]:
        return look(index, list(begin))

    def sighting(look: Look, begin: list[Start], evidence: Evidence) -> Sighting:
        return Sighting(hotspot.kind, (), seen(look, tuple(begin)), readers, evidence)

    looks = [(look, begin) for look in (reached, with_object, from_above) for begin in begins]
    for look, begin in [*looks, *((anywhere, begin) for begin in named)] if readers else ():
        yield sighting(look, begin, "reader")
    # A query below a reader that its rows never come to is not what it reads.
    above = [(from_above, begin) for begin in named] if others else []
    rows = [*((look, begin) for look in (reached, with_object, from_above) for begin in others), *above]
    for look, begin in rows or looks:
        yield sighting(look, begin, "rows")
    for look, begin in looks:
        yield sighting(look, begin, "names")


def _ask(codemod: Codemod, index: Index, sighting: Sighting) -> tuple[list[tuple[Proposal, Index]], list[No]]:
    """Proposals one after the other, each on the text that the one before it left, and what was declined."""
    repeats = sighting.repeats
    taken: list[tuple[Proposal, Index]] = []
    while True:
        answers: list[Answer] = codemod.find(index, replace(sighting, repeats=repeats))
        proposals = [a for a in answers if isinstance(a, Proposal)]
        if not proposals:
            return taken, [a for a in answers if isinstance(a, No)]
        first = max(proposals, key=lambda p: sum(load.repeat.count for load in p.loads))
        taken.append((first, index))
        index = index.edited(first.texts)
        done = {load.repeat.fingerprint for load in first.loads}
        repeats = tuple(r for r in repeats if r.fingerprint not in done)
        if not repeats:
            return taken, []


def _repeats(hotspot: Hotspot) -> tuple[Repeat, ...]:
    return tuple(
        Repeat(p.fingerprint, p.tables, p.where_columns, p.count.p50, p.shape, p.statement) for p in hotspot.patterns
    )


def _patch(hotspot: Hotspot, proposal: Proposal, before: Index) -> Patch:
    changes = tuple(
        Change(path=path, before=before.tree.source(path) or "", after=after) for path, after in proposal.texts.items()
    )
    paths = tuple(dict.fromkeys(load.path for load in proposal.loads))
    return Patch(
        hotspot=hotspot.id,
        codemod=proposal.codemod,
        tier=proposal.tier,
        fingerprint=fingerprint(proposal.codemod, proposal.path, proposal.qualname, paths),
        title=title(proposal.path, proposal.qualname, paths),
        site=Site(
            file=proposal.path, function=proposal.qualname, line=proposal.line, query=proposal.query, loads=paths,
            located_by=proposal.located_by,
        ),
        loads=tuple(
            Load(
                path=load.path, strategy=load.strategy, why=load.why, fingerprint=load.repeat.fingerprint,
                statements_before=load.repeat.count, statements_after=load.statements_after,
            )
            for load in proposal.loads
        ),
        changes=changes,
        diff=diff(changes),
        notes=proposal.notes,
    )  # fmt: skip


def fingerprint(codemod: str, path: str, qualname: str, loads: tuple[str, ...]) -> str:
    """The one key of a finding: sha256 over codemod, path, qualified name and what is loaded; no line number."""
    return hashlib.sha256("\0".join(["v1", codemod, path, qualname, *sorted(loads)]).encode()).hexdigest()


def diff(changes: Iterable[Change]) -> str:
    """The changes as one unified diff that `git apply` takes."""
    return "".join(map(_of_file, changes))


def _of_file(change: Change) -> str:
    before, after = (_LINE.findall(text) for text in (change.before, change.after))
    lines = difflib.unified_diff(before, after, f"a/{change.path}", f"b/{change.path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def title(path: str, qualname: str, loads: tuple[str, ...]) -> str:
    """A conventional commit subject of at most 72 characters."""
    scope = path.rpartition("/")[2].removesuffix(".py")
    names = " and ".join(loads)
    where = qualname.rpartition(".")[2]
    for text in (f"perf({scope}): load {names} eagerly in {where}", f"perf({scope}): load {names} eagerly"):
        if len(text) <= 72:
            return text
    text = f"load {len(loads)} relationship{'s' * (len(loads) > 1)} eagerly"
    return f"perf({scope[: 72 - len('perf(): ') - len(text)]}): {text}"


def _refusal(hotspot: Hotspot, no: No) -> Refusal:
    place = f"{no.path}:{no.qualname}" if no.path else None
    return Refusal(
        hotspot=hotspot.id, code=no.code, message=no.message, place=place, candidates=no.candidates, done=no.done
    )


def _unlocated(hotspot: Hotspot) -> str:
    entry = hotspot.entry
    name = " ".join(filter(None, (entry.method, entry.route_raw))) or entry.transaction_name or "the entry"
    return f"no function of this repository could be shown to serve {name}"
