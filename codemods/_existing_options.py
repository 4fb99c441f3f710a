"""What a query's own `.options(...)` say: which paths are loaded eagerly, which are opted out, and if all is plain."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from codemods.index.facts import Query, Step, dotted

LOADERS = frozenset(
    {"joinedload", "selectinload", "subqueryload", "immediateload", "contains_eager", "eagerload", "joinedload_all"}
    | {"subqueryload_all", "eagerload_all"}
)
_OPT_OUTS = frozenset({"lazyload", "noload", "raiseload"})
_THROUGH = frozenset({"defaultload", "options", "Load"})
_COLUMN_OPTIONS = frozenset(
    {"load_only", "defer", "undefer", "undefer_group", "with_loader_criteria", "with_expression"}
)

Path = tuple[str, ...]
HeldBy = Callable[[ast.expr], list[ast.expr] | None]


@dataclass(slots=True)
class Existing:
    """Eager paths of relationship names with their loader, first hops opted out ("*" for all), all readable or not.

    `sources` are the options that end at a path, as they are written in the query itself.
    """

    eager: dict[Path, str] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)
    readable: bool = True
    sources: dict[Path, str] = field(default_factory=dict, compare=False)

    def __or__(self, other: "Existing") -> "Existing":
        """What both say together; of two loaders of a path the one here."""
        return Existing(
            other.eager | self.eager,
            self.opted_out | other.opted_out,
            self.readable and other.readable,
            self.sources,  # what is written elsewhere can use names that are none here
        )


def existing_options(steps: list[Step], held_by: HeldBy = lambda _: None) -> Existing:
    """Read every `.options(...)` of a query; `held_by` tells what a variable among them can hold."""
    found = Existing()
    for step in steps:
        for source in step.args if step.name == "options" else ():
            node = ast.parse(source, mode="eval").body
            if isinstance(node, ast.Tuple) and len(node.elts) == 1 and isinstance(node.elts[0], ast.Starred):
                node = node.elts[0]  # `*more` stands as `(*more,)`
            options, written = [node] if isinstance(node, ast.Call) else held_by(node), dict(found.sources)
            if options is None or any(_read(option, (), found) is None for option in options):
                found.readable = False
            if not isinstance(node, ast.Call):
                found.sources = written
    return found


def given_to_root(query: Query) -> Iterator[Path]:
    """Paths that the call which makes a query is told to load: `Post.find(title=title, eager=Post.author)`."""
    root = ast.parse(query.root, mode="eval").body
    for keyword in root.keywords if isinstance(root, ast.Call) else ():
        if keyword.arg and "eager" in keyword.arg:
            named = (dotted(n) for n in ast.walk(keyword.value) if isinstance(n, ast.Attribute))
            yield from ((name.rpartition(".")[2],) for name in named if name)


def _read(node: ast.expr, prefix: Path, found: Existing) -> Path | None:
    """Note what one option loads below `prefix`; the path that it ends at, or None when it is no plain option."""
    if not isinstance(node, ast.Call):
        return None
    name = dotted(node.func).rpartition(".")[2] or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        before = _read(node.func.value, prefix, found)
        if before is None:
            return None
        prefix = before
    if name in _COLUMN_OPTIONS or name == "Load":
        return prefix
    if name == "options":
        inner = [_read(argument, prefix, found) for argument in node.args]
        return None if None in inner else prefix
    hops = _hops(node)
    if name in _OPT_OUTS and (hops or name == "raiseload" or node.args):
        found.opted_out.add(".".join((*prefix, *(hops or ("*",)))))
        return prefix + hops
    if name not in LOADERS | _THROUGH or not hops:
        return None
    if name in LOADERS:
        for end in range(1, len(hops) + 1):
            found.eager.setdefault(prefix + hops[:end], name)
        if _only_loaders(node) and len(prefix + hops) == _length(node):
            found.sources.setdefault(prefix + hops, ast.unparse(node))
    return prefix + hops


def _only_loaders(node: ast.Call) -> bool:
    """Whether a chain of options names loaders only: `joinedload(A.b).selectinload(B.c)`."""
    match node.func:
        case ast.Attribute(value=ast.Call() as before, attr=name):
            return name in LOADERS and _only_loaders(before)
    return dotted(node.func).rpartition(".")[2] in LOADERS


def _length(node: ast.Call) -> int:
    """Hops of a chain from its own start: less than its path when it stands inside another option."""
    before = node.func.value if isinstance(node.func, ast.Attribute) else None
    return len(_hops(node)) + (_length(before) if isinstance(before, ast.Call) else 0)


def _hops(call: ast.Call) -> Path:
    """The relationship names among a loader's arguments: `Post.author`, "author.company", `A.b, B.c`."""
    names: list[str] = []
    for given in call.args:
        argument = given
        while isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute):
            argument = argument.func.value  # Post.tags.of_type(Tag), Post.tags.and_(...)
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            names += [part for part in argument.value.split(".") if part != "*"]
        elif name := dotted(argument).rpartition(".")[2]:
            names.append(name)
    return tuple(names)
