"""Load a Django relation together with the rows that read it, instead of once per row.

A relation read on every row costs one statement per row: 51 statements where 1 or 2 do. The queryset gets
`.select_related(...)` for a chain of to-one relations when order, lock and row shape are proven to survive a join, and
`.prefetch_related(...)` otherwise; an admin class gets `list_select_related`. Models are never touched. Refused:
related managers that are filtered per row (a prefetch would be ignored), writes or an early exit in the loop, columns
limited by `only()` or `defer()`, combined or streamed querysets, and two places that fit equally well.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from codemods._django_cases import CASES
from codemods._django_chains import CACHED, Chain
from codemods._django_edit import with_get_queryset, with_list_select_related, with_loads
from codemods._django_places import Place, Places
from codemods._django_policy import Loader, existing, forbids, is_lazy_load, loader, prefixes, refusal, streams
from codemods._django_suspects import suspects
from codemods.api import Answer, Load, Meta, No, Proposal, Repeat, Sighting
from codemods.index import Index
from codemods.index.django_models import DjangoModel, Link, loads

__all__ = ["CASES", "META", "find", "suspects"]

META = Meta(id="django-eager-load", kinds=("n_plus_one_db",), tier="B", libraries={"Django": ">=4.2"})
_HOPS = 3
_NEARBY = 1  # calls from the entry up to which names alone tell
ABOVE = 6  # from this distance on a function is reached from the entry's callers
_NEAR, _FAR, _WORDS, _UNSEEN = range(4)


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A chain of relations whose last one a repeat can be, on a place whose rows it starts from."""

    place: Place
    chain: Chain
    seen: int  # how surely it is read there, best first

    @property
    def path(self) -> str:
        return _spell(self.chain)

    @property
    def rank(self) -> tuple[float, bool, int, int, int]:
        generic = any(link.kind == "generic" for link in self.chain)
        above = self.seen <= _FAR and self.place.reached.distance >= ABOVE
        return self.seen + 1.5 * above, generic, len(self.chain), self.place.reached.distance, self.place.form


_Taken = tuple[_Candidate, Repeat, Loader]


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """One proposal per place that can take the repeats, and a refusal for each repeat that has no place."""
    if sighting.evidence != "names":  # places are ranked by what is seen there, whichever look finds them
        return [_no(r, "R-UNRESOLVED", "nothing was looked for yet") for r in sighting.repeats]
    relations = {r.fingerprint: _relations(index, r) for r in sighting.repeats}
    if not any(relations.values()):
        return [_no(r, "R-UNRESOLVED", f"no relation of a model loads `{r.statement}`") for r in sighting.repeats]
    places = Places(index, sighting)
    found, words = places.all(), places.words()
    answers: list[Answer] = []
    chosen: dict[tuple[str, str, int], list[tuple[_Candidate, Repeat]]] = {}
    for repeat in sighting.repeats:
        best = _choose(places, found, words, relations[repeat.fingerprint], repeat)
        if isinstance(best, No):
            answers.append(best)
            continue
        for one in best:
            key = (one.place.reached.path, one.place.reached.qualname, id(one.place) if one.place.admin else 0)
            chosen.setdefault(key, []).append((one, repeat))
    answers.extend(_answer(index, places, picked) for picked in chosen.values())
    return answers


# ---- which relation, in which place ----


def _relations(index: Index, repeat: Repeat) -> list[Link]:
    models = index.django.all if is_lazy_load(repeat) else []
    return [link for m in models for link in m.links.values() if loads(link, repeat.tables, repeat.columns)]


