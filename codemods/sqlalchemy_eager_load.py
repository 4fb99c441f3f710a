"""Load a SQLAlchemy relationship together with the rows that read it, instead of once per row.

A lazy relationship read in a loop costs one statement per distinct target: 51 statements where 1 or 2 do. The query
gets `.options(joinedload(...))` for a to-one relationship when order, lock and row shape are proven to survive a join,
and `.options(selectinload(...))` otherwise; the model is never touched. Refused: writes, commits or an early exit in
the loop, dynamic, write-only and noload relationships, relationships of a subclass, loader options in a variable,
streamed rows, and two queries that fit equally well. A query that serves several models, in a base class or a helper,
stays as it is: the options go to what is one model's own, its hook, argument or override, or it is refused.
"""

import ast
from collections.abc import Iterator
from functools import partial

import msgspec
from msgspec.structs import replace

from codemods._existing_options import Existing, existing_options, given_to_root
from codemods._lazy import names_of
from codemods._loader_policy import Strategy, strategy, streams
from codemods._loop_effects import Verdict, judge
from codemods._older_sqlalchemy import JOINED, SUBQUERY, older
from codemods._one_target import key_columns, one_target
from codemods._option_variables import held_by
from codemods._shared_queries import Target, target
from codemods._sqlalchemy_edit import CannotSpellError, Loaders, Options, longest, with_options
from codemods._sqlalchemy_places import (
    FOLLOWED,
    MADE_BY_CALLS,
    READ,
    SIMILAR,
    UNSEEN,
    Candidate,
    Place,
    Places,
    relations_of,
)
from codemods.api import Answer, Load, Meta, No, Proposal, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.facts import Function
from codemods.index.follow import Chain
from codemods.index.relations import Relation
from codemods.index.rows import Context

__getattr__ = names_of(
    CASES="codemods._sqlalchemy_all_cases",
    loads_named="codemods._sqlalchemy_suspects",
    suspects="codemods._sqlalchemy_suspects",
)

META = Meta(
    id="sqlalchemy-eager-load",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"SQLAlchemy": ">=1.4"},
    effect="51 -> 2 queries, 16 -> 3 ms CPU",
    follows=True,
)

_LAZY = {
    "dynamic": "R-DYNAMIC", "write_only": "R-WRITEONLY", "noload": "R-NOLOAD", "raise": "R-RAISE",
    "raise_on_sql": "R-RAISE", "joined": "R-ALREADY-EAGER", "selectin": "R-ALREADY-EAGER",
    "subquery": "R-ALREADY-EAGER", "immediate": "R-ALREADY-EAGER", "unknown": "R-UNRESOLVED",
}  # fmt: skip


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """One proposal per query that can take the repeats, and a refusal for each repeat that has no query."""
    if not any(any(relations_of(index, r)) for r in sighting.repeats):
        return [_no(r, "R-UNRESOLVED", f"no relationship of a model loads `{r.statement}`") for r in sighting.repeats]
    places = Places(index, sighting)
    answers: list[Answer] = []
    chosen: dict[int, list[tuple[Candidate, Repeat]]] = {}
    for repeat in sighting.repeats:
        found = _choose(places, repeat)
        if isinstance(found, No):
            answers.append(found)
            continue
        for candidate in found:
            chosen.setdefault(id(candidate.place.query), []).append((candidate, repeat))
    functions = [f for r in sighting.reached if (f := index.calls.function((r.path, r.qualname)))]
    planned = [_planned(index, places, loads, functions) for loads in chosen.values()]
    taken = {load.repeat for one in planned if isinstance(one, _Planned) for load, _ in one.loads}
    answers += [one for one in planned if isinstance(one, No) and not taken.issuperset(one.repeats)]
    together: list[list[_Planned]] = []
    for one in (p for p in planned if isinstance(p, _Planned)):
        with_it = [group for group in together if any(one.belongs_with(other) for other in group)]
        rest = [group for group in together if group not in with_it]
        together = [*rest, [*(other for group in with_it for other in group), one]]
    return answers + [_propose(index, group) for group in together]


