"""Django models: tables, keys and relations in both directions, read off the declarations and linked by name."""

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

import msgspec

from codemods.index.facts import Class, dotted
from codemods.index.managers import OWN_MODEL
from codemods.index.models import MOST_ABOVE
from codemods.index.names import Names
from codemods.index.tree import Tree

Kind = Literal["fk", "o2o", "reverse o2o", "reverse fk", "m2m", "generic", "generic many"]
_TO_ONE_SUFFIXES: tuple[tuple[str, Kind], ...] = (
    ("GenericForeignKey", "generic"),
    ("GenericRelation", "generic many"),
    ("OneToOneField", "o2o"),
    ("ForeignKey", "fk"),
    ("ParentalKey", "fk"),
    ("ManyToManyField", "m2m"),
)
_RELATIONS = tuple(suffix for suffix, _ in _TO_ONE_SUFFIXES)
_TABLES = {"contenttypes": "django_content_type", "sites": "django_site", "sessions": "django_session"}
_ROWS_OF = ("QuerySet", "Manager", "QuerySet]", "QuerysetMixin", "QuerySetMixin", "ManagerMixin", "QueryMixin")
_ROWS_CLASS = r"class[ \t]+\w+[^:]*(?:QuerySet|Manager|QuerysetMixin|QueryMixin)"
# A file without any of these declares no model.
_MARKS = (
    "ForeignKey",
    "GenericRelation",
    "OneToOneField",
    "ManyToManyField",
    "ParentalKey",
    r"models\.\w*Field\(",
    r"class[ \t]+\w+\([^\n]*(?:Model\b|models\.)",
    r"proxy[ \t]*=[ \t]*True",
)


class Link(msgspec.Struct, eq=False):
    """An attribute of a model that leads to rows of another; `column` is the key on the side that holds it."""

    name: str
    owner: "DjangoModel"
    target: "DjangoModel"
    kind: Kind
    column: str | None = None
    through: str | None = None  # link table of a many-to-many
    to_field: str | None = None
    back: str | None = None  # the name of the other side as declared; None on that other side itself

    @property
    def many(self) -> bool:
        """Whether the attribute is a manager over rows."""
        return self.kind in ("reverse fk", "m2m", "generic many")

    @property
    def path(self) -> str:
        """For example "Post.author"."""
        return f"{self.owner.name}.{self.name}"


class DjangoModel(msgspec.Struct, eq=False):
    """A model with its bases in the tree; a model of another package has no path."""

    path: str
    qualname: str
    app: str
    table: str | None  # None for an abstract one
    bases: list["DjangoModel"] = msgspec.field(default_factory=list)
    pk: str = "id"
    unique: set[str] = msgspec.field(default_factory=set)
    ordering: tuple[str, ...] = ()
    links: dict[str, Link] = msgspec.field(default_factory=dict)

    @property
    def name(self) -> str:
        """The class name without its scope."""
        return self.qualname.rpartition(".")[2]

    @property
    def key(self) -> str:
        """How a query names the model when its code does not: "self:blog/models.py:Post"."""
        return f"{OWN_MODEL}:{self.path or self.app}:{self.qualname}"

    def lineage(self) -> list["DjangoModel"]:
        """The model and the models above it, nearest first."""
        seen: list[DjangoModel] = []
        queue = [self]
        while queue and len(seen) < MOST_ABOVE:
            model = queue.pop(0)
            if model not in seen:
                seen.append(model)
                queue.extend(model.bases)
        return seen

    def tables(self) -> set[str]:
        """Its own table and those of the models it extends."""
        return {m.table for m in self.lineage() if m.table}

    def all_links(self) -> dict[str, Link]:
        """Attribute name -> link, inherited ones included."""
        merged: dict[str, Link] = {}
        for model in reversed(self.lineage()):
            merged |= model.links
        return merged

    def unique_names(self) -> set[str]:
        """Fields that order rows for good."""
        return self.keys().union(*(m.unique for m in self.lineage()))

    def keys(self) -> set[str]:
        """Names under which an order or a lookup by primary key can be written."""
        return {"pk", "id", *(m.pk for m in self.lineage())}