def _choose(
    places: Places, found: list[Place], words: set[str], relations: list[Link], repeat: Repeat
) -> list[_Candidate] | No:
    if not relations:
        return _no(repeat, "R-UNRESOLVED", f"no relation of a model loads `{repeat.statement}`")
    candidates = [
        _Candidate(place, chain, seen)
        for place in found
        for chain, seen in _chains(places, place, words, relations)
        # What nothing is seen to read is edited only where the evidence itself points at the query.
        if seen != _UNSEEN or not place.reached.distance
        if not (place.single and not any(link.many for link in chain[:-1]))
        if chain[-1].kind != "generic" or seen <= _FAR
        if seen <= _FAR or place.reached.distance <= _NEARBY
        if _leads_to_entry(places, place, seen)
    ]
    extra = [link for link in relations if link.many and len(repeat.columns) > 1 and link.kind == "reverse fk"]
    if extra:
        return _no(repeat, "R-CACHEBYPASS", f"`{repeat.statement}` filters the rows of {extra[0].path}")
    if not candidates:
        paths = ", ".join(sorted({link.path for link in relations})[:5])
        return _no(repeat, "R-UNRESOLVED", f"no query on the way from the entry returns rows that lead to {paths}")
    best = min(candidates, key=lambda c: c.rank)
    if _loaded(places, best):
        # What is loaded already is not what repeats, when something else is surely read on the same rows.
        beside = [c for c in candidates if c.place is best.place and c.seen == _NEAR and not _loaded(places, c)]
        best = min(beside, key=lambda c: c.rank, default=best)
        candidates = beside or candidates
    equal = [c for c in candidates if c.rank == best.rank]
    where = {(c.place.reached.path, c.place.reached.qualname, bool(c.place.admin)) for c in equal}
    ways = {(id(c.place.query or c.place), c.path): c for c in equal}
    # Several relations, and several queries of a function, that are surely read issue the statement together.
    if len(where) > 1 or (len(ways) > 1 and best.seen > _FAR) or (len({p for p, _ in ways}) > 1 and best.seen):
        names = tuple(sorted({f"{c.path} in {c.place.where}" for c in equal}))
        return _no(repeat, "R-AMBIGUOUS", f"{' and '.join(names)} fit equally well", names)
    return [ways[way] for way in sorted(ways)]


def _leads_to_entry(places: Places, place: Place, seen: int) -> bool:
    """Whether a place above the entry, one of its callers' own, is known to hand its rows down to the entry."""
    if place.reached.distance < ABOVE:
        return True
    entry = {key for key, reached in places.keys.items() if not reached.distance}
    return seen == _NEAR and bool(place.through & entry)


def _loaded(places: Places, candidate: _Candidate) -> bool:
    place = candidate.place
    if place.query:
        return candidate.path in existing(place.query.steps, places.reads.classes.loaded_by).paths
    return candidate.path in existing_names(
        places.reads.classes.values(place.admin or ("", "")).get("list_select_related")
    )


def _chains(places: Places, place: Place, words: set[str], relations: list[Link]) -> Iterator[tuple[Chain, int]]:
    wanted = {(link.name, link.target, link.kind, link.column) for link in relations}

    def ends(chain: Chain) -> bool:
        last = chain[-1]
        return (last.name, last.target, last.kind, last.column) in wanted

    yield from ((chain, _NEAR) for chain in place.near if ends(chain))
    yield from ((chain, _FAR) for chain in place.far if ends(chain))
    yield from ((chain, _WORDS) for chain in _spelled(places, place.model, words, ()) if ends(chain))
    yield from (((link,), _UNSEEN) for link in place.model.all_links().values() if ends((link,)))


def _spelled(places: Places, model: DjangoModel, words: set[str], chain: Chain) -> Iterator[Chain]:
    """Chains of at most three relations, each of which somebody on the way names or a model method reads."""
    firsts = (reading[0] for word in words for reading in places.reads.method(model, word))
    names = words | {first.name for first in firsts if isinstance(first, Link)}
    for name, link in model.all_links().items():
        if name in names and link.kind != "generic" and link not in chain and not _turns_back(chain, link):
            yield (*chain, link)
            if len(chain) + 1 < _HOPS:
                yield from _spelled(places, link.target, words, (*chain, link))


def _turns_back(chain: Chain, link: Link) -> bool:
    """`author.post_set` after `post.author`: the row that one came from, and its siblings."""
    if not chain:
        return False
    last = chain[-1]
    return last.owner in link.target.lineage() and (last.column, last.through) == (link.column, link.through)


# ---- what to do there ----


