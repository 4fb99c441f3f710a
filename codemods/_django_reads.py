"""Which relations of a model are read on its rows, in a function and wherever it hands them."""

from collections.abc import Iterator, Mapping

from codemods._django_chains import HOLDERS, HOPS, QUERIES, Chain, Reading, Use, Via, returns, short, use_of
from codemods._django_classes import DjangoClasses
from codemods._django_pages import Pages
from codemods._django_serializers import Serializers
from codemods._django_types import DjangoTypes
from codemods.index import Index
from codemods.index.accesses import Accesses, Path, Span, accesses
from codemods.index.definitions import Definition
from codemods.index.django_models import DjangoModel
from codemods.index.facts import Call, Function

_MOST = 40_000  # paths followed for one question: beyond, what is known is all
_DEPTH = 5


class DjangoReads:
    """Follows attribute paths from a model through its relations, methods and properties."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.uses: dict[tuple[str, str], set[str]] = {}  # (model, accessor) -> manager methods called on it
        self.types = DjangoTypes(index, index.definitions.of)
        self.classes = DjangoClasses(index)
        self.serializers = Serializers(self)
        self.pages = Pages(self)
        self._methods: dict[tuple[str, str, str], frozenset[Reading]] = {}
        self._given: dict[tuple[str, str, str], frozenset[Path]] = {}
        self._rows: dict[tuple[object, ...], frozenset[Reading]] = {}
        self._left = _MOST

    def follow(self, model: DjangoModel, path: Path, depth: int = _DEPTH) -> Iterator[Reading]:
        """Every chain of relations that reading the path on a row of the model loads, and what is done to managers."""
        chain: Chain = ()
        self._left -= 1
        if self._left < 0:
            return
        for position, name in enumerate(path):
            link = self.classes.link(model, name)
            first = bool(chain) and path[position - 1] == chain[-1].name
            if chain and chain[-1].many and (first or name in QUERIES):
                if first and name not in ("object_list", "__str__"):
                    use = use_of(path[position:])
                    self.uses.setdefault((chain[-1].owner.name, chain[-1].name), set()).add(use)
                    yield (*chain, Use(use))
            elif (name.endswith("()") and name != "__iter__()") or (not chain and name in HOLDERS):
                continue
            elif link is None:
                through = self._through(model, name.removesuffix("()"), path[position + 1 :], depth - 1)
                yield from ((*chain, *more) for more in through)
                return
            elif chain and returns(chain[-1], link):
                model, chain = link.target, chain[:-1]  # Django has put the row there that this one came from
            else:
                chain = (*chain, link)
                if len(chain) > HOPS:
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
            link = self.classes.link(model, name)
            if link is not None and link.kind != "generic":
                chain = chain[:-1] if chain and returns(chain[-1], link) else (*chain, link)
                model = link.target
            elif not name.endswith("()") and name not in HOLDERS:
                return None
        return chain, model

    def method(self, model: DjangoModel, name: str, depth: int = _DEPTH) -> frozenset[Reading]:
        """The readings that a method or property of a model makes on `self`."""
        if name == "__str__" and self.classes.definition(model, name) is None:
            name = "__unicode__"
        key = (model.path, model.qualname, name)
        if depth <= 0 or (found := self.classes.definition(model, name)) is None:
            return frozenset()
        if key not in self._methods:
            self._methods[key] = frozenset()  # a method that calls itself ends here
            path, node = found
            function = self.classes.function(path, node)
            self._methods[key] = short(self.of(model, node, function, _first(node), None, depth))
        return self._methods[key]

    def _given_back(self, model: DjangoModel, name: str, depth: int) -> frozenset[Path]:
        """The paths that a method or property of a model returns."""
        key = (model.path, model.qualname, name)
        if depth <= 0 or (found := self.classes.definition(model, name)) is None:
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
        depth: int = _DEPTH,
    ) -> frozenset[Reading]:
        """The chains that a function, and what it hands them to, reads on names that stand for rows of the model."""
        key = (model.path, model.qualname, function.path, function.qualname, tuple(sorted(names.items())), span)
        if key not in self._rows:
            self._rows[key] = frozenset()  # a function that calls itself ends here
            node = self.index.definitions.of(function.path).get(function.qualname)
            found = self.of(model, node, function, names, span, depth) if node and depth else ()
            self._rows[key] = short(found)
        return self._rows[key]

    def read(self, function: Function, names: Mapping[str, Path], span: Span | None = None) -> Accesses | None:
        """What a function reads on names, untyped."""
        node = self.index.definitions.of(function.path).get(function.qualname)
        return accesses(node.body, names, span, self.index.django.rows_methods) if node else None

    def of(
        self, model: DjangoModel, node: Definition, function: Function | None, names: Mapping[str, Path],
        span: Span | None = None, depth: int = _DEPTH,
    ) -> Iterator[Reading]:  # fmt: skip
        """The same for a definition, which may have no facts."""
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
        templates = self.classes.templates_of((function.path, function.qualname)) if read.exposed else set()
        if function.owner and read.exposed:
            templates |= self.classes.templates_of((function.path, function.owner))
        if templates:
            exposed: dict[str, list[tuple[Chain, DjangoModel]]] = {}
            for name, path in read.exposed:
                if end := self.ends(model, path):
                    exposed.setdefault(name, []).append(end)
            for name, ends in exposed.items():
                for chain, rows in ends:
                    yield from ((*chain, *more) for more in self.pages.bound(templates, name, rows, depth - 1))

    def _handed(
        self, function: Function, callee: str, line: int, position: int | str, model: DjangoModel, depth: int
    ) -> Iterator[Reading]:
        """What is read on a row or rows that are an argument of a call."""
        made = self.index.names.resolve(function.path, callee, function.qualname)
        if made and any(
            b.endswith("Serializer") for key in self.index.calls.lineage(made) for b in self.classes.bases(key)
        ):
            yield from self.serializers.serialized(made, model)
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


def _first(node: Definition) -> dict[str, Path]:
    """The row that a method is called on."""
    return {a.arg: () for a in node.args.args[:1]}
