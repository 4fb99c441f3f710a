"""What a loop writes while rows that were fetched before it are in use."""

import ast
import re
from collections.abc import Iterator

import msgspec

from codemods._loop_gates import inside, is_query
from codemods._loops import Body, Loop, names_in
from codemods.index.calls import Key
from codemods.index.facts import Call, chain_of

_COMMITS = frozenset({"commit", "rollback", "expire_all", "expunge_all"})
_GONE = frozenset({"delete", "adelete", "expire", "expunge", "refresh", "refresh_from_db", "arefresh_from_db"})
_WRITES = frozenset(
    {"save", "asave", "create", "acreate", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "add_all"}
    | {"aget_or_create", "aupdate_or_create", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"}
    | {"merge", "delete", "save_base", "executemany"}
)
_STATEMENT = re.compile(r"\b(?:insert|update|delete)\b", re.IGNORECASE)
_SESSION = re.compile(r"session|\bdb\b", re.IGNORECASE)
_DEPTH = 2  # calls into the repository


class Effects(msgspec.Struct):
    """A refusal, sentences that demote the edit to a draft, and whether the looked up row itself is changed."""

    refusal: tuple[str, str] | None = None
    doubts: list[str] = msgspec.field(default_factory=list)
    changes_row: bool = False

    def refuse(self, code: str, message: str) -> None:
        """Keeps the first refusal."""
        self.refusal = self.refusal or (code, message)


def effects(body: Body, loop: Loop, lookup: ast.Call, model: str, row: str | None) -> Effects:
    """What a loop does besides looking up rows of the model, which it binds to `row`."""
    found = Effects()
    for node in inside(loop):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()) if (
                row is not None and _root(node) == row
            ):
                found.changes_row = True
            case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id=name), *_]) if name == row:
                found.changes_row = True
            case ast.Call(func=func) if node is not lookup and chain_of(func).rpartition(".")[2] in {model, "cls"}:
                found.refuse("R-GET-OR-CREATE", f"the loop makes rows of {model} itself (line {node.lineno})")
            case ast.Call(func=ast.Attribute(attr=attr, value=value)) if node is not lookup:
                _of_call(found, node, attr, value, model, row)
    if found.refusal is None:
        found.doubts += _of_callees(body, loop)
    return found


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _of_call(found: Effects, call: ast.Call, attr: str, value: ast.expr, model: str, row: str | None) -> None:
    words = _words(value)
    given = set().union(*map(names_in, call.args))
    line = call.lineno
    if attr in _COMMITS:
        found.refuse("R-COMMIT", f"the loop ends a transaction (line {line})")
    elif attr in _GONE and row in words | given:
        found.refuse("R-WRITE", f"the loop deletes or reloads the row (line {line})")
    elif model in words and attr in _WRITES | _GONE | {"update", "aupdate"}:
        code = "R-GET-OR-CREATE" if "create" in attr else "R-WRITE"
        found.refuse(code, f"the loop writes rows of {model} (line {line})")
    elif attr in {"execute", "exec_driver_sql"} and _STATEMENT.search(" ".join(map(ast.unparse, call.args))):
        if model in set().union(*map(_words, call.args)):
            found.refuse("R-WRITE", f"the loop writes rows of {model} (line {line})")
        found.doubts.append(_stale(line))
    elif attr in _WRITES and row in words:
        found.changes_row = True
    elif attr in _WRITES or (attr in {"update", "aupdate"} and is_query(value)) or _adds(attr, value):
        found.doubts.append(_stale(line))


def _adds(attr: str, value: ast.expr) -> bool:
    """`session.add(item)`, not `seen.add(item)`."""
    return attr == "add" and bool(_SESSION.search(chain_of(value)))


def _stale(line: int) -> str:
    return f"the loop writes (line {line}): rows that are fetched before it do not see that"


def _words(node: ast.expr) -> set[str]:
    return names_in(node) | {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def _of_callees(body: Body, loop: Loop) -> Iterator[str]:
    called = {(chain_of(node.func), node.lineno) for node in inside(loop) if isinstance(node, ast.Call)}
    calls = [call for call in body.function.calls if (call.callee, call.line) in called]
    for call in calls:
        for key in body.index.calls.targets(body.function, call):
            if (name := _writer(body, key, _DEPTH, set())) is not None:
                yield f"`{name}`, which the loop calls, writes: rows that are fetched before it do not see that"


def _writer(body: Body, key: Key, depth: int, seen: set[Key]) -> str | None:
    function = body.index.calls.function(key)
    if function is None or key in seen:
        return None
    seen.add(key)
    for call in function.calls:
        receiver, _, name = call.callee.rpartition(".")
        if receiver and (name in _WRITES or name in _COMMITS):
            return function.qualname
    inner: list[Call] = function.calls if depth > 1 else []
    found = (_writer(body, target, depth - 1, seen) for c in inner for target in body.index.calls.targets(function, c))
    return next((name for name in found if name), None)
