"""Which expressions are a client of redis, as far as the code around them tells."""

import ast
import re
from collections.abc import Iterator
from typing import Literal

from codemods._loops import Body
from codemods.index.calls import Key
from codemods.index.facts import dotted

Sort = Literal["client", "cluster", "pipeline", "named"]
_Known = Literal["client", "cluster", "pipeline", "named", "other"]
_CLASSES = frozenset({"Redis", "StrictRedis"})
_MAKERS = frozenset({"from_url", "get_redis_connection", "get_redis_client", "FlaskRedis"})
_NAMED = re.compile(
    r"(?:get_|make_|create_)?(?:\w+_|_)?redis(?:_(?:client|conn|connection|db|store|server|instance|interface))?"
)
_HOPS = 6


def sort_of(body: Body, node: ast.expr) -> Sort | None:
    """What an expression is: a client, one of a cluster, a pipeline, or something that only its name calls redis."""
    found = _Sorts(body).of(node, body.path, body.function.qualname, _HOPS)
    return None if found == "other" else found


class _Sorts:
    def __init__(self, body: Body) -> None:
        self._body, self._index = body, body.index

    def of(self, node: ast.expr, path: str, scope: str, hops: int) -> _Known | None:
        if not hops:
            return None
        if isinstance(node, ast.Await):
            node = node.value
        if isinstance(node, ast.Call):
            return self._made(node, path, scope, hops)
        name = dotted(node)
        if not name:
            return None
        for found in self._values(node, path, scope, hops):
            if found:
                return found
        if self._is_module(node, path):
            return None
        return "named" if _NAMED.fullmatch(name.rpartition(".")[2]) else None

    def _is_module(self, node: ast.expr, path: str) -> bool:
        module = self._index.tree.module(path)
        imported = module.imports.get(node.id) if module and isinstance(node, ast.Name) else None
        return imported is not None and imported[2] is None

    def _made(self, node: ast.Call, path: str, scope: str, hops: int) -> _Known | None:
        name = dotted(node.func)
        last = name.rpartition(".")[2]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "pipeline":
            return "pipeline" if self.of(node.func.value, path, scope, hops - 1) else None
        if "Cluster" in name:
            return "cluster" if "Redis" in name else None
        if last in _CLASSES or name in _MAKERS - {"from_url"} or (
            last == "from_url" and "redis" in name.lower()
        ):  # fmt: skip
            return "client"
        found = self._index.names.resolve(path, name, scope)
        if found and self._index.calls.is_class(found):
            return "other"
        if found and (sort := self._returned(found, hops)):
            return sort
        return "named" if _NAMED.fullmatch(last) else None

    def _returned(self, key: Key, hops: int) -> _Known | None:
        """What a function gives, by its annotation or by what it returns."""
        function, definition = self._index.calls.function(key), self._index.definitions.get(key)
        if function is None or definition is None:
            return None
        if sort := _annotated(function.returned_type):
            return sort
        returns = [node.value for node in ast.walk(definition) if isinstance(node, ast.Return) and node.value]
        sorts = {self.of(value, key[0], key[1], hops - 1) for value in returns}
        return sorts.pop() if len(sorts) == 1 else None

    def _values(self, node: ast.expr, path: str, scope: str, hops: int) -> Iterator[_Known | None]:
        """What stands behind a name or an attribute."""
        local = path == self._body.path and scope == self._body.function.qualname
        if isinstance(node, ast.Name) and local and (bound := self._body.bindings(node.id)):
            value = self._body.value(node.id)
            if value is not None:
                yield self.of(value, path, scope, hops - 1)
            for one in bound:
                yield _annotated(_text(one.annotation)) if isinstance(one, ast.arg) else None
                above = next(self._body.parents(one), None)
                if isinstance(above, ast.withitem):
                    yield self.of(above.context_expr, path, scope, hops - 1)
            return
        head, _, attribute = dotted(node).partition(".")
        if head in ("self", "cls") and "." not in attribute:
            yield from self._of_instance(path, scope, attribute, hops)
            return
        found = self._index.names.resolve(path, dotted(node), scope)
        module = self._index.tree.module(found[0]) if found else None
        if found and module and found[1] in module.values:
            yield self.of(module.values[found[1]], found[0], "", hops - 1)

    def _of_instance(self, path: str, scope: str, attribute: str, hops: int) -> Iterator[_Known | None]:
        """What the methods of the class assign to an attribute."""
        class_ = scope.rpartition(".")[0]
        for name, method in self._index.definitions.of(path).items():
            if name.rpartition(".")[0] != class_:
                continue
            if name == f"{class_}.{attribute}":  # a property
                yield self._returned((path, name), hops)
            parameters = (*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs)
            given = {a.arg: a.annotation for a in parameters}
            for node in ast.walk(method):
                match node:
                    case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=value) if (
                        attr == attribute
                    ):
                        if isinstance(value, ast.Name) and value.id in given:
                            yield _annotated(_text(given[value.id]))
                        else:
                            yield self.of(value, path, name, hops - 1)


def _annotated(annotation: str | None) -> Sort | None:
    words = (annotation or "").replace("[", ".").replace('"', "").replace("'", "").replace("]", "").split(".")
    last = {word.strip() for part in words for word in part.split("|")}
    if any("RedisCluster" in word for word in last):
        return "cluster"
    return "client" if last & _CLASSES else None


def _text(annotation: ast.expr | None) -> str | None:
    return ast.unparse(annotation) if annotation else None