# ---- which query ----


def _choose(places: Places, repeat: Repeat) -> list[Candidate] | No:
    relations = list(dict.fromkeys(r for found in relations_of(places.index, repeat) for r in found))
    if not relations:
        return _no(repeat, "R-UNRESOLVED", f"no relationship of a model loads `{repeat.statement}`")
    candidates = _at_makers(places, places.candidates(repeat))
    if not candidates:
        return _nowhere(places.all, relations, repeat)
    best = min(candidates, key=lambda c: c.rank)
    equal = _both_pay(places, best, candidates) or [c for c in candidates if c.rank == best.rank]
    # A query inside another one's chain, `a.union(b)`, gives its rows to that one.
    equal = [c for c in equal if not any(_holds(other.place, c.place) for other in equal)]
    equal = [c for c in equal if not any(_surer(places, other, c) for other in equal)]
    queries = {id(c.place.query) for c in equal}
    # Two branches of one function that both read it on their rows are one place.
    several = len({c.place.key for c in equal}) > 1
    apart = (several and not _both_pay(places, best, equal)) or best.seen > READ
    unsure = best.seen > READ or (best.seen > FOLLOWED and len(best.way) > 1)
    if (len(queries) > 1 and apart) or (len(equal) > 1 and unsure):
        places_of = {(c.place.where, c.place.query.line) for c in equal}
        lined = len(places_of) > len({where for where, _ in places_of})  # two in one function: only the line tells
        names = tuple(sorted({_named(c, lined=lined) for c in equal}))
        return _no(repeat, "R-AMBIGUOUS", f"{' and '.join(names)} fit equally well", names)
    return equal


def _at_makers(places: Places, candidates: list[Candidate]) -> list[Candidate]:
    """Without the one call of a function whose own query is as surely what is read.

    Options go where the query has some already, and where it is made if the call names no model of its own either.
    """
    made = {
        (c.place.key, c.names, c.seen): c.optioned
        for c in candidates
        if c.place.query.style not in MADE_BY_CALLS and len(set(places.index.calls.callers(c.place.key))) == 1
    }

    def at_maker(candidate: Candidate) -> bool:
        keys = [(key, candidate.names, candidate.seen) for key in places.makers(candidate.place)]
        return any(key in made and (made[key] or candidate.place.shared) for key in keys)

    return [c for c in candidates if not at_maker(c)]


def _both_pay(places: Places, best: Candidate, candidates: list[Candidate]) -> list[Candidate]:
    """The best one with its like in other queries as near, where the rows of all come to what reads them.

    Each of these queries pays; one that loads it already is not what repeats.
    """
    near = [c for c in candidates if c.rank[:-1] == best.rank[:-1]]
    like = [c for c in near if c.names == best.names or c.place.query is best.place.query]
    if best.seen != FOLLOWED or not best.read_there or len({c.place.key for c in like}) > _MOST_TOGETHER:
        return []
    return [c for c in like if not places.loaded(c)] or like


def _surer(places: Places, one: Candidate, other: Candidate) -> bool:
    """Whether of two ways from the same rows one is read on every row and the other is not."""
    if one.place is not other.place or one.seen != FOLLOWED or other.seen != FOLLOWED:
        return False
    read = places.follow(one.place)
    return () in read[one.way] and () not in read[other.way]


def _holds(outer: Place, inner: Place) -> bool:
    (line, column, end, end_column), (first, start, last, stop) = outer.query.chain, inner.query.chain
    inside = (line, column) <= (first, start) and (last, stop) <= (end, end_column)
    return outer.key == inner.key and inside and outer.query.chain != inner.query.chain


def _named(candidate: Candidate, *, lined: bool) -> str:
    line = f" (line {candidate.place.query.line})" if lined else ""
    place = candidate.place
    return f"{'.'.join((place.entity or place.model.name, *candidate.names))} in {place.where}{line}"


