"""What an edit must do without where a project proves a SQLAlchemy older than what the codemod writes for."""

import msgspec

from codemods._loader_policy import LIMITS, LOCKS, STREAMS, keeps_rows, unique_order
from codemods._sqlalchemy_edit import Loaders
from codemods.index import Index
from codemods.index.facts import Query
from codemods.index.models import Model

SUBQUERY = (
    "SQLAlchemy before 1.2 has no selectinload: subqueryload runs the query again as part of the second statement"
)
JOINED = (
    "SQLAlchemy before 1.2 has no selectinload: the join takes no other row, but rows that the ORDER BY leaves equal "
    "can change places"
)


class Older(msgspec.Struct, frozen=True):
    """What the SQLAlchemy of a file lacks: selectinload, and chains of loader options."""

    selectinload: bool
    chains: bool

    def refuses(self, query: Query, model: Model, loaders: Loaders) -> tuple[str, str] | None:
        """Why these loaders cannot be written, or not be replaced by older ones that give the same rows."""
        if not self.selectinload or not any(name == "selectinload" for name, _ in loaders):
            return None
        steps = {step.name for step in query.steps}
        again = sorted(steps & (LOCKS | STREAMS)) or ([] if unique_order(query, model) else sorted(steps & LIMITS))
        return ("R-VERSION", f"{SUBQUERY}, which `.{again[0]}()` does not allow") if again else None

    def joined(self, query: Query, model: Model, loaders: Loaders) -> Loaders:
        """To-one loads as joins where the query that a subqueryload runs again could return other rows.

        Which rows an unordered one returns is anybody's guess: a join could show that.
        """
        limited = self.refuses(query, model, loaders) and not self.refuses(query, model, _as_joins(loaders))
        ordered = any(step.name == "order_by" and not step.conditional for step in query.steps)
        return _as_joins(loaders) if limited and ordered and keeps_rows(query) and _all_to_one(loaders) else loaders

    def spelled(self, loaders: Loaders) -> Loaders:
        """The loaders as this version has them."""
        return tuple((self.name(name), hop) for name, hop in loaders)

    def name(self, loader: str) -> str:
        """A loader as this version has it."""
        return "subqueryload" if self.selectinload and loader == "selectinload" else loader


def _as_joins(loaders: Loaders) -> Loaders:
    return tuple(("joinedload" if name == "selectinload" else name, hop) for name, hop in loaders)


def _all_to_one(loaders: Loaders) -> bool:
    return all(hop.relationship.many is False and not hop.relationship.innerjoin for _, hop in loaders)


def older(index: Index, path: str) -> Older:
    """What the project of a file proves; nothing is lacking where it proves nothing."""
    installed = index.installed
    return Older(installed.below(path, "SQLAlchemy", "1.2"), installed.below(path, "SQLAlchemy", "0.9"))
