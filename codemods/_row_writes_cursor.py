"""A statement that a loop sends on a DB-API cursor: its text, its cursor, its driver."""

import ast
import re

from codemods._loop_gates import inside
from codemods._loops import Body, names_in, targets
from codemods.index.facts import callee_of, dotted
from codemods.refusals import RefusedError

_CALLS = frozenset({"execute", "executemany", "execute_values", "execute_batch"})
_RESULTS = frozenset({"fetchone", "fetchall", "fetchmany", "rowcount", "lastrowid", "description", "statusmessage"})
_SENDS = frozenset(
    {"execute", "executemany", "executescript", "callproc", "copy_from", "copy_expert", "copy", "stream"}
)
_DRIVERS = (
    "sqlite3",
    "psycopg2",
    "psycopg",
    "pymysql",
    "MySQLdb",
    "mysql.connector",
    "cx_Oracle",
    "oracledb",
    "pyodbc",
)


def sql_of(body: Body, call: ast.Call) -> str | None:
    """The text that a call sends, with parameters; "" in place of parts of it that vary."""
    name = callee_of(call.func).rpartition(".")[2]
    if name not in _CALLS or len(call.args) < 2:
        return None
    sql = call.args[1] if name in ("execute_values", "execute_batch") else call.args[0]
    return text_of(body, sql)


def text_of(body: Body, node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(str(v.value) if isinstance(v, ast.Constant) else "" for v in values)
        case ast.BinOp(left=left):
            return text_of(body, left)
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return text_of(body, value)
        case ast.Name(id=name):
            module = body.index.tree.module(body.path)
            known = module.values.get(name) if module and not body.bindings(name) else body.value(name)
            return text_of(body, known) if known is not None and not isinstance(known, ast.Name) else None
    return None


def cursor_of(body: Body, loop: ast.For, call: ast.Call) -> str:
    """The source of the cursor.

    Raises:
        RefusedError: it is another one in every round, or the statement or its rows are not what one call could send.
    """
    assert isinstance(call.func, ast.Attribute)
    where, cursor, sql = f"line {call.lineno} of {body.path}", call.func.value, call.args[0]
    if not isinstance(body.statement(call), ast.Expr) or body.statement(call).value is not call:  # type: ignore[attr-defined]
        raise RefusedError("R-RESULT", f"what {where} gives back is used")
    loose = targets(loop) | {n.id for n in inside(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if not dotted(cursor) or names_in(cursor) & loose:
        raise RefusedError("R-SHAPE", f"each round has a cursor of its own at {where}")
    varies = not isinstance(sql, ast.Constant | ast.Name) or bool(names_in(sql) & loose)
    if varies or len(call.args) != 2 or call.keywords:
        raise RefusedError("R-SHAPE", f"the text of the statement at {where} varies, or more is given with it")
    if re.search(r"\bRETURNING\b", text_of(body, sql) or "", re.I):
        raise RefusedError("R-RESULT", f"the statement at {where} returns rows")
    return body.source(cursor)


def is_free(body: Body, loop: ast.For, call: ast.Call, cursor: str) -> None:
    """Nothing else is sent in the loop, nothing of the single statements is read, their rows are made new each time.

    Raises:
        RefusedError: otherwise.
    """
    where = f"line {call.lineno} of {body.path}"
    for node in inside(loop):
        if isinstance(node, ast.Attribute) and node is not call.func and node.attr in _SENDS | _RESULTS:
            code = "R-RESULT" if node.attr in _RESULTS else "R-CARRY"
            raise RefusedError(code, f"the loop around {where} uses `{node.attr}` (line {node.lineno})")
    end = loop.end_lineno or 0
    later = [
        node
        for node in ast.walk(body.definition)
        if isinstance(node, ast.Attribute) and node.lineno > end and ast.unparse(node.value) == cursor
    ]
    if later and min(later, key=lambda n: (n.lineno, n.col_offset)).attr in _RESULTS:
        raise RefusedError("R-RESULT", f"`{cursor}` tells after the loop what the last statement of {where} did")
    if re.search(r"autocommit\s*=\s*True|isolation_level\s*=\s*(None|0)|ISOLATION_LEVEL_AUTOCOMMIT", body.text):
        raise RefusedError("R-TX", f"a connection of {body.path} commits every statement")
    given = call.args[1]
    if isinstance(given, ast.Name):
        stored = {n.id for n in inside(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if given.id not in stored | targets(loop):
            raise RefusedError("R-CARRY", f"`{given.id}`, which {where} sends, is one object in all rounds")
        for node in inside(loop):
            above = next(body.parents(node))
            changes = isinstance(above, ast.Attribute) or (
                isinstance(above, ast.Subscript) and not isinstance(above.ctx, ast.Load)
            )
            if isinstance(node, ast.Name) and node.id == given.id and changes and node.lineno > call.lineno:
                raise RefusedError("R-CARRY", f"`{given.id}` is changed after {where} sends it (line {node.lineno})")
    elif not isinstance(given, ast.Tuple | ast.List | ast.Dict | ast.Call):
        raise RefusedError("R-SHAPE", f"the parameters of {where} are not made new in every round")


def driver_of(body: Body) -> str:
    """The driver that the file imports, else the repository; "" for the cursor of Django.

    Raises:
        RefusedError: it is not the only one.
    """
    module = body.index.tree.module(body.path)
    sources = {source for _, source, _ in module.imports.values()} if module else set()
    if any(source == "django.db" for source in sources):
        return ""
    here = [d for d in _DRIVERS if any(source == d or source.startswith(f"{d}.") for source in sources)]
    pattern = r"^\s*(?:import|from) {}\b"
    found = here or [d for d in _DRIVERS if body.index.tree.matching("(?m)" + pattern.format(re.escape(d)))]
    if len(found) != 1:
        known = " and ".join(found) or "no known driver"
        raise RefusedError("R-UNRESOLVED", f"which driver sends the rows of {body.path}: {known} is imported")
    return found[0]