def _nowhere(places: list[Place], relations: list[Relation], repeat: Repeat) -> No:
    paths = ", ".join(sorted({r.path for r in relations})[:5])
    for place in places:
        for relation in relations:
            if place.model in relation.owner.lineage()[1:]:
                return _no(
                    repeat, "R-SUBCLASS", f"{relation.path} is not on {place.model.name}, which {place.where} queries"
                )
    if any(relation.owner in place.model.lineage() for place in places for relation in relations):
        return _no(
            repeat, "R-UNRESOLVED", f"nothing on the way from the entry is seen to read {paths} of a query's rows"
        )
    return _no(repeat, "R-UNRESOLVED", f"no query on the way from the entry returns rows that own {paths}")


# ---- what to do there ----


class _Planned(msgspec.Struct, frozen=True):
    """What one query is given: loads that the trace shows, loads read beside them, and what a reviewer must know."""

    place: Place
    loads: tuple[tuple[Load, Loaders], ...]
    beside: tuple[Loaders, ...]
    doubts: tuple[str, ...]
    target: Target | None = None

    @property
    def home(self) -> Key:
        """The function or class that is edited."""
        return self.target.key if self.target else self.place.key

    def belongs_with(self, other: "_Planned") -> bool:
        """Whether both are in one function, or take the same repeat: then they are one patch."""
        repeats = {load.repeat for load, _ in self.loads}
        return self.home == other.home or any(load.repeat in repeats for load, _ in other.loads)


def _planned(
    index: Index, places: Places, found: list[tuple[Candidate, Repeat]], reached: list[Function]
) -> _Planned | No:
    place = found[0][0].place
    # Rows that were followed are read where they pass; else any function on the way may have been given them.
    passed = places.passes(place) if all(c.seen <= SIMILAR for c, _ in found) else None
    readers = [f for f in reached if f is not place.function and (passed is None or (f.path, f.qualname) in passed)]
    found = sorted(found, key=lambda pair: _to_one_first(pair[0]))
    repeats = tuple(dict.fromkeys(repeat for _, repeat in found))
    aim = target(index, place.shared, place.query) if place.shared else None
    options = _options(index, places, place, aim)
    if why := _unfit(place, aim, options, [candidate.names for candidate, _ in found]):
        return _at(place, repeats, *why, done=why[0] == "R-ALREADY-EAGER")
    old = older(index, place.reached.path)
    loads: list[tuple[Load, Loaders]] = []
    doubts: list[str] = []
    refusals: list[tuple[str, str]] = []
    for candidate, repeat in found:
        if candidate.names in options.eager:
            continue
        if why := _recursive(places, candidate) or _forbidden(index, candidate, options, readers):
            refusals.append(why)
            continue
        load, loaders = _load(candidate, options, repeat)
        if (joins := old.joined(place.query, place.model, loaders)) is not loaders:
            loaders, load = joins, replace(load, strategy="joinedload", why=_WHY_NESTED[True], statements_after=0)
            doubts.append(JOINED)
        if why := old.refuses(place.query, place.model, loaders):
            refusals.append(why)
            continue
        doubts += [*_effects(index, candidate, readers).doubts, *_doubts(candidate)]
        loads.append((replace(load, strategy=old.name(load.strategy)), old.spelled(loaders)))
    if not loads:
        return _at(place, repeats, refusals[0][0], refusals[0][1])
    beside: list[Loaders] = []
    now = {candidate.names for candidate, _ in found}
    for candidate in _beside(places, place, found, options):
        refused = _recursive(places, candidate) or _forbidden(index, candidate, options, readers)
        named = refused is None or (refused[0] == "R-ALREADY-EAGER" and _far_side(candidate, now))
        loaders = old.joined(place.query, place.model, _loaders(candidate, options))
        named = named and old.refuses(place.query, place.model, loaders) is None
        if named and not _effects(index, candidate, readers).doubts:
            now.add(candidate.names)
            beside.append(old.spelled(loaders))
    doubts += [SUBQUERY] * any(name == "subqueryload" for _, loaders in loads for name, _ in loaders)
    doubts += [f"left alone: {why} ({code})" for code, why in refusals]
    if aim and aim.kind == "override":
        doubts.append(f"every query that `{aim.qualname}` gets from `{aim.name}` loads it now")
    return _Planned(place, tuple(loads), tuple(beside), tuple(dict.fromkeys(doubts)), aim)


