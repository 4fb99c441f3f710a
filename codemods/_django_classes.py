"""What classes of a Django project say: their attributes, their methods, the templates and managers that they name."""

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.definitions import Definition
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import Class, Function, dotted
from codemods.index.remember import remembered

_TEMPLATE = (".html", ".htm", ".txt", ".xml", ".jinja", ".jinja2", ".j2", ".csv", ".tex")
_SPELLED = r"\.(?:html?|txt|xml|jinja2?|j2|csv|tex)[\"']"
_DJANGO = ("models.", "forms.")  # their fields name relations by chance
_HOPS = 4  # names that stand for names
# `add_to_class("name", f)` and `setattr(Model, "name", f)`: most calls of setattr are of an object.
_GAP = r"(?:\s|#[^\n]*\n)*[rRuU]?[\"'(]"
_ADDS = (r"add_to_class\(" + _GAP, r"setattr\(\s{0,99}(?:\w{1,99}\.){0,9}[A-Z]\w{0,99}," + _GAP)
_MANAGER = re.compile(r"^[\w.]*(?:Manager|from_queryset)\b.*\)$|\.as_manager\(\)$", re.DOTALL)
Member = tuple[str, Definition]  # the file and the node of a method


def texts(node: ast.AST | None) -> list[str]:
    """Every string constant below a node."""
    constants = (n for n in ast.walk(node) if isinstance(n, ast.Constant)) if node is not None else ()
    return [n.value for n in constants if isinstance(n.value, str)]


