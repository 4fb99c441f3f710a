"""Queries of entities on the way from an entry, and the relationships that a repeat can be on their rows."""

import re
from collections.abc import Collection, Iterator
from functools import cached_property

import msgspec
from msgspec.structs import replace

from codemods._existing_options import existing_options
from codemods._loader_policy import NO_ENTITIES
from codemods._shared_queries import Shared
from codemods.api import Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.bindings import Bound
from codemods.index.calls import Key
from codemods.index.facts import Call, Function, Query
from codemods.index.follow import Chain, Chains
from codemods.index.models import Model
from codemods.index.queries import SINGLE_ROW
from codemods.index.relations import Relation, lazy_loads, leads_to, loads_from, paths
from codemods.index.roots import OF_QUERIES

# How surely a chain is read on the rows and what repeats, surest first; of SIMILAR ones only the table is known.
FOLLOWED, SIMILAR, READ, NAMED, UNSEEN = range(5)


class Place(msgspec.Struct, eq=False):
    """A query of entities in a function that the entry reaches.

    Attributes:
        entity: the entity as the query writes it; None where its file has no name for it.
        single: whether the query returns one row.
        guessed: whether only its filters tell which entity it returns.
        shared: who gives the query this model where it also serves others; None where it serves no other.
        followed: chains of relationships that were followed from the very rows -> in which contexts.
    """

    reached: Reached
    function: Function
    query: Query
    model: Model
    entity: str | None
    single: bool
    guessed: bool = False
    shared: Shared | None = None
    followed: Chains = msgspec.field(default_factory=dict)

    @property
    def key(self) -> Key:
        """The function."""
        return self.reached.path, self.reached.qualname

    @property
    def where(self) -> str:
        """For a sentence."""
        return f"{self.reached.path}:{self.reached.qualname}"