def _options(index: Index, places: Places, place: Place, aim: Target | None) -> Existing:
    """The options that the query of a place has, or is given further on."""
    options = existing_options(place.query.steps, partial(_held, index, place, aim))
    options |= Existing(dict.fromkeys(given_to_root(place.query), "joinedload"))
    for function, query in places.refinements(place):
        options |= existing_options(query.steps, partial(held_by, index, function))
    return options


def _unfit(place: Place, aim: Target | None, options: Existing, names: list[tuple[str, ...]]) -> tuple[str, str] | None:
    """Why the query takes no option at all: code and sentence."""
    if all(name in options.eager for name in names):
        return "R-ALREADY-EAGER", f"{place.where} loads {', '.join('.'.join(name) for name in names)} already"
    if place.shared and aim is None:
        models = {bound.model for bound in place.shared.others}
        return "R-SHARED", f"the query of {place.where} serves {len(models)} other models as well"
    given = place.query.style == "get" and "options=" in place.query.root
    if given or not options.readable or options.opted_out & {n for name in names for n in _opt_outs(name)}:
        return "R-OPTION-VAR", f"the loader options of {place.where} are not plain ones"
    if step := streams(place.query):
        return "R-STREAM", f"{place.where} streams its rows with `{step}`"
    return None


def _held(index: Index, place: Place, aim: Target | None, node: ast.expr) -> list[ast.expr] | None:
    """What a variable among the options holds; of a list that several models have one each of, this one's."""
    if aim and aim.kind in ("list", "more", "argument") and isinstance(node, ast.Starred):
        return list(aim.options)
    return held_by(index, place.function, node)


def _beside(places: Places, place: Place, pairs: list[tuple[Candidate, Repeat]], options: Existing) -> list[Candidate]:
    """Relationships that every row of the query is seen to read as well: the same loop pays for them too.

    And those on longer ways whose lazy load is the very statement that repeats: which of them it is, nothing tells.
    """
    found = [candidate for candidate, _ in pairs]
    if any(candidate.seen > SIMILAR for candidate in found):
        return []
    have = {c.names[:end] for c in found for end in range(1, len(c.names) + 1)} | options.eager.keys()
    read = places.follow(place)
    told = {context for c in found for context in read.get(c.way, ())}
    # A property that leads to what is told, `entry.object`, hands out another relationship on other rows.
    on_way = {context for c in found for end in range(1, len(c.way)) for context in read.get(c.way[:end], ())}

    def covers(own: Context, shown: Context) -> bool:
        inside = own[len(shown) :] if own in on_way and own[: len(shown)] == shown else (":",)
        return shown[: len(own)] == own or not any(":" in part for part in inside)  # members only, no places

    def as_surely(chain: Chain) -> bool:
        """Whether it is read wherever what the trace shows is read."""
        return bool(told) and all(any(covers(own, shown) for own in read[chain]) for shown in told)

    most = max(len(c.way) for c in found)
    same = {r for _, repeat in pairs for r in relations_of(places.index, repeat)[0]}
    all_read = [
        Candidate(place, chain, FOLLOWED)
        for chain in read
        if (as_surely(chain) or (len(chain) > most and chain[-1] in same)) and not one_target(place, chain[0])
    ]
    # Of one row only what its collections hold is read more than once: those that the trace shows.
    held = [c.way[:-1] for c in found] if place.single else [()]
    beside = [c for c in all_read if c.names not in have and any(c.way[: len(way)] == way for way in held)]
    return sorted(beside, key=_to_one_first)


