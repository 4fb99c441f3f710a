"""Send the reading requests of a loop up to eight at a time, instead of each only after the answer to the last.

A loop over `requests.get` waits for one answer before it asks for the next. A pool of threads sends the requests before
the loop, and each round takes its answer where it made its request: in order, and an error of a request is raised in
its own round. It saves time, not the bill ($0), and the other side has eight requests at once. Always a draft, asked
for last: what keeps connections open, or asks for many things at once, gives more. Refused: methods other than GET and
HEAD, loops that can end early, wait, send what changes something, or send a request in some rounds only, addresses that
depend on earlier answers, and sessions of `requests`, which are not made for threads.
"""

import ast
from collections.abc import Iterator

from codemods._http_calls import CLIENTS, Sent, client_of, sent, verb_of
from codemods._http_pools import PoolEdit
from codemods._lazy import names_of
from codemods._loop_answers import alike, named, nearest, no
from codemods._loops import Body, bodies, imported_as
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._http_concurrent_cases")

META = Meta(
    id="http-concurrent",
    kinds=("n_plus_one_http",),
    tier="C",
    libraries={"requests": ">=2", "httpx": ">=0.20"},
    effect="100 requests, 8 at a time: a third of the time at 5 ms each, CPU as before",
    last=True,
)
_READS = ("get", "head")
_SOON = 2_000_000  # nanoseconds; below it threads gain nothing in `bench/loops.py`


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """For each repeated request the draft that sends those of all rounds together, or why there is none."""
    return [_answer(index, sighting, repeat) for repeat in sighting.repeats]


def _answer(index: Index, sighting: Sighting, repeat: Repeat) -> Answer:
    verb = verb_of(repeat)
    if verb not in _READS:
        message = f"`{repeat.statement}` is no request that only reads"
        return No("R-UNRESOLVED", message, (repeat,), foreign=True)
    if 0 < repeat.mean_ns < _SOON:
        message = f"`{repeat.statement}` is answered in {repeat.mean_ns / 1e6:.1f} ms: threads share no CPU"
        return No("R-COLD", message, (repeat,))
    reached = nearest(sighting)
    found = _found(index, named(sighting), verb) or _found(index, [*reached], verb)
    if not found:
        return No("R-UNRESOLVED", f"no loop on the way sends `{repeat.statement}`", (repeat,))
    fresh = [(body, one) for body, one in found if one is not None]
    if not fresh:
        body = found[0][0]
        return no("R-BATCHED", f"{body.function.qualname} sends its requests from several threads", body, repeat)
    if len(fresh) > 1:
        return alike((f"{body.path}:{one.call.lineno}" for body, one in fresh), "send requests alike", repeat)
    body, one = fresh[0]
    try:
        return PoolEdit(META.id, reached[body.path, body.function.qualname], body, one, repeat).proposal()
    except RefusedError as refused:
        return no(refused.code, refused.message, body, repeat)


def _found(index: Index, keys: list[Key], verb: str) -> list[tuple[Body, Sent | None]]:
    """The requests in loops of these functions; None for one that a thread sends."""
    return [(body, one) for body in bodies(index, keys) for one in _in_loops(body, verb)]


def _in_loops(body: Body, verb: str) -> Iterator[Sent | None]:
    calls = [one for one in sent(body, verb) if one.verb == verb]
    for call in body.calls():
        match call.func:
            case ast.Attribute(attr=attr, value=value) if attr == verb and (made := client_of(body, value)) is not None:
                calls.append(Sent(call, imported_as(body.index, body.path, made.func).partition(".")[0], verb, made))
            case ast.Attribute(attr="submit") if any(_is_sent(body, a, verb) for a in call.args):
                yield None
    yield from (one for one in calls if body.loop(one.call) is not None)


def _is_sent(body: Body, node: ast.expr, verb: str) -> bool:
    """Whether it names what sends a request: `requests.get`, without a call."""
    if isinstance(node, ast.Attribute) and node.attr == verb and client_of(body, node.value) is not None:
        return True
    library, _, name = imported_as(body.index, body.path, node).partition(".")
    return library in CLIENTS and name == verb
