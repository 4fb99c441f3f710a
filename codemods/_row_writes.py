"""Writes of one row per round of a loop: the functions on the way that make them."""

import ast
from collections.abc import Callable

import msgspec

from codemods._loop_answers import alike, nearest, no
from codemods._loops import Body, bodies
from codemods.api import Answer, No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.facts import callee_of
from codemods.refusals import RefusedError

_BATCHES = frozenset({"bulk_create", "bulk_update", "update", "executemany", "execute_values", "execute_batch"})


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
        else No("R-UNRESOLVED", f"no loop writes rows with `{repeat.statement}`", (repeat,), foreign=True)
        for repeat in sighting.repeats
    ]


def _answer(index: Index, sighting: Sighting, repeat: Repeat, match: Match, edit: Edit, looped: bool) -> Answer:
    reached = nearest(sighting)
    found = _found(index, {k: r for k, r in reached.items() if k in sighting.readers}, repeat, match, looped)
    found = found or _found(index, reached, repeat, match, looped)
    if not found:
        behind = _behind(index, reached, repeat, match) if looped else None
        return behind or No("R-UNRESOLVED", f"no loop on the way writes rows with `{repeat.statement}`", (repeat,))
    if len(found) > 1:
        return alike((f"{one.body.path}:{one.calls[0].lineno}" for one in found), "write rows alike", repeat)
    body = found[0].body
    try:
        return edit(found[0])
    except RefusedError as refused:
        return no(refused.code, refused.message, body, repeat)


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
    for body in bodies(index, [key for key in reversed(nearest) if key in looped]):
        if calls := [call for call in body.calls() if match(body, call, repeat)]:
            name, place = body.function.qualname, f"line {calls[0].lineno} of {body.path}"
            message = f"`{name}` writes one row ({place}), and {looped[body.path, name]} calls it in a loop"
            return no("R-SHARED-CALLERS", message, body, repeat)
    return None


def _is_many(call: ast.Call) -> bool:
    """Whether it is a batched call already."""
    return callee_of(call.func).rpartition(".")[2] in _BATCHES
