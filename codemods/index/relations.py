"""From a repeated statement to the relationships whose lazy load it can be: table and WHERE column decide."""

from collections.abc import Container

import msgspec

from codemods.index.models import Model, Models, Relationship, foreign_keys
from codemods.index.remember import remembered


class Relation(msgspec.Struct, frozen=True):
    """A relationship with the model that declares it."""

    owner: Model
    relationship: Relationship

    @property
    def path(self) -> str:
        """For example "Post.author"."""
        return f"{self.owner.name}.{self.relationship.name}"


@remembered
def lazy_loads(models: Models, tables: tuple[str, ...], columns: tuple[str, ...]) -> list[Relation]:
    """The relationships whose lazy load is `SELECT ... FROM tables WHERE columns = ?`."""
    if not tables:
        return []
    named = {_pair(c) for c in columns}
    return [
        Relation(owner, relationship)
        for owner in models.all
        for relationship in owner.relationships.values()
        if tables[0] in relationship.target.tables() and _selects(owner, relationship, tables, named)
    ]


@remembered
def loads_from(models: Models, tables: tuple[str, ...]) -> list[Relation]:
    """The relationships to the first table whose own join the declarations do not tell: only the table fits."""
    return [
        Relation(owner, relationship)
        for owner in models.all
        for relationship in owner.relationships.values()
        if tables and tables[0] in relationship.target.tables() and (relationship.join or relationship.secondary)
    ]


def turns_back(before: Relation, then: Relation) -> bool:
    """`post.comments` and then `.post`: the row that it came from, which is loaded already."""
    back = then.relationship.target in before.owner.lineage() or before.owner in then.relationship.target.lineage()
    return back and before.relationship.many is not False and then.relationship.many is not True


@remembered
def leads_to(_: Models, root: Model, wanted: Relation) -> bool:
    """Whether any way leads from the rows of `root` to a relationship."""
    return bool(paths(root, wanted, _Anything()))


def paths(root: Model, wanted: Relation, through: Container[str], most: int = 3) -> list[tuple[Relation, ...]]:
    """The shortest ways from the rows of `root` to a relationship, over relationships whose names are in `through`."""
    level: list[tuple[tuple[Relation, ...], Model]] = [((), root)]
    for _ in range(most):
        found = [(*way, wanted) for way, model in level if wanted.owner in model.lineage()]
        if found := [way for way in found if len(way) < 2 or not turns_back(way[-2], wanted)]:
            return found
        level = [
            ((*way, Relation(owner, relationship)), relationship.target)
            for way, model in level
            for owner in model.lineage()
            for relationship in owner.relationships.values()
            if relationship.name in through and all(relationship.target is not hop.owner for hop in way)
        ]
    return []


class _Anything:
    def __contains__(self, _: object) -> bool:
        return True


def _selects(owner: Model, relationship: Relationship, tables: tuple[str, ...], named: set[tuple[str, str]]) -> bool:
    if relationship.secondary:
        return relationship.secondary in tables[1:]
    target, join = relationship.target, relationship.join
    child_keys = {(t, c.name) for c in foreign_keys(target, owner, join) for t in target.tables()}
    parent_keys = _parent_keys(owner, target, join)
    if relationship.many is not False and named & child_keys:
        return True
    if relationship.many is True or (child_keys and not parent_keys):
        return False
    if not all(table in target.tables() for table, _ in named):
        return False
    columns = {name for _, name in named}
    if columns == {"id"} and "id" not in {column.name for column in target.all_columns().values()}:
        columns = parent_keys  # some sources shorten the primary key to "id"
    return bool(columns & (parent_keys or set(target.primary_key()) or {"id"}))


def _parent_keys(owner: Model, target: Model, join: frozenset[str]) -> set[str]:
    """Columns of the target that the owner refers to: by foreign keys, or by the words of the join."""
    targets = target.tables() | {m.name for m in target.lineage()}
    keys = foreign_keys(owner, target, join)
    named = {ref.rpartition(".")[2] for c in keys for ref in c.references if ref.rpartition(".")[0] in targets}
    return named or {column.name for name, column in target.all_columns().items() if name in join}


def _pair(column: str) -> tuple[str, str]:
    table, _, name = column.rpartition(".")
    return table, name
