"""SQLAlchemy models: table, columns, relationships, read off the declarations and linked by name."""

import ast
import re
from functools import cached_property

import msgspec

from codemods.index.facts import Class, dotted
from codemods.index.names import Names, matches_module
from codemods.index.tree import Tree

_RELATIONSHIP = frozenset({"relationship", "relation", "dynamic_loader"})
_COLUMN = frozenset({"Column", "mapped_column", "column_property"})
# A file without any of these declares no model.
_MARKS = (
    "relationship",
    "__tablename__",
    "__table__",
    "__mapper_args__",
    "Column",
    "mapped_column",
    ".Model",
    "Mapped[",
)
MOST_ABOVE = 100  # classes that a model can inherit from
_COLLECTION = frozenset({"list", "List", "set", "Set", "Sequence", "Collection", "dict", "Dict"})


class Column(msgspec.Struct):
    """A mapped column; `references` are "table.column" (or "Class.column") of its foreign keys."""

    name: str
    primary_key: bool = False
    unique: bool = False
    references: tuple[str, ...] = ()
    required: bool = False  # NOT NULL is declared


class Relationship(msgspec.Struct, eq=False):
    """A relationship attribute.

    `many` is None where the direction is unknown, and for a to-one whose key is on the other side: nothing in the
    declarations keeps its row single.
    """

    name: str
    target: "Model"
    many: bool | None
    lazy: str
    secondary: str | None = None  # link table, or its source text where that is no name
    from_backref: bool = False
    innerjoin: bool = False
    join: frozenset[str] = frozenset()  # words of primaryjoin and foreign_keys: which columns it goes over


