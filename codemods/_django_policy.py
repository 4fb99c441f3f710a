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
    | {"fetch_mode"}
)
SINGLE = frozenset({"get", "first", "last", "latest", "earliest", "aget", "afirst", "alast", "get_or_404"})
# Of these, what gives a row that no order picks, and what takes the primary key for the order where there is none.
_LOOKUPS = frozenset({"get", "aget", "get_or_404"})
_ENDS = frozenset({"first", "last", "afirst", "alast"})
_GROUPING = frozenset({"annotate", "alias", "distinct"})  # what comes with one row by a to-one join splits no group
_UNIONS = frozenset({"union", "intersection", "difference"})
_STREAMS = frozenset({"iterator", "aiterator"})
_LARGE_CHUNK = 100  # rows: one more statement per chunk of so many is still a gain
# Steps under which a LEFT JOIN to one row keeps the rows.
_JOIN_SAFE = frozenset(
    {"all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "[]", "using", "iterator"}
    | {"fetch_mode"}
    | _LOOKUPS
    | _ENDS
)
_WRITES = frozenset({"add", "remove", "set", "clear", "create", "update", "delete", "bulk_create", "get_or_create"})
_WRITES |= {"bulk_update", "update_or_create"}
_SAVES = frozenset({"save", "delete", "asave", "adelete"})
_MANAGERS = frozenset({"objects", "all_objects", "_default_manager", "_base_manager"})
_NO_LAZY_LOAD = re.compile(r"\bgroup by\b|\b(count|exists|max|min|sum|avg)\s*\(|^\s*(?!select\b|$)", re.IGNORECASE)
_NO_LAZY_SHAPES = frozenset({"write", "count", "exists"})
STREAMED = "rows in a stream take no prefetch; those that the order leaves equal may come in another order (R-ORDER)"
_PEERS = "Django 6.1 or newer: the first read loads it for all rows, the primary statement stays as it is"


def is_lazy_load(repeat: Repeat) -> bool:
    """A lazy load selects the columns of one row or collection: no aggregate, no write."""
    return repeat.shape not in _NO_LAZY_SHAPES and not _NO_LAZY_LOAD.search(repeat.statement)


class Existing(msgspec.Struct, frozen=True):
    """Paths that a query loads already, and whether all its loader calls could be read; the mode that it fetches in.

    `mode` is the source of what `fetch_mode()` is given last, unconditionally.
    """

    paths: frozenset[str]
    readable: bool
    mode: str | None = None

    @property
    def peers(self) -> bool:
        """Whether the first read of a to-one relation loads it for all rows."""
        return self.mode is not None and self.mode.rpartition(".")[2] == "FETCH_PEERS"


def existing(steps: Iterable[Step], loaded_by: Callable[[str], set[str] | None]) -> Existing:
    """Read `select_related(...)` and `prefetch_related(...)` of a query, and what its custom methods load."""
    paths: set[str] = set()
    readable, mode = True, None
    for step in steps:
        if step.name == "fetch_mode":
            mode = step.args[0] if step.args and not step.conditional else "?"
        if step.name not in ("select_related", "prefetch_related"):
            named = set() if step.name in STANDARD else loaded_by(step.name)
            readable = readable and named is not None
            paths |= {prefix for name in named or () for prefix in prefixes(name)}
            continue
        names = [_path(argument) for argument in step.args]
        readable = readable and bool(names) and None not in names and not step.keywords
        if not step.conditional:
            paths |= {prefix for name in names if name for prefix in prefixes(name)}
    return Existing(frozenset(paths), readable, mode)


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


def refusal(query: Query, function: Function, *, peers: bool) -> tuple[str, str] | None:
    """Why no relation may be loaded with this query; a fetch mode is no part of its SQL."""
    steps = {step.name for step in query.steps}
    if not peers and (unions := sorted(steps & _UNIONS)):
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
    *,
    peers: bool,
) -> tuple[str, str] | None:
    """Why this relation may not be loaded with this query; `used` are the manager methods at the end of a chain.

    The statement is known to be the whole collection, so that one read which a prefetch answers is enough.
    """
    if query and function and (why := _in_query(query, function, chain, peers=peers)):
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


def _in_query(query: Query, function: Function, chain: Chain, *, peers: bool) -> tuple[str, str] | None:
    first = chain[0]
    for loop in query.loops:
        if first.name in loop.writes or (first.column or "") in loop.writes:
            return "R-WRITE", f"the loop at line {loop.line} of {function.path} assigns `.{first.name}`"
        for call in loop.calls:
            if _writes(call.callee, chain):
                return "R-WRITE", f"line {call.line} of {function.path} calls `{call.callee}`"
    if not peers and (limit := hiding(query, first)):
        return "R-SHAPE", f"line {query.line} of {function.path} limits the columns with `.{limit}()`"
    return None


def hiding(query: Query, link: Link) -> str | None:
    """The `only` or `defer` that leaves out the key of a to-one relation of the rows, if one does."""
    limits = [s for s in query.steps if s.name in ("only", "defer")]
    return limits[0].name if not link.many and any(_hides(step, link) for step in limits) else None


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


def loader(query: Query, model: DjangoModel, chain: Chain, *, peers: bool, one: bool) -> Loader:
    """`fetch_mode` where it is known and loads the chain for all rows; `one` is whether there is one row only.

    Else `select_related` where a join provably changes nothing but the columns, else `prefetch_related`.
    """
    if peers and not one and by_peers(query, chain):
        return Loader("fetch_mode", _PEERS, len(chain))
    if any(link.many for link in chain):
        return _separate(chain, "a collection: a separate SELECT leaves the primary statement alone")
    if any(link.kind == "generic" for link in chain):
        return _separate(chain, "a generic key: no join can follow it")
    steps = {step.name for step in query.steps}
    if "select_for_update" in steps:
        return _separate(chain, "the query locks its rows, and a join would lock or refuse others (R-LOCK)")
    if unsafe := sorted(steps - _JOIN_SAFE - (_GROUPING if one else set())):
        return _separate(chain, f"`.{unsafe[0]}()` in the query: a join there could change its rows")
    if one and not steps & (SINGLE - _LOOKUPS):
        return Loader("select_related", "to-one, of one row: there is no order that a join could change", 0)
    if key := unique_order(query, model):
        return Loader("select_related", f"to-one, ordered by the unique `{key}`: a join changes no row and no order", 0)
    if streams(query):  # nothing else than a join loads ahead there
        return Loader("select_related", STREAMED, 0)
    return _separate(chain, "no order by a unique field: on PostgreSQL a join could change the order of rows (R-ORDER)")


def by_peers(query: Query, chain: Chain) -> bool:
    """Whether `FETCH_PEERS` loads the chain for all rows: no collection in it, and the rows do not come in a stream."""
    return not any(link.many for link in chain) and not any(step.name in _STREAMS for step in query.steps)


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
    if not order and _ENDS.intersection(step.name for step in query.steps):
        return "pk"
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
