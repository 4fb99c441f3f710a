"""Send the requests of a loop, or of a function that is called often, on connections that stay open.

`requests.get(url)` opens a connection per call, as does a session made for one request: a round trip for TCP, two or
three with TLS, and some milliseconds of CPU for the handshake. A `requests.Session` keeps it. All arguments stay at the
call; cookies are cleared before each request, so that none is sent that another's answer set. A loop gets a session of
its own; a function that is called often asks for that of its thread, made when it is first needed, never at import time
nor across a fork. Refused: what tests replace by name, streams, client certificates and logins of a connection, rounds
that go to different hosts, and clients that are set up for their call.
"""

from codemods._http_calls import Sent, kept, made_per_call, refusal, sent, verb_of
from codemods._http_edit import Edit
from codemods._lazy import names_of
from codemods._loop_answers import alike, named, nearest
from codemods._loops import Body, bodies
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key

__getattr__ = names_of(CASES="codemods._http_session_cases")

META = Meta(
    id="http-session",
    kinds=("n_plus_one_http", "repeated_identical"),
    tier="B",
    libraries={"requests": ">=2", "httpx": ">=0.20"},
    effect="100 -> 1 connections, 271 -> 129 ms CPU",
)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """For each repeated request the calls that a session answers, or why none does."""
    return [_answer(index, sighting, repeat) for repeat in sighting.repeats]


def _sends(index: Index, key: Key, verb: str) -> bool:
    """Whether a function can send a request with the method, as its calls are spelled."""
    function = index.calls.function(key)
    return function is not None and any(c.callee.rpartition(".")[2] in (verb, "request") for c in function.calls)


def _answer(index: Index, sighting: Sighting, repeat: Repeat) -> Answer:
    verb = verb_of(repeat)
    if verb is None:
        return No("R-UNRESOLVED", f"`{repeat.statement}` is no HTTP request", (repeat,), foreign=True)
    reached = nearest(sighting)
    found: dict[Body, list[Sent]] = {}
    other: tuple[Body, bool] | None = None
    for keys in (named(sighting), [*reached]):
        for body in bodies(index, [key for key in keys if _sends(index, key, verb)]):
            if calls := sent(body, verb):
                found[body] = calls
            elif made := made_per_call(body, verb):
                found[body] = [made]
            elif (done := kept(body, verb)) is not None:
                other = other if other and other[1] else (body, done)
        if found or other:
            break
    if not found and other:
        body, done = other
        what = "keeps" if done else "sets up for each"
        message = f"{body.function.qualname} sends its requests on a client that it {what}"
        code = "R-BATCHED" if done else "R-SHAPE"
        return No(code, message, (repeat,), path=body.path, qualname=body.function.qualname, done=done)
    if not found:
        return No("R-UNRESOLVED", f"no function on the way sends `{repeat.statement}` by itself", (repeat,))
    if len(found) > 1:
        places = (f"{body.path}:{calls[0].call.lineno}" for body, calls in found.items())
        return alike(places, "send requests alike", repeat)
    ((body, calls),) = found.items()
    edit = Edit(META.id, reached[body.path, body.function.qualname], body, calls, repeat)
    why = next(filter(None, (refusal(body, one) for one in calls)), None) or edit.refusal()
    if why is not None:
        return No(*why, (repeat,), path=body.path, qualname=body.function.qualname)
    return edit.proposal()
