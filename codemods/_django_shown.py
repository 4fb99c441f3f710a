"""What a Django admin list or a DRF serializer surely reads on every row that it shows."""

import ast
from collections.abc import Mapping
from dataclasses import replace

from codemods._django_classes import texts
from codemods._django_reads import DjangoReads
from codemods._row_trace import Rows, Trace, Where
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel
from codemods.index.facts import dotted

_HOPS = 3  # serializers inside serializers
_KEY_FIELDS = frozenset({"PrimaryKeyRelatedField", "HyperlinkedRelatedField"})  # made of the key alone
Row = Rows[DjangoModel]


class Shown:
    """Notes in a trace what a class reads on the rows of a model."""

    def __init__(self, trace: Trace[DjangoModel], reads: DjangoReads, where: Where) -> None:
        self.trace = trace
        self.reads = reads
        self.where = where

    def admin(self, admin: Key, row: Row) -> None:
        """The columns of a change list, or the text of a row."""
        if not self._lists_own(admin):
            return
        listed = texts(self.reads.classes.values(admin).get("list_display"))
        for name in listed or ["__str__"]:
            link = row.model.all_links().get(name)
            if link is not None:
                after = None if link.many else self.trace.follow(row, (name,), self.where)
                if after is not None:
                    self.trace.member(after, "__str__", called=True)
            elif (key := self._method(admin, name)) is not None:
                self._row_method(key, row)
            else:
                self.trace.member(row, name, called=True)
                self.trace.member(row, name, called=False)

    def _lists_own(self, admin: Key) -> bool:
        """Whether `list_display` is what is shown: a hook of the project may answer something else."""
        hook = self._method(admin, "get_list_display")
        function = self.reads.index.calls.function(hook) if hook else None
        named = {f"{read.base}.{read.attr}" for read in function.reads} if function else set()
        called = {call.callee for call in function.calls} if function else set()
        return hook is None or "self.list_display" in named or "super().get_list_display" in called

    def serializer(self, serializer: Key, row: Row, depth: int = _HOPS) -> None:
        """The fields of a serializer, and those of the serializers that it nests."""
        values = self.reads.classes.values(serializer)
        meta = self.reads.classes.values((serializer[0], f"{serializer[1]}.Meta"))
        named = texts(meta.get("fields"))
        every = named == ["__all__"]
        for name, value in values.items() if depth else ():
            if isinstance(value, ast.Call) and (every or not named or name in named):
                self._field(serializer, row, name, value, depth)
        skipped = {*values, *texts(meta.get("exclude"))}
        for name, link in row.model.all_links().items():
            # A to-one that stands for itself is shown as its key, which the row has.
            if link.many and name not in skipped and (name in named or (every and link.back is not None)):
                self.trace.follow(row, (name, "all"), self.where)
        for name in named:
            if name not in values and name not in row.model.all_links():
                self.trace.member(row, name, called=False)
                self.trace.member(row, name, called=True)
        if key := self._method(serializer, "to_representation"):
            self._row_method(key, row)

    def _field(self, serializer: Key, row: Row, name: str, value: ast.Call, depth: int) -> None:
        options = {k.arg: k.value for k in value.keywords if k.arg}
        field = dotted(value.func).rpartition(".")[2]
        if field == "HiddenField" or _is_true(options, "write_only"):
            return
        if field == "SerializerMethodField":
            method = texts(options.get("method_name")) or texts(value.args[0] if value.args else None)
            if key := self._method(serializer, method[0] if method else f"get_{name}"):
                self._row_method(key, row)
            return
        source = next(iter(texts(options.get("source"))), name)
        path = tuple(part for part in source.split(".") if part != "*")
        nested = self.reads.index.names.resolve(serializer[0], dotted(value.func), serializer[1])
        if nested is None or self.reads.classes.class_(nested) is None or self._bases(nested) & _KEY_FIELDS:
            many = _is_true(options, "many")
            by_key = {field, *self._bases(nested)} & _KEY_FIELDS and not many and "lookup_field" not in options
            after = self.trace.follow(row, path[:-1] if by_key else (*path, *(["all"] if many else [])), self.where)
            if after is not None and field == "StringRelatedField":
                self.trace.member(replace(after, each=True), "__str__", called=True)
            return
        at = self.trace.follow(row, path, self.where)
        if at is not None and at.manager:
            at = self.trace.all_of(at, self.where, certain=True)
        if at is not None:
            self.serializer(nested, replace(at, each=True), depth - 1)

    def _bases(self, class_: Key | None) -> set[str]:
        """The last names of the bases of a class of the project and of those above it."""
        lineage = self.reads.index.calls.lineage(class_) if class_ else []
        classes = filter(None, map(self.reads.classes.class_, lineage))
        return {base.rpartition(".")[2] for found in classes for base in found.bases}

    def _method(self, class_: Key, name: str) -> Key | None:
        for path, owner in self.reads.index.calls.lineage(class_):
            if self.trace.sources.node((path, f"{owner}.{name}")) is not None:
                return path, f"{owner}.{name}"
        return None

    def _row_method(self, key: Key, row: Row) -> None:
        """Follow a row into `def get_x(self, obj)`."""
        node = self.trace.sources.node(key)
        if node is not None and len(node.args.args) > 1:
            self.trace.walk(key, {node.args.args[1].arg: replace(row, depth=0)})


def _is_true(options: Mapping[str, ast.expr], name: str) -> bool:
    node = options.get(name)
    return isinstance(node, ast.Constant) and node.value is True
