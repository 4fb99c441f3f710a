"""Routes, read statically: which function serves a route (Flask, FastAPI, Starlette and their kin).

A decorator's path is only the tail of the served route: blueprints and routers add a prefix elsewhere. So a handler
matches when its path is the tail of the route; the longest tail wins.
"""

import ast
import re
from dataclasses import dataclass

from codemods.index.facts import Function, dotted
from codemods.index.tree import Tree

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ROUTERS = frozenset({"route", "api_route", "websocket", *_METHODS})
_PARAMETER = re.compile(r"<[^>]*>|\{[^}]*\}|\(\?P<\w+>[^)]*\)|(?<=/):\w+")


@dataclass(frozen=True, slots=True)
class Route:
    """One decorated handler; no methods means any."""

    path: str  # canonical: parameters as {}, no edge slashes
    methods: frozenset[str]
    function: Function


def canonical(route: str) -> str:
    """A route without method, anchors and edge slashes, every parameter as `{}`."""
    bare = re.sub(r"^[A-Z]+\s+", "", route.strip()).strip("^$")
    return re.sub(r"/{2,}", "/", _PARAMETER.sub("{}", bare)).strip("/")


class Routes:
    """The routes of a tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def handlers(self, route: str, method: str | None) -> list[Route]:
        """The best handlers for a served route: all of those that share the longest matching tail."""
        wanted = canonical(route)
        found = [r for r in self._all() if _serves(r, wanted, method)]
        longest = max((_weight(r.path) for r in found), default=0)
        return [r for r in found if _weight(r.path) == longest]

    def _all(self) -> list[Route]:
        routes = []
        for path in self._tree.containing(*(f".{name}(" for name in sorted(_ROUTERS))):
            module = self._tree.module(path)
            for function in module.functions.values() if module else ():
                routes.extend(_decorated(function))
        return routes


def _decorated(function: Function) -> list[Route]:
    routes = []
    for node in function.decorators:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ROUTERS):
            continue
        options = {k.arg: k.value for k in node.keywords}
        given = node.args[0] if node.args else options.get("rule") or options.get("path")
        if not (isinstance(given, ast.Constant) and isinstance(given.value, str) and dotted(node.func)):
            continue
        methods = {node.func.attr.upper()} if node.func.attr in _METHODS else set()
        if isinstance(listed := options.get("methods"), (ast.List, ast.Tuple, ast.Set)):
            methods = {str(e.value).upper() for e in listed.elts if isinstance(e, ast.Constant)}
        elif node.func.attr == "route":
            methods = {"GET", "HEAD", "OPTIONS"} if "methods" not in options else set()
        routes.append(Route(canonical(given.value), frozenset(methods), function))
    return routes


def _serves(route: Route, wanted: str, method: str | None) -> bool:
    if method and route.methods and method.upper() not in route.methods:
        return False
    return wanted == route.path or (wanted.endswith(f"/{route.path}") if route.path else False)


def _weight(path: str) -> int:
    return len([part for part in path.split("/") if part])
