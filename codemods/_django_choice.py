"""Which relation a repeated statement is the lazy load of, and which place should load it."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from codemods._django_chains import Chain, spell
from codemods._django_places import Place, Places
from codemods._django_policy import Existing, by_peers, existing, forbids, is_lazy_load, left_early, names_in
from codemods.api import No, Repeat, Sighting
from codemods.index import Index
from codemods.index.django_models import DjangoModel, Link, loads
from codemods.index.facts import Query

_HOPS = 3
NEARBY = 1  # calls from the entry up to which names alone tell
ABOVE = 6  # from this distance on a function is reached from the entry's callers
NEAR, FAR, WORDS, UNSEEN = range(4)


class Candidate(msgspec.Struct, frozen=True, eq=False):
    """A chain of relations whose last one a repeat can be, on a place whose rows it starts from."""

    place: Place
    chain: Chain
    seen: int  # how surely it is read there, best first

    @property
    def path(self) -> str:
        return spell(self.chain)

    @property
    def of_one(self) -> bool:
        """Whether a request loads the relation once: it belongs to a query that gives one row."""
        return (self.place.single or self.place.one) and not any(link.many for link in self.chain[:-1])

    @property
    def rank(self) -> tuple[float, bool, bool, int, int, int]:
        generic = any(link.kind == "generic" for link in self.chain)
        above = self.seen <= FAR and self.place.reached.distance >= ABOVE
        seen = self.seen + 1.5 * above
        single = self.place.single and self.of_one
        return seen + 4 * single, self.of_one, generic, len(self.chain), self.place.reached.distance, self.place.form


def chosen(index: Index, sighting: Sighting) -> tuple[Places, list[tuple[Repeat, list[Candidate] | No]]]:
    """For each repeat the relations in places that issue it, or why that is not known.

    Asked for the same sighting again, it gives the same objects.
    """
    if index.last is None or index.last[0] != sighting:
        index.last = sighting, _look(index, sighting)
    answer: tuple[Places, list[tuple[Repeat, list[Candidate] | No]]] = index.last[1]
    return answer


def _look(index: Index, sighting: Sighting) -> tuple[Places, list[tuple[Repeat, list[Candidate] | No]]]:
    relations = {r.fingerprint: relations_of(index, r) for r in sighting.repeats}
    places = Places(index, sighting if any(relations.values()) else replace(sighting, reached=()))
    found, words = places.all(), places.words()
    return places, [(r, _choose(places, found, words, relations[r.fingerprint], r)) for r in sighting.repeats]


def relations_of(index: Index, repeat: Repeat) -> list[Link]:
    models = index.django.all if is_lazy_load(repeat) else []
    return [link for m in models for link in m.links.values() if loads(link, repeat.tables, repeat.columns)]


def _choose(
    places: Places, found: list[Place], words: set[str], relations: list[Link], repeat: Repeat
) -> list[Candidate] | No:
    if not relations:
        return no(repeat, "R-UNRESOLVED", f"no relation of a model loads `{repeat.statement}`")
    sought = places.sighting.attributes
    candidates = [
        Candidate(place, chain, seen)
        for place in found
        for chain, seen in _chains(places, place, words, relations)
        # What nothing is seen to read is edited only where the evidence itself points at the query.
        if seen != UNSEEN or not place.reached.distance
        if not (place.single and Candidate(place, chain, seen).of_one) or _named_reader(places, place, chain, seen)
        if chain[-1].kind != "generic" or seen <= FAR
        if seen <= FAR or place.reached.distance <= NEARBY
        if _leads_to_entry(places, place, seen)
        if not sought or (seen <= FAR and chain[-1].name in sought and _at_reader(places, place))
    ]
    extra = [link for link in relations if link.many and len(repeat.columns) > 1 and link.kind == "reverse fk"]
    if extra:
        return no(repeat, "R-CACHEBYPASS", f"`{repeat.statement}` filters the rows of {extra[0].path}")
    if not candidates:
        paths = ", ".join(sorted({link.path for link in relations})[:5])
        return no(repeat, "R-UNRESOLVED", f"no query on the way from the entry returns rows that lead to {paths}")
    best = min(candidates, key=lambda c: c.rank)
    if _loaded(places, best):
        # What is loaded already is not what repeats, when something else is surely read, on the same rows or others.
        open_ = [c for c in candidates if c.seen == NEAR and not c.of_one and not _loaded(places, c)]
        open_ = [c for c in open_ if c.place is best.place or not forbids_here(places, c.place, c.chain)]
        beside = [c for c in open_ if c.place is best.place] or open_
        best = min(beside, key=lambda c: c.rank, default=best)
        candidates = beside or candidates
    equal = [c for c in candidates if c.rank == best.rank]
    equal = [c for c in equal if not _loaded(places, c)] or equal
    where = {(c.place.reached.path, c.place.reached.qualname, bool(c.place.declared)) for c in equal}
    ways = {(id(c.place.query or c.place), c.path): c for c in equal}
    # Several relations, and several queries of a function, that are surely read issue the statement together.
    told = best.seen <= FAR or all(c.seen == WORDS and c.chain[:-1] in c.place.near for c in equal)
    if len(where) > 1 or (len(ways) > 1 and not told) or (len({p for p, _ in ways}) > 1 and best.seen):
        names = tuple(sorted({f"{c.path} in {c.place.where}" for c in equal}))
        return no(repeat, "R-AMBIGUOUS", f"{' and '.join(names)} fit equally well", names)
    return [ways[way] for way in sorted(ways)]


def _named_reader(places: Places, place: Place, chain: Chain, seen: int) -> bool:
    """Whether the evidence names the very function that asks for one row, and the relation is read on it.

    Elsewhere the lazy load of one row is no statement that repeats.
    """
    named = (place.reached.path, place.reached.qualname) in places.sighting.readers
    return named and (seen == NEAR or (len(chain) > 1 and chain[:-1] in _loaded_chains(places, place)))


def _loaded_chains(places: Places, place: Place) -> set[Chain]:
    """The chains of to-one relations that the query of a place loads already."""
    done = existing(place.query.steps, places.reads.classes.loaded_by) if place.query else None
    ends = (places.reads.ends(place.model, tuple(path.split("__"))) for path in done.paths) if done else ()
    return {end[0] for end in ends if end and end[0] and not any(link.many for link in end[0])}


def _at_reader(places: Places, place: Place) -> bool:
    """Whether the function that the evidence names holds the query, or its rows or their owner's pass there."""
    readers = places.sighting.readers
    if not readers:  # the line is a template's
        return True
    owners = {(path, name.rpartition(".")[0]) for path, name in readers}
    return bool({(place.reached.path, place.reached.qualname), *place.through} & (readers | owners))


