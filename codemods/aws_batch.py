"""Make one call to AWS for the entries of many rounds of a loop, instead of a call per round.

A loop over `sqs.send_message` waits for a request per message, and SQS bills each. The loop collects the entries, and
batches of what the service takes at once are sent after it: also when a round fails or ends the loop, so all that was
sent before is sent still. What a batch reports as failed is asked for again by the single call, which raises what it
raised before. Items for a DynamoDB table go through its `batch_writer`. Reads are answered from one call before the
loop, and what it did not give is still asked for. Refused: calls whose answer or error a round looks at, arguments that
no batch takes, loops that ask the same service for more in between, tests that watch the single call, policies that
lack the permission of the batch. A draft where rounds do something else besides, or where the service itself promises
less of a batch. The pull request says what becomes of the bill, which is often nothing.
"""

import ast
from collections.abc import Iterable, Iterator

from codemods._aws_batches import BATCHES, LOOKUPS, Batch, Lookup, asked
from codemods._aws_clients import service_of
from codemods._aws_reads import Read
from codemods._aws_writes import Write
from codemods._lazy import names_of
from codemods._loop_answers import alike, named, nearest, no
from codemods._loops import Body, bodies
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._aws_batch_cases")

META = Meta(
    id="aws-batch", kinds=("n_plus_one_http", "n_plus_one_db"), tier="B",
    libraries={"boto3": ">=1.26"},
    effect="100 -> 10 requests, CPU 132 -> 15 ms (SQS); 100 -> 4, 179 -> 12 ms (DynamoDB)",
)  # fmt: skip
Row = Batch | Lookup
Found = tuple[Body, ast.Call, Row]


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal or a refusal for each statement that can be a call to AWS, in a loop or not."""
    return [_answer(index, sighting, repeat) for repeat in sighting.repeats]


def _answer(index: Index, sighting: Sighting, repeat: Repeat) -> Answer:
    rows = [row for row in (*BATCHES, *LOOKUPS) if asked(repeat.statement, row)]
    if not rows:
        return No("R-UNRESOLVED", f"`{repeat.statement}` is no call of AWS that has a batch", (repeat,), foreign=True)
    reached = nearest(sighting)
    found = _found(index, named(sighting), rows) or _found(index, reached, rows)
    if not found:
        return No("R-UNRESOLVED", f"no loop on the way makes the call `{repeat.statement}`", (repeat,))
    single = [one for one in found if not _is_batched(one[0], one[2])]
    if len(single) > 1:
        return alike((f"{body.path}:{call.lineno}" for body, call, _ in single), "make the same call", repeat)
    body, call, row = (single or found)[0]
    where = (body.path, body.function.qualname)
    if not single:
        return no("R-BATCHED", f"`{where[1]}` makes the call for many already", body, repeat)
    try:
        way = reached[where]
        if isinstance(row, Lookup):
            return Read(META.id, way, body, call, repeat, row).proposal()
        return Write(META.id, way, body, call, repeat, row).proposal()
    except RefusedError as refused:
        return no(refused.code, refused.message, body, repeat)


def _found(index: Index, keys: Iterable[Key], rows: list[Row]) -> list[Found]:
    """The calls in loops of these functions that can be one of the rows."""
    return [(body, call, row) for body in bodies(index, keys) for call, row in _calls(body, rows)]


def _calls(body: Body, rows: list[Row]) -> Iterator[tuple[ast.Call, Row]]:
    for call in body.calls():
        for row in rows:
            if _fits(body, call, row) and (body.loop(call) is not None or _is_batched(body, row)):
                yield call, row


def _fits(body: Body, call: ast.Call, row: Row) -> bool:
    """Whether it is the single call, by its name, its arguments and what it is called on."""
    if not isinstance(call.func, ast.Attribute) or call.args or call.func.attr not in (row.method, row.batch):
        return False
    given = {keyword.arg for keyword in call.keywords}
    if call.func.attr == row.batch != row.method:
        return True
    if not _required(row) <= given and None not in given:
        return False
    if "TableName" in given:
        return False  # a client of DynamoDB, whose items are typed
    service = service_of(body, call.func.value)
    return service in (None, row.service, f"{row.service}.Table")


def _required(row: Row) -> set[str]:
    if isinstance(row, Lookup):
        return {"Key" if row.service == "dynamodb" else "Name"}
    return {name for name in (*row.shared[:1], *row.entry[:1], row.wrapped) if name and name != "EndpointId"}


def _is_batched(body: Body, row: Row) -> bool:
    """Whether the function makes the call for many already."""
    if row.batch == row.method:
        return any(_is_portion(call, row) for call in body.calls())
    names = {call.func.attr for call in body.calls() if isinstance(call.func, ast.Attribute)}
    return row.batch in names


def _is_portion(call: ast.Call, row: Row) -> bool:
    """Whether the call is given more than a list of one entry."""
    assert isinstance(row, Batch)
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == row.method
        and _required(row) <= given.keys()
        and not (isinstance(given[row.wrapped], ast.List) and len(given[row.wrapped].elts) == 1)  # type: ignore[attr-defined]
    )
