"""The call that sends many rows on a DB-API cursor, the one that pays for the driver."""

import ast
import re

import msgspec

from codemods import _loop_edits
from codemods._loops import Body
from codemods._row_writes_cursor import text_of
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

_PAGE = 1000  # rows per statement
_VALUES = re.compile(r"\bVALUES\s*(\((?:[^()]|\([^()]*\))*\))", re.I)


class Batch(msgspec.Struct):
    """The line that sends many rows, the name of what sends them, and a name that it needs of `psycopg2.extras`.

    `rows` is how many of them a round trip carries at most.
    """

    text: str
    name: str
    imports: str = ""
    rows: int = 1_000_000


def batch_call(body: Body, call: ast.Call, driver: str, cursor: str, rows: str, indent: str) -> Batch:
    """The line behind the loop."""
    sql = call.args[0]
    written = body.text[slice(*body.offsets(sql))]
    text = text_of(body, sql) or ""
    if driver != "psycopg2":
        if driver == "psycopg" and not _is_cursor(body, cursor):
            raise RefusedError("R-SHAPE", f"`{cursor}` may be a connection, which has no `executemany` in psycopg")
        return Batch(_line(body, indent, f"{cursor}.executemany(", written, rows), "executemany")
    found = _VALUES.findall(written)
    if isinstance(sql, ast.Constant) and len(found) == 1 and not re.search(r"\bDO\s+UPDATE\b", text, re.I):
        plain = re.fullmatch(r"\((\s*%s\s*,?)+\)", found[0])
        template = "" if plain else f', template="{found[0]}"'
        if "\n" not in template and template.count('"') in (0, 2):
            many = written.replace(found[0], "%s")
            more = f"{template}, page_size={_PAGE}"
            line = _line(body, indent, "execute_values(", f"{cursor}, {many}", f"{rows}{more}")
            return Batch(line, "execute_values", "execute_values", _PAGE)
    line = _line(body, indent, "execute_batch(", f"{cursor}, {written}", f"{rows}, page_size={_PAGE}")
    return Batch(line, "execute_batch", "execute_batch", _PAGE)


def _is_cursor(body: Body, cursor: str) -> bool:
    made = body.value(cursor)
    opened = [
        item.context_expr
        for node in body.own() if isinstance(node, ast.With)
        for item in node.items if item.optional_vars is not None and dotted(item.optional_vars) == cursor
    ]  # fmt: skip
    values = [*opened, *([made] if made is not None else [])]
    by_value = any(isinstance(v, ast.Call) and dotted(v.func).rpartition(".")[2] == "cursor" for v in values)
    return by_value or cursor.rpartition(".")[2] in {"cur", "cursor"}


def _line(body: Body, indent: str, head: str, sql: str, rows: str) -> str:
    if "\n" in sql:
        return f"{indent}{head}{sql}, {rows})"
    return _loop_edits.line(body, indent, head, f"{sql}, {rows}", ")").rstrip("\r\n")
