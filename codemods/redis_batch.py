"""Send the commands that a loop sends to redis one by one in one round trip.

`r.zscore(key, member)` in a loop waits for the network in every round. A pipeline filled before the loop asks for all
at once, and the loop goes over its rounds and their answers together; values of keys that redis itself has just listed
come with one `mget`. Writes whose answers nobody uses go into a pipeline that is executed after the loop. No MULTI is
added. Refused: loops that write what they read, that end early, that handle errors per round, and clients of a
cluster. A draft where an error midway would leave another state behind, or where only a name says that it is redis.
"""

from codemods._lazy import names_of
from codemods._loop_answers import alike, named, nearest, no
from codemods._loops import Body, bodies
from codemods._redis_commands import READS, WRITES
from codemods._redis_loops import Asked, asked
from codemods._redis_reads import ReadEdit
from codemods._redis_writes import WriteEdit
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._redis_batch_cases")

META = Meta(
    id="redis-batch",
    kinds=("n_plus_one_db", "repeated_identical"),
    tier="B",
    libraries={"redis": ">=3"},
    effect="100 -> 1 round trips, 12 -> 1 ms CPU",
)
_ALL = {**READS, **WRITES}


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """For each repeated command the one round trip, or why there is none."""
    return [_answer(index, sighting, repeat) for repeat in sighting.repeats]


def _answer(index: Index, sighting: Sighting, repeat: Repeat) -> Answer:
    if repeat.dialect not in ("redis", "valkey"):
        return No("R-UNRESOLVED", f"`{repeat.statement}` is no command of redis", (repeat,), foreign=True)
    command = repeat.statement.split()[0].upper()
    reached = nearest(sighting)
    near = named(sighting)
    methods = {method for method, sent in _ALL.items() if command in sent}
    found = _found(index, near, methods) or _found(index, [*reached], methods)
    other = "" if found else command
    kin = READS if any(command in sent for sent in READS.values()) else WRITES
    found = found or _found(index, near, {*kin})
    open_ = [(body, one) for body, one in found if one.sort != "pipeline"]
    if not open_ and found:
        return no("R-BATCHED", f"{found[0][0].function.qualname} sends `{command}` in a pipeline", found[0][0], repeat)
    if not open_:
        return No("R-UNRESOLVED", f"no loop on the way sends `{command}` to redis", (repeat,))
    if len({(body.path, id(body.loop(one.call))) for body, one in open_}) > 1:
        return alike((f"{body.path}:{one.line}" for body, one in open_), f"send `{command}` alike", repeat)
    body, first = open_[0]
    way = reached[body.path, body.function.qualname]
    try:
        edit = ReadEdit if first.method in READS else WriteEdit
        return edit(META.id, way, body, [one for _, one in open_], repeat).proposal(other)
    except RefusedError as refused:
        return no(refused.code, refused.message, body, repeat)


def _found(index: Index, keys: list[Key], methods: set[str]) -> list[tuple[Body, Asked]]:
    """The calls of these methods in loops of these functions."""
    functions = ((key, index.calls.function(key)) for key in keys)
    calling = [
        key for key, function in functions
        if function and any(call.callee.rpartition(".")[2] in methods for call in function.calls)
    ]  # fmt: skip
    return [(body, one) for body in bodies(index, calling) for one in asked(body) if one.method in methods]
