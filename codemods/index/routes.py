"""Routes, read statically: which function serves a route (Flask, FastAPI, Starlette and their kin).

A decorator's path is only the tail of the served route: blueprints and routers add prefixes, some of them out of sight.
So a handler matches when its path, with the prefixes that can be read, is the tail of the route; the longest tail wins.
"""

import ast
import re
from collections.abc import Iterator
from functools import cached_property

import msgspec

from codemods.index.calls import Key
from codemods.index.facts import Class, Function, Module, dotted
from codemods.index.names import Names
from codemods.index.registrations import Registrations
from codemods.index.tree import Tree

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ROUTERS = frozenset({"route", "api_route", "websocket", *_METHODS})
_MOUNTS = frozenset({"register_blueprint", "include_router"})
# Screens: a file without a match says nothing about routes or about prefixes.
_DECORATOR = rf"@[ \t]*[\w.]+\.(?:{'|'.join(sorted(_ROUTERS))})\s*\("
_PREFIX = r"prefix\s*=[\s\\(]*[rRuU]?[\"']"
LONGEST = 500  # characters of a route that count
_PARAMETER = re.compile(r"<[^>]*>|\{[^}]*\}|\(\?P<\w+>[^)]*\)|(?<=/):\w+")


class Route(msgspec.Struct, frozen=True):
    """One handler, a function or a class, and a path it can have; no methods means any."""

    path: str  # canonical: parameters as {}, no edge slashes
    methods: frozenset[str]
    key: Key


def canonical(route: str) -> str:
    """A route without method, anchors and edge slashes, every parameter as `{}`."""
    bare = re.sub(r"^[A-Z]+\s+", "", route[:LONGEST].strip()).strip("^$")
    return re.sub(r"/{2,}", "/", _PARAMETER.sub("{}", bare)).strip("/")


class Routes:
    """The routes of a tree."""

    def __init__(self, tree: Tree, names: Names, registrations: Registrations) -> None:
        self._tree = tree
        self._names = names
        self._registrations = registrations

    def handlers(self, route: str, method: str | None) -> list[Route]:
        """The best handlers for a served route: all of those that share the longest matching tail."""
        wanted = canonical(route.strip().partition(" (")[0])
        found = [r for r in self._all if _serves(r, wanted, method)]
        if not found and method == "GET":  # what sources say that do not know better; the path is what tells
            found = [r for r in self._all if _words(r.path) > 1 and _serves(r, wanted, None)]
        longest = max((_weight(r.path) for r in found), default=0)
        best = list({r.key: r for r in found if _weight(r.path) == longest}.values())
        # Many have a tail that is a parameter alone: which one serves a longer route, it does not tell.
        return best if len(best) == 1 or wanted in {r.path for r in best} or any(_words(r.path) for r in best) else []

    def of_url(self, url: str, method: str | None) -> list[Route]:
        """The best handlers for the path of a request: of two routes that fit, the one with more literal parts."""
        wanted = url.strip("/").split("/")
        fits = [(weight, r) for r in self._all if (weight := _fits(r, wanted, method))]
        best = max((weight for weight, _ in fits), default=0)
        return list({r.key: r for weight, r in fits if weight == best}.values())

    def functions(self) -> dict[tuple[str, str], str]:
        """Every handler, with a path that it serves."""
        return {r.key: f"/{r.path}" for r in reversed(self._all)}

    @cached_property
    def _all(self) -> list[Route]:
        decorated = [
            Route(canonical(f"{prefix}/{route.path}"), route.methods, route.key)
            for path in self._tree.matching(_DECORATOR)
            if (module := self._tree.module(path))
            for served in [*module.functions.values(), *_classes(module)]
            for router, route in _decorated(served)
            for prefix in ("", *self._prefixes.get(self._names.resolve(path, router), ()))
        ]
        return decorated + [Route(canonical(r.path), r.methods, r.key) for r in self._registrations.all()]

    @cached_property
    def _prefixes(self) -> dict[tuple[str, str] | None, list[str]]:
        """The prefixes of each router: its own, those it is mounted under, and both together."""
        found: dict[tuple[str, str] | None, list[str]] = {}
        modules = [m for path in self._tree.matching(_PREFIX) if (m := self._tree.module(path))]
        for module in modules:
            for name, value in module.values.items():
                if isinstance(value, ast.Call) and (prefix := _prefix(value)):
                    found[module.path, name] = [prefix]
        own = {router: tuple(prefixes) for router, prefixes in found.items()}
        for module in modules:
            for call in (c for c in module.registrations if dotted(c.func).rpartition(".")[2] in _MOUNTS and c.args):
                router = self._names.resolve(module.path, dotted(call.args[0]))
                if prefix := _prefix(call):
                    found.setdefault(router, []).extend([prefix, *(f"{prefix}/{path}" for path in own.get(router, ()))])
        return found


def _classes(module: Module) -> list[Function | Class]:
    return list(module.classes.values())


def _prefix(call: ast.Call) -> str | None:
    """The constant `url_prefix` (Flask) or `prefix` (FastAPI) of a call."""
    given = next((k.value for k in call.keywords if k.arg in ("url_prefix", "prefix")), None)
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def _decorated(served: Function | Class) -> Iterator[tuple[str, Route]]:
    """(router as written, route) of each decorator that registers a function or a class view."""
    for node in served.decorators:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ROUTERS):
            continue
        options = {k.arg: k.value for k in node.keywords}
        given = node.args[0] if node.args else options.get("rule") or options.get("path")
        if not (isinstance(given, ast.Constant) and isinstance(given.value, str) and dotted(node.func)):
            continue
        methods = {node.func.attr.upper()} if node.func.attr in _METHODS else set()
        if isinstance(listed := options.get("methods"), (ast.List, ast.Tuple, ast.Set)):
            methods = {str(e.value).upper() for e in listed.elts if isinstance(e, ast.Constant)}
        elif node.func.attr == "route" and isinstance(served, Function):
            methods = {"GET", "HEAD", "OPTIONS"} if "methods" not in options else set()
        yield dotted(node.func.value), Route(canonical(given.value), frozenset(methods), (served.path, served.qualname))


def _serves(route: Route, wanted: str, method: str | None) -> bool:
    if method and route.methods and method.upper() not in route.methods:
        return False
    return wanted == route.path or (wanted.endswith(f"/{route.path}") if route.path else False)


def _fits(route: Route, wanted: list[str], method: str | None) -> int:
    """How well a route fits the parts of a path, or the end of one that is mounted elsewhere; 0 when it does not."""
    parts = route.path.split("/")
    tail = wanted[-len(parts) :]
    if method and route.methods and method.upper() not in route.methods:
        return 0
    if len(tail) < len(parts) or any(a != b and "{}" not in a for a, b in zip(parts, tail, strict=True)):
        return 0
    literal = sum("{}" not in part for part in parts)
    return 3 * literal + len(parts) + (len(parts) == len(wanted)) if literal else 0


def _words(path: str) -> int:
    return len([part for part in path.split("/") if part.strip("{}")])


def _weight(path: str) -> int:
    return len([part for part in path.split("/") if part])
