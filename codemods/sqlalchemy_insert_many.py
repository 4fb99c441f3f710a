"""Insert the rows of a loop with one `execute` and a list of parameters, instead of a statement per row.

`connection.execute(insert(Item).values(a=a, b=b))` in a loop compiles and sends a statement per row; one `execute` of
`insert(Item)` with a list of dictionaries sends them in batches. A commit that ends every round comes after them all,
as a draft that says so. Refused: what an insert gives back is used, values that are SQL, other statements of the
connection between, rounds that handle their own errors, engines that commit every statement. A draft for sessions,
whose pending objects a statement on the table does not flush.
"""

import ast
import re
from typing import NamedTuple

from codemods import _cst, _loop_edits
from codemods._lazy import names_of
from codemods._loop_answers import proposed
from codemods._loop_gates import inside
from codemods._loops import Body, imported_as, names_in, targets
from codemods._row_writes import Found, answers
from codemods._row_writes_effects import Table, others
from codemods._row_writes_loop import LATER, NOT_ATOMIC, in_transaction, leave, loops_around
from codemods._row_writes_text import after, new_line
from codemods.api import Answer, Load, Meta, Proposal, Repeat, Sighting
from codemods.index import Index
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._sqlalchemy_insert_many_cases")

META = Meta(
    id="sqlalchemy-insert-many",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"SQLAlchemy": ">=1.4"},
    effect="100 -> 1 calls, 46 -> 1 ms CPU",
)
_SESSION = re.compile(r"(^|[._])(session|db|sess)\w*$", re.IGNORECASE)
_ENGINE = re.compile(r"engine|bind", re.IGNORECASE)