class DjangoModels:
    """All models of a tree."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self._tree = tree
        self._names = names
        self._depth = 0  # classes above the one that is asked for
        self._building: dict[tuple[str, str], DjangoModel | None] = {}
        self._foreign: dict[tuple[str, str], DjangoModel] = {}

    @cached_property
    def all(self) -> list[DjangoModel]:
        """Every model with its relations linked in both directions, in path order."""
        paths = self._tree.matching(*_MARKS)
        self._tree.prepare(paths)
        models = list(self._declared(paths))
        self._by_name: dict[str, list[DjangoModel]] = {}
        for _, model in models:
            self._by_name.setdefault(model.name.lower(), []).append(model)
        for class_, model in models:
            for name, value in class_.values.spelling(*_RELATIONS):
                self._link(class_, model, name, value)
        for _, model in models:
            if model.table:
                self._reverse(model)
        return [m for _, m in models] + list(self._foreign.values())

    def get(self, path: str, name: str, scope: str = "") -> DjangoModel | None:
        """The model that a dotted name in a file denotes."""
        if name.startswith(f"{OWN_MODEL}:"):  # rows that an attribute of a row gives
            return self._by_key.get(name)
        found = self._names.resolve(path, name, scope)
        if found and (module := self._tree.module(found[0])) and found[1] in module.values:
            value = module.values[found[1]]  # `User = get_user_model()`
            if isinstance(value, ast.Call) and dotted(value.func).endswith("get_user_model"):
                return self.user
        if found is None and name == "get_user_model()":
            return self.user
        if found is None and (module := self._tree.module(path)) and name in module.imports:
            # A model of another package, known by what refers to it.
            of = module.imports[name][1].split(".")
            app = of[of.index("models") - 1] if "models" in of[1:] else ""
            return next((m for m in self.all if (m.path, m.app, m.name) == ("", app, name)), None)
        return self._by_place.get(found) if found else None

    def _declared(self, paths: list[str]) -> Iterator[tuple[Class, DjangoModel]]:
        """The models of files, and those elsewhere that only extend an abstract one of them."""
        asked: set[str] = set(paths)
        while paths:
            abstract: set[str] = set()
            for module in filter(None, map(self._tree.module, paths)):
                for class_ in module.classes.values():
                    if (model := self._model(class_)) is not None:
                        abstract |= set() if model.table else {model.name}
                        yield class_, model
            paths = sorted({path for name in sorted(abstract) for path in self._tree.deriving(name)} - asked)
            asked.update(paths)

    @cached_property
    def _by_key(self) -> dict[str, DjangoModel]:
        return {m.key: m for m in self.all}

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], DjangoModel]:
        return {(m.path, m.qualname): m for m in self.all if m.path}

    def _model(self, class_: Class) -> DjangoModel | None:
        key = (class_.path, class_.qualname)
        if key not in self._building:
            self._building[key] = None  # a class that inherits from itself ends here
            self._depth += 1
            if self._depth <= MOST_ABOVE:
                self._building[key] = self._build(class_)
            self._depth -= 1
        return self._building[key]

    def _build(self, class_: Class) -> DjangoModel | None:
        bases = [m for b in class_.bases if (c := self._class(class_, b)) and (m := self._model(c))]
        direct = any(b.rpartition(".")[2] == "Model" and self._class(class_, b) is None for b in class_.bases)
        if not (bases or direct or any(_is_field(v) for _, v in class_.values.spelling("Field", *_RELATIONS))):
            return None
        meta = self._meta(class_)
        app = _text(meta.get("app_label")) or self._app(class_.path)
        model = DjangoModel(class_.path, class_.qualname, app, None, bases)
        # Fields in a class that extends nothing Django knows belong to the models that mix it in.
        abstract = _literal(meta.get("abstract")) is True or not (direct or bases or class_.bases)
        parents = [b for b in bases if b.table]
        if not abstract:
            proxy = _literal(meta.get("proxy")) is True and parents
            table = _text(meta.get("db_table")) or f"{app}_{model.name.lower()}"
            model.table = parents[0].table if proxy else table
            if parents and not proxy:
                model.pk = f"{parents[0].name.lower()}_ptr_id"
        for base in bases:
            if not base.table:
                model.pk, model.unique = base.pk, model.unique | base.unique
        for name, value in class_.values.spelling("primary_key", "unique", "OneToOneField"):
            options = _options(value)
            if _literal(options.get("primary_key")) is True:
                model.pk = _text(options.get("db_column")) or (f"{name}_id" if _kind(value) else name)
            if _literal(options.get("unique")) is True or _kind(value) == "o2o":
                model.unique.add(name)
        ordering = meta.get("ordering")
        if isinstance(ordering, ast.List | ast.Tuple):
            model.ordering = tuple(t for e in ordering.elts if (t := _text(e)))
        elif "ordering" not in meta:
            model.ordering = next((b.ordering for b in bases if b.ordering), ())
        return model

    def _class(self, class_: Class, base: str) -> Class | None:
        found = self._names.resolve(class_.path, base.partition("[")[0], class_.qualname.rpartition(".")[0])
        module = self._tree.module(found[0]) if found else None
        return module.classes.get(found[1]) if found and module else None

    def _meta(self, class_: Class) -> Mapping[str, ast.expr]:
        module = self._tree.module(class_.path)
        meta = module.classes.get(f"{class_.qualname}.Meta") if module else None
        return meta.values if meta else {}

    def _app(self, path: str) -> str:
        """The label of the app that a file belongs to: its AppConfig's, else the name of its folder."""
        parts = path.split("/")[:-1]
        if "models" in parts:
            parts = parts[: parts.index("models")]
        config = self._tree.module("/".join([*parts, "apps.py"]))
        labels = (_text(c.values.get("label")) for c in config.classes.values()) if config else ()
        return next(filter(None, labels), None) or (parts[-1] if parts else path.removesuffix(".py"))

    # ---- relations ----

    def _link(self, class_: Class, model: DjangoModel, name: str, value: ast.expr) -> None:
        kind = _kind(value)
        if kind is None:
            return
        options = _options(value)
        if kind == "generic":
            model.links[name] = Link(name, model, model, kind)
            return
        target = self._target(class_, model, options.get("to"))
        if target is None and kind in ("fk", "o2o"):
            target = DjangoModel("", "?", "", None)  # that it is a relation is known, though no statement names it
        if target is None:
            return
        column = _text(options.get("db_column")) or f"{name}_id"
        if kind == "generic many":
            column = _text(options.get("object_id_field")) or "object_id"
            model.links[name] = Link(name, model, target, kind, column)
            return
        through = None
        if kind == "m2m":
            made = self._target(class_, model, options.get("through")) if "through" in options else None
            through = (made.table if made else None) or _text(options.get("db_table"))
            through = through or (f"{model.table}_{name}" if model.table else None)
        back = _text(options.get("related_name")) or ("%(class)s" if kind == "o2o" else "%(class)s_set")
        model.links[name] = Link(name, model, target, kind, column, through, _text(options.get("to_field")), back)

    def _reverse(self, model: DjangoModel) -> None:
        """The accessors on the other side of everything that a concrete model declares or takes from abstract ones."""
        for parent in (b for b in model.bases if b.table and b.table != model.table):
            parent.links.setdefault(
                model.name.lower(), Link(model.name.lower(), parent, model, "reverse o2o", model.pk)
            )
        for link in [k for base in _abstract(model) for k in base.links.values() if k.back]:
            assert link.back
            name = link.back.replace("%(class)s", model.name.lower()).replace("%(app_label)s", model.app)
            kind: Kind = {"fk": "reverse fk", "o2o": "reverse o2o"}.get(link.kind, "m2m")  # type: ignore[assignment]
            through = link.through or (f"{model.table}_{link.name}" if link.kind == "m2m" else None)
            if not name.endswith("+"):
                back = Link(name, link.target, model, kind, link.column, through, link.to_field)
                link.target.links.setdefault(name, back)

    def _target(self, class_: Class, model: DjangoModel, node: ast.expr | None) -> DjangoModel | None:
        if isinstance(node, ast.Name):
            node = class_.values.get(node.id, node)  # a string that the class keeps in a name
        name = _text(node) or (dotted(node) if node is not None else "")
        if name == "self":
            return model
        if name.endswith("AUTH_USER_MODEL") or (isinstance(node, ast.Call) and "user_model" in dotted(node.func)):
            name = self._user_model
        if not name:
            return None
        if _text(node) is None and (found := self._names.resolve(class_.path, name, class_.qualname)):
            module = self._tree.module(found[0])
            return self._model(module.classes[found[1]]) if module and found[1] in module.classes else None
        app, _, last = name.rpartition(".")
        known = self._by_name.get(last.lower(), [])
        near = [m for m in known if m.app == (app or model.app)] or ([] if app else known)
        if len(near) == 1:
            return near[0]
        return self._elsewhere(class_, name) if not near else None

    def _elsewhere(self, class_: Class, name: str) -> DjangoModel | None:
        """A model of a package that is not in the tree: `auth.User`, or a class that the file imports."""
        app, _, last = name.rpartition(".")
        module = self._tree.module(class_.path)
        if module and name in module.imports:
            source = module.imports[name][1].split(".")
            app = source[source.index("models") - 1] if "models" in source[1:] else ""
        if not app or "." in app:
            return None
        table = _TABLES.get(app, f"{app.lower()}_{last.lower()}")
        return self._foreign.setdefault((app, last), DjangoModel("", last, app, table))

    @cached_property
    def user(self) -> DjangoModel | None:
        """The model of users."""
        app, _, name = self._user_model.rpartition(".")
        found = [m for m in self.all if m.name == name and m.app in (app, "")]
        return next((m for m in found if m.app == app), found[0] if len(found) == 1 else None)

    @cached_property
    def accessors(self) -> frozenset[str]:
        """Names of all attributes that are managers over rows."""
        return frozenset(name for m in self.all for name, link in m.links.items() if link.many)

    @cached_property
    def only_accessors(self) -> dict[str, DjangoModel]:
        """The model of the rows of each manager whose name no other relation of the project has."""
        named: dict[str, list[Link]] = {}
        for link in (link for model in self.all for link in model.links.values()):
            named.setdefault(link.name, []).append(link)
        return {name: links[0].target for name, links in named.items() if len(links) == 1 and links[0].many}

    @cached_property
    def rows_methods(self) -> frozenset[str]:
        """Names of methods that querysets and managers of the project have."""
        found: set[str] = set()
        for path in self._tree.matching(_ROWS_CLASS):
            module = self._tree.module(path)
            for class_ in module.classes.values() if module else ():
                if any(base.rpartition(".")[2].endswith(_ROWS_OF) for base in class_.bases):
                    found |= class_.methods
        return frozenset(n for n in found if not n.startswith("_"))

    @cached_property
    def _user_model(self) -> str:
        """AUTH_USER_MODEL as the settings say it, else Django's own."""
        for path in self._tree.containing("AUTH_USER_MODEL"):
            module = self._tree.module(path)
            if module and (text := _text(module.values.get("AUTH_USER_MODEL"))):
                return text
        return "auth.User"