def _far_side(candidate: Candidate, now: set[tuple[str, ...]]) -> bool:
    """Whether it is what the rows of a collection that is loaded now stand for, as in `selectinload(User.memberships)
    .selectinload(Membership.group)`: named as well, the query keeps what it needs when the model's default changes."""
    *before, last = candidate.way
    many_to_one = last.relationship.many is False and bool(before) and before[-1].relationship.many is True
    return many_to_one and candidate.names[:-1] in now


def _recursive(places: Places, candidate: Candidate) -> tuple[str, str] | None:
    """A tree is read level by level: an option loads one level, and the levels below it go on repeating."""
    relationship = candidate.relation.relationship
    chains = places.follow(candidate.place)
    if any(sum(hop.relationship is relationship for hop in chain) > 1 for chain in chains):
        return "R-UNRESOLVED", f"{candidate.relation.path} is read on its own rows again, as deep as the data go"
    return None


def _forbidden(
    index: Index, candidate: Candidate, options: Existing, readers: list[Function]
) -> tuple[str, str] | None:
    return _blocked(candidate, options) or _effects(index, candidate, readers).refusal


def _effects(index: Index, candidate: Candidate, readers: list[Function]) -> Verdict:
    first, place = candidate.way[0], candidate.place
    return judge(index, place.function, place.query, first.relationship.name, key_columns(first), readers)


def _opt_outs(name: tuple[str, ...]) -> Iterator[str]:
    """What an opt-out of a hop can be called: by its path, or as all that its parent has."""
    for end, hop in enumerate(name):
        yield ".".join((*name[:end], hop))
        yield ".".join((*name[:end], "*"))


def _blocked(candidate: Candidate, options: Existing) -> tuple[str, str] | None:
    """The first hop that cannot be loaded eagerly; hops before the last may be eager already."""
    for position, hop in enumerate(candidate.way, 1):
        if candidate.names[:position] in options.eager:
            continue
        code = _LAZY.get(hop.relationship.lazy)
        if code and (code != "R-ALREADY-EAGER" or hop is candidate.relation):
            return code, f"{hop.path} is declared lazy={hop.relationship.lazy!r}"
    return None


def _load(candidate: Candidate, options: Existing, repeat: Repeat) -> tuple[Load, Loaders]:
    """The load of the last hop, and the loader of every hop."""
    place = candidate.place
    loaders = _loaders(candidate, options)
    last = loaders[-1][0]
    chosen = strategy(place.query, place.model, candidate.way[0].relationship)
    why = chosen.why if len(loaders) == 1 else _WHY_NESTED[last == "joinedload"]
    path = ".".join((place.entity or place.model.name, *candidate.names))
    return Load(path, last, why, repeat, 0 if last == "joinedload" else 1), loaders


def _loaders(candidate: Candidate, options: Existing) -> Loaders:
    """A loader for every hop.

    A hop that the query loads already keeps its option word for word: SQLAlchemy refuses a second loader that differs
    from the first in as little as `innerjoin=True`. Where it stands inside another option it is only passed through.
    One that the model loads eagerly keeps the strategy that is declared there.
    """
    place = candidate.place
    chosen = strategy(place.query, place.model, candidate.way[0].relationship)
    loaders: list[tuple[str, Relation]] = []
    for position, hop in enumerate(candidate.way, 1):
        names = candidate.names[:position]
        passed = options.sources.get(names, "defaultload") if names in options.eager else None
        by_model = _BY_MODEL.get(hop.relationship.lazy)
        loaders.append((passed or by_model or _next(chosen, hop, position), hop))
    return tuple(loaders)


