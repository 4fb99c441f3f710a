"""Insert the documents of a loop with one `insert_many`, instead of an `insert_one` per round.

`users.insert_one(user)` in a loop waits for a round trip per document. The loop collects them, and one ordered
`insert_many` after it sends them in as few batches as the server takes; it stops at the first document that fails, as
the loop did, and leaves those before it stored. Always a draft: that error is a `BulkWriteError` then, and comes after
all rounds. Refused: loops that use the new `_id`, the document or the collection after the call, that handle errors per
round, or that can leave the function.
"""

from codemods._lazy import names_of
from codemods._loop_answers import alike, named, nearest, no
from codemods._loops import Body, bodies
from codemods._mongo_collections import Asked, asked, is_sent
from codemods._mongo_inserts import InsertEdit
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._mongo_insert_many_cases")

META = Meta(
    id="mongo-insert-many",
    kinds=("n_plus_one_db", "repeated_identical"),
    tier="C",
    libraries={"pymongo": ">=3"},
    effect="100 -> 1 commands, 53 -> 1 ms CPU",
)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """For each repeated `insert` the draft that sends many documents at once, or why there is none."""
    return [_answer(index, sighting, repeat) for repeat in sighting.repeats]


def _answer(index: Index, sighting: Sighting, repeat: Repeat) -> Answer:
    if not is_sent(repeat, "insert"):
        return No("R-UNRESOLVED", f"`{repeat.statement}` is no `insert` of MongoDB", (repeat,), foreign=True)
    reached = nearest(sighting)
    found = _found(index, named(sighting), "insert_one") or _found(index, [*reached], "insert_one")
    if not found and (done := _found(index, [*reached], "insert_many")):
        body = done[0][0]
        return no("R-BATCHED", f"{body.function.qualname} inserts many documents at once", body, repeat)
    if not found:
        return No("R-UNRESOLVED", f"no loop on the way sends `{repeat.statement}`", (repeat,))
    if len(found) > 1:
        return alike((f"{body.path}:{one.call.lineno}" for body, one in found), "insert documents alike", repeat)
    body, one = found[0]
    try:
        return InsertEdit(META.id, reached[body.path, body.function.qualname], body, one, repeat).proposal()
    except RefusedError as refused:
        return no(refused.code, refused.message, body, repeat)


def _found(index: Index, keys: list[Key], method: str) -> list[tuple[Body, Asked]]:
    """The calls of the method in these functions, those of one document in loops."""
    calls = ((body, call) for body in bodies(index, keys) for call in body.calls())
    return [
        (body, one)
        for body, call in calls
        if (one := asked(body, call, method)) is not None and (method == "insert_many" or body.loop(call) is not None)
    ]
