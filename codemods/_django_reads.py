"""Which relations of a model are read on its rows: in code, serializers, admin lists and templates."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import takewhile

import msgspec

from codemods._django_types import DjangoTypes
from codemods.index import Index
from codemods.index.accesses import Accesses, Path, Span, accesses
from codemods.index.calls import Key
from codemods.index.definitions import Definition
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import Call, Class, Function, dotted
from codemods.index.remember import remembered


def returns(there: Link, link: Link) -> bool:
    """Whether a to-one link leads back to the row that a reverse link came from."""
    return there.kind in ("reverse fk", "reverse o2o") and link.kind in ("fk", "o2o") and there.column == link.column


class Use(msgspec.Struct, frozen=True):
    """A method that is called on the manager which the chain before it ends with."""

    method: str


class Via(msgspec.Struct, frozen=True):
    """A function or serializer that gets the rows, or those that the chain before it leads to."""

    key: Key


Chain = tuple[Link, ...]
Reading = tuple[Link | Use | Via, ...]
# Methods of a related manager that a prefetch answers, and those that ask the database again.
CACHED = frozenset({"all", "count", "exists", "contains", "none"})
_ANSWERED = frozenset({"page", "get_page"})  # of a paginator over the rows
_QUERIES = frozenset(
    {"filter", "exclude", "order_by", "values", "values_list", "get", "first", "last", "latest", "earliest", "iterator"}
    | {"distinct", "aggregate", "annotate", "count", "exists", "only", "defer", "select_related", "prefetch_related"}
)
_HOLDERS = frozenset({"object_list", "qs", "get_queryset()"})
_MOST = 40_000  # paths followed for one question: beyond, what is known is all
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
        self.types = DjangoTypes(index, _Definitions(self))
        self._methods: dict[tuple[str, str, str], frozenset[Reading]] = {}
        self._given: dict[tuple[str, str, str], frozenset[Path]] = {}
        self._rows: dict[tuple[object, ...], frozenset[Reading]] = {}
        self._serialized: dict[tuple[Key, str, str], frozenset[Reading]] = {}
        self._left = _MOST

    def follow(self, model: DjangoModel, path: Path, depth: int = _DEPTH) -> Iterator[Reading]:
        """Every chain of relations that reading the path on a row of the model loads, and what is done to managers."""
        chain: Chain = ()
        self._left -= 1
        if self._left < 0:
            return
        for position, name in enumerate(path):
            link = model.all_links().get(name)
            first = bool(chain) and path[position - 1] == chain[-1].name
            if chain and chain[-1].many and (first or name in _QUERIES):
                if first and name not in ("object_list", "__str__"):
                    use = _use(path[position:])
                    self.uses.setdefault((chain[-1].owner.name, chain[-1].name), set()).add(use)
                    yield (*chain, Use(use))
            elif (name.endswith("()") and name != "__iter__()") or (not chain and name in _HOLDERS):
                continue
            elif link is None:
                through = self._through(model, name.removesuffix("()"), path[position + 1 :], depth - 1)
                yield from ((*chain, *more) for more in through)
                return
            elif chain and returns(chain[-1], link):
                model, chain = link.target, chain[:-1]  # Django has put the row there that this one came from
            else:
                chain = (*chain, link)
                if len(chain) > _HOPS:
                    return
                yield chain
                if link.kind == "generic":
                    return
                model = link.target

    def _through(self, model: DjangoModel, name: str, rest: Path, depth: int) -> Iterator[Reading]:
        """What a method or property reads, and what is read on that which it gives back."""
        yield from self.method(model, name, depth)
        for given in self._given_back(model, name, depth) if rest else ():
            yield from self.follow(model, (*given, *rest), depth)

    def ends(self, model: DjangoModel, path: Path) -> tuple[Chain, DjangoModel] | None:
        """The chain that the whole path is, and the model of the rows at its end; None when it ends elsewhere."""
        chain: Chain = ()
        for name in path:
            link = model.all_links().get(name)
            if link is not None and link.kind != "generic":
                chain = chain[:-1] if chain and returns(chain[-1], link) else (*chain, link)
                model = link.target
            elif not name.endswith("()") and name not in _HOLDERS:
                return None
        return chain, model

    def method(self, model: DjangoModel, name: str, depth: int = _DEPTH) -> frozenset[Reading]:
        """The readings that a method or property of a model makes on `self`."""
        if name == "__str__" and self._definition(model, name) is None:
            name = "__unicode__"
        key = (model.path, model.qualname, name)
        if depth <= 0 or (found := self._definition(model, name)) is None:
            return frozenset()
        if key not in self._methods:
            self._methods[key] = frozenset()  # a method that calls itself ends here
            path, node = found
            function = self._function(path, node)
            self._methods[key] = short(self._of(model, node, function, _first(node), None, depth))
        return self._methods[key]

    def _given_back(self, model: DjangoModel, name: str, depth: int) -> frozenset[Path]:
        """The paths that a method or property of a model returns."""
        key = (model.path, model.qualname, name)
        if depth <= 0 or (found := self._definition(model, name)) is None:
            return frozenset()
        if key not in self._given:
            node = found[1]
            read = accesses(node.body, _first(node), None, self.index.django.rows_methods)
            given = {p for p in read.returned if p}
            if name == "__iter__" and not given & {p for p in read.read if p[-1] == "all()"}:
                given = {p for p in read.read if p[-1] == "all()"}  # kept somewhere, and given from there
            self._given[key] = frozenset(given)
        return self._given[key]

    def rows(
        self,
        model: DjangoModel,
        function: Function,
        names: Mapping[str, Path],
        span: Span | None = None,
        depth: int = 4,
    ) -> frozenset[Reading]:
        """The chains that a function, and what it hands them to, reads on names that stand for rows of the model."""
        key = (model.path, model.qualname, function.path, function.qualname, tuple(sorted(names.items())), span)
        if key not in self._rows:
            self._rows[key] = frozenset()  # a function that calls itself ends here
            node = self._defs(function.path).get(function.qualname)
            found = self._of(model, node, function, names, span, depth) if node and depth else ()
            self._rows[key] = short(found)
        return self._rows[key]

    def read(self, function: Function, names: Mapping[str, Path], span: Span | None = None) -> Accesses | None:
        """What a function reads on names, untyped."""
        node = self._defs(function.path).get(function.qualname)
        return accesses(node.body, names, span, self.index.django.rows_methods) if node else None

    def _of(
        self, model: DjangoModel, node: ast.FunctionDef | ast.AsyncFunctionDef, function: Function | None,
        names: Mapping[str, Path], span: Span | None, depth: int,
    ) -> Iterator[Reading]:  # fmt: skip
        own = {n for n, path in names.items() if n == "self" and not path}
        read = accesses(node.body, names, span, self.index.django.rows_methods, own)
        for path in read.read:
            yield from self.follow(model, path, depth)
        if function is None:
            return
        yield (Via((function.path, function.qualname)),)
        for callee, position, path in read.passed:
            end = self.ends(model, path)
            if end and depth > 1:
                for more in self._handed(function, callee, node.lineno, position, end[1], depth - 1):
                    yield (*end[0], *more)
        templates = self.templates_of((function.path, function.qualname)) if read.exposed else set()
        if function.owner and read.exposed:
            templates |= self.templates_of((function.path, function.owner))
        if templates:
            exposed: dict[str, list[tuple[Chain, DjangoModel]]] = {}
            for name, path in read.exposed:
                if end := self.ends(model, path):
                    exposed.setdefault(name, []).append(end)
            for name, ends in exposed.items():
                for chain, rows in ends:
                    yield from ((*chain, *more) for more in self.bound(templates, name, rows, depth - 1))

    def _handed(
        self, function: Function, callee: str, line: int, position: int | str, model: DjangoModel, depth: int
    ) -> Iterator[Reading]:
        """What is read on a row or rows that are an argument of a call."""
        made = self.index.names.resolve(function.path, callee, function.qualname)
        if made and any(b.endswith("Serializer") for key in self.index.calls.lineage(made) for b in self._bases(key)):
            yield from self.serialized(made, model)
            return
        for key in self.index.calls.targets(function, Call(callee, line)):
            target = self.index.calls.function(key)
            params = [p for p in target.params if p not in ("self", "cls")] if target else []
            name = position if isinstance(position, str) else params[position] if position < len(params) else None
            if target is None or name not in target.params:
                continue
            yield from self.rows(model, target, {name: ()}, None, depth)
            if target.owner and target.qualname.endswith(".__init__"):
                yield from self._kept(target, name, model, depth)

    def _kept(self, made: Function, name: str, model: DjangoModel, depth: int) -> Iterator[Reading]:
        """What the methods of an object read on rows that its `__init__` keeps in an attribute."""
        assert made.owner
        read = self.read(made, {name: ()})
        held = {attribute: path for attribute, path in read.kept if not path} if read else {}
        for key in self.index.calls.members((made.path, made.owner)) if held else ():
            method = self.index.calls.function(key)
            if method and method is not made:
                yield from self.rows(model, method, held, None, depth - 1)

    def _bases(self, key: Key) -> tuple[str, ...]:
        class_ = self.class_(key)
        return class_.bases if class_ else ()

    def bound(self, templates: Iterable[str], name: str, model: DjangoModel, depth: int = 3) -> Iterator[Reading]:
        """The chains that templates read on a variable that holds rows of the model."""
        for template in templates:
            for path in self.index.templates.reads(template).get(name, ()):
                yield from self.follow(model, path)
            for word, position, given in self.index.templates.handed(template) if depth > 0 else ():
                end = self.ends(model, given[1:]) if given[0] == name else None
                for function in self._tags.get(word, ()) if end else ():
                    params = [p for p in function.params if p != "context"]
                    if end and position < len(params):
                        more = self.rows(end[1], function, {params[position]: ()}, None, depth - 1)
                        yield from ((*end[0], *chain) for chain in more)

    @cached_property
    def _tags(self) -> dict[str, list[Function]]:
        """Template filters and tags of the project by name."""
        found: dict[str, list[Function]] = {}
        for path in self.index.tree.containing("register."):
            module = self.index.tree.module(path)
            for function in module.functions.values() if module else ():
                if any("register" in ast.unparse(d) for d in function.decorators):
                    found.setdefault(function.qualname, []).append(function)
        return found

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

    @remembered
    def managed(self, accessor: str) -> bool:
        """Whether some code calls it with a manager of its own: `post.comment_set(manager="published")`."""
        tree = self.index.tree
        paths = sorted({*tree.matching(r"\bmanager ?=")}.intersection(tree.naming(f".{accessor}")))
        nodes = (node for found in filter(None, map(tree.parsed, paths)) for node in ast.walk(found))
        calls = (n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute))
        return any(c.func.attr == accessor and any(k.arg == "manager" for k in c.keywords) for c in calls)  # type: ignore[attr-defined]

    # ---- admin lists ----

    def listed(self, admin: Key, model: DjangoModel) -> set[Reading]:
        """The chains that the change list of an admin class reads: its columns, or the text of a row."""
        values = self.values(admin)
        columns = _texts(values.get("list_display")) or ["__str__"]
        found: set[Reading] = set()
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

    def _shown(self, model: DjangoModel) -> frozenset[Reading]:
        return self.method(model, "__str__")

    # ---- serializers ----

    def serialized(self, serializer: Key, model: DjangoModel) -> frozenset[Reading]:
        """The chains that a DRF serializer reads on a row."""
        key = (serializer, model.path, model.qualname)
        if key not in self._serialized:
            self._serialized[key] = frozenset()  # one that nests itself ends here
            self._serialized[key] = short(self._serializer(serializer, model))
        return self._serialized[key]

    def _serializer(self, serializer: Key, model: DjangoModel) -> set[Reading]:
        values = self.values(serializer)
        found: set[Reading] = {(Via(key),) for key in self.index.calls.lineage(serializer)}
        meta = self.values((serializer[0], f"{serializer[1]}.Meta"))
        fields = _texts(meta.get("fields"))
        skipped = set(_texts(meta.get("exclude")))
        for name, value in values.items():
            if isinstance(value, ast.Call) and (not fields or name in fields or "__all__" in fields):
                found |= self._field(serializer, model, name, value)
        looked_up = _looked_up(meta.get("extra_kwargs"))
        for name, link in model.all_links().items():
            listed = name in fields or (fields == ["__all__"] and link.back is not None and name not in skipped)
            if listed and name not in values and (link.many or name in looked_up):
                found.add((link,))
        for name in fields:
            if name not in values and name not in model.all_links():
                found |= set(self.follow(model, (name,)))
        for chain in list(found):
            last = chain[-1]
            if isinstance(last, Link) and last.many:  # a list field takes `.all()` of its manager
                self.uses.setdefault((last.owner.name, last.name), set()).add("all")
                found.add((*chain, Use("all")))
        if node := self._member(serializer, "to_representation"):
            found |= self._of_second(node, model)
        return found

    def _field(self, serializer: Key, model: DjangoModel, name: str, value: ast.Call) -> set[Reading]:
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
            end = self.ends(model, path)
            if end is None:
                return chains
            return chains | {(*end[0], *more) for more in self.serialized(nested, end[1])}
        if field in _BY_KEY and not _is_true(options.get("many")) and "lookup_field" not in options:
            path = path[:-1]
        chains = set(self.follow(model, path))
        if field == "StringRelatedField":
            end = self.ends(model, path)
            chains |= {(*end[0], *more) for more in self._shown(end[1])} if end else set()
        return chains

    # ---- templates ----

    def rendered(self, templates: Iterable[str], model: DjangoModel) -> set[Reading]:
        """The chains that templates read on any variable of theirs that has such relations."""
        found: set[Reading] = set()
        for template in templates:
            for paths in self.index.templates.reads(template).values():
                for path in paths:
                    rows = path[path.index("queryset") + 1 :] if "queryset" in path else path  # of a form field
                    found |= set(self.follow(model, rows))
        return found

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

    def _member(self, class_: Key, name: str) -> tuple[str, ast.FunctionDef | ast.AsyncFunctionDef] | None:
        for path, owner in self.index.calls.lineage(class_):
            if node := self._defs(path).get(f"{owner}.{name}"):
                return path, node
        return None

    def _of_second(
        self, member: tuple[str, ast.FunctionDef | ast.AsyncFunctionDef], model: DjangoModel
    ) -> set[Reading]:
        """The chains read on the row that a method `def get_x(self, obj)` is given."""
        path, node = member
        if len(node.args.args) < 2:
            return set()
        return set(self._of(model, node, self._function(path, node), {node.args.args[1].arg: ()}, None, _DEPTH))

    def _function(self, path: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function | None:
        module = self.index.tree.module(path)
        functions = module.functions.values() if module else ()
        return next((f for f in functions if f.end_line == node.end_lineno and f.qualname.endswith(node.name)), None)

    def _definition(self, model: DjangoModel, name: str) -> tuple[str, ast.FunctionDef | ast.AsyncFunctionDef] | None:
        """The file and node of a method that a model has, from a mixin or from outside its class too."""
        for above in model.lineage():
            if above.path and (found := self._member((above.path, above.qualname), name)):
                return found
            if found := self._added.get((above.name, name)):
                return found
        return None

    @cached_property
    def _added(self) -> dict[tuple[str, str], tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        """Functions that `Model.add_to_class("name", function)` or `Model.name = function` makes methods."""
        found: dict[tuple[str, str], tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]] = {}
        for path in self.index.tree.containing("add_to_class(", "setattr("):
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
                        node = self._defs(path).get(dotted(of))
                        model = self.index.django.get(path, dotted(owner))
                        if node and model:
                            found[model.name, name] = path, node
        return found

    def _defs(self, path: str) -> Mapping[str, Definition]:
        return self.index.definitions.of(path)


def _first(node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Path]:
    """The row that a method is called on."""
    return {a.arg: () for a in node.args.args[:1]}


def _use(path: Path) -> str:
    """The first method in a row of them that a prefetch does not answer, else the first."""
    methods = [path[0], *takewhile(lambda n: n.endswith("()") or n in _QUERIES, path[1:])]
    names = [name.removesuffix("()") for name in methods]
    return next((n for n in names if n not in CACHED and n not in _ANSWERED), names[0])


def short(readings: Iterable[Reading]) -> frozenset[Reading]:
    """Those of at most three relations."""
    return frozenset(r for r in readings if sum(isinstance(part, Link) for part in r) <= _HOPS)


class _Definitions:
    """Definitions of a file by qualified name, on demand."""

    def __init__(self, reads: DjangoReads) -> None:
        self._reads = reads

    def __call__(self, path: str) -> Mapping[str, Definition]:
        return self._reads._defs(path)


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
