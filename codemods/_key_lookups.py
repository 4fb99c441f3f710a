"""A row looked up by its key in every round of a loop: one query before the loop fetches the rows of all keys.

The loop stays as it is. A key that the one query did not answer (it is missing, or of another type than the column)
is still asked for as before, so exceptions, `None` and get-or-404 stay what they were.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from codemods._key_lookup_edits import Edit
from codemods._lookups import Lookup, Match, Unfit
from codemods._loop_answers import alike, no
from codemods._loops import Body, bodies
from codemods.api import Answer, No, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key
from codemods.refusals import RefusedError

__all__ = ["Lookup", "Match", "Unfit", "answers"]


def answers(
    codemod: str, index: Index, sighting: Sighting, match: Match, tables: frozenset[str | None], edit: type[Edit] = Edit
) -> list[Answer]:
    """For each repeat the batched lookup, or why there is none; `tables` are those of the models."""
    return [
        _answer(codemod, index, sighting, repeat, match, edit)
        if repeat.shape != "write" and tables.issuperset(repeat.tables[:1])
        else No("R-UNRESOLVED", f"no model has its rows looked up by `{repeat.statement}`", (repeat,), foreign=True)
        for repeat in sighting.repeats
    ]


def _answer(codemod: str, index: Index, sighting: Sighting, repeat: Repeat, match: Match, edit: type[Edit]) -> Answer:
    nearest: dict[Key, Reached] = {}
    for one in sorted(sighting.reached, key=lambda reached: reached.distance):
        nearest.setdefault((one.path, one.qualname), one)
    found = _found(index, [key for key in nearest if key in sighting.readers], repeat, match)
    if not any(isinstance(one, Lookup) for _, one in found):
        found = _found(index, nearest, repeat, match) or found
    fit = [(body, one) for body, one in found if isinstance(one, Lookup)]
    if not found:
        return No("R-UNRESOLVED", f"no loop on the way asks `{repeat.statement}` for one key a round", (repeat,))
    if not fit:
        body, unfit = found[0]
        assert isinstance(unfit, Unfit)
        return no(unfit.code, unfit.message, body, repeat)
    if len(fit) > 1:
        return alike((f"{body.path}:{lookup.call.lineno}" for body, lookup in fit), "ask alike", repeat)
    body, lookup = fit[0]
    where = (body.path, body.function.qualname)
    if nearest[where].distance and where not in sighting.readers:
        lookup = replace(lookup, to_the_end=True)
    try:
        return edit(codemod, nearest[where], body, lookup, repeat).proposal()
    except RefusedError as refused:
        return no(refused.code, refused.message, body, repeat)


def _found(index: Index, keys: Iterable[Key], repeat: Repeat, match: Match) -> list[tuple[Body, Lookup | Unfit]]:
    """What looks up rows in loops of these functions."""
    loops = (key for key in keys if (function := index.calls.function(key)) is not None and function.loops)
    calls = ((body, call) for body in bodies(index, loops) for call in body.calls() if body.loop(call) is not None)
    return [(body, found) for body, call in calls if (found := match(body, call, repeat)) is not None]
