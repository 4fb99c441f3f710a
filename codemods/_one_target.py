"""Whether all rows of a query share one target of a relationship, which is then loaded once and never repeats."""

import ast
from collections.abc import Iterator

from codemods._sqlalchemy_places import Place
from codemods.index.evidence import named_after
from codemods.index.facts import dotted
from codemods.index.relations import Relation

_FILTERS = frozenset({"filter", "where"})


def one_target(place: Place, hop: Relation) -> bool:
    """Whether the query asks for the rows of one value of a to-one relationship: `filter_by(event=event)`."""
    if hop.relationship.many is not False:
        return False
    names = {hop.relationship.name, *key_columns(hop)}
    return any(name in names for name in _fixed(place)) or any(
        name == hop.relationship.name or named_after(name, hop.relationship.target) for name in _parents(place)
    )


def key_columns(relation: Relation) -> frozenset[str]:
    """The columns of the owner that refer to the target."""
    tables = relation.relationship.target.tables()
    columns = relation.owner.all_columns().items()
    return frozenset(n for n, c in columns if any(r.rpartition(".")[0] in tables for r in c.references))


def _fixed(place: Place) -> Iterator[str]:
    """Attributes that the query, or the method of a model that makes it, compares with one value."""
    for step in (step for step in place.query.steps if not step.conditional):
        if step.name == "filter_by":
            yield from (name for name, _ in step.keywords)
        elif step.name in _FILTERS:
            yield from filter(None, map(_compared, (ast.parse(arg, mode="eval").body for arg in step.args)))
    root = ast.parse(place.query.root, mode="eval").body
    if place.query.style == "method" and isinstance(root, ast.Call):
        yield from (keyword.arg for keyword in root.keywords if keyword.arg)
        yield from filter(None, map(_compared, root.args))


def _compared(node: ast.expr) -> str:
    match node:
        case ast.Compare(left=ast.Attribute() as left, ops=[ast.Eq()]):
            return dotted(left).rpartition(".")[2]
    return ""


def _parents(place: Place) -> Iterator[str]:
    """Names of the one object whose rows are asked for: `event` of `event.posts.filter()` and `with_parent(event)`."""
    if place.query.style == "related":
        yield place.query.root.rpartition(".")[0].rpartition(".")[2]
    for step in place.query.steps:
        yield from (source.rpartition(".")[2] for source in step.args[:1] if step.name == "with_parent")
