"""From a hotspot to the functions where its work starts, and from there to all that they reach.

In this order, the first that answers wins: the line or function that the source names, the handler that it names, the
route, the transaction name. Lines drift and decorators shift them, so a line only picks the function around it.
"""

import ast
import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from bot.plan.paths import repository_paths
from bot.records import Handler, Hotspot, Location
from codemods.api import Reached
from codemods.index import Index
from codemods.index.calls import Hop, Key
from codemods.index.facts import Function, dotted
from codemods.index.names import matches_module

DEPTH = 6  # calls from the entry to the query
CALLER_DEPTH = 4  # calls above a function that only reads
CALLEE_DEPTH = 2  # calls from one of those to the query
MANY_FUNCTIONS = 300  # reached, from which one more level of callers would confirm anything
_GIVEN = re.compile(r"\b[A-Za-z_]\w*(?:\.\w+)+\b")  # a name with dots, in the name of a transaction
MANY_CALLERS = 40  # from which a function is a helper of everybody and says nothing


class Start(msgspec.Struct, frozen=True):
    """A function where the hotspot's work begins, and how that is known."""

    key: Key
    how: str


def starts(index: Index, hotspot: Hotspot) -> list[list[Start]]:
    """The functions and classes that each kind of evidence names, surest first.

    Kinds that name none are left out, and those that name the same ones as a surer kind.
    """
    found: dict[tuple[Key, ...], list[Start]] = {}
    for step in _STEPS:
        begin = list({start.key: start for start in step(index, hotspot)}.values())
        found.setdefault(tuple(start.key for start in begin), begin)
    return [begin for begin in found.values() if begin]


def at_location(index: Index, hotspot: Hotspot) -> set[Key]:
    """The functions that the source itself names: where the rows are read."""
    return {start.key for start in _by_location(index, hotspot)}


def first_place(index: Index, hotspot: Hotspot) -> str | None:
    """The best place that the source names, in words; a path of the repository where one file alone can be meant."""
    for location in hotspot.locations[:1]:
        paths = repository_paths(index.tree.files, location.file)
        path = paths[0] if len(paths) == 1 else location.file
        line = f":{location.line}" if location.line else ""
        return f"{path}{line} in {location.function}" if location.function else f"{path}{line}"
    return None


def reached(index: Index, begin: list[Start]) -> tuple[Reached, ...]:
    """Every function that the starts reach, nearest first, each with the way in."""
    classes = {start.key: start.how for start in begin if index.calls.is_class(start.key)}
    how = {start.key: start.how for start in begin if start.key not in classes}
    objects = {member: class_ for class_ in classes for member in index.calls.members(class_)}
    how |= {member: classes[class_] for member, class_ in objects.items()}
    hops = index.calls.reach(list(how), DEPTH, objects)
    functions = tuple(Reached(*key, hop.distance, _way(hops, key, how)) for key, hop in hops.items())
    return tuple(Reached(*class_, 0, way) for class_, way in classes.items()) + functions


def with_object(index: Index, begin: list[Start]) -> tuple[Reached, ...]:
    """What the starts reach, and the other methods of their objects: those that keep the rows that one reads."""
    found = {(r.path, r.qualname): r for r in reached(index, begin)}
    for start in begin:
        function = index.calls.function(start.key)
        owner = index.calls.owner(function) if function else None
        methods = index.calls.members(owner) if owner else []
        objects = dict.fromkeys(methods, owner) if owner and not index.calls.below(owner) else {}
        for method in methods:
            way = f"{start.how}; `{method[1]}` in {method[0]} is a method of the same object"
            hops = index.calls.reach([method], DEPTH, objects)
            for key, hop in hops.items():
                found.setdefault(key, Reached(*key, DEPTH + hop.distance, _way(hops, key, {method: way})))
    return tuple(found.values())


