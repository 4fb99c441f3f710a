"""From a hotspot to patches and refusals: locate, ask the codemods, turn their answers into records."""

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import overload

from msgspec.structs import replace

from bot.plan.lines import attributes_at, loads_of
from bot.plan.locate import Start, anywhere, at_location, first_place, from_above, reached, starts, with_object
from bot.records import Change, Hotspot, Load, Patch, Refusal, Site
from codemods import ask, discover, turns
from codemods.api import Codemod, Evidence, No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.strategies import KEY_COLUMN

Outcome = Patch | Refusal
Look = Callable[[Index, list[Start]], tuple[Reached, ...]]
_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # a form feed or a line separator inside a line ends none
_WORK = frozenset({"cpu_self", "memory_growth"})
_LOOK_FURTHER = frozenset({"R-UNRESOLVED", "R-AMBIGUOUS"})  # more callers may tell


def plan(hotspot: Hotspot, index: Index) -> list[Outcome]:
    """What can be done about a hotspot: a patch per site, a refusal per reason; each repeat is in exactly one."""
    able = [c for c in discover().values() if hotspot.kind in c.META.kinds]
    if hotspot.kind in _WORK:
        found = _of_work(hotspot, index, able)
        if found:
            return found
        able = []
    if not able:
        return [_no_codemod(hotspot, index, f"a hotspot of kind {hotspot.kind}")]
    begins = starts(index, hotspot)
    if not begins:
        return [Refusal(hotspot=hotspot.id, code="R-UNRESOLVED", message=_unlocated(hotspot))]
    repeats = _repeats(hotspot)
    attributes = frozenset() if any(repeat.columns for repeat in repeats) else attributes_at(index, hotspot)
    if named := loads_of(index, attributes, able, hotspot.patterns):
        return _at_lines(hotspot, index, able, begins, Sighting(hotspot.kind, named, (), attributes=attributes))
    if not repeats:
        return [Refusal(hotspot=hotspot.id, code="R-UNRESOLVED", message=_no_statement(hotspot))]
    return _outcomes(hotspot, index, able, begins, Sighting(hotspot.kind, repeats, ()))


def _of_work(hotspot: Hotspot, index: Index, able: list[Codemod]) -> list[Outcome]:
    """What can be done about work of a function itself, where no call repeats; empty when no codemod knows it."""
    work = Repeat(hotspot.id, (), (), 1, "call")
    found = _outcomes(hotspot, index, able, starts(index, hotspot), Sighting(hotspot.kind, (work,), ())) if able else []
    return [one for one in found if isinstance(one, Patch) or one.code != "R-UNRESOLVED"]


def _at_lines(
    hotspot: Hotspot, index: Index, able: list[Codemod], begins: list[list[Start]], seen: Sighting
) -> list[Outcome]:
    """What can be done where lines tell more than statements: an attribute that is read there is what repeats."""
    outcomes = _outcomes(hotspot, index, able, begins, seen)
    patches = [one for one in outcomes if isinstance(one, Patch)]
    loads = {load.path: load for patch in patches for load in patch.loads}
    names = [path.rpartition(".")[2] for path in loads]
    if len(set(names)) < len(names):  # rows of several models are read on one line: which of them are many, none tells
        paths = tuple(sorted(loads))
        message = f"{' and '.join(paths)} are both read on the line that {hotspot.locations[0].provenance} names"
        return [Refusal(hotspot=hotspot.id, code="R-AMBIGUOUS", message=message, candidates=paths)]
    # Relationships of other models that only have the name in common were never meant.
    meant = [one for one in outcomes if isinstance(one, Patch) or one.code not in _LOOK_FURTHER or one.candidates]
    return meant or [Refusal(hotspot=hotspot.id, code="R-UNRESOLVED", message=_no_query(hotspot))]


