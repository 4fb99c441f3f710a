"""From a repeated statement to the relationships whose lazy load it can be: table and WHERE column decide."""

from collections.abc import Iterator
from dataclasses import dataclass

from codemods.index.models import Model, Models, Relationship


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship with the model that declares it."""

    owner: Model
    relationship: Relationship

    @property
    def path(self) -> str:
        """For example "Post.author"."""
        return f"{self.owner.name}.{self.relationship.name}"


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


def _selects(owner: Model, relationship: Relationship, tables: tuple[str, ...], named: set[tuple[str, str]]) -> bool:
    if relationship.secondary:
        return relationship.secondary in tables[1:]
    target = relationship.target
    child_keys, parent_keys = set(_child_keys(owner, target)), _parent_keys(owner, target)
    if relationship.many is not False and named & child_keys:
        return True
    if relationship.many is True or (child_keys and not parent_keys):
        return False
    keys = {(t, c) for t in target.tables() for c in parent_keys or target.primary_key() or ("id",)}
    return bool(named & keys) and all(table in target.tables() for table, _ in named)


def _child_keys(owner: Model, target: Model) -> Iterator[tuple[str, str]]:
    """(table, column) of the target's foreign keys to the owner."""
    owners = owner.tables() | {m.name for m in owner.lineage()}
    for column in target.all_columns().values():
        if any(ref.rpartition(".")[0] in owners for ref in column.references):
            yield from ((table, column.name) for table in target.tables())


def _parent_keys(owner: Model, target: Model) -> set[str]:
    """Columns of the target that the owner's foreign keys name."""
    targets = target.tables() | {m.name for m in target.lineage()}
    return {
        ref.rpartition(".")[2]
        for column in owner.all_columns().values()
        for ref in column.references
        if ref.rpartition(".")[0] in targets
    }


def _pair(column: str) -> tuple[str, str]:
    table, _, name = column.rpartition(".")
    return table, name