def from_above(index: Index, begin: list[Start]) -> tuple[Reached, ...]:
    """What the starts reach, and what their callers reach: a function that only reads its rows gets them from above."""
    found = {(r.path, r.qualname): r for r in reached(index, begin)}
    seen = {start.key for start in begin}
    objects = _objects(index, seen)
    level = [(start.key, start.how) for start in begin]
    for start in begin:
        for holder in index.calls.holders(start.key) if index.calls.is_class(start.key) else ():
            way = f"{start.how}, which `{holder[1]}` in {holder[0]} uses"
            for held in reached(index, [Start(holder, way)]):
                found.setdefault((held.path, held.qualname), replace(held, distance=DEPTH + held.distance))
    for distance in range(1, CALLER_DEPTH + 1):
        above = {
            caller: (f"{how}; `{caller[1]}` in {caller[0]} calls it", key)
            for key, how in level
            for caller in index.calls.possible_callers(key)
            if caller not in seen and _can_call(index, caller, key, objects.get(key))
        }
        if len(above) > MANY_CALLERS or len(found) > MANY_FUNCTIONS:
            break
        level = [(caller, how) for caller, (how, _) in above.items()]
        seen |= above.keys()
        for caller, (how, key) in above.items():
            objects |= _objects(index, [caller], objects.get(key))
            hops = index.calls.reach([caller], CALLEE_DEPTH, objects)
            for reached_, hop in hops.items():
                far = DEPTH * distance + hop.distance
                found.setdefault(reached_, Reached(*reached_, far, _way(hops, reached_, {caller: how})))
    return tuple(found.values())


def _objects(index: Index, methods: Iterable[Key], same: Key | None = None) -> dict[Key, Key]:
    """Of those that are methods of an object whose one class is known, that class: what they call on it is its own.

    `same` is the class of the object that one of them was asked on.
    """
    found = {}
    for key in methods:
        function = index.calls.function(key)
        owner = index.calls.owner(function) if function else None
        if owner and same and owner in index.calls.lineage(same):
            found[key] = same
        elif owner and not index.calls.below(owner):
            found[key] = owner
    return found


def _can_call(index: Index, caller: Key, method: Key, object_: Key | None) -> bool:
    """Whether a caller can have asked a method of an object of that class: `self.method()` of a class beside cannot."""
    above, own = (index.calls.owner(f) if (f := index.calls.function(key)) else None for key in (caller, method))
    if object_ is None or above is None or own is None:
        return True
    beside = above not in index.calls.lineage(object_) and own in index.calls.lineage(above)
    return not beside


def anywhere(index: Index, begin: list[Start]) -> tuple[Reached, ...]:
    """Every function with a query: for what only its readers are known of, whose calls no name or type tells."""
    modules = filter(None, map(index.tree.module, index.tree.matching(_QUERIES)))
    functions = (function for module in modules for function in module.functions.values())
    far = DEPTH * (CALLER_DEPTH + 1)
    names = " and ".join(f"`{start.key[1]}`" for start in begin)
    way = f"{begin[0].how}; the rows of this query are followed to {names}"
    return tuple(Reached(f.path, f.qualname, far, way) for f in functions if f.queries)


_QUERIES = r"\bquery\(|\bselect\(|\.query\b|\.objects\b"


def _by_location(index: Index, hotspot: Hotspot) -> Iterator[Start]:
    for location in hotspot.locations:
        for path in repository_paths(index.tree.files, location.file):
            class_ = _class_at(index, path, location)
            for name in [class_] if class_ else [f.qualname for f in _functions_at(index, path, location)]:
                yield Start((path, name), f"{location.provenance} names `{name}` in {path}")


def _by_handler(index: Index, hotspot: Hotspot) -> Iterator[Start]:
    handler = hotspot.entry.handler
    if handler is None:
        return
    for path in _handler_paths(index, handler):
        location = Location(
            file=path, line=handler.line, function=handler.qualname, precision="handler", provenance="handler"
        )
        for function in _functions_at(index, path, location):
            yield Start((path, function.qualname), f"the trace names the handler `{function.qualname}` in {path}")


def _by_route(index: Index, hotspot: Hotspot) -> Iterator[Start]:
    entry = hotspot.entry
    route = entry.route_raw if entry.route_raw is not None else entry.route_canonical
    if entry.type != "http" or route is None:
        return
    decorated = [served.key for served in index.routes.handlers(route, entry.method)]
    if entry.route_raw is None and entry.url_sample:  # a guess at a route takes a word of the URL for a part of it
        decorated = [served.key for served in index.routes.of_url(entry.url_sample, entry.method)] or decorated
        route = entry.url_sample
    name = f"{entry.method or ''} {route}".strip()
    for path, qualname in decorated or index.urls.handlers(route):
        yield Start((path, qualname), f"`{name}` is served by `{qualname}` in {path}")


