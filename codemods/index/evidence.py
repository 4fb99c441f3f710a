"""Which relationships are read on the rows of one query, and where: in code, in templates, through serializers."""

import ast
import re
from collections.abc import Collection, Iterator

from codemods.index.calls import Calls, Key
from codemods.index.django_templates import Templates
from codemods.index.facts import Query, is_template
from codemods.index.follow import Chains, Follow
from codemods.index.models import Model
from codemods.index.remember import remembered
from codemods.index.rowflow import RowFlow
from codemods.index.rows import Path, Seen
from codemods.index.shown import Shown


class Evidence:
    """Typed evidence: every chain was followed from the query's own rows."""

    def __init__(self, calls: Calls, templates: Templates, flow: RowFlow, follow: Follow, shown: Shown) -> None:
        self._calls = calls
        self._templates = templates
        self._flow = flow
        self._follow = follow
        self._shown = shown
        self._known: dict[tuple[int, Model], tuple[Chains, Seen]] = {}  # by what was seen

    def chains(self, key: Key, query: Query, model: Model, through: Collection[Key]) -> Chains:
        """Chains of relationships read on the rows with the contexts of the reads; callers are those in `through`."""
        seen = self._flow.of_query(key, query, through)
        asked = (id(seen), model)
        if asked not in self._known:
            paths = {path: set(contexts) for path, contexts in seen.paths.items()}
            for path in (*self._serialized(seen), *self._rendered(seen, model)):
                paths.setdefault(path, set()).add(())
            self._known[asked] = self._follow.chains(model, paths), seen
        return self._known[asked][0]

    def passes(self, key: Key, query: Query, through: Collection[Key]) -> set[Key]:
        """The functions that the rows of the query pass through."""
        return self._flow.of_query(key, query, through).visited

    def _serialized(self, seen: Seen) -> Iterator[Path]:
        for name, key, path in seen.handed:
            for more in self._shown.of(name, key):
                yield (*path, *more)

    def _rendered(self, seen: Seen, model: Model) -> Iterator[Path]:
        named = {template for key in seen.visited for template in self._templates_of(key)}
        for template in sorted(named):
            for variable, paths in self._templates.reads(template).items():
                starts = seen.keys.get(variable) or ({()} if named_after(variable, model) else set())
                for start in starts:
                    yield from ((*start, *path) for path in paths)

    @remembered
    def _templates_of(self, key: Key) -> set[str]:
        """Template names that a function spells, or a class that it is a method of."""
        function = self._calls.function(key)
        owner = self._calls.owner(function) if function else None
        return (function.templates if function else set()) | (self._templates_in(owner) if owner else set())

    @remembered
    def _templates_in(self, class_: Key) -> set[str]:
        nodes = (node for value in self._calls.class_values(class_).values() for node in ast.walk(value))
        return {node.value for node in nodes if isinstance(node, ast.Constant) and is_template(node.value)}


def named_after(variable: str, model: Model) -> bool:
    """Whether a variable is called after the model: `post`, `posts` or `blog_post` for BlogPost, `contrib` for
    Contribution."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*", model.name) or [model.name]
    last = words[-1].lower()
    whole = "_".join(word.lower() for word in words)
    name = variable.lower().removesuffix("s") if len(variable) > 3 else variable.lower()
    return name in (last, whole, last.removesuffix("s"), whole.removesuffix("s")) or (
        len(name) > 3 and (last.startswith(name) or whole.startswith(name))
    )
