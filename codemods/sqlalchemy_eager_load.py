"""Load a SQLAlchemy relationship together with the rows that read it, instead of once per row.

A lazy relationship read in a loop costs one statement per distinct target: 51 statements where 1 or 2 do. The query
gets `.options(joinedload(...))` for a to-one relationship when order, lock and row shape are proven to survive a join,
and `.options(selectinload(...))` otherwise; the model is never touched. Refused: writes, commits or an early exit in
the loop, dynamic, write-only and noload relationships, relationships of a subclass, loader options in a variable,
streamed rows, and two queries that fit equally well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codemods import _cst
from codemods._existing_options import Existing, existing_options
from codemods._loader_policy import NO_ENTITIES, Strategy, strategy, streams
from codemods._loop_effects import judge
from codemods._sqlalchemy_cases import CASES
from codemods._sqlalchemy_suspects import suspects
from codemods.api import Answer, Load, Meta, No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.facts import Function, Query
from codemods.index.models import Model
from codemods.index.queries import SINGLE_ROW
from codemods.index.relations import Relation, lazy_loads, paths

__all__ = ["CASES", "META", "find", "suspects"]

META = Meta(id="sqlalchemy-eager-load", kinds=("n_plus_one_db",), tier="B", libraries={"SQLAlchemy": ">=1.4"})

_LAZY = {
    "dynamic": "R-DYNAMIC", "write_only": "R-WRITEONLY", "noload": "R-NOLOAD", "raise": "R-RAISE",
    "raise_on_sql": "R-RAISE", "joined": "R-ALREADY-EAGER", "selectin": "R-ALREADY-EAGER",
    "subquery": "R-ALREADY-EAGER", "immediate": "R-ALREADY-EAGER", "unknown": "R-UNRESOLVED",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Place:
    """A query of entities in a function that the entry reaches."""

    reached: Reached
    function: Function
    query: Query
    model: Model
    entity: str  # as written in the query


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A relationship that a repeat can be, with the way to it from a query's rows; `seen`: how surely it is read."""

    place: _Place
    way: tuple[Relation, ...]
    seen: int  # 2 read on the query's rows, 1 read elsewhere on the way, 0 not seen

    @property
    def relation(self) -> Relation:
        """The relationship that repeats: the last hop."""
        return self.way[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """The relationship names from the rows on."""
        return tuple(hop.relationship.name for hop in self.way)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """One proposal per query that can take the repeats, and a refusal for each repeat that has no query."""
    places = list(_places(index, sighting))
    read = index.reads.attributes(((r.path, r.qualname) for r in sighting.reached), {p.model: None for p in places})
    answers: list[Answer] = []
    chosen: dict[int, list[tuple[_Candidate, Repeat]]] = {}
    for repeat in sighting.repeats:
        found = _choose(index, places, repeat, read)
        if isinstance(found, No):
            answers.append(found)
            continue
        for candidate in found:
            chosen.setdefault(id(candidate.place.query), []).append((candidate, repeat))
    functions = [f for r in sighting.reached if (f := index.calls.function((r.path, r.qualname)))]
    answers.extend(_answer(index, loads, functions) for loads in chosen.values())
    return answers


# ---- which query ----


def _places(index: Index, sighting: Sighting) -> Iterator[_Place]:
    for reached in sighting.reached:
        function = index.calls.function((reached.path, reached.qualname))
        for query in function.queries if function else ():
            if {s.name for s in query.steps} & (NO_ENTITIES | SINGLE_ROW):
                continue
            for entity in query.entities:
                if function and (model := index.models.get(reached.path, entity, function.qualname)):
                    yield _Place(reached, function, query, model, entity)
                    break


def _choose(index: Index, places: list[_Place], repeat: Repeat, read: set[str]) -> list[_Candidate] | No:
    relations = lazy_loads(index.models, repeat.tables, repeat.columns) if _is_lazy_load(repeat) else []
    if not relations:
        return _no(repeat, "R-UNRESOLVED", f"no relationship of a model loads `{repeat.statement}`")
    candidates = [
        _Candidate(place, way, _seen(place, way, read))
        for relation in relations
        for place in places
        if not _limited_below(place.query, repeat.count)
        for way in paths(place.model, relation, read | _loaded_names(place.query))
    ]
    # What nothing is seen to read is edited only where the evidence itself points at the query.
    queried = {place.model for place in places}
    candidates = [
        c
        for c in candidates
        if c.seen
        or (len(c.way) == 1 and not c.place.reached.distance and c.relation.relationship.target not in queried)
    ]
    if not candidates:
        return _nowhere(places, relations, repeat)
    best = min(candidates, key=_rank)
    equal = [c for c in candidates if _rank(c) == _rank(best)]
    queries = {id(c.place.query) for c in equal}
    if len(queries) > 1 or (len(equal) > 1 and (not best.seen or len(best.way) > 1)):
        places_of = {(_where(c.place), c.place.query.line) for c in equal}
        lined = len(places_of) > len({where for where, _ in places_of})  # two in one function: only the line tells
        names = tuple(sorted({_named(c, lined=lined) for c in equal}))
        return _no(repeat, "R-AMBIGUOUS", f"{' and '.join(names)} fit equally well", names)
    return equal


def _named(candidate: _Candidate, *, lined: bool) -> str:
    line = f" (line {candidate.place.query.line})" if lined else ""
    return f"{'.'.join((candidate.place.entity, *candidate.names))} in {_where(candidate.place)}{line}"


def _rank(candidate: _Candidate) -> tuple[int, int]:
    return -candidate.seen, len(candidate.way)


def _is_lazy_load(repeat: Repeat) -> bool:
    """A lazy load selects the columns of one row or collection: no aggregate, no LIMIT, no write."""
    return repeat.shape in _LAZY_SHAPES and not _NO_LAZY_LOAD.search(repeat.statement)


_LAZY_SHAPES = frozenset({"column_equals_parameter", "parameter_equals_column", "link_table", "other"})
_NO_LAZY_LOAD = re.compile(
    r"\b(limit|fetch first|group by|having)\b|\b(count|exists|max|min|sum|avg)\s*\(|^\s*(?!select\b|$)", re.IGNORECASE
)


def _limited_below(query: Query, repeats: int) -> bool:
    """Whether a literal LIMIT lets the query return fewer rows than half of what repeats."""
    limits = [int(a) for step in query.steps if step.name == "limit" for a in step.args if a.isdecimal()]
    return bool(limits) and min(limits) * 2 < repeats


def _seen(place: _Place, way: tuple[Relation, ...], read: set[str]) -> int:
    *before, last = (hop.relationship.name for hop in way)
    bases = {".".join((row, *before)) for row in place.query.rows}
    on_rows = any(r.attr == last and r.base in bases for r in place.function.reads)
    return 2 if on_rows else int(last in read)


def _loaded_names(query: Query) -> set[str]:
    return {name for path in existing_options(query.steps).eager for name in path}


def _nowhere(places: list[_Place], relations: list[Relation], repeat: Repeat) -> No:
    paths = ", ".join(sorted(r.path for r in relations))
    for place in places:
        for relation in relations:
            if place.model in relation.owner.lineage()[1:]:
                return _no(
                    repeat, "R-SUBCLASS", f"{relation.path} is not on {place.model.name}, which {_where(place)} queries"
                )
    if any(relation.owner in place.model.lineage() for place in places for relation in relations):
        return _no(
            repeat, "R-UNRESOLVED", f"nothing on the way from the entry is seen to read {paths} of a query's rows"
        )
    return _no(repeat, "R-UNRESOLVED", f"no query on the way from the entry returns rows that own {paths}")


# ---- what to do there ----


def _answer(index: Index, found: list[tuple[_Candidate, Repeat]], reached: list[Function]) -> Answer:
    place = found[0][0].place
    readers = [function for function in reached if function is not place.function]
    found = sorted(found, key=_to_one_first)
    repeats = tuple(dict.fromkeys(repeat for _, repeat in found))
    options = existing_options(place.query.steps)
    names = [candidate.names for candidate, _ in found]
    if all(name in options.eager for name in names):
        loaded = ", ".join(".".join(name) for name in names)
        return _at(place, repeats, "R-ALREADY-EAGER", f"{_where(place)} loads {loaded} already", done=True)
    if not options.readable or options.opted_out & {n for name in names for n in _opt_outs(name)}:
        return _at(place, repeats, "R-OPTION-VAR", f"the loader options of {_where(place)} are not plain ones")
    if step := streams(place.query):
        return _at(place, repeats, "R-STREAM", f"{_where(place)} streams its rows with `{step}`")
    loads: list[tuple[Load, tuple[tuple[str, Relation], ...]]] = []
    doubts: list[str] = []
    refusals: list[tuple[str, str]] = []
    for candidate, repeat in found:
        if candidate.names in options.eager:
            continue
        if blocked := _blocked(candidate, options):
            refusals.append(blocked)
            continue
        first = candidate.way[0]
        verdict = judge(index, place.function, place.query, first.relationship.name, _key_columns(first), readers)
        if verdict.refusal:
            refusals.append(verdict.refusal)
            continue
        doubts += verdict.doubts
        doubts += _doubts(candidate)
        loads.append(_load(candidate, options, repeat))
    if not loads:
        return _at(place, repeats, refusals[0][0], refusals[0][1])
    return _propose(index, place, loads, doubts + [f"left alone: {why} ({code})" for code, why in refusals])


def _opt_outs(name: tuple[str, ...]) -> Iterator[str]:
    """What an opt-out of a hop can be called: by its path, or as all that its parent has."""
    for end, hop in enumerate(name):
        yield ".".join((*name[:end], hop))
        yield ".".join((*name[:end], "*"))


def _blocked(candidate: _Candidate, options: Existing) -> tuple[str, str] | None:
    """The first hop that cannot be loaded eagerly; hops before the last may be eager already."""
    for position, hop in enumerate(candidate.way, 1):
        if candidate.names[:position] in options.eager:
            continue
        code = _LAZY.get(hop.relationship.lazy)
        if code and (code != "R-ALREADY-EAGER" or hop is candidate.relation):
            return code, f"{hop.path} is declared lazy={hop.relationship.lazy!r}"
    return None


def _load(candidate: _Candidate, options: Existing, repeat: Repeat) -> tuple[Load, tuple[tuple[str, Relation], ...]]:
    """The load of the last hop, and the loader of every hop.

    A hop that the query loads already is only passed through: SQLAlchemy refuses a second loader that differs from the
    first in as little as `innerjoin=True`, and drops the criteria of `and_()`.
    """
    place = candidate.place
    chosen = strategy(place.query, place.model, candidate.way[0].relationship)
    loaders: list[tuple[str, Relation]] = []
    for position, hop in enumerate(candidate.way, 1):
        loaded = candidate.names[:position] in options.eager
        loaders.append(("defaultload" if loaded else _next(chosen, hop, position), hop))
    last = loaders[-1][0]
    why = chosen.why if len(loaders) == 1 else _WHY_NESTED[last == "joinedload"]
    path = ".".join((place.entity, *candidate.names))
    return Load(path, last, why, repeat, 0 if last == "joinedload" else 1), tuple(loaders)


_WHY_NESTED = {
    True: "to-one: a join there changes no row and no order",
    False: "one separate SELECT per hop leaves the statements before it alone",
}


def _next(chosen: Strategy, hop: Relation, position: int) -> str:
    if position == 1:
        return chosen.name
    return "joinedload" if chosen.name == "joinedload" and hop.relationship.many is False else "selectinload"


def _to_one_first(found: tuple[_Candidate, Repeat]) -> tuple[bool, int, tuple[str, ...]]:
    """To-one before collections, then as declared: the same edit whatever the trace happened to time."""
    candidate, _ = found
    first = candidate.way[0].relationship
    declared = list(candidate.place.model.all_relationships())
    return first.many is not False, declared.index(first.name), candidate.names


def _doubts(candidate: _Candidate) -> Iterator[str]:
    if not candidate.seen:
        yield f"where `.{candidate.relation.relationship.name}` is read was not found; the SQL alone names it"
    if candidate.relation.relationship.from_backref and candidate.place.query.style == "select":
        yield (
            f"{candidate.relation.path} is declared by a backref: it exists once the mappers are configured, so a "
            "select() that runs before any other query would not find it"
        )


def _propose(
    index: Index, place: _Place, loads: list[tuple[Load, tuple[tuple[str, Relation], ...]]], doubts: list[str]
) -> Answer:
    path = place.reached.path
    text = index.tree.source(path)
    assert text is not None
    repeats = tuple(load.repeat for load, _ in loads)
    names = sorted({name for _, loaders in loads for name, _ in loaders})
    taken = [n for n in names if _cst.bound_otherwise(text, "sqlalchemy.orm", n)]
    if taken:
        return _at(place, repeats, "R-UNRESOLVED", f"{path} uses the name {taken[0]} for something else")
    arguments: list[str] = []
    for load, loaders in loads:
        if any(other.path.startswith(f"{load.path}.") for other, _ in loads):
            continue  # the longer path loads it on its way
        # A class may inherit the relationship of a mixin, which is not mapped itself: the model before it is named.
        owners = [_spelled(index, path, hop.relationship.target) for _, hop in loaders[:-1]]
        if None in owners:
            return _at(place, repeats, "R-UNRESOLVED", f"{path} does not import the models on the way to {load.path}")
        arguments.append(_option(place.entity, loaders, owners))
    start, end = _cst.offsets(text, place.query.chain)
    edits = [(start, end, _cst.with_call(text[start:end], place.query.depth, "options", arguments))]
    if added := _cst.import_edit(text, "sqlalchemy.orm", names, _first_party(index)):
        edits.append(added)
    done = tuple(load for load, _ in loads)
    loaded = ", ".join(sorted({load.path for load in done}))
    payers = [f"`{name}` in {file}" for file, name in index.calls.callers((path, place.reached.qualname))]
    notes = list(dict.fromkeys(doubts))
    if len(payers) > 1:
        notes.append(
            f"this query has {len(payers)} callers, and all of them load the relationship now: {', '.join(payers)}"
        )
    return Proposal(
        META.id, "C" if doubts else "B", path, place.reached.qualname, place.query.line, place.query.root,
        done, {path: _cst.replace(text, edits)},
        (place.reached.via, *(f"`{load.repeat.statement}` is the lazy load of {load.path}" for load in done),
         f"`{place.query.root}` in {_where(place)} returns the rows that own {loaded}"),
        tuple(notes),
    )  # fmt: skip


def _option(entity: str, loaders: tuple[tuple[str, Relation], ...], owners: list[str | None]) -> str:
    """`selectinload(Post.comments).joinedload(Comment.writer)`."""
    named = zip([entity, *owners], loaders, strict=True)
    return ".".join(f"{loader}({owner}.{hop.relationship.name})" for owner, (loader, hop) in named)


def _spelled(index: Index, path: str, model: Model) -> str | None:
    """How the file can name a model: as it imports or defines it, or through the module it imports it from."""
    text = index.tree.source(path)
    module = index.tree.module(path)
    assert text is not None and module is not None
    # What only another function or a type checker imports is no name at run time.
    bound = _cst.bound_names(text)
    for name in (n for n in (model.qualname, *module.imports) if n.partition(".")[0] in bound):
        for spelled in (name, f"{name}.{model.qualname}"):
            if index.names.resolve(path, spelled) == (model.path, model.qualname):
                return spelled
    return None


def _first_party(index: Index) -> frozenset[str]:
    parts = [path.removeprefix("src/").split("/") for path in index.tree.files]
    return frozenset(p[0].removesuffix(".py") for p in parts)


def _key_columns(relation: Relation) -> frozenset[str]:
    tables = relation.relationship.target.tables()
    columns = relation.owner.all_columns().items()
    return frozenset(n for n, c in columns if any(r.rpartition(".")[0] in tables for r in c.references))


def _where(place: _Place) -> str:
    return f"{place.reached.path}:{place.reached.qualname}"


def _no(repeat: Repeat, code: str, message: str, candidates: tuple[str, ...] = ()) -> No:
    return No(code, message, (repeat,), candidates)


def _at(place: _Place, repeats: tuple[Repeat, ...], code: str, message: str, *, done: bool = False) -> No:
    return No(code, message, repeats, path=place.reached.path, qualname=place.reached.qualname, done=done)