def _by_name(index: Index, hotspot: Hotspot) -> Iterator[Start]:
    """A task, command or transaction that carries a function's name, when only one function has it."""
    name = _plain(hotspot.entry.transaction_name or "")
    last = name.rpartition(".")[2]
    if not last.isidentifier():
        return
    found = [
        function
        for path in index.tree.naming(f"def {last}(")
        if (module := index.tree.module(path))
        for function in module.functions.values()
        if _ends_with(name, function)
    ]
    if len(found) == 1:
        function = found[0]
        yield Start(
            (function.path, function.qualname), f"the trace is named after `{function.qualname}` in {function.path}"
        )


def _by_given_name(index: Index, hotspot: Hotspot) -> Iterator[Start]:
    """The function that a decorator registers under a name of its own: `@task(name="reports.nightly")`, RPC methods."""
    for name in sorted(set(_GIVEN.findall(hotspot.entry.transaction_name or ""))):
        for path in index.tree.containing(f'"{name}"', f"'{name}'"):
            module = index.tree.module(path)
            found = [f for f in module.functions.values() if _is_registered(f, name)] if module else []
            for function in found if len(found) == 1 else ():
                yield Start((path, function.qualname), f"`{function.qualname}` in {path} is registered as `{name}`")


def _is_registered(function: Function, name: str) -> bool:
    for decorator in function.decorators:
        match decorator:
            case (
                ast.Call(args=[ast.Constant(value=given), *_])
                | ast.Call(keywords=[ast.keyword(arg="name", value=ast.Constant(value=given))])
            ) if given == name and not dotted(decorator.func).endswith("patch"):
                return True
    return False


def _ends_with(name: str, function: Function) -> bool:
    """Whether a dotted name can mean the function: `pkg.mod.Class.method`, `Class.method` or `function`."""
    if name == function.qualname:
        return True
    if function.qualname.endswith(f".{name}"):
        return True
    module, dot, _ = name.rpartition(f".{function.qualname}")
    return bool(dot) and name.endswith(f".{function.qualname}") and matches_module(function.path, module)


def _handler_paths(index: Index, handler: Handler) -> list[str]:
    if handler.file:
        return repository_paths(index.tree.files, handler.file)
    return [p for p in index.tree.files if handler.module and matches_module(p, handler.module)]


def _class_at(index: Index, path: str, location: Location) -> str | None:
    """The class that the location names in place of a function."""
    name = _plain(location.function or "")
    parts = name.split(".")
    tails = (".".join(parts[n:]) for n in range(len(parts)))
    return next((tail for tail in tails if index.calls.is_class((path, tail))), None)


def _functions_at(index: Index, path: str, location: Location) -> list[Function]:
    """The function of that name, the one around the line when names are alike; several when nothing tells them apart.

    Without a known name the innermost function around the line.
    """
    module = index.tree.module(path)
    functions = list(module.functions.values()) if module else []
    around = [f for f in functions if f.line <= (location.line or 0) <= f.end_line]
    name = _plain(location.function or "")
    alike = {f.qualname: _likeness(f.qualname, name) for f in functions if name}
    named = [f for f in functions if alike.get(f.qualname)]
    if not named:
        return [max(around, key=lambda f: f.line)] if around else []
    named = [f for f in named if f in around] or named
    most = max(alike[f.qualname] for f in named)
    return [f for f in named if alike[f.qualname] == most]


def _likeness(qualname: str, name: str) -> int:
    """How well a name as the source wrote it fits: the more of it the better, 1 when it is the end only, 0 no fit."""
    if f".{name}".endswith(f".{qualname}"):
        return 1 + len(qualname)
    return int(qualname.endswith(f".{name}"))


def _plain(name: str) -> str:
    return name.replace("<locals>.", "").replace(":", ".")


def _way(hops: dict[Key, Hop], key: Key, how: dict[Key, str]) -> str:
    """`GET /orders is served by list_orders, which calls order_report`."""
    chain: list[Key] = []
    at: Key | None = key
    while at is not None and at not in how:
        chain.append(at)
        at = hops[at].caller
    begin = how[at] if at is not None else ""
    return "".join([begin, *(f", which calls `{name}` in {path}" for path, name in reversed(chain))])


_STEPS = (_by_location, _by_handler, _by_route, _by_name, _by_given_name)