_MOST_TOGETHER = 3  # functions that one patch edits for one relationship
_BY_MODEL = {"joined": "joinedload", "selectin": "selectinload", "subquery": "subqueryload"}
_WHY_NESTED = {
    True: "to-one: a join there changes no row and no order",
    False: "one separate SELECT per hop leaves the statements before it alone",
}


def _next(chosen: Strategy, hop: Relation, position: int) -> str:
    if position == 1:
        return chosen.name
    return "joinedload" if chosen.name == "joinedload" and hop.relationship.many is False else "selectinload"


def _to_one_first(candidate: Candidate) -> tuple[bool, int, tuple[str, ...]]:
    """To-one before collections, then as declared: the same edit whatever the trace happened to time."""
    first = candidate.way[0].relationship
    declared = list(candidate.place.model.all_relationships())
    return first.many is not False, declared.index(first.name), candidate.names


def _doubts(candidate: Candidate) -> Iterator[str]:
    if candidate.place.guessed:
        yield f"that the query returns {candidate.place.model.name} is told by its filters alone"
    if candidate.seen == UNSEEN:
        yield f"where `.{candidate.relation.relationship.name}` is read was not found; the SQL alone names it"
    if candidate.relation.relationship.from_backref and candidate.place.query.style == "select":
        yield (
            f"{candidate.relation.path} is declared by a backref: it exists once the mappers are configured, so a "
            "select() that runs before any other query would not find it"
        )


def _propose(index: Index, group: list[_Planned]) -> Answer:
    """One proposal for all queries of a function, or for queries whose rows one loop reads."""
    place, (path, qualname) = group[0].place, group[0].home
    done = tuple({(load.path, load.strategy): load for planned in group for load, _ in planned.loads}.values())
    texts: dict[str, str] = {}
    for file in dict.fromkeys(p.home[0] for p in group):
        here = [p for p in group if p.home[0] == file]
        chains = not older(index, file).chains
        wanted = [
            Options(p.place, longest([*(loaders for _, loaders in p.loads), *p.beside]), p.target, chains) for p in here
        ]
        try:
            texts[file] = with_options(index, file, wanted)
        except CannotSpellError as why:
            return _at(place, tuple(load.repeat for load in done), "R-UNRESOLVED", str(why))
    doubts = list(dict.fromkeys(doubt for planned in group for doubt in planned.doubts))
    notes = list(doubts)
    if also := sorted({_dotted(p.place, loaders) for p in group for loaders in p.beside}):
        notes.append(f"read on the same rows, and loaded with them: {', '.join(also)}")
    if elsewhere := sorted({p.place.where for p in group} - {place.where}):
        notes.append(f"their rows are read by the same code, and load it as well: {', '.join(elsewhere)}")
    own = {p.place.key for p in group if not p.place.shared}
    payers = [f"`{name}` in {file}" for file, name in dict.fromkeys(c for key in own for c in index.calls.callers(key))]
    if len(payers) > max(1, len(own)):
        notes.append(
            f"this query has {len(payers)} callers, and all of them load the relationship now: {', '.join(payers)}"
        )
    loaded = ", ".join(sorted({load.path for load in done}))
    return Proposal(
        META.id, "C" if doubts else "B", path, qualname, place.query.line, place.query.root,
        done, texts,
        (place.reached.via, *(f"`{load.repeat.statement}` is the lazy load of {load.path}" for load in done),
         f"`{place.query.root}` in {place.where} returns the rows that own {loaded}"),
        tuple(notes),
    )  # fmt: skip


def _dotted(place: Place, loaders: Loaders) -> str:
    return ".".join((place.entity or place.model.name, *(hop.relationship.name for _, hop in loaders)))


def _no(repeat: Repeat, code: str, message: str, candidates: tuple[str, ...] = ()) -> No:
    return No(code, message, (repeat,), candidates)


def _at(place: Place, repeats: tuple[Repeat, ...], code: str, message: str, *, done: bool = False) -> No:
    return No(code, message, repeats, path=place.reached.path, qualname=place.reached.qualname, done=done)