class _Insert(NamedTuple):
    """`connection.execute(insert(Item).values(...))`: its parts, and the model where the table is one's."""

    executor: ast.expr
    source: ast.Call
    values: list[ast.keyword]
    target: ast.expr
    is_model: bool


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each INSERT that a loop repeats, and a refusal for each other."""
    return answers(index, sighting, frozenset({"INSERT"}), _inserts, _edit, looped=False)


def _inserts(body: Body, call: ast.Call, repeat: Repeat) -> bool:
    """Whether it inserts a row in a loop, or many outside of one."""
    if body.loop(call) is not None:
        return _parts(body, call, repeat) is not None
    match call:
        case ast.Call(func=ast.Attribute(attr="execute"), args=[ast.Call() as source, _]):
            return _target(body, source, repeat) is not None
    return False


def _parts(body: Body, call: ast.Call, repeat: Repeat) -> _Insert | None:
    match call:
        case ast.Call(
            func=ast.Attribute(attr="execute", value=executor),
            args=[ast.Call(func=ast.Attribute(attr="values", value=ast.Call() as source), args=[], keywords=values)],
            keywords=[],
        ) if (found := _target(body, source, repeat)) is not None:
            return _Insert(executor, source, values, *found)
    return None


def _target(body: Body, source: ast.Call, repeat: Repeat) -> tuple[ast.expr, bool] | None:
    """The table of `insert(Item)` or `items.insert()`, and whether it is a model."""
    match source:
        case ast.Call(func=ast.Name() | ast.Attribute() as func, args=[target], keywords=[]) if (
            imported_as(body.index, body.path, func).startswith("sqlalchemy.")
            and dotted(func).rpartition(".")[2] == "insert"
        ):
            pass
        case ast.Call(func=ast.Attribute(attr="insert", value=target), args=[], keywords=[]):
            pass
        case _:
            return None
    name = dotted(target).removesuffix(".__table__")
    model = body.index.models.get(body.path, name, body.function.qualname) if name else None
    if model is not None:
        return (target, dotted(target) == name) if model.table in repeat.tables[:1] else None
    place = body.index.names.resolve(body.path, name) if name else None
    module = body.index.tree.module(place[0]) if place else None
    made = module.values.get(place[1]) if module and place else None
    match made:
        case ast.Call(args=[ast.Constant(value=table), *_]) if dotted(made.func).endswith("Table"):
            return (target, False) if table in repeat.tables[:1] else None
    return None


def _edit(found: Found) -> Proposal:
    body, call = found.body, found.calls[0]
    if body.loop(call) is None:
        raise RefusedError("R-BATCHED", f"{found.where} inserts the rows of all rounds in one call")
    loops = loops_around(body, [call])
    parts = _parts(body, call, found.repeat)
    if len(found.calls) > 1 or not loops or parts is None:
        raise RefusedError("R-AMBIGUOUS", f"several calls of {body.path} insert alike, or no `for` is around")
    loop = loops[-1]
    commit = _commit(loop, parts) if body.statement(call) in loop.body else None
    leave(body, loop, [call], (commit,) if commit is not None else ())
    _is_free(body, loop, call, parts, commit)
    own = [call, parts.source, *(node for node in call.args if isinstance(node, ast.Call))]
    moved = [commit.value] if commit is not None and isinstance(commit.value, ast.Call) else []
    doubts = others(body, loop, Table("\0", frozenset()), [*own, *moved])
    if commit is not None:
        doubts.append("rounds were committed one by one; now all of them are at the end, or none after an error")
    elif _SESSION.search(dotted(parts.executor)) is None and not in_transaction(body, loop):
        doubts.append(NOT_ATOMIC)
    if parts.is_model and _SESSION.search(dotted(parts.executor)):
        doubts.append("the rows go to the table itself: what is pending in the session is not flushed before them")
    return _proposal(found, loop, parts, commit, doubts)


def _commit(loop: ast.For, parts: _Insert) -> ast.Expr | None:
    """The commit of the same session that ends every round."""
    last = loop.body[-1]
    ends = isinstance(last, ast.Expr) and ast.unparse(last) == f"{ast.unparse(parts.executor)}.commit()"
    return last if ends and isinstance(last, ast.Expr) and len(loop.body) > 1 else None


def _is_free(body: Body, loop: ast.For, call: ast.Call, parts: _Insert, commit: ast.Expr | None) -> None:
    """Nothing of an insert is read, its values are plain, and the connection is used for nothing else.

    Raises:
        RefusedError: otherwise.
    """
    where = f"line {call.lineno} of {body.path}"
    statement = body.statement(call)
    if not isinstance(statement, ast.Expr) or statement.value is not call:
        raise RefusedError("R-RESULT", f"what {where} gives back is used")
    executor = dotted(parts.executor)
    loose = targets(loop) | {n.id for n in inside(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if not executor or names_in(parts.executor) & loose or _ENGINE.search(executor.rpartition(".")[2]):
        raise RefusedError("R-TX", f"`{ast.unparse(parts.executor)}` at {where} may commit every statement by itself")
    if any(keyword.arg is None for keyword in parts.values) or not parts.values:
        raise RefusedError("R-SHAPE", f"which columns {where} gives values for is not known")
    for node in inside(loop):
        if node is call.func or (commit is not None and node in ast.walk(commit)):
            continue
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == ast.unparse(parts.executor):
            raise RefusedError("R-CARRY", f"the loop around {where} uses `{executor}.{node.attr}` (line {node.lineno})")
    for keyword in parts.values:
        if why := _is_sql(body, keyword.value, dotted(parts.target)):
            raise RefusedError("R-SHAPE", f"`{keyword.arg}` at {where} is given {why}, which no parameter can be")
    model = body.index.models.get(body.path, dotted(parts.target), body.function.qualname)
    columns = model.all_columns() if model is not None else {}
    for keyword in parts.values if model is not None else ():
        if keyword.arg not in columns or columns[keyword.arg].name != keyword.arg:
            raise RefusedError("R-SHAPE", f"`{keyword.arg}` at {where} is not the name of a column")


def _is_sql(body: Body, node: ast.expr, target: str) -> str:
    """What makes a value an expression of SQL; "" where nothing does."""
    known = [body.value(name) for name in sorted(names_in(node))]
    for part in (node, *(value for value in known if value is not None)):
        for inner in ast.walk(part):
            if isinstance(inner, ast.Name | ast.Attribute):
                if imported_as(body.index, body.path, inner).startswith("sqlalchemy"):
                    return f"`{ast.unparse(inner)}`"
                if dotted(inner) == target or dotted(inner).startswith(f"{target}."):
                    return f"`{dotted(inner)}`"
    return ""


def _proposal(found: Found, loop: ast.For, parts: _Insert, commit: ast.Expr | None, doubts: list[str]) -> Proposal:
    body, call = found.body, found.calls[0]
    place = _loop_edits.before(body, loop)
    assert place is not None  # a `for` begins its line
    newline, step = _cst.newline(body.text), _loop_edits.step(body)
    rows = _loop_edits.fresh(body, "rows", "new_rows")
    executor = body.source(parts.executor)
    source = body.source(parts.source)
    if parts.is_model and _SESSION.search(executor):
        source = source.removesuffix(")") + ".__table__)"
    given = ", ".join(f"{_loop_edits.quoted(body, k.arg or '')}: {body.source(k.value)}" for k in parts.values)
    begin, stop = body.offsets(body.statement(call))
    indent = body.text[body.text.rfind("\n", 0, begin) + 1 : begin]
    line = _loop_edits.line(body, indent, f"{rows}.append({{", given, "})")
    sent = [f"{place.indent}if {rows}:", f"{place.indent}{step}{executor}.execute({source}, {rows})"]
    edits = [(place.at, place.at, f"{place.indent}{rows} = []{newline}"), (begin, stop, line[len(indent) :].rstrip())]
    if commit is not None:
        sent.append(f"{place.indent}{step}{executor}.commit()")
        first, last = body.offsets(commit)
        edits.append((body.text.rfind("\n", 0, first) + 1, body.text.find("\n", last) + 1 or last, ""))
    edits.append(new_line(body, after(body, loop, place.indent), newline.join(sent) + newline))
    table = found.repeat.tables[0]
    load = Load(table, "executemany", "one execute sends the rows of all rounds", found.repeat, 1)
    texts = {body.path: _cst.replace(body.text, edits)}
    return proposed(
        META.id, found.reached, body, call, load, texts, doubts=doubts, notes=(LATER,),
        does=f"insert the rows of {table} in one call",
    )  # fmt: skip