def _leads_to_entry(places: Places, place: Place, seen: int) -> bool:
    """Whether a place above the entry, one of its callers' own, is known to hand its rows down to the entry."""
    if place.reached.distance < ABOVE:
        return True
    entry = {key for key, reached in places.keys.items() if not reached.distance}
    return seen == NEAR and bool(place.through & entry)


def forbids_here(places: Places, place: Place, chain: Chain, *, peers: bool = False) -> tuple[str, str] | None:
    """Why the relation may not be loaded at the place, by what is done to it there or anywhere."""

    def reads(name: str) -> bool:
        return name == chain[0].name or any(r[0] == chain[0] for r in places.reads.method(place.model, name))

    if place.query and place.function and (loop := left_early(place.query, reads)):
        return "R-COND", f"the loop at line {loop.line} of {place.function.path} can end early"

    def used(part: Chain) -> set[str]:
        seen = place.used.get(part, set())
        return seen or places.reads.uses.get((part[-1].owner.name, part[-1].name), set())

    return forbids(place.query, place.function, chain, used, places.reads.classes.managed, peers=peers)


def _loaded(places: Places, candidate: Candidate) -> bool:
    place = candidate.place
    if place.query:
        return is_done(place.query, existing(place.query.steps, places.reads.classes.loaded_by), candidate.chain)
    return candidate.path in names_in(places.reads.classes.values(place.admin or ("", "")).get("list_select_related"))


def is_done(query: Query, done: Existing, chain: Chain) -> bool:
    """Whether the query loads the relation for all of its rows already."""
    return spell(chain) in done.paths or (done.peers and by_peers(query, chain))


def _chains(places: Places, place: Place, words: set[str], relations: list[Link]) -> Iterator[tuple[Chain, int]]:
    wanted = {(link.name, link.target, link.kind, link.column) for link in relations}

    def ends(chain: Chain) -> bool:
        last = chain[-1]
        return (last.name, last.target, last.kind, last.column) in wanted

    yield from ((chain, NEAR) for chain in place.near if ends(chain))
    yield from ((chain, FAR) for chain in place.far if ends(chain))
    yield from ((chain, WORDS) for chain in _spelled(places, place.model, words, ()) if ends(chain))
    yield from (((link,), UNSEEN) for link in place.model.all_links().values() if ends((link,)))
    for before in _loaded_chains(places, place):  # what a query loads is read further somewhere
        yield from (((*before, link), UNSEEN) for link in before[-1].target.all_links().values() if ends((link,)))


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


def no(repeat: Repeat, code: str, message: str, candidates: tuple[str, ...] = ()) -> No:
    return No(code, message, (repeat,), candidates)