class Model(msgspec.Struct, eq=False, dict=True):
    """A mapped class with everything it inherits."""

    path: str
    qualname: str
    table: str | None
    bases: list["Model"] = msgspec.field(default_factory=list)
    columns: dict[str, Column] = msgspec.field(default_factory=dict)
    relationships: dict[str, Relationship] = msgspec.field(default_factory=dict)
    flask: bool = False  # below `db.Model`, which makes up table names

    @property
    def name(self) -> str:
        """The class name without its scope."""
        return self.qualname.rpartition(".")[2]

    def lineage(self) -> list["Model"]:
        """The model and the mapped classes above it, nearest first; not to be changed."""
        return self._lineage

    @cached_property
    def _lineage(self) -> list["Model"]:
        seen: list[Model] = []
        queue = [self]
        while queue and len(seen) < MOST_ABOVE:
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
        self._depth = 0  # classes above the one that is asked for
        self._building: dict[tuple[str, str], Model | None] = {}

    @cached_property
    def all(self) -> list[Model]:
        """Every mapped class with its relationships linked, in path order."""
        classes: list[Class] = []
        paths = self._tree.containing(*_MARKS)
        self._tree.prepare(paths)
        for path in paths:
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
                relationship.many = _direction(model, relationship)
        return [m for _, m in models]

    def get(self, path: str, name: str, scope: str = "") -> Model | None:
        """The model that a dotted name in a file denotes."""
        found = self._names.resolve(path, name, scope)
        return self._by_place.get(found) if found else None

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], Model]:
        return {(model.path, model.qualname): model for model in reversed(self.all)}

    def _model(self, class_: Class) -> Model | None:
        key = (class_.path, class_.qualname)
        if key not in self._building:
            self._building[key] = None  # a class that inherits from itself ends here
            self._depth += 1
            if self._depth <= MOST_ABOVE:
                self._building[key] = self._build(class_)
            self._depth -= 1
        return self._building[key]

    def _build(self, class_: Class) -> Model | None:
        bases = [m for b in self._base_classes(class_) if (m := self._model(b)) is not None]
        mapped = {"__tablename__", "__table__", "__mapper_args__"} & class_.values.keys()
        made = self._made_table(class_)
        columns = _table_columns(made) | _columns(class_)
        own = bool(mapped or columns or any(_is_relationship(v) for _, v in class_.values.spelling(*_RELATIONSHIP)))
        flask = any(base.rpartition(".")[2] == "Model" for base in class_.bases) or any(b.flask for b in bases)
        if not (own or bases or flask):
            return None
        model = Model(class_.path, class_.qualname, None, bases, columns, flask=flask)
        model.table = _text(made.args[0]) if made and made.args else self._table_name(class_, model)
        return model

    def _made_table(self, class_: Class) -> ast.Call | None:
        """The `Table(...)` of a class that has a `__table__`."""
        value = class_.values.get("__table__")
        found = self._value(class_.path, dotted(value)) if value is not None and dotted(value) else value
        return found if isinstance(found, ast.Call) else None

    def _value(self, path: str, name: str) -> ast.expr | None:
        """What a module-level name stands for."""
        where = self._names.resolve(path, name)
        module = self._tree.module(where[0]) if where else None
        return module.values.get(where[1]) if module and where else None

    def _table_name(self, class_: Class, model: Model) -> str | None:
        if "__tablename__" in class_.values:
            return _text(class_.values["__tablename__"])  # one that is computed is for the classes below a mixin
        if "__table__" in class_.values or _literal(class_.values.get("__abstract__")) is True:
            return None
        if model.tables() and not any(c.primary_key for c in model.columns.values()):
            return None  # single-table inheritance
        computed = [b.values["__tablename__"] for b in self._above(class_) if "__tablename__" in b.values]
        if any(ast.unparse(value) == "cls.__name__.lower()" for value in computed):
            return model.name.lower()
        return _snake(model.name) if model.flask or any(_text(value) is None for value in computed) else None

    def _above(self, class_: Class) -> list[Class]:
        found: list[Class] = []
        queue = [class_]
        while queue:
            new = [b for b in self._base_classes(queue.pop(0)) if b not in found and b is not class_]
            found += new
            queue += new
        return found

    def _base_classes(self, class_: Class) -> list[Class]:
        found = []
        for base in class_.bases:
            where = self._names.resolve(class_.path, base.partition("[")[0], class_.qualname.rpartition(".")[0])
            module = self._tree.module(where[0]) if where else None
            if where and module and where[1] in module.classes:
                found.append(module.classes[where[1]])
        return found

    def _link(self, class_: Class, model: Model, by_name: dict[str, list[Model]]) -> None:
        for attribute, value in list(class_.values.spelling(*_RELATIONSHIP)):
            if not _is_relationship(value):
                continue
            assert isinstance(value, ast.Call)
            annotation = class_.annotations.get(attribute)
            options = {k.arg: k.value for k in value.keywords if k.arg}
            options |= dict(zip(("argument", "secondary"), value.args, strict=False))
            target, many, lazy = _annotated(annotation)
            target = _target_name(options.get("argument")) or target
            found = self._target(class_, target, by_name)
            if found is None:
                continue
            if "uselist" in options:
                many = _literal(options["uselist"]) is not False
            lazy = _lazy(options.get("lazy")) or lazy or ("dynamic" if _callee(value) == "dynamic_loader" else "select")
            secondary = self._secondary(class_, options.get("secondary"), by_name)
            if secondary:
                many = many is not False
            elif found in model.lineage():
                many = _within(model, many, options.get("remote_side"))
            join = _words(options.get("primaryjoin"), options.get("foreign_keys"))
            model.relationships[attribute] = Relationship(
                attribute, found, many, lazy, secondary, innerjoin="innerjoin" in options, join=join
            )
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
        many = None
        if forward.secondary or (forward.many is not None and forward.target in owner.lineage()):
            many = bool(forward.secondary) or not forward.many
        if "uselist" in options:
            many = _literal(options["uselist"]) is not False
        lazy = _lazy(options.get("lazy")) or "select"
        reverse = Relationship(name, owner, many, lazy, forward.secondary, from_backref=True, join=forward.join)
        forward.target.relationships.setdefault(name, reverse)

    def _target(self, class_: Class, name: str | None, by_name: dict[str, list[Model]]) -> Model | None:
        if not name:
            return None
        where = self._names.resolve(class_.path, name, class_.qualname)
        candidates = by_name.get(name.rpartition(".")[2], [])
        exact = [m for m in candidates if where == (m.path, m.qualname)]
        if not exact and "." in name:
            exact = [m for m in candidates if matches_module(m.path, name.rpartition(".")[0])]
        found = exact or candidates
        return found[0] if len(found) == 1 else None

    def _secondary(self, class_: Class, node: ast.expr | None, by_name: dict[str, list[Model]]) -> str | None:
        if node is None:
            return None
        if isinstance(node, ast.Lambda):
            node = node.body
        text = _text(node)
        name = dotted(node) or text or ""
        if name.endswith(".__table__"):
            model = self._target(class_, name.removesuffix(".__table__"), by_name)
            return model.table if model and model.table else name
        if text is not None:
            return text.rpartition(".")[2]
        value = self._value(class_.path, name) if name else None
        made = _text(value.args[0]) if isinstance(value, ast.Call) and value.args else None
        return made or name or ast.unparse(node)


def _direction(owner: Model, relationship: Relationship) -> bool | None:
    """Many-to-one when the owner holds the foreign key, a collection when the target does."""
    if relationship.many or relationship.secondary or relationship.target in owner.lineage():
        return relationship.many
    forward = _references(owner, relationship.target, relationship.join)
    backward = _references(relationship.target, owner, relationship.join)
    if relationship.many is False:
        return False if forward and not backward else None
    return None if forward == backward else backward


