"""From a name in one file to its definition in another: imports, re-exports, source roots."""

import ast
import sys
from functools import lru_cache
from pathlib import PurePosixPath

from codemods.index.facts import Module, dotted
from codemods.index.remember import remembered
from codemods.index.tree import Tree

_HOPS = 6  # re-exports followed before giving up


class Names:
    """Resolves dotted names. A definition is (path, qualified name); the name is "" for a module."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._packages = {p for p in tree.files if p.endswith("/__init__.py")}
        self._tried: set[tuple[str | None, str, int]] = set()
        self._answers: dict[tuple[str, str, str], tuple[str, str] | None] = {}
        self._by_tail: dict[str, list[str]] = {}
        for path in tree.files:
            tail = _module_parts(path)[-1:]
            self._by_tail.setdefault(tail[0] if tail else "", []).append(path)

    def resolve(self, path: str, name: str, scope: str = "") -> tuple[str, str] | None:
        """The definition behind a dotted name as written in `path`, seen from the scope `scope`."""
        asked = (path, name, scope)
        if asked not in self._answers:
            self._tried = set()
            self._answers[asked] = self._resolve(path, name, scope, _HOPS)
        return self._answers[asked]

    @remembered
    def module_path(self, importer: str, level: int, module: str) -> str | None:
        """The file of a module as imported from `importer`; None when it is not in the tree."""
        parts = tuple(p for p in module.split(".") if p)
        if level:
            base = PurePosixPath(importer).parent.parts
            return self._file(base[: len(base) - (level - 1)] + parts) if level <= len(base) + 1 else None
        return next(iter(self._near(importer, parts)), None)

    def _file(self, parts: tuple[str, ...]) -> str | None:
        known = self._by_tail.get(parts[-1] if parts else "", ())
        candidates = ("/".join((*parts, "__init__.py")), f"{'/'.join(parts)}.py")  # a package hides a module
        return next((p for p in candidates if p in known), None)

    def _near(self, importer: str, parts: tuple[str, ...]) -> list[str]:
        """Files whose path ends with the module's parts, the one that shares most folders with the importer first."""
        ending = [p for p in self._by_tail.get(parts[-1], ()) if _module_parts(p)[-len(parts) :] == parts]
        found = [p for p in ending if len(parts) >= self._package_depth(p)]
        if not found and len(parts) > 1:
            found = ending  # a folder inside a package can be on the path too, as `apps` in Django projects
        home = PurePosixPath(importer).parts
        return sorted(found, key=lambda p: (-_shared(home, PurePosixPath(p).parts), len(_module_parts(p)), -len(p), p))

    def _package_depth(self, path: str) -> int:
        """Parts of the shortest absolute name of a file: `json` is never `utils/json.py` when `utils` is a package."""
        parts = _module_parts(path)
        depth = 1
        while depth < len(parts) and "/".join((*parts[:-depth], "__init__.py")) in self._packages:
            depth += 1
        return 2 if depth == 1 and len(parts) > 1 and parts[-1] in sys.stdlib_module_names else depth

    def _resolve(self, path: str, name: str, scope: str, hops: int) -> tuple[str, str] | None:
        module = self.tree.module(path)
        if module is None or not name or not hops:
            return None
        head, _, rest = name.partition(".")
        for prefix in _scopes(scope):
            if prefix in module.classes and prefix != scope:
                continue  # a method does not see the names of its class
            qualname = f"{prefix}.{name}" if prefix else name
            if qualname in module.functions or qualname in module.classes:
                return path, qualname
            owner = f"{prefix}.{head}" if prefix else head
            if rest and owner in module.classes:
                return path, f"{owner}.{rest}"
        if head in module.imports:
            return self._imported(module, head, rest, hops)
        if head in module.values:
            return self._class_behind(path, module.values[head], rest, hops) or (path, name)
        for level, star in module.stars:
            target = self.module_path(path, level, star)
            if (target, name, hops) in self._tried:
                continue  # modules that import everything of each other
            self._tried.add((target, name, hops))
            if target and (found := self._resolve(target, name, "", hops - 1)):
                return found
        return None

    def _class_behind(self, path: str, value: ast.expr, rest: str, hops: int) -> tuple[str, str] | None:
        """The class that a module gives another name: `User = accounts.User`."""
        name = dotted(value)
        found = self._resolve(path, name, "", hops - 1) if name else None
        module = self.tree.module(found[0]) if found is not None else None
        if found is None or module is None or found[1] not in module.classes:
            return None
        return (found[0], f"{found[1]}.{rest}") if rest else found

    def _imported(self, module: Module, head: str, rest: str, hops: int) -> tuple[str, str] | None:
        level, source, attribute = module.imports[head]
        if attribute is not None:
            # What a package binds hides its submodule of that name: `from .posts import posts` in an `__init__.py`.
            target = self.module_path(module.path, level, source)
            name = f"{attribute}.{rest}" if rest else attribute
            if target and target != module.path and (found := self._resolve(target, name, "", hops - 1)):
                return found
            submodule = self.module_path(module.path, level, f"{source}.{attribute}" if source else attribute)
            return self._in_module(submodule, rest, hops) if submodule else None
        # `import a.b` binds `a`: the longest prefix that is a module is the module.
        parts = [*source.split("."), *(rest.split(".") if rest else [])]
        for cut in range(len(parts), 0, -1):
            if target := self.module_path(module.path, 0, ".".join(parts[:cut])):
                return self._in_module(target, ".".join(parts[cut:]), hops)
        return None

    def _in_module(self, path: str, rest: str, hops: int) -> tuple[str, str] | None:
        return self._resolve(path, rest, "", hops - 1) if rest else (path, "")


def matches_module(path: str, module: str) -> bool:
    """Whether the file can be the dotted module: its path ends with the module's parts."""
    parts = tuple(module.split("."))
    return _module_parts(path)[-len(parts) :] == parts


@lru_cache(maxsize=1 << 16)
def _module_parts(path: str) -> tuple[str, ...]:
    parts = tuple(path.removesuffix(".py").split("/"))
    return parts[:-1] if parts[-1] == "__init__" else parts


def _scopes(scope: str) -> list[str]:
    """The enclosing scopes of a qualified name, innermost first, the module last."""
    parts = scope.split(".") if scope and scope != "<module>" else []
    return [".".join(parts[:n]) for n in range(len(parts), -1, -1)]


def _shared(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count
