"""The parts of an answer about one place: what may be loaded beside, the proposal, the refusal."""

from codemods._django_chains import CACHED, Chain, spell
from codemods._django_choice import NEAR, WORDS, Candidate
from codemods._django_places import Place
from codemods._django_policy import Loader, prefixes
from codemods.api import Load, No, Proposal, Repeat
from codemods.index import Index

ID = "django-eager-load"
Taken = tuple[Candidate, Repeat, Loader]


def beside_of(place: Place, taken: list[Taken], done: frozenset[str]) -> list[Chain]:
    """Other chains that are read on the very same rows: the same loop pays for them too."""
    if any(candidate.seen != NEAR for candidate, _, _ in taken):
        return []
    have = {prefix for candidate, _, _ in taken for prefix in prefixes(candidate.path)} | done
    near = {spell(c): c for c in place.near if _evident(place, c) and _repeats(place, c)}
    return [chain for path, chain in sorted(near.items()) if path not in have]


def _repeats(place: Place, chain: Chain) -> bool:
    """Whether a chain is read row by row: of one row, what is read on each row of a collection of it."""
    return not place.one or any(link.many for link in chain[:-1])


def _evident(place: Place, chain: Chain) -> bool:
    """Whether each collection of a chain is read in a way that rows loaded ahead answer."""
    ends = (chain[: n + 1] for n, link in enumerate(chain) if link.many)
    return all(place.used.get(end, set()) & CACHED for end in ends)


def longest(paths: list[str]) -> list[str]:
    """Without those that another one begins with: `a` when there is `a__b`."""
    unique = list(dict.fromkeys(paths))
    return [p for p in unique if not any(other.startswith(f"{p}__") for other in unique)]


def propose(
    index: Index, place: Place, taken: list[Taken], also: list[str],
    doubts: list[str], texts: dict[str, str],
) -> Proposal:  # fmt: skip
    """The proposal for a place, with all that a reviewer must know."""
    notes = list(doubts)
    if any(candidate.seen >= WORDS for candidate, _, _ in taken):
        notes.append("where the relation is read on these rows was not found; the SQL and names on the way tell it")
    if any(candidate.of_one for candidate, _, _ in taken):
        notes.append("the query gives one row: a statement that repeats within a request means that it repeats itself")
    weak = bool(notes)
    if also:
        notes.append(f"read on the same rows, and loaded with them: {', '.join(also)}")
    path, qualname = place.reached.path, place.reached.qualname
    payers = [f"`{name}` in {file}" for file, name in index.calls.callers((path, qualname))] if place.function else []
    if len(payers) > 1:
        notes.append(f"this query has {len(payers)} callers, and all of them load it now: {', '.join(payers)}")
    loaded = tuple(
        Load(f"{place.model.name}.{c.path.replace('__', '.')}", how.name, how.why, repeat, how.statements_after)
        for c, repeat, how in taken
    )
    line = place.query.line if place.query else 1
    query = place.query or place.query_of_class
    root = query.root if query else f"{qualname}.list_display"
    return Proposal(
        ID, "C" if weak else "B", path, qualname, line, root, loaded, texts,
        (place.reached.via, *(f"`{load.repeat.statement}` is the lazy load of {load.path}" for load in loaded),
         f"`{root}` in {place.where} returns the rows that own {', '.join(load.path for load in loaded)}"),
        tuple(notes),
    )  # fmt: skip


def at(place: Place, repeats: tuple[Repeat, ...], code: str, message: str, *, done: bool = False) -> No:
    """A refusal at a place."""
    return No(code, message, repeats, path=place.reached.path, qualname=place.reached.qualname, done=done)
