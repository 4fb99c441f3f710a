"""Which relations templates read on the variables that hold rows, with the filters and tags of the project."""

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from codemods._django_chains import Reading
from codemods.index.django_models import DjangoModel
from codemods.index.facts import Function

if TYPE_CHECKING:
    from codemods._django_reads import DjangoReads


class Pages:
    """Reads templates for `DjangoReads`."""

    def __init__(self, reads: "DjangoReads") -> None:
        self.reads = reads
        self.index = reads.index

    def bound(self, templates: Iterable[str], name: str, model: DjangoModel, depth: int = 3) -> Iterator[Reading]:
        """The chains that templates read on a variable that holds rows of the model."""
        for template in templates:
            reads = self.index.templates.reads(template)
            for path in reads.get(name, ()):
                yield from self.reads.follow(model, path)
            for root in reads.keys() - {name}:  # a list of dictionaries with the rows in them
                yield from (
                    r for path in reads[root] if path[:1] == (name,) for r in self.reads.follow(model, path[1:])
                )
            for word, position, given in self.index.templates.handed(template) if depth > 0 else ():
                end = self.reads.ends(model, given[1:]) if given[0] == name else None
                for function in self._tags.get(word, ()) if end else ():
                    params = [p for p in function.params if p != "context"]
                    if end and position < len(params):
                        more = self.reads.rows(end[1], function, {params[position]: ()}, None, depth - 1)
                        yield from ((*end[0], *chain) for chain in more)

    def rendered(self, templates: Iterable[str], model: DjangoModel) -> set[Reading]:
        """The chains that templates read on any variable of theirs that has such relations."""
        found: set[Reading] = set()
        for template in templates:
            for paths in self.index.templates.reads(template).values():
                for path in paths:
                    rows = path[path.index("queryset") + 1 :] if "queryset" in path else path  # of a form field
                    found |= set(self.reads.follow(model, rows))
        return found

    @cached_property
    def _tags(self) -> dict[str, list[Function]]:
        """Template filters and tags of the project by name."""
        found: dict[str, list[Function]] = {}
        for path in self.index.tree.containing("register."):
            module = self.index.tree.module(path)
            for function in module.functions.values() if module else ():
                if any("register" in ast.unparse(d) for d in function.decorators):
                    found.setdefault(function.qualname, []).append(function)
        return found
