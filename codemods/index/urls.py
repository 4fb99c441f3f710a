"""Django's routes, read statically: URLconfs with their includes, DRF routers, and the admin's pages.

As with decorators, a URLconf may be mounted out of sight, so a view matches when its path is the tail of the route.
"""

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from codemods.index.calls import Key
from codemods.index.django_models import DjangoModels
from codemods.index.facts import Class, dotted
from codemods.index.names import Names
from codemods.index.routes import LONGEST, canonical
from codemods.index.tree import Tree

_PATHS = frozenset({"path", "re_path", "url"})
# A file without any of these has no entry.
_ENTRY = tuple(rf"{name}\s*\((?:\s|#[^\n]*\n|\\\n)*[rRuU]?[\"'(]" for name in ("path", "url", r"\.register"))
_MOUNTS = 4  # includes inside includes
_DETAIL = ("", "{}")
_GROUP = re.compile(r"\((?:[^()]|\([^()]*\))*\)[?*+]?")
_REGEX = re.compile(r"\\[AZzb]|[\^$\\]|\[[^\]]*\][*+?]?")
Entry = tuple[str, Key]


class Urls:
    """Which view function or class serves a route."""

    def __init__(self, tree: Tree, names: Names, models: DjangoModels) -> None:
        self._tree = tree
        self._names = names
        self._models = models

    def handlers(self, route: str) -> list[Key]:
        """The views whose path is the longest tail of the route; the admin class of an admin page."""
        wanted = canonical(pattern(route.partition("?")[0])).split("/")
        found = [(weight, key) for path, key in self._all if (weight := _fits(path, wanted))]
        if "admin" in wanted:
            found += [
                (9, key) for tail, key in self.admins if _fits(tail, wanted) or _fits(f"{tail}/{{}}/change", wanted)
            ]
        best = max((weight for weight, _ in found), default=0)
        return list(dict.fromkeys(key for weight, key in found if weight == best))

    @cached_property
    def admins(self) -> list[Entry]:
        """`app/model` of each registered model -> its admin class."""
        found = []
        for path in self._tree.containing("admin.register", "site.register", "@register"):
            module = self._tree.module(path)
            for class_ in module.classes.values() if module else ():
                for call in (d for d in class_.decorators if isinstance(d, ast.Call)):
                    if dotted(call.func).rpartition(".")[2] == "register":
                        found += [(tail, (path, class_.qualname)) for tail in self._tails(path, call.args)]
            for call in module.registrations if module else ():
                if dotted(call.func).endswith("site.register") and len(call.args) > 1:
                    models = call.args[0].elts if isinstance(call.args[0], ast.Tuple | ast.List) else call.args[:1]
                    key = self._names.resolve(path, dotted(call.args[1]))
                    found += [(tail, key) for tail in self._tails(path, models) if key]
        return found

    def _tails(self, path: str, models: list[ast.expr]) -> Iterator[str]:
        for node in models:
            if model := self._models.get(path, dotted(node)):
                yield f"{model.app}/{model.name.lower()}".lower()

    @cached_property
    def _all(self) -> list[Entry]:
        """Every path that can be read for every view: its own, and below each prefix it is mounted under."""
        own: list[tuple[str, str, Key]] = []
        mounts: dict[str, list[tuple[str, str]]] = {}
        for path in self._tree.matching(*_ENTRY):
            if (tree := self._tree.parsed(path)) is None:
                continue
            for prefix, node in _entries(tree, ""):
                module = _included(node)
                if module and (target := self._names.module_path(path, 0, module)):
                    mounts.setdefault(target, []).append((path, prefix))
                elif key := self._view(path, node):
                    own.append((path, prefix, key))
            for prefix, node in _registered(tree):
                if (key := self._names.resolve(path, dotted(node))) and self._class(key):
                    own += [(path, _join(prefix, detail), key) for detail in _DETAIL]
        return [(full, key) for path, entry, key in own for full in _below(mounts, path, entry, _MOUNTS)]

    def _view(self, path: str, node: ast.expr) -> Key | None:
        """The function or class behind `views.index`, `Index.as_view()`, `login_required(index)`, `"app.index"`."""
        while isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr == "as_view":
                node = node.func.value
            else:
                node = node.args[0] if node.args else node.func  # a decorator, or an instance of a class
        name = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else dotted(node)
        if isinstance(node, ast.Constant):
            module, _, function = name.rpartition(".")
            file = self._names.module_path(path, 0, module) if module else None
            key = (file, function) if file else None
        else:
            key = self._names.resolve(path, name) or self._beside(path, name)
        found = self._tree.module(key[0]) if key else None
        return key if key and found and (key[1] in found.functions or key[1] in found.classes) else None

    def _beside(self, path: str, name: str) -> Key | None:
        """`views.index` after `import views`, the implicit relative import of Python 2."""
        head, _, rest = name.partition(".")
        folder, slash, _ = path.rpartition("/")
        return (f"{folder}{slash}{head}.py", rest) if rest else None

    def _class(self, key: Key) -> Class | None:
        module = self._tree.module(key[0])
        return module.classes.get(key[1]) if module else None


def pattern(route: str) -> str:
    """A regular expression of a route as a plain path, groups as `{}`."""
    route = route[:LONGEST]
    if not re.search(r"[\\^$()]", route):
        return route
    return _REGEX.sub("", _GROUP.sub("{}", route.lstrip("^"))).replace("\\", "")


def _entries(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.expr]]:
    """(path, view) of every `path(...)` below a node, those inside `include([...])` with its prefix."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Call(func=func, args=[ast.Constant(value=str(text)), view, *_]) if (
                dotted(func).rpartition(".")[2] in _PATHS
            ):
                path = _join(prefix, canonical(pattern(text)))
                if isinstance(view, ast.Call) and dotted(view.func).endswith("include") and _included(view) is None:
                    yield from _entries(view, path)
                else:
                    yield path, view
            case _:
                yield from _entries(child, prefix)


def _registered(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """(prefix, viewset) of every `router.register("prefix", ViewSet)`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="register"), args=[ast.Constant(value=str(prefix)), viewset, *_]) if (
                dotted(viewset)
            ):
                yield canonical(pattern(prefix)), viewset


def _included(node: ast.expr) -> str | None:
    """The module of `include("app.urls")` or `include(("app.urls", "app"))`."""
    if not (isinstance(node, ast.Call) and dotted(node.func).endswith("include") and node.args):
        return None
    first = node.args[0]
    if isinstance(first, ast.Tuple) and first.elts:
        first = first.elts[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _below(mounts: dict[str, list[tuple[str, str]]], path: str, entry: str, depth: int) -> Iterator[str]:
    yield entry
    for parent, prefix in mounts.get(path, ()) if depth else ():
        yield from _below(mounts, parent, _join(prefix, entry), depth - 1)


def _join(prefix: str, path: str) -> str:
    return "/".join(part for part in (prefix, path) if part)


def _fits(path: str, wanted: list[str]) -> int:
    """How many parts of the route's tail the path names, each literal counting most; 0 when it is no tail."""
    parts = path.split("/") if path else []
    if len(parts) > len(wanted) or not parts:
        return int(not parts and wanted == [""])
    tail = wanted[len(wanted) - len(parts) :]
    if any(a != b and "{}" not in a for a, b in zip(parts, tail, strict=True)):
        return 0
    literal = sum("{}" not in part for part in parts)
    return 3 * literal + (len(parts) - literal) if literal else int(parts == wanted)