def _within(model: Model, many: bool | None, remote_side: ast.expr | None) -> bool | None:
    """The direction of a relationship of a table with itself: to-one when the remote side is no foreign key."""
    words = set(re.findall(r"\w+", ast.unparse(remote_side))) if remote_side is not None else set()
    keys = {name for name, column in model.all_columns().items() if column.references}
    if remote_side is None or words & keys:
        return None if many is False else True
    return many or False


def _references(model: Model, target: Model, join: frozenset[str]) -> bool:
    """Whether the model holds a foreign key to the target, among those that the join names when it names any."""
    return bool(foreign_keys(model, target, join))


def foreign_keys(model: Model, target: Model, join: frozenset[str] = frozenset()) -> list[Column]:
    """The model's columns that refer to the target; only those that `join` names, when there is one."""
    tables = target.tables() | {m.name for m in target.lineage()}
    columns = model.all_columns().items()
    keys = {n: c for n, c in columns if any(ref.rpartition(".")[0] in tables for ref in c.references)}
    return [c for n, c in keys.items() if not join or join & {n, c.name}]


def _words(*nodes: ast.expr | None) -> frozenset[str]:
    return frozenset(word for node in nodes if node is not None for word in re.findall(r"\w+", ast.unparse(node)))


def _columns(class_: Class) -> dict[str, Column]:
    columns = {}
    for attribute, value in class_.values.spelling("ForeignKey", *_COLUMN):
        if isinstance(value, ast.Call) and (_callee(value) in _COLUMN or _wraps_foreign_key(value)):
            columns[attribute] = _column(attribute, value, class_.annotations.get(attribute))
    for attribute, annotation in class_.annotations.spelling("Mapped"):
        if attribute not in class_.values and _generic(_unquoted(annotation)) == "Mapped":
            columns[attribute] = Column(attribute)
    return columns


def _wraps_foreign_key(call: ast.Call) -> bool:
    """Whether a column factory of the project's own is given a ForeignKey."""
    given = [*call.args, *(k.value for k in call.keywords)]
    return any(isinstance(argument, ast.Call) and _callee(argument) == "ForeignKey" for argument in given)


def _table_columns(table: ast.Call | None) -> dict[str, Column]:
    """The columns of `Table("name", metadata, Column("id", ...), ...)`."""
    calls = [a for a in (table.args[1:] if table else ()) if isinstance(a, ast.Call) and _callee(a) == "Column"]
    named = [(_text(call.args[0]), call) for call in calls if call.args]
    return {name: _column(name, call) for name, call in named if name}


def _column(attribute: str, call: ast.Call, annotation: ast.expr | None = None) -> Column:
    options = {k.arg: k.value for k in call.keywords if k.arg}
    plain = annotation is not None and not re.search(r"Optional|None|Union", ast.unparse(annotation))
    nullable = _literal(options["nullable"]) is not False if "nullable" in options else not plain
    return Column(
        _text(call.args[0] if call.args else options.get("name")) or attribute,
        _literal(options.get("primary_key")) is True,
        _literal(options.get("unique")) is True,
        tuple(_foreign_keys(call)),
        not nullable or _literal(options.get("primary_key")) is True,
    )


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
    node = _unquoted(node)
    kind = _generic(node)
    if not isinstance(node, ast.Subscript) or kind not in ("Mapped", "DynamicMapped", "WriteOnlyMapped"):
        return None, None, None  # SQLAlchemy takes nothing from any other annotation
    inner = _unquoted(node.slice)
    many = kind != "Mapped"
    while isinstance(inner, (ast.Subscript, ast.BinOp)):
        many = many or _generic(inner) in _COLLECTION
        parts = (
            [inner.left, inner.right] if isinstance(inner, ast.BinOp) else getattr(inner.slice, "elts", [inner.slice])
        )
        inner = _unquoted(next((p for p in reversed(parts) if not _is_none(p)), None))  # the value of a dict is last
    name = _target_name(inner)
    lazy = {"DynamicMapped": "dynamic", "WriteOnlyMapped": "write_only"}.get(kind)
    return name, many if name else None, lazy


def _generic(node: ast.expr | None) -> str:
    """`List` for `typing.List[...]`, empty for what is no subscript."""
    return dotted(node.value).rpartition(".")[2] if isinstance(node, ast.Subscript) else ""


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _unquoted(node: ast.expr | None) -> ast.expr | None:
    """An annotation without quotes; None when what they hold is no expression."""
    text = _text(node)
    if text is None:
        return node
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
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
    """The table name that Flask-SQLAlchemy makes up: `HTTPLog2Entry` is `http_log2_entry`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<!^)(?=[A-Z][a-z])", "_", name).lower().lstrip("_")