def _answer(index: Index, places: Places, picked: list[tuple[_Candidate, Repeat]]) -> Answer:
    """One proposal for all queries of a function, or why none of them can take its relations."""
    repeats = tuple(dict.fromkeys(repeat for _, repeat in picked))
    picked = sorted(picked, key=lambda p: (any(link.many for link in p[0].chain), p[0].path))
    by_place: dict[int, list[tuple[_Candidate, Repeat]]] = {}
    for one in picked:
        by_place.setdefault(id(one[0].place.query or one[0].place), []).append(one)
    place = picked[0][0].place
    if place.admin:
        return _in_admin(index, places, place, picked, repeats)
    text = index.tree.source(place.reached.path)
    assert text is not None
    taken: list[_Taken] = []
    also: list[Chain] = []
    doubts: list[str] = []
    refused: list[No] = []
    last_first = sorted(by_place.values(), key=lambda p: p[0][0].place.query.chain, reverse=True)  # type: ignore[union-attr]
    for here in last_first:
        answer = _at_query(places, here[0][0].place, here, repeats)
        if isinstance(answer, No):
            refused.append(answer)
            continue
        more, beside, named, doubt = answer
        assert here[0][0].place.query
        text = with_loads(text, here[0][0].place.query, named)
        taken, also, doubts = taken + more, also + beside, doubts + doubt
    if not taken:
        return refused[0]
    return _proposal(
        index, taken[0][0].place, taken, list(dict.fromkeys(map(_spell, also))), doubts, {place.reached.path: text}
    )


def _at_query(
    places: Places, place: Place, picked: list[tuple[_Candidate, Repeat]], repeats: tuple[Repeat, ...]
) -> tuple[list[_Taken], list[Chain], dict[str, list[str]], list[str]] | No:
    """What is loaded with one query, what beside it, method -> paths, doubts."""
    assert place.query and place.function
    done = existing(place.query.steps, places.reads.classes.loaded_by)
    if all(candidate.path in done.paths for candidate, _ in picked):
        paths = ", ".join(candidate.path for candidate, _ in picked)
        return _at(place, repeats, "R-ALREADY-EAGER", f"{place.where} loads {paths} already", done=True)
    if not done.readable:
        return _at(place, repeats, "R-OPTION-VAR", f"the relations that {place.where} loads are not plain names")
    if why := refusal(place.query, place.function):
        return _at(place, repeats, *why)
    taken: list[_Taken] = []
    refused: list[tuple[str, str]] = []
    for candidate, repeat in picked:
        if candidate.path in done.paths:
            continue
        if no := _forbids(places, place, candidate.chain):
            refused.append(no)
        else:
            taken.append((candidate, repeat, loader(place.query, place.model, candidate.chain)))
    if taken and streams(place.query) and any(how.name == "prefetch_related" for _, _, how in taken):
        return _at(place, repeats, "R-STREAM", f"{place.where} streams its rows, and a prefetch needs a chunk size")
    if not taken:
        return _at(place, repeats, *refused[0])
    beside = [chain for chain in _beside(place, taken, done.paths) if not _forbids(places, place, chain)]
    if streams(place.query):
        beside = [c for c in beside if loader(place.query, place.model, c).name == "select_related"]
    named: dict[str, list[str]] = {}
    for chain in [*(candidate.chain for candidate, _, _ in taken), *beside]:
        named.setdefault(loader(place.query, place.model, chain).name, []).append(_spell(chain))
    doubts = [f"left alone: {why} ({code})" for code, why in refused]
    return taken, beside, {name: _longest(paths) for name, paths in named.items()}, doubts


def _forbids(places: Places, place: Place, chain: Chain) -> tuple[str, str] | None:
    def used(part: Chain) -> set[str]:
        seen = place.used.get(part, set())
        return seen or places.reads.uses.get((part[-1].owner.name, part[-1].name), set())

    return forbids(place.query, place.function, chain, used, places.reads.classes.managed)