class Candidate(msgspec.Struct, frozen=True, eq=False):
    """A relationship that a repeat can be, with the way to it from a query's rows."""

    place: Place
    way: Chain
    seen: int
    read_there: bool = False  # the rows pass through the function that the evidence names

    @property
    def relation(self) -> Relation:
        """The relationship that repeats: the last hop."""
        return self.way[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """The relationship names from the rows on."""
        return tuple(hop.relationship.name for hop in self.way)

    @property
    def rank(self) -> tuple[int, bool, int, int, bool]:
        """Best first; of two queries as near, the one that loads something eagerly already is where it belongs."""
        return self.seen, not self.read_there, len(self.way), self.place.reached.distance, not self.optioned

    @property
    def optioned(self) -> bool:
        """Whether the query has loader options."""
        return any(step.name == "options" for step in self.place.query.steps)


MADE_BY_CALLS = frozenset({"built", "helper"})  # styles of queries that a function of the tree may return
MOST_FOLLOWED = 150  # queries whose rows are followed in one look: a bound on its time
_NEAR = 6  # calls: what the entry reaches itself
_FAR = 12  # calls: beyond them a query was found by its callers or anywhere
_ANYWHERE = 30  # calls: the distance of queries that nothing leads to
_OWNERS = re.compile(r"\b([A-Z]\w*)\.\w")


class Places:
    """All places of a sighting."""

    def __init__(self, index: Index, sighting: Sighting) -> None:
        self.index = index
        self.keys = frozenset((r.path, r.qualname) for r in sighting.reached)
        self._near = frozenset((r.path, r.qualname) for r in sighting.reached if r.distance < _NEAR)
        self._left = MOST_FOLLOWED
        # Of queries that are looked for anywhere, any caller can be the one.
        self.through = self.keys if any(r.distance < _ANYWHERE for r in sighting.reached) else frozenset()
        self.readers = sighting.readers
        self.evidence = sighting.evidence
        self.attributes = sighting.attributes
        if sighting.reached not in index.looks:  # the same functions are looked at for evidence of several kinds
            found = list(self._places(sighting))
            words = index.reads.attributes(sorted(self.keys), {p.model: None for p in found if not p.shared})
            index.looks[sighting.reached] = found, words
        self.all: list[Place] = list(map(replace, index.looks[sighting.reached][0]))
        self.words: set[str] = index.looks[sighting.reached][1]

    def candidates(self, repeat: Repeat) -> list[Candidate]:
        """Every way from a place's rows to one of the relationships that the repeat can be, with its evidence."""
        relations, similar = relations_of(self.index, repeat)
        found = [
            candidate
            for place in self.all
            if not _limited_below(place.query, repeat.count)
            for candidate in self._on(place, relations, similar)
            if not (place.reached.distance > _FAR and self.loaded(candidate))
            if not place.single or any(hop.relationship.many is not False for hop in candidate.way[:-1])
        ]
        if self.attributes:
            named = [c for c in found if c.names[-1] in self.attributes]
            if not self.readers:  # the line is a template's
                return [c for c in named if c.seen <= SIMILAR]
            return [c for c in named if c.seen <= READ and self._at_reader(c)]
        if self.evidence != "names":
            return [c for c in found if c.seen <= READ and (self.evidence == "rows" or self._at_reader(c))]
        # What nothing is seen to read is edited only where the evidence itself points at the query.
        queried = {place.model for place in self.all}
        return [
            c
            for c in found
            if c.seen != UNSEEN
            or (len(c.way) == 1 and not c.place.reached.distance and c.relation.relationship.target not in queried)
        ]

    def loaded(self, candidate: Candidate) -> bool:
        """Whether the query loads it already: then it is not what repeats, and far away it is not worth a word."""
        return candidate.names in existing_options(candidate.place.query.steps).eager

    def _at_reader(self, candidate: Candidate) -> bool:
        """Whether the function that the evidence names holds the query, or its rows pass there."""
        return candidate.read_there or candidate.place.key in self.readers

    def follow(self, place: Place) -> Chains:
        """The chains that are read on the place's very rows; of too many places, only those of the nearest."""
        if not place.followed and self._left:
            self._left -= 1
            place.followed = self.index.evidence.chains(place.key, place.query, place.model, self._through(place))
        return place.followed

    def _through(self, place: Place) -> Collection[Key]:
        """The callers that count: of a query that serves several models only those that ask for this one."""
        return self.through if place.shared is None else place.shared.through(self.through)

    def passes(self, place: Place) -> set[Key]:
        """The functions that the place's rows pass through."""
        return self.index.evidence.passes(place.key, place.query, self._through(place))

    def makers(self, place: Place) -> set[Key]:
        """The functions whose result a place asks as its query."""
        if place.query.style not in MADE_BY_CALLS:
            return set()
        callee = place.query.root.partition("(")[0]
        return set(self.index.calls.targets(place.function, Call(callee, place.query.line)))

    def refinements(self, place: Place) -> Iterator[tuple[Function, Query]]:
        """Queries that a place's own becomes, or is made of, in the functions on its way: their options count for it.

        SQLAlchemy refuses two loaders for one path that are not the same.
        """
        keys = self.passes(place) | self.makers(place)
        for function in filter(None, map(self.index.calls.function, sorted(keys))):
            for query in function.queries:
                go_on = {"given", "built"} & {query.style, place.query.style}
                if go_on and query is not place.query and any(s.name == "options" for s in query.steps):
                    models = (self._model(function, query, entity) for entity in query.entities)
                    if any(found and found[0] is place.model for found in models):
                        yield function, query

    def _on(self, place: Place, relations: list[Relation], similar: list[Relation]) -> Iterator[Candidate]:
        exact, alike = ({id(r.relationship) for r in given} for given in (relations, similar))
        if not any(leads_to(self.index.models, place.model, r) for r in (*relations, *similar)):
            return
        done = set()
        for chain in self.follow(place):
            last = id(chain[-1].relationship)
            if last in exact | alike:
                done.add(last)
                there = bool(self.readers & self.passes(place))
                yield Candidate(place, chain, FOLLOWED if last in exact else SIMILAR, there)
        through = self.words | _loaded_names(place.query)
        for relation in relations:
            if id(relation.relationship) not in done:
                for way in paths(place.model, relation, through):
                    yield Candidate(place, way, self._seen(place, way))

    def _seen(self, place: Place, way: Chain) -> int:
        *before, last = (hop.relationship.name for hop in way)
        bases = {".".join((row, *before)) for row in place.query.rows}
        if any(r.attr == last and r.base in bases for r in place.function.reads):
            return READ
        return NAMED if last in self.words else UNSEEN

    def _places(self, sighting: Sighting) -> Iterator[Place]:
        for reached in sighting.reached:
            function = self.index.calls.function((reached.path, reached.qualname))
            for query in function.queries if function else ():
                steps = {s.name for s in query.steps}
                if steps & NO_ENTITIES or query.style == "manager":
                    continue
                for entity in query.entities:
                    if function and (given := list(self._given(reached, function, query, entity))):
                        yield from given
                        break
                    if function and (found := self._model(function, query, entity)):
                        single = query.style == "get" or bool(steps & SINGLE_ROW)
                        yield Place(reached, function, query, *found, single=single)
                        break
                    if function and query.style == "built" and (model := self._filtered(function, query)):
                        yield Place(reached, function, query, model, None, bool(steps & SINGLE_ROW), guessed=True)

    def _given(self, reached: Reached, function: Function, query: Query, entity: str) -> Iterator[Place]:
        """Of a query whose model subclasses or callers name, a place for every model."""
        if query.style not in _OF_VARIABLES or not variable(entity):
            return
        key = (reached.path, reached.qualname)
        by_model: dict[Model, list[Bound]] = {}
        for bound in self.index.bindings.of(key, entity):
            if (model := self.index.models.get(*bound.model)) and self._runs(function, bound):
                by_model.setdefault(model, []).append(bound)
        single = bool({s.name for s in query.steps} & SINGLE_ROW)
        for model, bounds in by_model.items():
            others = [b for other, more in by_model.items() for b in more if other is not model]
            if others and not any(map(self._asked, bounds)):
                continue
            shared = Shared(self.index, function, entity, tuple(bounds), tuple(others), self._near) if others else None
            yield Place(reached, function, query, model, None, single, shared=shared)

    def _runs(self, function: Function, bound: Bound) -> bool:
        """Whether the class that has the model has the method as it is, and no override of its own."""
        key = (function.path, function.qualname)
        if bound.holder is None or not function.owner:
            return True
        return self.index.calls.member(bound.holder, function.qualname.rpartition(".")[2]) in (key, None)

    def _asked(self, bound: Bound) -> bool:
        """Whether what gives a query this model is on the way from the entry: in a function that it reaches itself."""
        given = bound.calls[-1].key if bound.calls else None
        return (given is None or given in self._near) and (bound.holder is None or bound.holder in self._used)

    @cached_property
    def _used(self) -> set[Key]:
        """The classes whose methods run on the way, and those of the instances that are asked there."""
        found = set(self._near)
        for function in filter(None, map(self.index.calls.function, sorted(self._near))):
            owner = self.index.calls.owner(function)
            found |= {owner} if owner else set()
            for instance in {call.callee.rpartition(".")[0] for call in function.calls} - {"", "self", "cls"}:
                found.update(self.index.calls.types.of(function, instance))
        return found

    def _model(self, function: Function, query: Query, entity: str) -> tuple[Model, str | None] | None:
        """The model of a query's rows and how the file names it."""
        if query.style == "related":
            return self._dynamic(entity.rpartition(".")[2])
        if query.style == "built":
            return self._built(function, query, entity)
        model = self.index.models.get(function.path, entity, function.qualname)
        if model is None or (query.style in ("method", "helper") and not self._returns_query(function, query)):
            return None
        return model, entity

    def _dynamic(self, name: str) -> tuple[Model, None] | None:
        """The target of the dynamic relationships of that name, where they all have one: `event.sessions.filter()`."""
        found = {
            r.target
            for m in self.index.models.all
            if (r := m.relationships.get(name)) and r.lazy in ("dynamic", "write_only")
        }
        return (found.pop(), None) if len(found) == 1 else None

    def _built(self, function: Function, query: Query, callee: str) -> tuple[Model, None] | None:
        """The model of the query that a function of the tree returns."""
        found = set()
        for key in self.index.calls.targets(function, Call(callee, query.line)):
            maker = self.index.calls.function(key)
            if maker is None or not maker.returns_query:
                continue
            for made in (m for m in maker.queries if m.style in ("query", "select", "model")):
                found |= self._made(function, maker, made.entities[0])
        model = found.pop() if len(found) == 1 else None
        return (model, None) if model else None

    def _made(self, function: Function, maker: Function, entity: str) -> set[Model | None]:
        """The models of a query that a method makes for the class of the function that calls it."""
        owner = self.index.calls.owner(function)
        if not variable(entity) or owner is None:
            return {self.index.models.get(maker.path, entity, maker.qualname)}
        classes = {owner, *self.index.calls.below(owner)}
        bounds = self.index.bindings.of((maker.path, maker.qualname), entity)
        return {self.index.models.get(*bound.model) for bound in bounds if bound.holder in classes} or {None}

    def _filtered(self, function: Function, query: Query) -> Model | None:
        """The model whose columns the steps of a query speak of, where they speak of one only."""
        words = {w for step in query.steps for source in step.args for w in _OWNERS.findall(source)}
        found = {self.index.models.get(function.path, word, function.qualname) for word in words} - {None}
        return found.pop() if len(found) == 1 else None

    def _returns_query(self, function: Function, query: Query) -> bool:
        if {step.name for step in query.steps} & OF_QUERIES:
            return True  # what it returned is asked as a query
        callee = query.root.partition("(")[0]
        if query.style == "helper" and callee.endswith("query"):
            return True  # `paginate_query(session, Post)` says so itself; a kept result was used as one, too
        keys = list(self.index.calls.targets(function, Call(callee, query.line)))
        found = [self.index.calls.function(key) for key in keys]
        return any(f is not None and f.returns_query for f in found)


_OF_VARIABLES = frozenset({"query", "select", "model", "helper"})


def variable(entity: str) -> bool:
    """Whether an entity is a name that something else gives a model: `model`, `self.model`."""
    head, _, rest = entity.rpartition(".")
    return entity.isidentifier() or (head in ("self", "cls") and rest.isidentifier())


def _limited_below(query: Query, repeats: int) -> bool:
    """Whether a literal LIMIT lets the query return fewer rows than half of what repeats."""
    limits = [int(a) for step in query.steps if step.name == "limit" for a in step.args if a.isdecimal()]
    return bool(limits) and min(limits) * 2 < repeats


def _loaded_names(query: Query) -> set[str]:
    return {name for path in existing_options(query.steps).eager for name in path}


def relations_of(index: Index, repeat: Repeat) -> tuple[list[Relation], list[Relation]]:
    """The relationships whose lazy load the repeat is, and those of which only the table tells."""
    if not _is_lazy_load(repeat):
        return [], []
    return lazy_loads(index.models, repeat.tables, repeat.columns), loads_from(index.models, repeat.tables)


def _is_lazy_load(repeat: Repeat) -> bool:
    """A lazy load selects the columns of one row or collection: no aggregate, no LIMIT, no write."""
    return repeat.shape in _LAZY_SHAPES and not _NO_LAZY_LOAD.search(repeat.statement)


_LAZY_SHAPES = frozenset({"column_equals_parameter", "parameter_equals_column", "link_table", "other"})
_NO_LAZY_LOAD = re.compile(
    r"\b(limit|fetch first|group by|having)\b|\b(count|exists|max|min|sum|avg)\s*\(|^\s*(?!select\b|$)", re.IGNORECASE
)
