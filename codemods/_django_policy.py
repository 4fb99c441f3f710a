"""What a Django query does already, which loader it can take, and what forbids to load ahead."""

import ast
import re
from collections.abc import Callable, Iterable

import msgspec

from codemods._django_chains import CACHED, Chain
from codemods.api import Repeat
from codemods.index.django_models import DjangoModel, Link
from codemods.index.facts import Function, Loop, Query, Step

# Steps after which the rows are no entities, or there are no rows.
NO_ENTITIES = frozenset(
    {"values", "values_list", "count", "exists", "aggregate", "update", "delete", "create", "get_or_create", "dates"}
    | {"update_or_create", "bulk_create", "bulk_update", "in_bulk", "raw", "datetimes", "none", "acount", "aexists"}
    | {"acreate", "adelete", "aupdate", "add", "remove", "set", "clear", "contains"}
)
# What every queryset has; another method may be one that only the manager has.
STANDARD = frozenset(
    {"all", "filter", "exclude", "order_by", "annotate", "select_related", "prefetch_related", "distinct", "only"}
    | {"defer", "iterator", "reverse", "select_for_update", "using", "alias", "extra", "get", "first", "last", "latest"}
    | {"earliest", "aget", "afirst", "alast", "aiterator", "[]", "union", "intersection", "difference", "none"}
)
SINGLE = frozenset({"get", "first", "last", "latest", "earliest", "aget", "afirst", "alast", "get_or_404"})
_UNIONS = frozenset({"union", "intersection", "difference"})
_STREAMS = frozenset({"iterator", "aiterator"})
_LARGE_CHUNK = 100  # rows: one more statement per chunk of so many is still a gain
# Steps under which a LEFT JOIN to one row keeps the rows.
_JOIN_SAFE = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "[]", "using", "iterator"}
)
_WRITES = frozenset({"add", "remove", "set", "clear", "create", "update", "delete", "bulk_create", "get_or_create"})
_WRITES |= {"bulk_update", "update_or_create"}
_SAVES = frozenset({"save", "delete", "asave", "adelete"})
_MANAGERS = frozenset({"objects", "all_objects", "_default_manager", "_base_manager"})
_NO_LAZY_LOAD = re.compile(r"\bgroup by\b|\b(count|exists|max|min|sum|avg)\s*\(|^\s*(?!select\b|$)", re.IGNORECASE)
_NO_LAZY_SHAPES = frozenset({"write", "count", "exists"})


def is_lazy_load(repeat: Repeat) -> bool:
    """A lazy load selects the columns of one row or collection: no aggregate, no write."""
    return repeat.shape not in _NO_LAZY_SHAPES and not _NO_LAZY_LOAD.search(repeat.statement)


class Existing(msgspec.Struct, frozen=True):
    """Paths that a query loads already, and whether all its loader calls could be read."""

    paths: frozenset[str]
    readable: bool


def existing(steps: Iterable[Step], loaded_by: Callable[[str], set[str] | None]) -> Existing:
    """Read `select_related(...)` and `prefetch_related(...)` of a query, and what its custom methods load."""
    paths: set[str] = set()
    readable = True
    for step in steps:
        if step.name not in ("select_related", "prefetch_related"):
            named = set() if step.name in STANDARD else loaded_by(step.name)
            readable = readable and named is not None
            paths |= {prefix for name in named or () for prefix in prefixes(name)}
            continue
        names = [_path(argument) for argument in step.args]
        readable = readable and bool(names) and None not in names and not step.keywords
        if not step.conditional:
            paths |= {prefix for name in names if name for prefix in prefixes(name)}
    return Existing(frozenset(paths), readable)


def prefixes(path: str) -> list[str]:
    """`a__b` loads `a` and `a__b`."""
    parts = path.split("__")
    return ["__".join(parts[: n + 1]) for n in range(len(parts))]


def names_in(node: object) -> frozenset[str]:
    """Every path, with its beginnings, that a literal names."""
    names = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)] if isinstance(node, ast.AST) else []
    return frozenset(prefix for name in names if isinstance(name, str) for prefix in prefixes(name))


