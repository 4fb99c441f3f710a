"""What else a loop does while the rows that it writes wait for its end: whether anything there could see them."""

import ast
import builtins
import sys
from collections.abc import Iterator

import msgspec

from codemods._loop_gates import inside
from codemods._loops import Body, Loop, imported_as
from codemods.index.calls import Key
from codemods.index.facts import chain_of, dotted
from codemods.refusals import RefusedError

_CREATES = frozenset({"get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"})
_QUERIES = frozenset({"objects", "query", "all_objects", "_default_manager", "_base_manager"})
_INERT = frozenset(
    {name for kind in (str, list, dict, set, bytes) for name in dir(kind) if not name.startswith("_")}
    | {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "write", "isoformat", "strftime"}
    | {"date", "time", "total_seconds", "group", "groups", "_", "gettext", "gettext_lazy", "ugettext", "ugettext_lazy"}
)
_INERT_MODULES = ("django.utils.", "django.conf.", "dateutil.", "pytz.")
_DEPTH = 2  # calls into the repository


class Table(msgspec.Struct):
    """What names the rows that are written: the model, the managers and attributes that lead to them, their source."""

    model: str
    links: frozenset[str]
    receivers: frozenset[str] = frozenset()


def others(body: Body, loop: Loop, table: Table, writes: list[ast.Call]) -> list[str]:
    """Sentences on calls of a loop that may see rows which are not written yet; nothing is known against the rest.

    Raises:
        RefusedError: later rounds read or write rows of the same table.
    """
    doubtful: list[str] = []
    own = {id(node) for call in writes for node in ast.walk(call.func)}
    expressions = (node for node in inside(loop) if isinstance(node, ast.expr) and id(node) not in own)
    for node in sorted(expressions, key=lambda n: (n.lineno, n.col_offset)):
        if reads := _reads(node, table):
            code, what = reads
            raise RefusedError(code, f"{what} (line {node.lineno}), and must see what earlier rounds wrote")
        if isinstance(node, ast.Call) and node not in writes:
            doubtful += _of_callee(body, node, table)
    called = list(dict.fromkeys(doubtful))
    if not called:
        return []
    return [f"the rows are written after calls of {_listed(called)} now, which must not read them"]


def _reads(node: ast.expr, table: Table) -> tuple[str, str] | None:
    """A refusal when an expression asks for rows of the table or changes them."""
    match node:
        case ast.Call(func=ast.Attribute(attr=attr, value=value)) if attr in _CREATES and _names(value, table):
            return "R-GET-OR-CREATE", f"the loop calls `{attr}` on rows of {table.model}"
        case ast.Attribute(attr=attr, value=value) if attr in _QUERIES and _last(value) == table.model:
            return "R-CARRY", f"the loop asks for rows of {table.model}"
        case ast.Attribute(attr=attr, ctx=ast.Load()) if attr in table.links:
            return "R-CARRY", f"the loop reads `{attr}`, rows of {table.model}"
        case ast.Attribute(value=value) if table.receivers and ast.unparse(value) in table.receivers:
            return "R-CARRY", f"the loop asks for rows of {table.model}"
        case ast.Call(args=args) if any(_last(a) == table.model for a in args) and _last(node.func) != "isinstance":
            return "R-CARRY", f"the loop gives {table.model} to `{dotted(node.func)}`"
    return None


def _names(node: ast.expr, table: Table) -> bool:
    words = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    words |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return bool(words & {table.model, *table.links}) or ast.unparse(node) in table.receivers


def _last(node: ast.expr) -> str:
    return dotted(node).rpartition(".")[2]


def _is_inert(body: Body, call: ast.Call) -> bool:
    """Whether a call asks no database, as far as its name tells, or asks it for rows of another model."""
    name = _last(call.func)
    source = imported_as(body.index, body.path, call.func)
    if source:
        return (
            source.partition(".")[0] in sys.stdlib_module_names or source.startswith(_INERT_MODULES) or name in _INERT
        )
    if isinstance(call.func, ast.Name):
        return hasattr(builtins, name) or name in _INERT
    if not isinstance(call.func, ast.Attribute):
        return False
    words = {n.attr for n in ast.walk(call.func) if isinstance(n, ast.Attribute)}
    return name in _INERT or bool(words & _QUERIES)


def _of_callee(body: Body, call: ast.Call, table: Table) -> Iterator[str]:
    """The name of a call that nothing is known about.

    Raises:
        RefusedError: it is known to ask for rows of the table.
    """
    name = chain_of(call.func) or ast.unparse(call.func)
    keys = [
        key
        for fact in body.function.calls
        if fact.callee == dotted(call.func) and fact.line == call.lineno
        for key in body.index.calls.targets(body.function, fact)
    ]
    if any(_asks(body, key, table, _DEPTH, set()) for key in keys):
        raise RefusedError(
            "R-CARRY", f"`{name}`, which the loop calls (line {call.lineno}), asks for {table.model} rows"
        )
    if not _is_inert(body, call) and not name.rpartition(".")[2][:1].isupper():  # a class is made, nothing more
        yield f"`{name}`"


def _asks(body: Body, key: Key, table: Table, depth: int, seen: set[Key]) -> bool:
    definition, function = body.index.definitions.get(key), body.index.calls.function(key)
    if definition is None or function is None or key in seen:
        return False
    seen.add(key)
    for node in ast.walk(definition):
        if isinstance(node, ast.Attribute) and node.attr in _QUERIES and _last(node.value) == table.model:
            return True
        if isinstance(node, ast.Attribute) and node.attr in table.links:
            return True
    inner = function.calls if depth > 1 else []
    return any(
        _asks(body, target, table, depth - 1, seen) for c in inner for target in body.index.calls.targets(function, c)
    )


def _listed(names: list[str]) -> str:
    shown = names[:3] + (["others"] if len(names) > 3 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
