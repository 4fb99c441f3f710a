"""What an edit must do without where a project proves a SQLAlchemy older than what the codemod writes for."""

import msgspec

from codemods._loader_policy import LIMITS, LOCKS, STREAMS, unique_order
from codemods._sqlalchemy_edit import Loaders
from codemods.index import Index
from codemods.index.facts import Query
from codemods.index.models import Model

SUBQUERY = (
    "SQLAlchemy before 1.2 has no selectinload: subqueryload runs the query again as part of the second statement"
)


class Older(msgspec.Struct, frozen=True):
    """Which loaders the SQLAlchemy of a file lacks."""

    selectinload: bool
    chains: bool

    def refuses(self, query: Query, model: Model, loaders: Loaders) -> tuple[str, str] | None:
        """Why these loaders cannot be written, or not be replaced by older ones that give the same rows."""
        if self.chains and len(loaders) > 1:
            return "R-VERSION", "SQLAlchemy before 0.9 takes no chains of loader options"
        if not self.selectinload or not any(name == "selectinload" for name, _ in loaders):
            return None
        steps = {step.name for step in query.steps}
        again = sorted(steps & (LOCKS | STREAMS)) or ([] if unique_order(query, model) else sorted(steps & LIMITS))
        return ("R-VERSION", f"{SUBQUERY}, which `.{again[0]}()` does not allow") if again else None

    def spelled(self, loaders: Loaders) -> Loaders:
        """The loaders as this version has them."""
        return tuple((self.name(name), hop) for name, hop in loaders)

    def name(self, loader: str) -> str:
        """A loader as this version has it."""
        return "subqueryload" if self.selectinload and loader == "selectinload" else loader


def older(index: Index, path: str) -> Older:
    """What the project of a file proves; nothing is lacking where it proves nothing."""
    installed = index.installed
    return Older(installed.below(path, "SQLAlchemy", "1.2"), installed.below(path, "SQLAlchemy", "0.9"))
