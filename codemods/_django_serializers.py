"""Which relations a DRF serializer or an admin change list reads on every row that it shows."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from codemods._django_chains import Reading, Use, Via, short
from codemods._django_classes import Member, texts
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import dotted

if TYPE_CHECKING:
    from codemods._django_reads import DjangoReads

_BY_KEY = frozenset({"PrimaryKeyRelatedField", "ReadOnlyField", "HyperlinkedRelatedField"})


class Serializers:
    """Reads the declarations of serializers and admin classes."""

    def __init__(self, reads: "DjangoReads") -> None:
        self.reads = reads
        self.index = reads.index
        self.classes = reads.classes
        self._serialized: dict[tuple[Key, str, str], frozenset[Reading]] = {}

    def listed(self, admin: Key, model: DjangoModel) -> set[Reading]:
        """The chains that the change list of an admin class reads: its columns, or the text of a row."""
        columns = self.classes.strings(admin, "list_display") or ["__str__"]
        found: set[Reading] = set()
        for name in columns:
            if link := model.all_links().get(name):
                if not link.many and link.kind != "generic":
                    found |= {(link,), *((link, *c) for c in self._shown(link.target))}
            elif node := self.classes.member(admin, name):
                found |= self._of_second(node, model)
            elif name == "__str__":
                found |= self._shown(model)
            else:
                found |= self.reads.method(model, name)
        return found

    def _shown(self, model: DjangoModel) -> frozenset[Reading]:
        return self.reads.method(model, "__str__")

    def serialized(self, serializer: Key, model: DjangoModel) -> frozenset[Reading]:
        """The chains that a DRF serializer reads on a row."""
        key = (serializer, model.path, model.qualname)
        if key not in self._serialized:
            self._serialized[key] = frozenset()  # one that nests itself ends here
            self._serialized[key] = short(self._serializer(serializer, model))
        return self._serialized[key]

    def _serializer(self, serializer: Key, model: DjangoModel) -> set[Reading]:
        values = self.classes.values(serializer)
        found: set[Reading] = {(Via(key),) for key in self.index.calls.lineage(serializer)}
        meta = self.classes.meta(serializer)
        fields = self.classes.strings(meta, "fields")
        skipped = set(self.classes.strings(meta, "exclude"))
        options = self.classes.values(meta)
        for name, value in values.items():
            if isinstance(value, ast.Call) and (not fields or name in fields or "__all__" in fields):
                found |= self._field(serializer, model, name, value)
        looked_up = _looked_up(options.get("extra_kwargs"))
        for name, link in model.all_links().items():
            listed = name in fields or (fields == ["__all__"] and link.back is not None and name not in skipped)
            if listed and name not in values:
                found |= {(link,)} if link.many or name in looked_up else set()
                found |= set(_nested(link, _depth(options.get("depth"))))
        for name in fields:
            if name not in values and name not in model.all_links():
                found |= set(self.reads.follow(model, (name,)))
        for chain in list(found):
            last = chain[-1]
            if isinstance(last, Link) and last.many:  # a list field takes `.all()` of its manager
                self.reads.uses.setdefault((last.owner.name, last.name), set()).add("all")
                found.add((*chain, Use("all")))
        if node := self.classes.member(serializer, "to_representation"):
            found |= self._of_second(node, model)
        return found

    def _field(self, serializer: Key, model: DjangoModel, name: str, value: ast.Call) -> set[Reading]:
        options = {k.arg: k.value for k in value.keywords}
        source = next(iter(texts(options.get("source"))), name)
        path = tuple(p for p in source.split(".") if p != "*")
        field = dotted(value.func).rpartition(".")[2]
        if field == "HiddenField" or _is_true(options.get("write_only")):
            return set()  # taken in, never shown
        if field == "SerializerMethodField":
            method = next(
                iter(texts(options.get("method_name") or (value.args[0] if value.args else None))), f"get_{name}"
            )
            node = self.classes.member(serializer, method)
            return self._of_second(node, model) if node else set()
        if nested := self._nesting(serializer, value):
            chains = set(self.reads.follow(model, path))
            end = self.reads.ends(model, path)
            if end is None:
                return chains
            return chains | {(*end[0], *more) for key in nested for more in self.serialized(key, end[1])}
        if field in _BY_KEY and not _is_true(options.get("many")) and "lookup_field" not in options:
            path = path[:-1]
        chains = set(self.reads.follow(model, path))
        if field == "StringRelatedField":
            end = self.reads.ends(model, path)
            chains |= {(*end[0], *more) for more in self._shown(end[1])} if end else set()
        return chains

    def _nesting(self, serializer: Key, value: ast.Call) -> list[Key]:
        """The class of a field, and serializers that the field is given: `Shown(read_field=AuthorSerializer())`."""
        given = [v for v in (*value.args, *(k.value for k in value.keywords)) if isinstance(v, ast.Call)]
        named = [dotted(value.func), *(name for v in given if (name := dotted(v.func)).endswith("Serializer"))]
        found = (self.index.names.resolve(serializer[0], name, serializer[1]) for name in named)
        return [key for key in found if key and self.classes.class_(key)]

    def _of_second(self, member: Member, model: DjangoModel) -> set[Reading]:
        """The chains read on the row that a method `def get_x(self, obj)` is given."""
        path, node = member
        if len(node.args.args) < 2:
            return set()
        return set(self.reads.of(model, node, self.classes.function(path, node), {node.args.args[1].arg: ()}))


def _depth(node: ast.expr | None) -> int:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else 0


def _nested(link: Link, depth: int) -> Iterator[Reading]:
    """What a relation reads that `Meta.depth` shows with all its fields, each relation among them one step less."""
    if depth and link.kind != "generic":
        yield (link,)
        for below in link.target.all_links().values():
            if below.back is not None and (below.many or depth > 1):
                yield (link, below)
                yield from ((link, *more) for more in _nested(below, depth - 1))


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
                found |= set(texts(key))
    return found