class DjangoClasses:
    """Answers about the classes of one checkout."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._made: dict[tuple[str, str, str], Link | None] = {}

    def class_(self, key: Key) -> Class | None:
        """The class of that place."""
        module = self.index.tree.module(key[0])
        return module.classes.get(key[1]) if module else None

    def values(self, key: Key) -> dict[str, ast.expr]:
        """The attributes of a class body, inherited ones included."""
        merged: dict[str, ast.expr] = {}
        for above in reversed(self.index.calls.lineage(key)):
            class_ = self.class_(above)
            merged |= class_.values if class_ else {}
        return merged

    def strings(self, key: Key, name: str) -> list[str]:
        """The strings of a tuple or list that a class keeps in an attribute, those of the names it is made of too."""
        return list(self._kept(key, name, _HOPS))

    def _kept(self, key: Key, name: str, hops: int) -> Iterator[str]:
        for above in self.index.calls.lineage(key):
            class_ = self.class_(above)
            if class_ and name in class_.values:
                yield from self._strings(above, class_.values[name], hops)
                return

    def _strings(self, key: Key, node: ast.expr, hops: int) -> Iterator[str]:
        match node:
            case ast.Name() | ast.Attribute() if hops:
                path, found = self.index.names.resolve(key[0], dotted(node), key[1]) or ("", "")
                module = self.index.tree.module(path) if path else None
                owner, _, name = found.rpartition(".")
                if module and found in module.values:
                    yield from self._strings((path, ""), module.values[found], hops - 1)
                elif owner and self.class_((path, owner)):
                    yield from self._kept((path, owner), name, hops - 1)
            case ast.Constant(value=str(text)):
                yield text
            case _:
                for part in ast.iter_child_nodes(node):
                    if isinstance(part, ast.expr):
                        yield from self._strings(key, part, hops)

    def meta(self, key: Key) -> Key:
        """The `Meta` that a class has, its own or one of a class above it."""
        own = ((path, f"{name}.Meta") for path, name in self.index.calls.lineage(key))
        return next((meta for meta in own if self.class_(meta)), (key[0], f"{key[1]}.Meta"))

    def bases(self, key: Key) -> tuple[str, ...]:
        """The bases of the class, as written."""
        class_ = self.class_(key)
        return class_.bases if class_ else ()

    def member(self, class_: Key, name: str) -> Member | None:
        """The method as the class has it."""
        for path, owner in self.index.calls.lineage(class_):
            if node := self.index.definitions.of(path).get(f"{owner}.{name}"):
                return path, node
        return None

    def templates_of(self, key: Key) -> set[str]:
        """Names of templates that a function or a class body spells."""
        spells = key[0] in self.index.tree.matching(_SPELLED)  # else it is not worth parsing
        node: ast.AST | None = self.index.definitions.of(key[0]).get(key[1]) if spells else None
        nodes = [node] if node else list(self.values(key).values())
        return {text for part in nodes for text in texts(part) if text.endswith(_TEMPLATE)}

    def link(self, model: DjangoModel, name: str) -> Link | None:
        """The relation of that name, or the one that a field is made of: `owner = KeyOrUrl(key="user", url="link")`.

        Nothing but the name tells what such a field does, so that it must name one relation, and to one row.
        """
        links = model.all_links()
        if name in links or name.endswith("()"):
            return links.get(name)
        key = (model.path, model.qualname, name)
        if key not in self._made:
            classes = (self.class_((above.path, above.qualname)) for above in model.lineage())
            value = next((class_.values[name] for class_ in classes if class_ and name in class_.values), None)
            given = [*value.args, *(k.value for k in value.keywords)] if isinstance(value, ast.Call) else []
            named = {node.value for node in given if isinstance(node, ast.Constant)}
            found = [link for link in links.values() if link.name in named and link.kind in ("fk", "o2o")]
            callee = dotted(value.func) if isinstance(value, ast.Call) else ""
            plain = callee.startswith(_DJANGO) or callee.endswith("SlugField")
            self._made[key] = found[0] if len(found) == 1 and not plain else None
        return self._made[key]

    def default_manager(self, model: DjangoModel) -> str:
        """`objects` where that is surely the manager which Django takes by default."""
        for above in model.lineage():
            class_ = self.class_((above.path, above.qualname))
            values = class_.values if class_ else {}
            named = [name for name, value in values.items() if _MANAGER.search(ast.unparse(value))]
            if "default_manager_name" in self.values((above.path, f"{above.qualname}.Meta")):
                return "_default_manager"
            if named:
                return "objects" if named[0] == "objects" else "_default_manager"
        return "objects"

    def function(self, path: str, node: Definition) -> Function | None:
        """The facts of a definition."""
        module = self.index.tree.module(path)
        functions = module.functions.values() if module else ()
        return next((f for f in functions if f.end_line == node.end_lineno and f.qualname.endswith(node.name)), None)

    def definition(self, model: DjangoModel, name: str) -> Member | None:
        """The file and node of a method that a model has, from a mixin or from outside its class too."""
        for above in model.lineage():
            if above.path and (found := self.member((above.path, above.qualname), name)):
                return found
            if found := self._added.get((above.name, name)):
                return found
        return None

    @cached_property
    def _added(self) -> dict[tuple[str, str], Member]:
        """Functions that `Model.add_to_class("name", function)` or `Model.name = function` makes methods."""
        found: dict[tuple[str, str], Member] = {}
        for path in self.index.tree.matching(*_ADDS):
            module = self.index.tree.module(path)
            for call in module.registrations if module else ():
                match call:
                    case (
                        ast.Call(
                            func=ast.Attribute(value=owner, attr="add_to_class"),
                            args=[ast.Constant(value=str(name)), given],
                        )
                        | ast.Call(func=ast.Name(id="setattr"), args=[owner, ast.Constant(value=str(name)), given])
                    ):
                        of = given.args[0] if isinstance(given, ast.Call) and given.args else given
                        node = self.index.definitions.of(path).get(dotted(of))
                        model = self.index.django.get(path, dotted(owner))
                        if node and model:
                            found[model.name, name] = path, node
        return found

    def loaded_by(self, method: str) -> set[str] | None:
        """Paths that custom queryset or manager methods of that name load; None when no name of one can be read."""
        found: set[str] | None = set()
        for path in self.index.tree.naming(f"def {method}("):
            for node in self.index.definitions.named(path, method):
                for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
                    callee = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
                    if callee in ("select_related", "prefetch_related", "Prefetch"):
                        names = texts(call.args[0]) if call.args else []
                        found = None if found is None or not names else found | {n for a in call.args for n in texts(a)}
        return found

    @remembered
    def managed(self, accessor: str) -> bool:
        """Whether some code calls it with a manager of its own: `post.comment_set(manager="published")`."""
        tree = self.index.tree
        paths = sorted({*tree.matching(r"\bmanager ?=")}.intersection(tree.naming(f".{accessor}")))
        nodes = (node for found in filter(None, map(tree.parsed, paths)) for node in ast.walk(found))
        calls = (n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute))
        return any(c.func.attr == accessor and any(k.arg == "manager" for k in c.keywords) for c in calls)  # type: ignore[attr-defined]
