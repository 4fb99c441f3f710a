"""SQLAlchemy models: table, columns, relationships, read off the declarations and linked by name."""

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property

from codemods.index.facts import Class, dotted
from codemods.index.names import Names
from codemods.index.tree import Tree

_RELATIONSHIP = frozenset({"relationship", "relation", "dynamic_loader"})
_COLUMN = frozenset({"Column", "mapped_column", "column_property"})
_COLLECTION = frozenset({"list", "List", "set", "Set", "Sequence", "Collection", "dict", "Dict"})


@dataclass(slots=True)
class Column:
    """A mapped column; `references` are "table.column" (or "Class.column") of its foreign keys."""

    name: str
    primary_key: bool = False
    unique: bool = False
    references: tuple[str, ...] = ()


@dataclass(slots=True)
class Relationship:
    """A relationship attribute. `many` is None while the direction is unknown."""

    name: str
    target: "Model"
    many: bool | None
    lazy: str
    secondary: str | None = None  # link table, or its source text where that is no name
    from_backref: bool = False


@dataclass(slots=True, eq=False)
class Model:
    """A mapped class with everything it inherits."""

    path: str
    qualname: str
    table: str | None
    bases: list["Model"] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)
    relationships: dict[str, Relationship] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The class name without its scope."""
        return self.qualname.rpartition(".")[2]

    def lineage(self) -> list["Model"]:
        """The model and the mapped classes above it, nearest first."""
        seen: list[Model] = []
        queue = [self]
        while queue:
            model = queue.pop(0)
            if model not in seen:
                seen.append(model)
                queue.extend(model.bases)
        return seen

    def tables(self) -> set[str]:
        """Its own table and those of joined-table inheritance above it."""
        return {m.table for m in self.lineage() if m.table}

    def all_columns(self) -> dict[str, Column]:
        """Attribute name -> column, inherited ones included."""
        merged: dict[str, Column] = {}
        for model in reversed(self.lineage()):
            merged |= model.columns
        return merged

    def primary_key(self) -> list[str]:
        """Names of the primary key columns."""
        return [c.name for c in self.all_columns().values() if c.primary_key]

    def all_relationships(self) -> dict[str, Relationship]:
        """Attribute name -> relationship, inherited ones included."""
        merged: dict[str, Relationship] = {}
        for model in reversed(self.lineage()):
            merged |= model.relationships
        return merged


class Models:
    """All mapped classes of a tree."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self._tree = tree
        self._names = names
        self._building: dict[tuple[str, str], Model | None] = {}

    @cached_property
    def all(self) -> list[Model]:
        """Every mapped class with its relationships linked, in path order."""
        classes: list[Class] = []
        for path in self._tree.containing("relationship", "__tablename__", "mapped_column", "db.Model", "Mapped["):
            if module := self._tree.module(path):
                classes.extend(module.classes.values())
        models = [(c, m) for c in classes if (m := self._model(c)) is not None]
        by_name: dict[str, list[Model]] = {}
        for _, model in models:
            by_name.setdefault(model.name, []).append(model)
        for class_, model in models:
            self._link(class_, model, by_name)
        for _, model in models:
            for relationship in model.relationships.values():
                if relationship.many is None:
                    relationship.many = _direction(model, relationship)
        return [m for _, m in models]

    def get(self, path: str, name: str, scope: str = "") -> Model | None:
        """The model that a dotted name in a file denotes."""
        found = self._names.resolve(path, name, scope)
        return next((m for m in self.all if (m.path, m.qualname) == found), None) if found else None

    def _model(self, class_: Class) -> Model | None:
        key = (class_.path, class_.qualname)
        if key not in self._building:
            self._building[key] = None  # a class that inherits from itself ends here
            self._building[key] = self._build(class_)
        return self._building[key]

    def _build(self, class_: Class) -> Model | None:
        bases = [m for b in self._base_classes(class_) if (m := self._model(b)) is not None]
        mapped = {"__tablename__", "__table__", "__mapper_args__"} & class_.values.keys()
        columns = _columns(class_)
        own = bool(mapped or columns or any(_is_relationship(v) for v in class_.values.values()))
        flask = any(base.rpartition(".")[2] == "Model" for base in class_.bases)
        if not (own or bases or flask):
            return None
        table = _text(class_.values.get("__tablename__"))
        if table is None and isinstance(made := class_.values.get("__table__"), ast.Call):
            table = _text(made.args[0]) if made.args else None
        if table is None and (flask or (bases and columns)) and not any(b.table for b in bases):
            table = _snake(class_.qualname.rpartition(".")[2])  # Flask-SQLAlchemy's default
        return Model(class_.path, class_.qualname, table, bases, columns)

    def _base_classes(self, class_: Class) -> list[Class]:
        found = []
        for base in class_.bases:
            where = self._names.resolve(class_.path, base.partition("[")[0], class_.qualname.rpartition(".")[0])
            module = self._tree.module(where[0]) if where else None
            if where and module and where[1] in module.classes:
                found.append(module.classes[where[1]])
        return found

    def _link(self, class_: Class, model: Model, by_name: dict[str, list[Model]]) -> None:
        for attribute in {**class_.values, **class_.annotations}:
            value, annotation = class_.values.get(attribute), class_.annotations.get(attribute)
            if not _is_relationship(value):
                continue
            assert isinstance(value, ast.Call)
            target, many, lazy = _annotated(annotation)
            options = {k.arg: k.value for k in value.keywords if k.arg}
            named = value.args[0] if value.args else options.get("argument")
            target = _target_name(named) or target
            found = self._target(class_, target, by_name)
            if found is None:
                continue
            if "uselist" in options:
                many = _literal(options["uselist"]) is not False
            lazy = _lazy(options.get("lazy")) or lazy or ("dynamic" if _callee(value) == "dynamic_loader" else "select")
            secondary = self._secondary(class_, options.get("secondary"), by_name)
            many = True if secondary and many is None else many
            if many is None and "remote_side" in options and found in model.lineage():
                many = False
            model.relationships[attribute] = Relationship(attribute, found, many, lazy, secondary)
            self._backref(model, model.relationships[attribute], options.get("backref"))

    def _backref(self, owner: Model, forward: Relationship, node: ast.expr | None) -> None:
        if node is None:
            return
        name, options = _literal(node), {}
        if isinstance(node, ast.Call) and node.args:
            name = _literal(node.args[0])
            options = {k.arg: k.value for k in node.keywords if k.arg}
        if not isinstance(name, str):
            return
        many = None if forward.many is None and not forward.secondary else bool(forward.secondary) or not forward.many
        if "uselist" in options:
            many = _literal(options["uselist"]) is not False
        lazy = _lazy(options.get("lazy")) or "select"
        reverse = Relationship(name, owner, many, lazy, forward.secondary, from_backref=True)
        forward.target.relationships.setdefault(name, reverse)

    def _target(self, class_: Class, name: str | None, by_name: dict[str, list[Model]]) -> Model | None:
        if not name:
            return None
        where = self._names.resolve(class_.path, name, class_.qualname)
        candidates = by_name.get(name.rpartition(".")[2], [])
        exact = [m for m in candidates if where == (m.path, m.qualname)]
        return exact[0] if exact else candidates[0] if len(candidates) == 1 else None

    def _secondary(self, class_: Class, node: ast.expr | None, by_name: dict[str, list[Model]]) -> str | None:
        if node is None:
            return None
        if isinstance(node, ast.Lambda):
            node = node.body
        if isinstance(text := _literal(node), str):
            return text.rpartition(".")[2]
        name = dotted(node)
        if name.endswith(".__table__"):
            model = self._target(class_, name.removesuffix(".__table__"), by_name)
            return model.table if model and model.table else name
        where = self._names.resolve(class_.path, name) if name else None
        module = self._tree.module(where[0]) if where else None
        value = module.values.get(where[1]) if module and where else None
        if isinstance(value, ast.Call) and value.args and isinstance(table := _literal(value.args[0]), str):
            return table
        return name or ast.unparse(node)


