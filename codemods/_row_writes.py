"""Writes of one row per round of a loop: which calls they are, which loop they can leave, where the one call goes."""

import ast
import re
from collections.abc import Callable, Iterable

import msgspec

from codemods import _cst
from codemods._loop_edits import Place, step, width
from codemods._loop_gates import inside, iterated, streams
from codemods._loops import Body, Loop, bodies
from codemods.api import Answer, No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.facts import callee_of, dotted

BATCH = 1000  # rows per statement: a list of any length stays within the limits of drivers and servers
_COMMITS = frozenset(
    {"commit", "rollback", "set_autocommit", "savepoint", "savepoint_commit", "savepoint_rollback", "begin_nested"}
)
_ATOMIC = frozenset({"atomic", "begin", "begin_nested", "commit_on_success"})
_BATCHES = frozenset({"bulk_create", "bulk_update", "update", "executemany", "execute_values", "execute_batch"})
NOT_ATOMIC = "outside a transaction a failure kept the rows before it; now none of them is kept"


class RefusedError(Exception):
    """Why there is no edit: a code of `codemods.refusals` and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Found(msgspec.Struct):
    """Writes of a function that repeat one statement, and who reaches the function."""

    body: Body
    calls: list[ast.Call]
    reached: Reached
    repeat: Repeat

    @property
    def where(self) -> str:
        """The place of the first of them, for sentences."""
        return f"line {self.calls[0].lineno} of {self.body.path}"


Match = Callable[[Body, ast.Call, Repeat], bool]
Edit = Callable[[Found], Proposal]


def answers(
    index: Index, sighting: Sighting, operations: frozenset[str], match: Match, edit: Edit, *, looped: bool = True
) -> list[Answer]:
    """For each repeat of these operations ("INSERT") the batched write, or why there is none.

    With `looped` the calls that match are in the loop, as far as they do not write many rows. `edit` raises
    `RefusedError` for a write that must stay.
    """
    return [
        _answer(index, sighting, repeat, match, edit, looped)
        if repeat.statement.split(" ", 1)[0].upper() in operations
        else No("R-UNRESOLVED", f"no loop writes rows with `{repeat.statement}`", (repeat,))
        for repeat in sighting.repeats
    ]


def _answer(index: Index, sighting: Sighting, repeat: Repeat, match: Match, edit: Edit, looped: bool) -> Answer:
    nearest = {(r.path, r.qualname): r for r in reversed(sighting.reached)}
    found = _found(index, {k: r for k, r in nearest.items() if k in sighting.readers}, repeat, match, looped)
    found = found or _found(index, nearest, repeat, match, looped)
    if not found:
        behind = _behind(index, nearest, repeat, match) if looped else None
        return behind or No("R-UNRESOLVED", f"no loop on the way writes rows with `{repeat.statement}`", (repeat,))
    if len(found) > 1:
        places = tuple(f"{one.body.path}:{one.calls[0].lineno}" for one in found)
        return No("R-AMBIGUOUS", f"{' and '.join(places)} write rows alike", (repeat,), places)
    body = found[0].body
    try:
        return edit(found[0])
    except RefusedError as refused:
        done = refused.code == "R-BATCHED"
        return No(refused.code, refused.message, (repeat,), path=body.path, qualname=body.function.qualname, done=done)


def _found(index: Index, nearest: dict[Key, Reached], repeat: Repeat, match: Match, looped: bool) -> list[Found]:
    found: list[Found] = []
    for body in bodies(index, nearest):
        calls = [call for call in body.calls() if match(body, call, repeat)]
        inner = [call for call in calls if body.loop(call) is not None] if looped else calls
        if calls and (inner or all(_is_many(call) for call in calls)):
            found.append(Found(body, inner or calls, nearest[body.path, body.function.qualname], repeat))
    return found


def _behind(index: Index, nearest: dict[Key, Reached], repeat: Repeat, match: Match) -> No | None:
    """The refusal where a loop calls a function that writes one row."""
    looped = {
        key: f"line {call.lineno} of {body.path}"
        for body in bodies(index, nearest)
        for call in body.calls()
        if body.loop(call) is not None
        for fact in body.function.calls
        if (fact.callee, fact.line) == (callee_of(call.func), call.lineno)
        for key in index.calls.targets(body.function, fact)
    }
    for body in bodies(index, [key for key in nearest if key in looped]):
        if calls := [call for call in body.calls() if match(body, call, repeat)]:
            name = body.function.qualname
            place = f"line {calls[0].lineno} of {body.path}"
            message = f"`{name}` writes one row ({place}), and {looped[body.path, name]} calls it in a loop"
            return No("R-SHARED-CALLERS", message, (repeat,), path=body.path, qualname=name)
    return None


def _is_many(call: ast.Call) -> bool:
    """Whether it is a batched call already."""
    return callee_of(call.func).rpartition(".")[2] in _BATCHES


# ---- the loop ----


def loops_around(body: Body, nodes: list[ast.Call]) -> list[ast.For]:
    """The `for` statements around all of some calls, outermost first."""
    common: list[ast.For] = []
    for at, node in enumerate(nodes):
        around: list[ast.For] = []
        inner: Loop | None = body.loop(node)
        while inner is not None:
            around += [inner] if isinstance(inner, ast.For) else []
            inner = body.loop(inner)
        common = around if at == 0 else [loop for loop in common if loop in around]
    return common[::-1]


def leave(body: Body, loop: ast.For, calls: list[ast.Call]) -> None:
    """The preconditions of writing after the loop what its rounds write.

    Raises:
        RefusedError: the loop is of another kind, ends in another way, or the write is under something of its own.
    """
    where = f"line {calls[0].lineno} of {body.path}"
    if loop.orelse:
        raise RefusedError("R-SHAPE", f"the loop around {where} has an `else`")
    if streams(iterated(loop)):
        raise RefusedError("R-STREAM", f"the loop around {where} goes over a stream, which may not fit in memory")
    for call in calls:
        for above in body.within(call, (ast.Try, ast.With, ast.AsyncWith, ast.AsyncFor, ast.ListComp), loop):
            if isinstance(above, ast.Try):
                raise RefusedError("R-PARTIAL", f"each round handles its own errors around {where}")
            if isinstance(above, ast.With | ast.AsyncWith) and _opens(above) & _ATOMIC:
                raise RefusedError("R-TX", f"each round is a transaction of its own around {where}")
            raise RefusedError("R-SHAPE", f"{where} is inside a `with`, an `async for` or a comprehension")
    for node in inside(loop):
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom):
            raise RefusedError("R-COND", f"the loop around {where} can end early, and nothing would be written then")
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _COMMITS:
            raise RefusedError("R-TX", f"the loop around {where} ends a transaction (line {node.lineno})")


def in_transaction(body: Body, loop: ast.For) -> bool:
    """Whether one transaction around the loop, seen in the function, undoes all rounds when one fails."""
    for above in body.parents(loop):
        if isinstance(above, ast.Try):
            return False
        if isinstance(above, ast.With | ast.AsyncWith) and _opens(above) & _ATOMIC:
            return True
    return any(_last(decorator) in _ATOMIC for decorator in body.definition.decorator_list)


def _opens(node: ast.With | ast.AsyncWith) -> set[str]:
    return {_last(item.context_expr) for item in node.items}


def _last(node: ast.expr) -> str:
    return dotted(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]


# ---- the text ----


def after(body: Body, loop: ast.For, indent: str) -> Place:
    """The place right behind the lines of a loop, comments that belong to it included."""
    text, end = body.text, body.offsets(loop)[1]
    at = _next_line(text, end)
    ahead = at
    for row in text[at:].splitlines(keepends=True):
        ahead += len(row)
        if not row.strip():
            continue
        if not row.lstrip().startswith("#") or len(row) - len(row.lstrip()) <= len(indent):
            break
        at = ahead
    return Place(at, indent)


def _next_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def new_line(body: Body, place: Place, written: str) -> tuple[int, int, str]:
    """The edit that puts whole lines at a place; a last line without an end gets one."""
    lead = _cst.newline(body.text) if place.at and body.text[place.at - 1] not in "\r\n" else ""
    return place.at, place.at, lead + written


def nested(body: Body, call: ast.Call, opening: str, name: str, closing: str, more: str = "") -> str:
    """`opening name(arguments) closing` with the arguments of a call as they are laid out there, `more` before them."""
    start, end = body.offsets(call)
    line = body.text.rfind("\n", 0, start) + 1
    rest = body.text[line:start]
    indent = rest[: len(rest) - len(rest.lstrip())]
    newline = _cst.newline(body.text)
    begin = body.offsets(call.func)[1]
    given = body.text[begin:end]
    if more:
        gap = re.match(r"\(\s*", given)[0]  # type: ignore[index]
        comma = "" if given[len(gap) :] == ")" else ","
        space = gap[1:] or " " * bool(comma)
        given = f"{gap}{more}{comma}{space if comma else ''}{given[len(gap) :]}"
    whole = f"{opening}{name}{given}{closing}"
    if "\n" not in given and len(indent) + len(whole) <= width(body.text):
        return whole
    deeper = indent + step(body)
    if "\n" not in given:
        return f"{opening}{newline}{deeper}{name}{given}{newline}{indent}{closing}"
    if any(isinstance(n, ast.Constant | ast.JoinedStr) and n.lineno != n.end_lineno for n in ast.walk(call)):
        return whole
    if given.lstrip("( \t")[:1] not in "\r\n":  # aligned to the parenthesis
        column = len(opening) + len(name) - len(body.source(call.func))
        more, less = " " * max(column, 0), " " * max(-column, 0)
        return whole.replace("\n" + less, "\n" + more)
    moved = given.replace("\n", "\n" + step(body))
    if given.rpartition("\n")[2].strip() != ")":
        return f"{opening}{newline}{deeper}{name}{moved}{closing}"
    if max(map(len, moved.splitlines())) > width(body.text) and "#" not in given and not more:
        inner = "".join(f"{deeper}{step(body)}{argument},{newline}" for argument in _arguments(body, call))
        moved = f"({newline}{inner}{deeper})"
    return f"{opening}{newline}{deeper}{name}{moved}{newline}{indent}{closing}"


def _arguments(body: Body, call: ast.Call) -> list[str]:
    nodes: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    spans = [(n.lineno, n.col_offset, n.end_lineno or 0, n.end_col_offset or 0) for n in nodes]
    return [body.text[slice(*_cst.offsets(body.text, span))] for span in sorted(spans)]
