"""Which relations of a model are read on its rows: in code, serializers, admin lists and templates."""

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from codemods.index import Index
from codemods.index.accesses import Path, accesses
from codemods.index.calls import Key
from codemods.index.definitions import Definition
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import Call, Class, Function, dotted

Chain = tuple[Link, ...]
# Methods of a related manager that a prefetch answers, and those that ask the database again.
CACHED = frozenset({"all", "count", "exists", "contains", "none"})
_QUERIES = frozenset(
    {"filter", "exclude", "order_by", "values", "values_list", "get", "first", "last", "latest", "earliest", "iterator"}
    | {"distinct", "aggregate", "annotate", "count", "exists", "only", "defer", "select_related", "prefetch_related"}
)
_DEPTH = 4
_HOPS = 3
_TEMPLATE = (".html", ".htm", ".txt", ".xml", ".jinja", ".jinja2", ".j2", ".csv", ".tex")
_SPELLED = r"\.(?:html?|txt|xml|jinja2?|j2|csv|tex)[\"']"
_BY_KEY = frozenset({"PrimaryKeyRelatedField", "ReadOnlyField", "HyperlinkedRelatedField"})


class DjangoReads:
    """Follows attribute paths from a model through its relations, methods and properties."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.uses: dict[tuple[str, str], set[str]] = {}  # (model, accessor) -> manager methods called on it
        self._methods: dict[tuple[str, str, str], frozenset[Chain]] = {}

    def follow(self, model: DjangoModel, path: Path, depth: int = _DEPTH) -> Iterator[Chain]:
        """Every chain of relations that reading the path on a row of the model loads."""
        chain: Chain = ()
        for position, name in enumerate(path):
            link = model.all_links().get(name)
            if chain and chain[-1].many and (path[position - 1] == chain[-1].name or name in _QUERIES):
                # On the manager itself, or on the query that it gave.
                self.uses.setdefault((chain[-1].owner.name, chain[-1].name), set()).add(name.removesuffix("()"))
            elif name.endswith("()"):
                continue
            elif link is not None and link.kind != "generic":
                chain = (*chain, link)
                if len(chain) > _HOPS:
                    return
                yield chain
                model = link.target
            else:
                yield from ((*chain, *more) for more in self.method(model, name, depth - 1))
                return

    def method(self, model: DjangoModel, name: str, depth: int = _DEPTH) -> frozenset[Chain]:
        """The chains that a method or property of a model reads on `self`."""
        key = (model.path, model.qualname, name)
        if depth <= 0 or (found := self._definition(model, name)) is None:
            return frozenset()
        if key not in self._methods:
            self._methods[key] = frozenset()  # a method that calls itself ends here
            node = found[1]
            own = node.args.args[0].arg if node.args.args else "self"
            read = accesses(node.body, {own: ()})
            self._methods[key] = frozenset(c for p in read.read for c in self.follow(model, p, depth))
        return self._methods[key]

    def rows(self, model: DjangoModel, function: Function, names: Iterable[str], depth: int = 2) -> Iterator[Chain]:
        """The chains that a function reads on names that stand for rows of the model."""
        node = self._defs(function.path).get(function.qualname)
        if node is None:
            return
        read = accesses(node.body, dict.fromkeys(names, ()))
        for path in read.read:
            yield from self.follow(model, path)
        for callee, position, path in read.passed if depth else ():
            if path:
                continue
            for key in self.index.calls.targets(function, Call(callee, node.lineno)):
                target = self.index.calls.function(key)
                params = [p for p in target.params if p not in ("self", "cls")] if target else []
                if target and position < len(params):
                    yield from self.rows(model, target, [params[position]], depth - 1)

    def loaded_by(self, method: str) -> set[str] | None:
        """Paths that custom queryset or manager methods of that name load; None when no name of one can be read."""
        found: set[str] | None = set()
        for path in self.index.tree.naming(f"def {method}("):
            for name, node in self._defs(path).items():
                if name.rpartition(".")[2] != method:
                    continue
                for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
                    callee = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
                    if callee in ("select_related", "prefetch_related", "Prefetch"):
                        names = _texts(call.args[0]) if call.args else []
                        found = (
                            None if found is None or not names else found | {n for a in call.args for n in _texts(a)}
                        )
        return found

    @cached_property
    def managed(self) -> frozenset[str]:
        """Accessors that some code calls with a manager of its own: `post.comment_set(manager="published")`."""
        trees = filter(None, map(self.index.tree.parsed, self.index.tree.matching(r"\bmanager ?=")))
        calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
        return frozenset(
            call.func.attr
            for call in calls
            if isinstance(call.func, ast.Attribute) and any(k.arg == "manager" for k in call.keywords)
        )

    # ---- admin lists ----

    def listed(self, admin: Key, model: DjangoModel) -> set[Chain]:
        """The chains that the change list of an admin class reads: its columns, or the text of a row."""
        values = self.values(admin)
        columns = _texts(values.get("list_display")) or ["__str__"]
        found: set[Chain] = set()
        for name in columns:
            if link := model.all_links().get(name):
                if not link.many and link.kind != "generic":
                    found |= {(link,), *((link, *c) for c in self._shown(link.target))}
            elif node := self._member(admin, name):
                found |= self._of_second(node, model)
            elif name == "__str__":
                found |= self._shown(model)
            else:
                found |= self.method(model, name)
        return found

    def _shown(self, model: DjangoModel) -> frozenset[Chain]:
        return self.method(model, "__str__") or self.method(model, "__unicode__")

    # ---- serializers ----

    def serialized(self, serializer: Key, model: DjangoModel, depth: int = _HOPS) -> set[Chain]:
        """The chains that a DRF serializer reads on a row."""
        if not depth:
            return set()
        values = self.values(serializer)
        meta = self.values((serializer[0], f"{serializer[1]}.Meta"))
        fields = _texts(meta.get("fields"))
        skipped = set(_texts(meta.get("exclude")))
        found: set[Chain] = set()
        for name, value in values.items():
            if isinstance(value, ast.Call) and (not fields or name in fields or "__all__" in fields):
                found |= self._field(serializer, model, name, value, depth)
        looked_up = _looked_up(meta.get("extra_kwargs"))
        for name, link in model.all_links().items():
            listed = name in fields or (fields == ["__all__"] and link.back is not None and name not in skipped)
            if listed and name not in values and (link.many or name in looked_up):
                found.add((link,))
        for name in fields:
            if name not in values and name not in model.all_links():
                found |= set(self.follow(model, (name,)))
        for chain in found:
            if chain[-1].many:  # a list field takes `.all()` of its manager
                self.uses.setdefault((chain[-1].owner.name, chain[-1].name), set()).add("all")
        if node := self._member(serializer, "to_representation"):
            found |= self._of_second(node, model)
        return found

    def _field(self, serializer: Key, model: DjangoModel, name: str, value: ast.Call, depth: int) -> set[Chain]:
        options = {k.arg: k.value for k in value.keywords}
        source = next(iter(_texts(options.get("source"))), name)
        path = tuple(p for p in source.split(".") if p != "*")
        field = dotted(value.func).rpartition(".")[2]
        if field == "HiddenField" or _is_true(options.get("write_only")):
            return set()  # taken in, never shown
        if field == "SerializerMethodField":
            method = next(
                iter(_texts(options.get("method_name") or (value.args[0] if value.args else None))), f"get_{name}"
            )
            node = self._member(serializer, method)
            return self._of_second(node, model) if node else set()
        nested = self.index.names.resolve(serializer[0], dotted(value.func), serializer[1])
        if nested and self.class_(nested):
            chains = set(self.follow(model, path))
            ends = [c for c in chains if len(c) == len(path)]
            return chains | {(*c, *more) for c in ends for more in self.serialized(nested, c[-1].target, depth - 1)}
        if field in _BY_KEY and not _is_true(options.get("many")) and "lookup_field" not in options:
            path = path[:-1]
        chains = set(self.follow(model, path))
        if field == "StringRelatedField":
            chains |= {(*c, *more) for c in chains for more in self._shown(c[-1].target)}
        return chains

    # ---- templates ----

    def rendered(self, templates: Iterable[str], model: DjangoModel) -> set[Chain]:
        """The chains that templates read on any variable of theirs that has such relations."""
        return {
            chain
            for template in templates
            for paths in self.index.templates.reads(template).values()
            for path in paths
            for chain in self.follow(model, path)
        }

    def templates_of(self, key: Key) -> set[str]:
        """Names of templates that a function or a class body spells."""
        spells = key[0] in self.index.tree.matching(_SPELLED)  # else it is not worth parsing
        node: ast.AST | None = self._defs(key[0]).get(key[1]) if spells else None
        nodes = [node] if node else list(self.values(key).values())
        return {text for part in nodes for text in _texts(part) if text.endswith(_TEMPLATE)}

    # ---- classes ----

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

    def _member(self, class_: Key, name: str) -> Definition | None:
        for path, owner in self.index.calls.lineage(class_):
            if node := self._defs(path).get(f"{owner}.{name}"):
                return node
        return None

    def _of_second(self, node: Definition, model: DjangoModel) -> set[Chain]:
        """The chains read on the row that a method `def get_x(self, obj)` is given."""
        if len(node.args.args) < 2:
            return set()
        read = accesses(node.body, {node.args.args[1].arg: ()})
        return {chain for path in read.read for chain in self.follow(model, path)}

    def _definition(self, model: DjangoModel, name: str) -> tuple[DjangoModel, Definition] | None:
        for above in model.lineage():
            if above.path and (node := self._defs(above.path).get(f"{above.qualname}.{name}")):
                return above, node
        return None

    def _defs(self, path: str) -> dict[str, Definition]:
        return self.index.definitions.of(path)


def _texts(node: ast.AST | None) -> list[str]:
    if node is None:
        return []
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _is_true(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _looked_up(node: ast.expr | None) -> set[str]:
    """Fields whose link is built from another column than the key, so that the row itself is needed."""
    found: set[str] = set()
    for key, options in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
        if isinstance(options, ast.Dict):
            pairs = {
                k.value: v for k, v in zip(options.keys, options.values, strict=True) if isinstance(k, ast.Constant)
            }
            lookup = pairs.get("lookup_field")
            if isinstance(lookup, ast.Constant) and lookup.value not in ("pk", "id"):
                found |= set(_texts(key))
    return found