def _path(source: str) -> str | None:
    """The path of `"author"` or `Prefetch("author", ...)`; one under `to_attr` leaves the accessor as it is."""
    node = ast.parse(source, mode="eval").body
    if isinstance(node, ast.Call) and node.args:
        if any(k.arg == "to_attr" for k in node.keywords):
            return ""
        node = node.args[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def refusal(query: Query, function: Function) -> tuple[str, str] | None:
    """Why no relation may be loaded with this query."""
    steps = {step.name for step in query.steps}
    if unions := sorted(steps & _UNIONS):
        return "R-SHAPE", f"line {query.line} of {function.path} combines queries with `{unions[0]}`"
    return None


def left_early(query: Query, reads: Callable[[str], bool]) -> Loop | None:
    """A loop over the rows that can end before the last one and reads what is asked about.

    `reads` tells whether reading an attribute of a row, or calling it, does.
    """
    for loop in query.loops:
        targets = set(loop.targets) & query.rows
        if loop.early_exit and targets:
            names = {read.attr for read in loop.reads if read.base in targets}
            called = [call.callee.partition(".") for call in loop.calls]
            names |= {rest.partition(".")[0] for head, _, rest in called if head in targets}
            if any(targets & set(call.names) for call in loop.calls) or any(map(reads, names)):
                return loop
    return None


def forbids(
    query: Query | None,
    function: Function | None,
    chain: Chain,
    used: Callable[[Chain], set[str]],
    managed: Callable[[str], bool],
) -> tuple[str, str] | None:
    """Why this relation may not be loaded with this query; `used` are the manager methods at the end of a chain.

    The statement is known to be the whole collection, so that one read which a prefetch answers is enough.
    """
    if query and function and (why := _in_query(query, function, chain)):
        return why
    for position, link in enumerate(chain):
        if not link.many:
            continue
        uses = used(chain[: position + 1])
        if managed(link.name):
            return "R-MANAGER", f"`{link.path}` is read with `{link.name}(manager=...)`"
        if not uses & CACHED and (around := sorted(uses)):
            return "R-CACHEBYPASS", f"`{link.path}` is read with `.{around[0]}()`"
        if not uses:
            return "R-UNRESOLVED", f"no read of `{link.path}` through `.all()` was found"
    return None


def _in_query(query: Query, function: Function, chain: Chain) -> tuple[str, str] | None:
    first = chain[0]
    for loop in query.loops:
        if first.name in loop.writes or (first.column or "") in loop.writes:
            return "R-WRITE", f"the loop at line {loop.line} of {function.path} assigns `.{first.name}`"
        for call in loop.calls:
            if _writes(call.callee, chain):
                return "R-WRITE", f"line {call.line} of {function.path} calls `{call.callee}`"
    limits = [s for s in query.steps if s.name in ("only", "defer")]
    if not first.many and any(_hides(step, first) for step in limits):
        return "R-SHAPE", f"line {query.line} of {function.path} limits the columns with `.{limits[0].name}()`"
    return None


def _hides(step: Step, link: Link) -> bool:
    """Whether `only()` or `defer()` leaves out the key of a relation, or cannot be read."""
    names = [_path(argument) for argument in step.args]
    if not names or None in names:
        return True
    named = {name.partition("__")[0] for name in names if name}
    own = bool(named & {link.name, link.column or link.name})
    return own if step.name == "defer" else not own and link.kind != "reverse o2o"


def _writes(callee: str, chain: Chain) -> bool:
    """Whether a call saves or deletes a row, or writes through a manager of a model or of the chain."""
    *receiver, name = callee.replace("()", "").split(".")
    managers = _MANAGERS | {link.name for link in chain}
    if callee == "?.update":  # at the end of a longer query
        return True
    return bool(receiver) and (name in _SAVES or (name in _WRITES and bool(managers & set(receiver))))


class Loader(msgspec.Struct, frozen=True):
    """A loader method, why it was chosen, how many statements it leaves per request."""

    name: str
    why: str
    statements_after: int


def loader(query: Query, model: DjangoModel, chain: Chain) -> Loader:
    """`select_related` where a join provably changes nothing but the columns, else `prefetch_related`."""
    if any(link.many for link in chain):
        return _separate(chain, "a collection: a separate SELECT leaves the primary statement alone")
    if any(link.kind == "generic" for link in chain):
        return _separate(chain, "a generic key: no join can follow it")
    steps = {step.name for step in query.steps}
    if "select_for_update" in steps:
        return _separate(chain, "the query locks its rows, and a join would lock or refuse others (R-LOCK)")
    if unsafe := sorted(steps - _JOIN_SAFE):
        return _separate(chain, f"`.{unsafe[0]}()` in the query: a join there could change its rows")
    if key := unique_order(query, model):
        return Loader("select_related", f"to-one, ordered by the unique `{key}`: a join changes no row and no order", 0)
    return _separate(chain, "no order by a unique field: on PostgreSQL a join could change the order of rows (R-ORDER)")


def _separate(chain: Chain, why: str) -> Loader:
    return Loader("prefetch_related", why, len(chain))


def unique_order(query: Query, model: DjangoModel) -> str | None:
    """The unique field that the query is unconditionally ordered by, in the query or by the model's Meta."""
    order: tuple[str, ...] = model.ordering
    for step in query.steps:
        if step.name == "order_by":
            if step.conditional:
                return None
            order = tuple(_path(argument) or "" for argument in step.args)
    names = [name.lstrip("-") for name in order]
    return next((n for n in names if n in model.unique_names()), None)


def streams(query: Query) -> bool:
    """Whether the rows come in chunks too small, or of no known size, for a prefetch per chunk to pay."""
    for step in query.steps:
        if step.name in _STREAMS:
            sizes = [*step.args, *(value for _, value in step.keywords)]
            if not sizes or not all(size.isdecimal() and int(size) >= _LARGE_CHUNK for size in sizes):
                return True
    return False
