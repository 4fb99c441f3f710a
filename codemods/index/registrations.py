"""Routes that are registered by a call: a path, and the function or class that serves it.

Flask's `add_url_rule` and class views, Flask-RESTful's `add_resource`, Starlette's `Route`, aiohttp's `add_get`,
`add_route` of Falcon and Sanic, Pyramid's `add_route` with `view_config`, methods that CherryPy and TurboGears expose,
and wrappers of a project's own: whatever is given both.
"""

import ast
from collections.abc import Iterator, Mapping

import msgspec

from codemods.index.calls import Calls, Key
from codemods.index.facts import Class, Function, Module, dotted
from codemods.index.names import Names
from codemods.index.rounds import filled
from codemods.index.tree import Tree

_WORDS = (
    "add_url_rule",
    "add_resource",
    "add_route",
    "add_view",
    "as_view",
    "view_func",
    "Route(",
    "router.add_",
    "@route",
)
_PYRAMID = ("add_route", "route_name")
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})


class Registered(msgspec.Struct, frozen=True):
    """A path as written, with "{}" for what is not constant, the methods it is for (empty: any), and its handler."""

    path: str
    methods: frozenset[str]
    key: Key


class Registrations:
    """All routes of a tree that calls register."""

    def __init__(self, tree: Tree, names: Names, calls: Calls) -> None:
        self._tree = tree
        self._names = names
        self._calls = calls

    def all(self) -> Iterator[Registered]:
        """Every path with every handler that it has."""
        for path in self._tree.containing(*_WORDS):
            module = self._tree.module(path)
            for call in _calls(module) if module else ():
                yield from self._of_call(path, call)
        yield from self._pyramid()
        yield from self._exposed()

    def _of_call(self, path: str, call: ast.Call) -> Iterator[Registered]:
        given = [*call.args, *(k.value for k in call.keywords)]
        module = self._tree.module(path)
        values = module.values if module else {}
        paths = [text for node in given for text in _paths(_folded(node, values))]
        keys = [key for node in given if (key := self._handler(path, node))] if paths else []
        methods = _methods(call)
        yield from (Registered(text, methods, key) for text in paths for key in keys)

    def _handler(self, path: str, node: ast.expr) -> Key | None:
        """The function or class behind `index`, `Index.as_view("index")`, `Index()`, `login_required(index)`."""
        while isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr == "as_view":
                node = node.func.value
            else:
                node = node.args[0] if node.args else node.func
        name = dotted(node)
        key = self._names.resolve(path, name) if name else None
        return key if key and (self._calls.function(key) or self._calls.is_class(key)) else None

    def _pyramid(self) -> Iterator[Registered]:
        """`config.add_route("name", "/path")`, and every view whose decorator names the route."""
        paths: dict[str, list[str]] = {}
        views: list[tuple[str, Key]] = []
        for path in self._tree.containing(*_PYRAMID):
            module = self._tree.module(path)
            if module is None:
                continue
            for call in module.registrations:
                name = dotted(call.func).rpartition(".")[2]
                texts = [_text(a) for a in call.args[:2]]
                pattern = next(
                    (t for k in call.keywords if k.arg in ("pattern", "path") if (t := _text(k.value))), None
                )
                if name == "add_route" and texts and texts[0]:
                    paths.setdefault(texts[0], []).extend(t for t in [*texts[1:], pattern] if t is not None)
                elif name == "add_view":
                    views += [
                        (r, k) for r in _route_names(call) for a in call.args[:1] if (k := self._handler(path, a))
                    ]
            named_ones: list[Function | Class] = [*module.functions.values(), *module.classes.values()]
            for named in named_ones:
                for call in (d for d in named.decorators if isinstance(d, ast.Call)):
                    views += [(route, (path, named.qualname)) for route in _route_names(call)]
        yield from (Registered(p, frozenset(), key) for route, key in views for p in paths.get(route, ()))

    def _exposed(self) -> Iterator[Registered]:
        """Methods that `@expose` serves under the name of their controller and their own."""
        for path in self._tree.containing("@expose", ".expose"):
            module = self._tree.module(path)
            for function in module.functions.values() if module else ():
                if not function.owner or not any("expose" in ast.unparse(d) for d in function.decorators):
                    continue
                controller = function.owner.rpartition(".")[2].lower().removesuffix("controller")
                name = function.qualname.rpartition(".")[2]
                served = [controller] if name in ("index", "default") else [controller, name]
                yield Registered("/".join(filter(None, served)), frozenset(), (path, function.qualname))


def _calls(module: Module) -> Iterator[ast.Call]:
    """Calls that stand as statements, and those inside module-level values: `routes = [Route("/", home)]`."""
    yield from map(filled, module.registrations, module.rounds)
    for value in module.values.values():
        yield from (node for node in ast.walk(value) if isinstance(node, ast.Call))


def _folded(node: ast.expr, values: Mapping[str, ast.expr], depth: int = 4) -> ast.expr:
    """An expression with its module's constants put in, as far as they are plain texts: `PREFIX + "/posts"`."""
    match node:
        case ast.Name(id=name) if depth and isinstance(values.get(name), ast.Constant | ast.BinOp | ast.JoinedStr):
            return _folded(values[name], values, depth - 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [_folded(part, values, depth) for part in (left, right)]
            texts = [_text(part) for part in parts]
            return (
                ast.Constant("".join(map(str, texts))) if None not in texts else ast.BinOp(parts[0], node.op, parts[1])
            )
        case ast.JoinedStr(values=parts):
            inner = [_folded(p.value, values, depth) if isinstance(p, ast.FormattedValue) else p for p in parts]
            texts = [_text(part) for part in inner]
            return ast.Constant("".join(map(str, texts))) if None not in texts else ast.JoinedStr(inner)
    return node


def _paths(node: ast.expr) -> Iterator[str]:
    """Constant paths of an argument: "/posts", ["/a", "/b"], prefix + "/posts", f"{prefix}/posts"."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            for element in elements:
                yield from _paths(element)
        case ast.Constant(value=str(text)) if text.find("/") in (0, 1) and " " not in text:
            yield text[text.find("/") :]  # some mark a path before its slash: "^/posts", "!/posts"
        case ast.BinOp(op=ast.Add(), right=ast.Constant(value=str(text))):
            yield text
        case ast.JoinedStr(values=values) if values:
            parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in values]
            text = "".join(map(str, parts)).removeprefix("{}")
            if text.startswith("/"):
                yield text


def _methods(call: ast.Call) -> frozenset[str]:
    name = dotted(call.func).rpartition(".")[2].removeprefix("add_")
    listed = next((k.value for k in call.keywords if k.arg == "methods"), None)
    if isinstance(listed, ast.List | ast.Tuple | ast.Set):
        return frozenset(str(e.value).upper() for e in listed.elts if isinstance(e, ast.Constant))
    return frozenset({name.upper()}) if name in _METHODS else frozenset()


def _route_names(call: ast.Call) -> list[str]:
    return [t for k in call.keywords if k.arg == "route_name" if (t := _text(k.value))]


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
