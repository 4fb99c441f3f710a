"""What a repository says about itself: facts per file, linked into models, routes, calls and queries."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codemods.index.tree import Tree

if TYPE_CHECKING:  # each is loaded by the first question for it
    from codemods.index.bindings import Bindings
    from codemods.index.calls import Calls
    from codemods.index.definitions import Definitions
    from codemods.index.django_models import DjangoModels
    from codemods.index.django_templates import Templates
    from codemods.index.endpoints import Endpoint
    from codemods.index.evidence import Evidence
    from codemods.index.installed import Installed
    from codemods.index.models import Models
    from codemods.index.names import Names
    from codemods.index.reads import Reads
    from codemods.index.routes import Routes
    from codemods.index.urls import Urls


class Index:
    """A checkout, read on demand: nothing is parsed before somebody asks about it."""

    def __init__(
        self,
        root: Path,
        exclude: tuple[str, ...] = (),
        overlay: Mapping[str, str] | None = None,
        tree: Tree | None = None,
        endpoints: "tuple[Endpoint, ...]" = (),
    ) -> None:
        self.root = root
        self.endpoints = endpoints  # of other services, for many things at once
        self.tree = tree or Tree(root, exclude, overlay)
        self.looks: dict[object, tuple[Any, Any]] = {}  # functions to look at -> what was found in them
        self.last: tuple[object, Any] | None = None  # question and answer, of what is asked twice in a row

    def edited(self, texts: Mapping[str, str]) -> "Index":
        """The same checkout as it reads after an edit."""
        return Index(self.root, tree=self.tree.edited(texts), endpoints=self.endpoints)

    @cached_property
    def names(self) -> "Names":
        """From a name in one file to its definition in another."""
        from codemods.index.names import Names

        return Names(self.tree)

    @cached_property
    def calls(self) -> "Calls":
        """Who calls whom."""
        from codemods.index.calls import Calls

        return Calls(self.tree, self.names)

    @cached_property
    def models(self) -> "Models":
        """SQLAlchemy models and relationships."""
        from codemods.index.models import Models

        return Models(self.tree, self.names)

    @cached_property
    def reads(self) -> "Reads":
        """Which attributes are read on the way from an entry."""
        from codemods.index.reads import Reads

        return Reads(self.tree, self.names, self.calls, self.models)

    @cached_property
    def routes(self) -> "Routes":
        """Which function serves a route."""
        from codemods.index.registrations import Registrations
        from codemods.index.routes import Routes

        return Routes(self.tree, self.names, Registrations(self.tree, self.names, self.calls))

    @cached_property
    def django(self) -> "DjangoModels":
        """Django models and their relations."""
        from codemods.index.django_models import DjangoModels

        return DjangoModels(self.tree, self.names)

    @cached_property
    def urls(self) -> "Urls":
        """Which Django view serves a route."""
        from codemods.index.urls import Urls

        return Urls(self.tree, self.names, self.django)

    @cached_property
    def templates(self) -> "Templates":
        """What Django templates read."""
        from codemods.index.django_templates import Templates

        return Templates(self.root, self.tree.trace.note)

    @cached_property
    def definitions(self) -> "Definitions":
        """The syntax of functions."""
        from codemods.index.definitions import Definitions

        return Definitions(self.tree)

    @cached_property
    def installed(self) -> "Installed":
        """Which versions of libraries the code runs on."""
        from codemods.index.installed import Installed

        return Installed(self.tree)

    @cached_property
    def bindings(self) -> "Bindings":
        """Which models a name for a model can stand for."""
        from codemods.index.bindings import Bindings

        return Bindings(self.tree, self.names, self.calls, self.definitions)

    @cached_property
    def evidence(self) -> "Evidence":
        """Which relationships are read on the rows of a query."""
        from codemods.index.evidence import Evidence
        from codemods.index.follow import Follow
        from codemods.index.rowflow import RowFlow
        from codemods.index.shown import Shown

        flow = RowFlow(self.calls, self.definitions)
        shown = Shown(self.tree, self.names, self.calls, self.definitions, flow)
        return Evidence(self.calls, self.templates, flow, Follow(self.calls, flow), shown)


def first_party(index: Index) -> frozenset[str]:
    """Top-level packages and modules of the checkout."""
    parts = [path.removeprefix("src/").split("/") for path in index.tree.files]
    return frozenset(p[0].removesuffix(".py") for p in parts)