def _outcomes(
    hotspot: Hotspot, index: Index, able: list[Codemod], begins: list[list[Start]], seen: Sighting
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    undecided: dict[str, No] = {}  # by fingerprint of the repeat
    decided: dict[str, No] = {}  # refusals that end the search of their own turn only
    left = seen.repeats
    looked_at, sightings = index, tuple(_sightings(index, hotspot, begins))
    for turn in turns(able):
        if looked_at is not index:  # an edit came before: what is reached can be other functions
            looked_at, sightings = index, tuple(_sightings(index, hotspot, begins))
        repeats = left
        for sighting in sightings:
            if seen.attributes and sighting.evidence == "rows":
                continue  # what an attribute alone tells is looked for at its reader only
            if not (meant := [one for one in turn if one.META.follows or not sighting.anywhere]):
                continue
            asked = replace(sighting, repeats=repeats, attributes=seen.attributes)
            proposals, rest = _ask(meant, index, asked)
            for proposal, before in proposals:
                outcomes.append(_patch(hotspot, proposal, before))
                index = before.edited(proposal.texts)
                done = {load.repeat.fingerprint for load in proposal.loads}
                left = tuple(r for r in left if r.fingerprint not in done)
            for no in rest:
                further = no.code in _LOOK_FURTHER
                for repeat in no.repeats:
                    if further:
                        undecided[repeat.fingerprint] = _more_telling(undecided.get(repeat.fingerprint), no)
                    else:
                        decided.setdefault(repeat.fingerprint, no)
            repeats = tuple(r for no in rest if no.code in _LOOK_FURTHER and not no.foreign for r in no.repeats)
            if not repeats:
                break
        if not left:
            return outcomes
    nos = {**undecided, **decided}
    told = dict.fromkeys(nos[r.fingerprint] for r in left if r.fingerprint in nos)
    foreign = [repeat.statement for repeat in left if repeat.fingerprint in nos and nos[repeat.fingerprint].foreign]
    outcomes += [_refusal(hotspot, no) for no in told if not no.foreign]
    return [
        *outcomes,
        *([_no_codemod(hotspot, index, f"`{foreign[0]}` in a hotspot of kind {hotspot.kind}")] if foreign else []),
    ]


def _no_codemod(hotspot: Hotspot, index: Index, what: str) -> Refusal:
    message, place = f"no codemod answers {what}", first_place(index, hotspot)
    if place:
        message += f"; it is at {place}"
    return Refusal(hotspot=hotspot.id, code="R-NO-CODEMOD", message=message, place=place)


def _more_telling(before: No | None, now: No) -> No:
    """The refusal to report: one that names its candidates is not replaced by one that found none."""
    if before is None or before.foreign:
        return now
    return before if now.foreign or (before.candidates and not now.candidates) else now


def _sightings(index: Index, hotspot: Hotspot, begins: list[list[Start]]) -> Iterator[Sighting]:
    """Where to look and for what: first queries whose rows come to the reader that the evidence names, nearest first.

    Then queries on whose rows the relation is seen, whoever reads it; names alone come last.
    """
    at = at_location(index, hotspot)
    named = [begin for begin in begins if begin[0].key in at]
    others = [begin for begin in begins if begin not in named]
    readers = frozenset(start.key for begin in named for start in begin)

    @cache
    def seen(look: Look, begin: tuple[Start, ...]) -> Sequence[Reached]:
        return _Later(partial(look, index, list(begin)))

    def sighting(look: Look, begin: list[Start], evidence: Evidence) -> Sighting:
        found = seen(look, tuple(begin))
        return Sighting(hotspot.kind, (), found, readers, evidence, anywhere=look is anywhere)

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


class _Later(Sequence[Reached]):
    """What a look finds, taken when somebody asks for it: a codemod can decline before."""

    def __init__(self, look: Callable[[], tuple[Reached, ...]]) -> None:
        self._look = cache(look)

    @overload
    def __getitem__(self, at: int) -> Reached: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Reached, ...]: ...
    def __getitem__(self, at: int | slice) -> Reached | tuple[Reached, ...]:
        return self._look()[at]

    def __len__(self) -> int:
        return len(self._look())


def _ask(turn: list[Codemod], index: Index, sighting: Sighting) -> tuple[list[tuple[Proposal, Index]], list[No]]:
    """Proposals one after the other, each on the text that the one before it left, and what was declined."""
    repeats = sighting.repeats
    taken: list[tuple[Proposal, Index]] = []
    while True:
        answers = ask(turn, index, replace(sighting, repeats=repeats))
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
        Repeat(p.fingerprint, p.tables, p.where_columns, p.count.p50, p.shape, p.statement, p.dialect or "", p.mean_ns)
        for p in hotspot.patterns
        if p.statement
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
        title=title(proposal),
        site=Site(
            file=proposal.path, function=proposal.qualname, line=proposal.line, query=proposal.query, loads=paths,
            located_by=proposal.located_by,
        ),
        loads=tuple(
            Load(
                path=load.path, strategy=load.strategy, why=load.why, fingerprint=load.repeat.fingerprint,
                statements_before=load.repeat.count, statements_after=load.statements_after,
                batched=bool(proposal.does),
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


def title(proposal: Proposal) -> str:
    """A conventional commit subject of at most 72 characters."""
    scope = proposal.path.rpartition("/")[2].removesuffix(".py")
    by_key = all(load.strategy == KEY_COLUMN for load in proposal.loads)
    names = " and ".join(f"{load.path}_id" if by_key else load.path for load in proposal.loads)
    where = proposal.qualname.rpartition(".")[2]
    what = proposal.does or (f"read {names} itself" if by_key else f"load {names} eagerly")
    for text in (f"perf({scope}): {what} in {where}", f"perf({scope}): {what}"):
        if len(text) <= 72:
            return text
    many = "s" * (len(proposal.loads) > 1)
    text = f"read the key{many} of {len(proposal.loads)} relation{many}" if by_key else ""
    text = text or f"load {len(proposal.loads)} relationship{many} eagerly"
    return f"perf({scope[: 72 - len('perf(): ') - len(text)]}): {text}"


def _refusal(hotspot: Hotspot, no: No) -> Refusal:
    place = f"{no.path}:{no.qualname}" if no.path else None
    return Refusal(
        hotspot=hotspot.id, code=no.code, message=no.message, place=place, candidates=no.candidates, done=no.done
    )


def _no_statement(hotspot: Hotspot) -> str:
    if lines := _lines(hotspot):
        return f"the source gives no statement, and {lines} reads no relationship of a model"
    return "the source gives neither a statement nor an exact line"


def _no_query(hotspot: Hotspot) -> str:
    return f"the source gives no statement, and no query was seen whose rows come to {_lines(hotspot)}"


def _lines(hotspot: Hotspot) -> str:
    return ", ".join([f"{p.file}:{p.line}" for p in hotspot.locations if p.precision == "exact_line" and p.line][:3])


def _unlocated(hotspot: Hotspot) -> str:
    entry = hotspot.entry
    name = " ".join(filter(None, (entry.method, entry.route_raw))) or entry.transaction_name or "the entry"
    return f"no function of this repository could be shown to serve {name}"