def _direction(owner: Model, relationship: Relationship) -> bool | None:
    """Many-to-one when the owner holds the foreign key, a collection when the target does."""
    forward = _references(owner, relationship.target)
    backward = _references(relationship.target, owner)
    return None if forward == backward else backward


def _references(model: Model, target: Model) -> bool:
    tables = target.tables() | {m.name for m in target.lineage()}
    return any(ref.rpartition(".")[0] in tables for c in model.all_columns().values() for ref in c.references)


def _columns(class_: Class) -> dict[str, Column]:
    columns = {}
    for attribute, value in class_.values.items():
        if isinstance(value, ast.Call) and _callee(value) in _COLUMN:
            options = {k.arg: k.value for k in value.keywords if k.arg}
            name = _literal(value.args[0]) if value.args else _literal(options.get("name"))
            columns[attribute] = Column(
                name if isinstance(name, str) else attribute,
                _literal(options.get("primary_key")) is True,
                _literal(options.get("unique")) is True,
                tuple(_foreign_keys(value)),
            )
    for attribute, annotation in class_.annotations.items():
        if attribute not in class_.values and ast.unparse(annotation).startswith(("Mapped[", "orm.Mapped[")):
            columns[attribute] = Column(attribute)
    return columns


def _foreign_keys(call: ast.Call) -> list[str]:
    found = []
    for node in ast.walk(call):
        if isinstance(node, ast.Call) and _callee(node) == "ForeignKey" and node.args:
            text = _literal(node.args[0])
            if isinstance(text, str):
                found.append(".".join(text.split(".")[-2:]))
            elif name := dotted(node.args[0]):
                found.append(".".join(name.split(".")[-2:]))  # ForeignKey(Customer.id): the class stands for its table
    return found


