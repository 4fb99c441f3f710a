"""Load a SQLAlchemy relationship together with the rows that read it, instead of once per row.

A lazy relationship read in a loop costs one statement per distinct target: 51 statements where 1 or 2 do. The query
gets `.options(joinedload(...))` for a to-one relationship when order, lock and row shape are proven to survive a join,
and `.options(selectinload(...))` otherwise; the model is never touched. Refused: writes, commits or an early exit in
the loop, dynamic, write-only and noload relationships, relationships of a subclass, loader options in a variable,
streamed rows, and two queries that fit equally well.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from codemods import _cst
from codemods._loader_policy import NO_ENTITIES, STREAMS, existing_options, strategy
from codemods._loop_effects import judge
from codemods._sqlalchemy_cases import CASES
from codemods.api import Answer, Load, Meta, No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.facts import Function, Query
from codemods.index.models import Model, Relationship
from codemods.index.queries import SINGLE_ROW
from codemods.index.relations import Relation, lazy_loads

__all__ = ["CASES", "META", "find"]

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
    """A relationship that a repeat can be, on a query whose rows own it; `seen` says how surely it is read there."""

    place: _Place
    relation: Relation
    seen: int  # 2 read on the query's rows, 1 read elsewhere on the way, 0 not seen


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """One proposal per query that can take the repeats, and a refusal for each repeat that has no query."""
    places = list(_places(index, sighting))
    read = _reads(index, sighting)
    answers: list[Answer] = []
    chosen: dict[int, list[tuple[_Candidate, Repeat]]] = {}
    for repeat in sighting.repeats:
        found = _choose(index, places, repeat, read)
        if isinstance(found, No):
            answers.append(found)
            continue
        for candidate in found:
            chosen.setdefault(id(candidate.place.query), []).append((candidate, repeat))
    answers.extend(_answer(index, loads) for loads in chosen.values())
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


def _reads(index: Index, sighting: Sighting) -> set[str]:
    functions = (index.calls.function((r.path, r.qualname)) for r in sighting.reached)
    return {read.attr for function in functions if function for read in function.reads}


def _choose(index: Index, places: list[_Place], repeat: Repeat, read: set[str]) -> list[_Candidate] | No:
    relations = lazy_loads(index.models, repeat.tables, repeat.columns)
    if not relations:
        return _no(repeat, "R-UNRESOLVED", f"no relationship of a model loads `{repeat.statement}`")
    candidates = [
        _Candidate(place, relation, _seen(place, relation.relationship, read))
        for relation in relations
        for place in places
        if relation.owner in place.model.lineage()
    ]
    if not candidates:
        return _nowhere(places, relations, repeat)
    best = min(candidates, key=_rank)
    equal = [c for c in candidates if _rank(c) == _rank(best)]
    queries = {id(c.place.query) for c in equal}
    if len(queries) > 1 or (len(equal) > 1 and not best.seen):
        names = tuple(sorted(f"{c.relation.path} in {_where(c.place)}" for c in equal))
        return _no(repeat, "R-AMBIGUOUS", f"{' and '.join(names)} fit equally well", names)
    return equal


def _rank(candidate: _Candidate) -> tuple[int, int]:
    return -candidate.seen, candidate.place.reached.distance


def _seen(place: _Place, relationship: Relationship, read: set[str]) -> int:
    on_rows = any(r.attr == relationship.name and r.base in place.query.rows for r in place.function.reads)
    return 2 if on_rows else int(relationship.name in read)


def _nowhere(places: list[_Place], relations: list[Relation], repeat: Repeat) -> No:
    paths = ", ".join(sorted(r.path for r in relations))
    for place in places:
        for relation in relations:
            if place.model in relation.owner.lineage():
                return _no(
                    repeat, "R-SUBCLASS", f"{relation.path} is not on {place.model.name}, which {_where(place)} queries"
                )
    return _no(repeat, "R-UNRESOLVED", f"no query on the way from the entry returns rows that own {paths}")


# ---- what to do there ----


def _answer(index: Index, found: list[tuple[_Candidate, Repeat]]) -> Answer:
    place = found[0][0].place
    found = sorted(found, key=_to_one_first)
    repeats = tuple(dict.fromkeys(repeat for _, repeat in found))
    options = existing_options(place.query.steps)
    names = [candidate.relation.relationship.name for candidate, _ in found]
    if all(name in options.eager for name in names):
        return _at(place, repeats, "R-ALREADY-EAGER", f"{_where(place)} loads {', '.join(names)} already", done=True)
    if not options.readable or options.opted_out & {*names, "*"}:
        return _at(place, repeats, "R-OPTION-VAR", f"the loader options of {_where(place)} are not plain ones")
    if streams := sorted({s.name for s in place.query.steps} & STREAMS):
        return _at(place, repeats, "R-STREAM", f"{_where(place)} streams its rows with `{streams[0]}`")
    loads: list[Load] = []
    doubts: list[str] = []
    refusals: list[tuple[str, str]] = []
    for candidate, repeat in found:
        relationship = candidate.relation.relationship
        if relationship.name in options.eager:
            continue
        if code := _LAZY.get(relationship.lazy):
            refusals.append((code, f"{candidate.relation.path} is declared lazy={relationship.lazy!r}"))
            continue
        verdict = judge(index, place.function, place.query, relationship.name, _key_columns(candidate.relation))
        if verdict.refusal:
            refusals.append(verdict.refusal)
            continue
        doubts += verdict.doubts
        doubts += _doubts(candidate)
        chosen = strategy(place.query, place.model, relationship)
        path = f"{place.entity}.{relationship.name}"
        loads.append(Load(path, chosen.name, chosen.why, repeat, chosen.statements_after))
    if not loads:
        return _at(place, repeats, refusals[0][0], refusals[0][1])
    return _propose(index, place, loads, doubts + [f"left alone: {why} ({code})" for code, why in refusals])


def _to_one_first(found: tuple[_Candidate, Repeat]) -> tuple[bool, int]:
    """To-one before collections, then as declared: the same edit whatever the trace happened to time."""
    candidate, _ = found
    declared = list(candidate.place.model.all_relationships())
    return candidate.relation.relationship.many is not False, declared.index(candidate.relation.relationship.name)


def _doubts(candidate: _Candidate) -> Iterator[str]:
    if not candidate.seen:
        yield f"where `.{candidate.relation.relationship.name}` is read was not found; the SQL alone names it"
    if candidate.relation.relationship.from_backref and candidate.place.query.style == "select":
        yield (
            f"{candidate.relation.path} is declared by a backref: it exists once the mappers are configured, so a "
            "select() that runs before any other query would not find it"
        )


def _propose(index: Index, place: _Place, loads: list[Load], doubts: list[str]) -> Answer:
    text = index.tree.source(place.reached.path)
    assert text is not None
    names = sorted({load.strategy for load in loads})
    repeats = tuple(load.repeat for load in loads)
    taken = [n for n in names if not _cst.binds(text, "sqlalchemy.orm", n) and n in _cst.bound_names(text)]
    if taken:
        return _at(place, repeats, "R-UNRESOLVED", f"{place.reached.path} uses the name {taken[0]} for something else")
    start, end = _cst.offsets(text, place.query.chain)
    arguments = [f"{load.strategy}({load.path})" for load in loads]
    edits = [(start, end, _cst.with_call(text[start:end], place.query.depth, "options", arguments))]
    if added := _cst.import_edit(text, "sqlalchemy.orm", names, _first_party(index)):
        edits.append(added)
    relation_files = ", ".join(sorted({f"{load.path}" for load in loads}))
    payers = [f"`{name}` in {path}" for path, name in index.calls.callers((place.reached.path, place.reached.qualname))]
    notes = list(dict.fromkeys(doubts))
    if len(payers) > 1:
        notes.append(
            f"this query has {len(payers)} callers, and all of them load the relationship now: {', '.join(payers)}"
        )
    return Proposal(
        META.id, "C" if doubts else "B", place.reached.path, place.reached.qualname, place.query.line, place.query.root,
        tuple(loads), {place.reached.path: _cst.replace(text, edits)},
        (place.reached.via, *(f"`{load.repeat.statement}` is the lazy load of {load.path}" for load in loads),
         f"`{place.query.root}` in {_where(place)} returns the rows that own {relation_files}"),
        tuple(notes),
    )  # fmt: skip


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
