"""Which attributes are read on the way from an entry: in functions, templates, serializer classes and model members.

An over-approximation by attribute name: it confirms a relationship that the SQL has named already, and nothing else.
"""

import ast
import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from codemods.index.calls import Calls, Key
from codemods.index.facts import Class, Function
from codemods.index.models import Model, Models
from codemods.index.names import Names
from codemods.index.remember import remembered
from codemods.index.tree import Tree

_INCLUDE = re.compile(r"""\{%-?\s*(?:include|extends|import|from)\s+["']([^"']+)["']|href=["']([^"']+)["']""")
_ATTRIBUTE = re.compile(r"\.([A-Za-z_]\w*)")
_DEPTH = 4  # includes below a template, serializers below a serializer, members below a member


class Reads:
    """Attribute names that an entry's functions can read."""

    def __init__(self, tree: Tree, names: Names, calls: Calls, models: Models) -> None:
        self._mapped = {(model.path, model.qualname) for model in models.all}
        self._tree = tree
        self._templates: dict[str, list[str]] = {}
        for path in tree.templates:
            self._templates.setdefault(PurePosixPath(path).name, []).append(path)
        self._names = names
        self._calls = calls

    def attributes(self, keys: Iterable[Key], models: Iterable[Model]) -> set[str]:
        """Names read by these functions, by the templates and serializers they name, and by members of the models."""
        found: set[str] = set()
        called: set[str] = set()
        for key in keys:
            if function := self._calls.function(key):
                found |= self._of_function(key)
                called |= _called(function)
        return self._through_members(found, called, list(models))

    @remembered
    def _of_function(self, key: Key) -> set[str]:
        function = self._calls.function(key)
        assert function is not None
        # `Post.author` names the attribute in a query; only a row loads it.
        found = {read.attr for read in function.reads if not _is_class_name(read.base)}
        for template in function.templates:
            found |= self._of_template(template, set())
        named = {call.callee for call in function.calls}
        named |= {a for a in function.params.values() if a}
        for decorator in function.decorators:
            named |= {word for word in re.findall(r"[\w.]+", ast.unparse(decorator)) if word[:1].isupper()}
        for name in named:
            where = self._names.resolve(function.path, name.partition("[")[0], function.qualname)
            if where:
                found |= self._of_class(where, set())
        return found

    def _of_class(self, key: Key, seen: set[Key]) -> set[str]:
        """Field names of a serializer, and of those that it nests."""
        module = self._tree.module(key[0])
        class_ = module.classes.get(key[1]) if module else None
        if module is None or class_ is None or key in seen | self._mapped or len(seen) > _DEPTH * _DEPTH:
            return set()
        seen.add(key)
        found = set(class_.values) | set(class_.annotations) | _listed(module.classes.get(f"{key[1]}.Meta"), "fields")
        nested = {w for value in class_.values.values() for w in re.findall(r"[\w.]+", ast.unparse(value))}
        nested |= {w for value in class_.annotations.values() for w in re.findall(r"[\w.]+", ast.unparse(value))}
        for name in sorted({*(n for n in nested if n.rpartition(".")[2][:1].isupper()), *class_.bases}):
            where = self._names.resolve(key[0], name, key[1].rpartition(".")[0])
            if where:
                found |= self._of_class(where, seen)
        return found | {read.attr for method in self._methods(class_, class_.methods) for read in method.reads}

    def _of_template(self, name: str, seen: set[str]) -> set[str]:
        path = self._template(name)
        if path is None or path in seen or len(seen) > _DEPTH * _DEPTH:
            return set()
        seen.add(path)
        text = self._tree.source(path) or ""
        found = set(_ATTRIBUTE.findall(text))
        for groups in _INCLUDE.findall(text):
            found |= self._of_template(next(filter(None, groups)), seen)
        return found

    def _template(self, name: str) -> str | None:
        """The template file whose path ends with the name; None when there is none, or more than one."""
        wanted = PurePosixPath(name.rpartition(":")[2]).parts
        found = [
            p
            for p in self._templates.get(wanted[-1] if wanted else "", ())
            if PurePosixPath(p).parts[-len(wanted) :] == wanted
        ]
        return found[0] if len(found) == 1 else None

    def _through_members(self, found: set[str], called: set[str], models: list[Model]) -> set[str]:
        """Add what properties and methods of the models read, when their own name is read or called; and so on."""
        related = {m: None for model in models for m in _neighbours(model)}
        for _ in range(_DEPTH):
            before = len(found) + len(called)
            for model in related:
                module = self._tree.module(model.path)
                class_ = module.classes.get(model.qualname) if module else None
                for method in self._methods(class_, found | called | {"__str__"}) if class_ else ():
                    found |= {read.attr for read in method.reads}
                    called |= _called(method)
            if len(found) + len(called) == before:
                break
        return found

    def _methods(self, class_: Class, names: set[str]) -> list[Function]:
        """The methods of these names that the class itself defines."""
        keys = [(class_.path, f"{class_.qualname}.{name}") for name in class_.methods & names]
        return [function for key in keys if (function := self._calls.function(key))]


def _neighbours(model: Model) -> list[Model]:
    """The model's lineage and the models that its relationships lead to."""
    lineage = model.lineage()
    return [*lineage, *(r.target for m in lineage for r in m.relationships.values())]


def _called(function: Function) -> set[str]:
    """Names of the methods that it calls: `post.to_dict()`."""
    return {method for call in function.calls for _, dot, method in [call.callee.rpartition(".")] if dot}


def _is_class_name(base: str) -> bool:
    return base.rpartition(".")[2][:1].isupper()


def _listed(class_: Class | None, name: str) -> set[str]:
    value = class_.values.get(name) if class_ else None
    return set(re.findall(r"['\"](\w+)['\"]", ast.unparse(value))) if value is not None else set()
