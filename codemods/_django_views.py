"""What Django's generic class-based views show: their rows under the names that templates and methods know them by."""

from collections.abc import Iterator

from codemods._django_chains import Reading
from codemods._django_classes import texts
from codemods._django_reads import DjangoReads
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel
from codemods.index.facts import Query, dotted

# Ends of the names of views by what they show; packages name theirs alike.
_LISTS = ("ListView", "FilterView", "TableView", "ArchiveView", "ArchiveIndexView", "MultipleObjectMixin")
_DETAILS = ("DetailView", "UpdateView", "DeleteView", "SingleObjectMixin")
_SUFFIXES = {"UpdateView": "_form", "DeleteView": "_confirm_delete"}


class GenericViews:
    """Answers about classes as generic views of a model."""

    def __init__(self, reads: DjangoReads) -> None:
        self.reads = reads
        self.index = reads.index

    def lists(self, view: Key) -> bool:
        """Whether the class shows many rows."""
        return any(base.endswith(_LISTS) for base in self._foreign(view))

    def shows_one(self, view: Key) -> bool:
        """Whether the class shows one row and no list."""
        return any(base.endswith(_DETAILS) for base in self._foreign(view)) and not self.lists(view)

    def is_declared(self, view: Key) -> bool:
        """Whether `model` alone says which rows the view shows."""
        values = self.reads.classes.values(view)
        asked = self.index.calls.member(view, "get_queryset")
        alone = "model" in values and "queryset" not in values and asked is None
        return alone and (self.lists(view) or self.shows_one(view))

    def query(self, view: Key, model: DjangoModel) -> Query:
        """The query that Django makes for a view with a model alone."""
        named = self.reads.classes.values(view)["model"]
        root = f"{dotted(named)}.{self.reads.classes.default_manager(model)}"
        line = named.lineno
        return Query("manager", root, (dotted(named),), (line, 0, line, 0), 0, line)

    def shown(self, view: Key, model: DjangoModel) -> Iterator[Reading]:
        """The chains that the templates and methods of a view read on its rows."""
        many, one = self.lists(view), self.shows_one(view)
        if not (many or one):
            return
        named = texts(self.reads.classes.values(view).get("context_object_name"))
        own = f"{model.name.lower()}_list" if many else model.name.lower()
        given = ("object_list", "page_obj", "filter") if many else ("object",)
        for variable in {*given, *named, own}:
            yield from self.reads.pages.bound(self._templates(view, model), variable, model)
        held = ("self.object_list", "self.get_queryset()") if many else ("self.object", "self.get_object()")
        for function in filter(None, map(self.index.calls.function, self.index.calls.members(view))):
            yield from self.reads.rows(model, function, dict.fromkeys(held, ()))

    def _templates(self, view: Key, model: DjangoModel) -> set[str]:
        """The templates that the class names, else the one that Django takes by the name of the model."""
        named = self.reads.classes.templates_of(view)
        suffix = next(iter(texts(self.reads.classes.values(view).get("template_name_suffix"))), self._suffix(view))
        return named or {f"{model.app}/{model.name.lower()}{suffix}.html"}

    def _suffix(self, view: Key) -> str:
        bases = self._foreign(view)
        found = (suffix for end, suffix in _SUFFIXES.items() if any(base.endswith(end) for base in bases))
        return next(found, "_list" if self.lists(view) else "_detail")

    def _foreign(self, view: Key) -> set[str]:
        """The last names of all bases of the class and of those above it."""
        return {
            b.rpartition(".")[2] for above in self.index.calls.lineage(view) for b in self.reads.classes.bases(above)
        }