def _abstract(model: DjangoModel) -> list[DjangoModel]:
    """The model and the abstract classes whose fields become its own."""
    found = [model]
    for one in found:
        found += [b for b in one.bases if not b.table and b not in found]
    return found


def loads(link: Link, tables: tuple[str, ...], columns: tuple[str, ...]) -> bool:
    """Whether reading the link on one row issues `SELECT ... FROM tables WHERE columns = ?`.

    A generic key can lead to any table.
    """
    if link.kind == "generic":
        return len(tables) == 1 and [c.rpartition(".")[2] for c in columns] == ["id"]
    if not tables or tables[0] not in link.target.tables():
        return False
    named = [c.rpartition(".")[2] for c in columns if c.rpartition(".")[0] in (*link.target.tables(), "")]
    match link.kind:
        case "fk" | "o2o":
            return set(named) <= {link.to_field, *link.target.keys()} and bool(named)
        case "reverse fk" | "reverse o2o" | "generic many":
            return link.column in named
    return link.through in tables[1:]


def _fields(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Call):
        yield dotted(value.func)


def _is_field(value: ast.expr) -> bool:
    if _kind(value):
        return True
    return any(n.startswith("models.") and n.endswith("Field") for n in _fields(value))


def _kind(value: ast.expr) -> Kind | None:
    """The kind of relation that a class attribute declares; a serializer's or form's field is none."""
    for name in _fields(value):
        if name.partition(".")[0] in ("serializers", "forms", "filters", "fields", "widgets"):
            return None
        return next((kind for suffix, kind in _TO_ONE_SUFFIXES if name.endswith(suffix)), None)
    return None


def _options(value: ast.expr) -> dict[str, ast.expr]:
    if not isinstance(value, ast.Call):
        return {}
    options = {k.arg: k.value for k in value.keywords if k.arg}
    return {"to": value.args[0], **options} if value.args else options


def _literal(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _text(node: ast.expr | None) -> str | None:
    value = _literal(node)
    return value if isinstance(value, str) else None
