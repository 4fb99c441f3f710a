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
from codemods._django_edit import with_list_select_related, with_loads
from codemods._django_places import Place, Places
from codemods._django_policy import Loader, existing, forbids, is_lazy_load, loader, prefixes, refusal, streams
from codemods._django_reads import Chain
from codemods._django_suspects import suspects
from codemods.api import Answer, Load, Meta, No, Proposal, Repeat, Sighting
from codemods.index import Index
from codemods.index.django_models import DjangoModel, Link, loads

__all__ = ["CASES", "META", "find", "suspects"]

META = Meta(id="django-eager-load", kinds=("n_plus_one_db",), tier="B", libraries={"Django": ">=4.2"})
_HOPS = 3
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
    def rank(self) -> tuple[int, int, int, int]:
        return self.seen, len(self.chain), self.place.reached.distance, self.place.form


_Taken = tuple[_Candidate, Repeat, Loader]


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """One proposal per place that can take the repeats, and a refusal for each repeat that has no place."""
    relations = {r.fingerprint: _relations(index, r) for r in sighting.repeats}
    if not any(relations.values()):
        return [_no(r, "R-UNRESOLVED", f"no relation of a model loads `{r.statement}`") for r in sighting.repeats]
    places = Places(index, sighting)
    found, words = places.all(), places.words()
    answers: list[Answer] = []
    chosen: dict[int, list[tuple[_Candidate, Repeat]]] = {}
    for repeat in sighting.repeats:
        best = _choose(places, found, words, relations[repeat.fingerprint], repeat)
        if isinstance(best, No):
            answers.append(best)
        else:
            chosen.setdefault(id(best[0].place.query or best[0].place), []).extend((one, repeat) for one in best)
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
        if not (place.admin and any(link.many for link in chain))
    ]
    extra = [link for link in relations if link.many and len(repeat.columns) > 1 and link.kind == "reverse fk"]
    if extra:
        return _no(repeat, "R-CACHEBYPASS", f"`{repeat.statement}` filters the rows of {extra[0].path}")
    if not candidates:
        paths = ", ".join(sorted({link.path for link in relations})[:5])
        return _no(repeat, "R-UNRESOLVED", f"no query on the way from the entry returns rows that lead to {paths}")
    best = min(candidates, key=lambda c: c.rank)
    equal = [c for c in candidates if c.rank == best.rank]
    ways = {(id(c.place.query or c.place), c.path): c for c in equal}
    # Several relations that are surely read on the same rows all issue the statement.
    if len({place for place, _ in ways}) > 1 or (len(ways) > 1 and best.seen > _FAR):
        names = tuple(sorted({f"{c.path} in {c.place.where}" for c in equal}))
        return _no(repeat, "R-AMBIGUOUS", f"{' and '.join(names)} fit equally well", names)
    return [ways[way] for way in sorted(ways)]


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
    names = words | {c[0].name for word in words for c in places.reads.method(model, word)}
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
    place = picked[0][0].place
    repeats = tuple(dict.fromkeys(repeat for _, repeat in picked))
    picked = sorted(picked, key=lambda p: (any(link.many for link in p[0].chain), p[0].path))
    if place.admin:
        return _in_admin(index, places, place, picked, repeats)
    assert place.query and place.function
    done = existing(place.query.steps, places.reads.loaded_by)
    if all(candidate.path in done.paths for candidate, _ in picked):
        paths = ", ".join(candidate.path for candidate, _ in picked)
        return _at(place, repeats, "R-ALREADY-EAGER", f"{place.where} loads {paths} already", done=True)
    if not done.readable:
        return _at(place, repeats, "R-OPTION-VAR", f"the relations that {place.where} loads are not plain names")
    if why := refusal(place.query, place.function):
        return _at(place, repeats, *why)
    taken, refused = _sorted_out(places, place, [p for p in picked if p[0].path not in done.paths])
    if taken and streams(place.query) and any(how.name == "prefetch_related" for _, _, how in taken):
        return _at(place, repeats, "R-STREAM", f"{place.where} streams its rows, and a prefetch needs a chunk size")
    if not taken:
        return _at(place, repeats, *refused[0])
    beside = [
        chain
        for chain in _beside(place, taken, done.paths)
        if forbids(place.query, place.function, chain, places.reads) is None
    ]
    named: dict[str, list[str]] = {}
    for chain in [*(candidate.chain for candidate, _, _ in taken), *beside]:
        named.setdefault(loader(place.query, place.model, chain).name, []).append(_spell(chain))
    text = index.tree.source(place.reached.path)
    assert text is not None
    edited = with_loads(text, place.query, {name: _longest(found) for name, found in named.items()})
    doubts = [f"left alone: {why} ({code})" for code, why in refused]
    return _proposal(index, place, taken, list(map(_spell, beside)), doubts, {place.reached.path: edited})


def _sorted_out(
    places: Places, place: Place, picked: list[tuple[_Candidate, Repeat]]
) -> tuple[list[_Taken], list[tuple[str, str]]]:
    """What can be loaded with the query and how, and why not what cannot."""
    assert place.query and place.function
    taken: list[_Taken] = []
    refused: list[tuple[str, str]] = []
    for candidate, repeat in picked:
        if why := forbids(place.query, place.function, candidate.chain, places.reads):
            refused.append(why)
        else:
            taken.append((candidate, repeat, loader(place.query, place.model, candidate.chain)))
    return taken, refused


def _in_admin(
    index: Index, places: Places, place: Place, picked: list[tuple[_Candidate, Repeat]], repeats: tuple[Repeat, ...]
) -> Answer:
    assert place.admin
    values = places.reads.values(place.admin)
    listed = values.get("list_select_related")
    done = existing_names(listed)
    if all(candidate.path in done for candidate, _ in picked):
        return _at(place, repeats, "R-ALREADY-EAGER", f"{place.where} lists them in list_select_related", done=True)
    why = "the change list is ordered by a unique key, and to-one relations change no row"
    taken = [(c, r, Loader("list_select_related", why, 0)) for c, r in picked if c.path not in done]
    also = list(map(_spell, _beside(place, taken, done)))
    text = index.tree.source(place.reached.path)
    class_ = places.reads.class_(place.admin)
    inherited = listed is not None and class_ is not None and "list_select_related" not in class_.values
    paths = _longest([*(c.path for c, _, _ in taken), *also])
    edited = None if text is None or inherited else with_list_select_related(text, place.admin[1], paths)
    if edited is None:
        return _at(place, repeats, "R-OPTION-VAR", f"list_select_related of {place.where} is no plain list of names")
    return _proposal(index, place, taken, also, [], {place.reached.path: edited})


def existing_names(node: object) -> frozenset[str]:
    """Every path, with its beginnings, that a literal names."""
    names = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)] if isinstance(node, ast.AST) else []
    return frozenset(prefix for name in names if isinstance(name, str) for prefix in prefixes(name))


def _beside(place: Place, taken: list[_Taken], done: frozenset[str]) -> list[Chain]:
    """Other to-one chains that are read on the very same rows: the same loop pays for them too."""
    if any(candidate.seen != _NEAR for candidate, _, _ in taken):
        return []
    have = {prefix for candidate, _, _ in taken for prefix in prefixes(candidate.path)} | done
    near = {_spell(c): c for c in place.near if not any(link.many for link in c)}
    return [chain for path, chain in sorted(near.items()) if path not in have]


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
