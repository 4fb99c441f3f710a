"""Edits of SQLAlchemy code: loader options on a query, and the imports that they need."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

import msgspec

from codemods import _cst
from codemods._shared_edit import written
from codemods._shared_queries import Target
from codemods._sqlalchemy_places import Place
from codemods.index import Index, first_party
from codemods.index.models import Model
from codemods.index.relations import Relation

# A loader for every hop of a path, in order; the last hop that the query loads already has its option as written.
Loaders = tuple[tuple[str, Relation], ...]
_MOST_COLUMNS = 120


class CannotSpellError(Exception):
    """Why a file cannot name what an option needs."""


class Options(msgspec.Struct, frozen=True):
    """Loader options for one query."""

    place: Place
    loads: tuple[Loaders, ...]
    target: Target | None = None  # where they go when the query serves other models as well
    chains: bool = (
        True  # whether SQLAlchemy takes chains of them; before 0.9 every hop has an option with its whole path
    )


def with_options(index: Index, path: str, wanted: Sequence[Options]) -> str:
    """The text of a file with the options on their queries and all imports in place.

    Raises:
        CannotSpellError: a name is taken, or a model cannot be imported.
    """
    text = index.tree.source(path)
    assert text is not None
    used = {name for options in wanted for loaders in options.loads for name, _ in _added(loaders)}
    names = sorted(used - (set() if all(options.chains for options in wanted) else {"defaultload"}))
    if taken := [n for n in names if _cst.bound_otherwise(text, "sqlalchemy.orm", n)]:
        raise CannotSpellError(f"{path} uses the name {taken[0]} for something else")
    models = _Spelling(index, path, text)
    edits = []
    for options in wanted:
        first = options.place.entity or models.of(options.place.model)
        if options.chains:
            arguments = [_option([first, *_owners(models, loaders)], loaders) for loaders in options.loads]
        else:
            arguments = list(dict.fromkeys(one for loads in options.loads for one in _by_path(models, first, loads)))
        if options.target:
            model = options.place.entity or models.of(options.place.model)
            edits.append(written(text, options.target, model, arguments))
            continue
        query = options.place.query
        start, end = _cst.offsets(text, query.chain)
        if query.style == "get":
            edits.append((start, end, _cst.with_keyword(text[start:end], query.depth, "options", arguments)))
            continue
        line = text.rfind("\n", 0, start) + 1
        new = _cst.with_call(text[start:end], query.depth, "options", arguments)
        if len(arguments) > 1 and max(map(len, (text[line:start] + new).splitlines())) > _MOST_COLUMNS:
            indent = text[line:start][: -len(text[line:start].lstrip()) or None]
            new = _cst.with_call(text[start:end], query.depth, "options", arguments, indent)
        edits.append((start, end, new))
    text = _cst.replace(text, edits)
    for module, imported in (("sqlalchemy.orm", names), *models.imports.items()):
        added = _cst.import_edit(text, module, imported, first_party(index))
        text = _cst.replace(text, [added]) if added else text
    return text


def _owners(models: "_Spelling", loaders: Loaders) -> list[str]:
    """A class may inherit the relationship of a mixin, which is not mapped itself: the model before it is named."""
    kept = len(loaders) - len(_added(loaders))
    return [models.of(hop.relationship.target) if i >= kept else "" for i, (_, hop) in enumerate(loaders[:-1], 1)]


def _option(owners: Sequence[str], loaders: Loaders) -> str:
    """`selectinload(Post.comments).joinedload(Comment.writer)`."""
    added = _added(loaders)
    named = zip(owners[len(loaders) - len(added) :], added, strict=True)
    written = [loader for loader, _ in loaders[: len(loaders) - len(added)][-1:]]
    return ".".join([*written, *(f"{loader}({owner}.{hop.relationship.name})" for owner, (loader, hop) in named)])


def _by_path(models: "_Spelling", first: str, loaders: Loaders) -> Iterator[str]:
    """`subqueryload(Post.comments)` and `joinedload(Post.comments, Comment.writer)`, but for what is loaded already."""
    owners = [first, *(models.of(hop.relationship.target) for _, hop in loaders[:-1])]
    path = [f"{owner}.{hop.relationship.name}" for owner, (_, hop) in zip(owners, loaders, strict=True)]
    for end, (loader, _) in enumerate(loaders, 1):
        if loader.isidentifier() and loader != "defaultload":
            yield f"{loader}({', '.join(path[:end])})"


def _added(loaders: Loaders) -> Loaders:
    """The hops after those that an option of the query loads already."""
    done = [i for i, (loader, _) in enumerate(loaders, 1) if not loader.isidentifier()]
    return loaders[done[-1] :] if done else loaders


def longest(paths: Iterable[Loaders]) -> tuple[Loaders, ...]:
    """Without those that a longer one loads on its way."""
    named = {tuple(hop.relationship.name for _, hop in loaders): loaders for loaders in paths}
    return tuple(
        loaders
        for names, loaders in named.items()
        if not any(other[: len(names)] == names and other != names for other in named)
    )


class _Spelling:
    """How a file names models: as it imports or defines them, else by an import that is added."""

    def __init__(self, index: Index, path: str, text: str) -> None:
        self._index = index
        self._path = path
        # What only another function or a type checker imports is no name at run time.
        self._bound = _cst.bound_names(text)
        self._text = text
        self.imports: dict[str, list[str]] = {}

    def of(self, model: Model) -> str:
        """The name of a model in the file."""
        module = self._index.tree.module(self._path)
        assert module is not None
        for name in (n for n in (model.qualname, *module.imports) if n.partition(".")[0] in self._bound):
            level, source, _ = module.imports.get(name, (1, "", None))
            # `from flask import session`: another library's, even where the tree has a folder of that name.
            ours = level or self._index.names.module_path(self._path, 0, source.partition(".")[0])
            for spelled in (name, f"{name}.{model.qualname}") if ours else (name,):
                if self._index.names.resolve(self._path, spelled) == (model.path, model.qualname):
                    return spelled
        return self._added(model)

    def _added(self, model: Model) -> str:
        name = model.qualname
        if "." in name or model.path == self._path:
            raise CannotSpellError(f"{self._path} does not import {name}")
        source = self._beside(model) or self._module_name(model)
        if source is None:
            raise CannotSpellError(f"{self._path} does not import {name}")
        if name in self._bound or _cst.bound_otherwise(self._text, source, name):
            raise CannotSpellError(f"{self._path} uses the name {name} for something else")
        names = self.imports.setdefault(source, [])
        names.extend([name] if name not in names else [])
        return name

    def _beside(self, model: Model) -> str | None:
        """A module that the file imports at its top level already and that has the model, too."""
        for node in ast.parse(self._text).body:
            if isinstance(node, ast.ImportFrom):
                path = self._index.names.module_path(self._path, node.level, node.module or "")
                if path and self._offers(path, model):
                    return "." * node.level + (node.module or "")
        return None

    def _has(self, path: str, name: str) -> bool:
        """Whether a file has the name at run time: what it imports for type checkers alone cannot be imported of it."""
        return name in _cst.bound_names(self._index.tree.source(path) or "")

    def _module_name(self, model: Model) -> str | None:
        """The dotted name by which other files import the model's own file, or else a package around it that has it.

        Raises:
            CannotSpellError: the import would close a circle.
        """
        around = [str(folder / "__init__.py") for folder in PurePosixPath(model.path).parents][:-1]
        for path in [model.path, *(init for init in around if init != model.path and self._offers(init, model))]:
            tail = PurePosixPath(path).with_suffix("").parts
            tail = tail[:-1] if tail[-1] == "__init__" else tail
            name = next(filter(None, (self._imported_as(".".join(tail[n:]), path) for n in range(len(tail)))), None)
            if name and self._path in _imported_by(self._index, path):
                raise CannotSpellError(f"{self._path} cannot import {model.name}: {path} imports it in turn")
            if name:
                return name
        return None

    def _offers(self, path: str, model: Model) -> bool:
        """Whether a file imports the model for others."""
        found = self._index.names.resolve(path, model.qualname)
        return found == (model.path, model.qualname) and self._has(path, model.qualname)

    def _imported_as(self, name: str, path: str) -> str | None:
        tree, names = self._index.tree, self._index.names
        for other in tree.containing(f"from {name} import", f"import {name}"):
            module = tree.module(other)
            told = module is not None and any(i[:2] == (0, name) for i in module.imports.values())
            if told and names.module_path(other, 0, name) == path:
                return name
        return None


def _imported_by(index: Index, path: str) -> set[str]:
    """The files that a file imports, those that they import, and so on."""
    seen: set[str] = set()
    level = {path}
    while level:
        level = {found for one in level for found in _imports(index, one)} - seen
        seen |= level
    return seen


def _imports(index: Index, path: str) -> set[str]:
    """What a file imports when it is loaded itself: an import inside a function or a condition closes no circle."""
    found = set()
    for source, names, whole in _TOP_IMPORT.findall(index.tree.source(path) or ""):
        module = source.lstrip(".")
        level = len(source) - len(module)
        listed = re.findall(r"\w+", names) if source else []
        dotted = [module, *(f"{module}.{name}" if module else name for name in listed)]
        dotted = dotted if source else re.findall(r"[\w.]+", whole)
        found |= {index.names.module_path(path, level, name) for name in dotted if name or level}
    return {file for file in found if file}


_TOP_IMPORT = re.compile(
    r"^(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([^\n]*))", re.MULTILINE
)