def _annotated(node: ast.expr | None) -> tuple[str | None, bool | None, str | None]:
    """(target name, many, lazy) of `Mapped[...]`, `DynamicMapped[...]`, `WriteOnlyMapped[...]`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node = _parsed(node.value)
    if not isinstance(node, ast.Subscript):
        return None, None, None
    kind = dotted(node.value).rpartition(".")[2]
    inner: ast.expr | None = node.slice
    if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
        inner = _parsed(inner.value)
    if kind in ("DynamicMapped", "WriteOnlyMapped"):
        return _target_name(inner), True, "dynamic" if kind == "DynamicMapped" else "write_only"
    many = False
    if isinstance(inner, ast.Subscript):
        head = dotted(inner.value).rpartition(".")[2]
        many = head in _COLLECTION
        inner = inner.slice.elts[-1] if isinstance(inner.slice, ast.Tuple) else inner.slice
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            inner = _parsed(inner.value)
    if isinstance(inner, ast.BinOp):  # "Customer | None"
        sides = [inner.left, inner.right]
        inner = next((s for s in sides if not (isinstance(s, ast.Constant) and s.value is None)), None)
    name = _target_name(inner)
    return name, many if name else None, None


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _target_name(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Lambda):
        node = node.body
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if re.fullmatch(r"[\w.]+", node.value) else None
    return (dotted(node) or None) if node is not None else None


def _is_relationship(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and _callee(node) in _RELATIONSHIP


def _callee(call: ast.Call) -> str:
    return dotted(call.func).rpartition(".")[2]


def _lazy(node: ast.expr | None) -> str | None:
    if node is None:
        return None
    value = _literal(node)
    if isinstance(value, str):
        return value
    if not isinstance(node, ast.Constant) or not isinstance(value, bool | None):
        return "unknown"
    return "noload" if value is None else "select" if value else "joined"


def _literal(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _text(node: ast.expr | None) -> str | None:
    value = _literal(node)
    return value if isinstance(value, str) else None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