def _in_admin(
    index: Index, places: Places, place: Place, picked: list[tuple[_Candidate, Repeat]], repeats: tuple[Repeat, ...]
) -> Answer:
    assert place.admin
    values = places.reads.classes.values(place.admin)
    listed = values.get("list_select_related")
    done = existing_names(listed)
    if all(candidate.path in done for candidate, _ in picked):
        return _at(place, repeats, "R-ALREADY-EAGER", f"{place.where} lists them in list_select_related", done=True)
    why = "the change list is ordered by a unique key, and to-one relations change no row"
    separate = "a collection: a separate SELECT leaves the primary statement alone"
    taken: list[_Taken] = []
    for candidate, repeat in picked:
        if candidate.path in done:
            continue
        if no := _forbids(places, place, candidate.chain):
            return _at(place, repeats, *no)
        one = _joins(candidate.chain)
        how = (
            Loader("list_select_related", why, 0) if one else Loader("prefetch_related", separate, len(candidate.chain))
        )
        taken.append((candidate, repeat, how))
    beside = [chain for chain in _beside(place, taken, done) if not _forbids(places, place, chain)]
    text = index.tree.source(place.reached.path)
    class_ = places.reads.classes.class_(place.admin)
    inherited = listed is not None and class_ is not None and "list_select_related" not in class_.values
    chains = [*(c.chain for c, _, _ in taken), *beside]
    joined = _longest([_spell(c) for c in chains if _joins(c)])
    fetched = _longest([_spell(c) for c in chains if not _joins(c)])
    if text is not None and fetched:
        edited = with_get_queryset(text, place.admin[1], "prefetch_related", fetched)
        if edited is None:
            return _at(place, repeats, "R-OPTION-VAR", f"{place.where} has no place for a queryset of its own")
        text = edited
    if joined:
        edited = None if text is None or inherited else with_list_select_related(text, place.admin[1], joined)
        if edited is None:
            return _at(
                place, repeats, "R-OPTION-VAR", f"list_select_related of {place.where} is no plain list of names"
            )
        text = edited
    assert text is not None
    return _proposal(index, place, taken, list(map(_spell, beside)), [], {place.reached.path: text})


def _joins(chain: Chain) -> bool:
    return not any(link.many or link.kind == "generic" for link in chain)


def existing_names(node: object) -> frozenset[str]:
    """Every path, with its beginnings, that a literal names."""
    names = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)] if isinstance(node, ast.AST) else []
    return frozenset(prefix for name in names if isinstance(name, str) for prefix in prefixes(name))


def _beside(place: Place, taken: list[_Taken], done: frozenset[str]) -> list[Chain]:
    """Other chains that are read on the very same rows: the same loop pays for them too."""
    if place.one or any(candidate.seen != _NEAR for candidate, _, _ in taken):
        return []
    have = {prefix for candidate, _, _ in taken for prefix in prefixes(candidate.path)} | done
    near = {_spell(c): c for c in place.near if _evident(place, c)}
    return [chain for path, chain in sorted(near.items()) if path not in have]


def _evident(place: Place, chain: Chain) -> bool:
    """Whether each collection of a chain is read in a way that rows loaded ahead answer."""
    ends = (chain[: n + 1] for n, link in enumerate(chain) if link.many)
    return all(place.used.get(end, set()) & CACHED for end in ends)


def _spell(chain: Chain) -> str:
    """`author__publisher`, as Django's loaders take it."""
    return "__".join(link.name for link in chain)


def _longest(paths: list[str]) -> list[str]:
    """Without those that another one begins with: `a` when there is `a__b`."""
    unique = list(dict.fromkeys(paths))
    return [p for p in unique if not any(other.startswith(f"{p}__") for other in unique)]


def _proposal(
    index: Index, place: Place, taken: list[_Taken], also: list[str],
    doubts: list[str], texts: dict[str, str],
) -> Proposal:  # fmt: skip
    notes = list(doubts)
    if any(candidate.seen >= _WORDS for candidate, _, _ in taken):
        notes.append("where the relation is read on these rows was not found; the SQL and names on the way tell it")
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
    root = place.query.root if place.query else f"{qualname}.list_display"
    return Proposal(
        META.id, "C" if weak else "B", path, qualname, line, root, loaded, texts,
        (place.reached.via, *(f"`{load.repeat.statement}` is the lazy load of {load.path}" for load in loaded),
         f"`{root}` in {place.where} returns the rows that own {', '.join(load.path for load in loaded)}"),
        tuple(notes),
    )  # fmt: skip


def _no(repeat: Repeat, code: str, message: str, candidates: tuple[str, ...] = ()) -> No:
    return No(code, message, (repeat,), candidates)


def _at(place: Place, repeats: tuple[Repeat, ...], code: str, message: str, *, done: bool = False) -> No:
    return No(code, message, repeats, path=place.reached.path, qualname=place.reached.qualname, done=done)
