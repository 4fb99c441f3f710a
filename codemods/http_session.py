"""Send the requests of a loop, or of a function that is called often, on connections that stay open.

`requests.get(url)` opens a connection per call: a round trip for TCP, two or three with TLS, and some milliseconds of
CPU for the handshake. A `requests.Session` keeps it. All arguments stay at the call; cookies are cleared before each
request, so that none is sent that another's answer set. A loop gets a session of its own; a function that is called
often asks for that of its thread, made when it is first needed, never at import time nor across a fork. Refused: what
tests replace by name, streams, client certificates and logins of a connection, and rounds that go to different hosts.
"""

from codemods._http_calls import Sent, keeps, refusal, sent, verb_of
from codemods._http_edit import Edit
from codemods._lazy import names_of
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
        return No("R-UNRESOLVED", f"`{repeat.statement}` is no HTTP request", (repeat,))
    nearest = {(r.path, r.qualname): r for r in reversed(sighting.reached)}
    found: dict[Body, list[Sent]] = {}
    for keys in ([key for key in nearest if key in sighting.readers], [*nearest]):
        for body in bodies(index, [key for key in keys if _sends(index, key, verb)]):
            if calls := sent(body, verb):
                found[body] = calls
            elif keeps(body, verb):
                where = (body.path, body.function.qualname)
                message = f"{where[1]} sends its requests on connections that it keeps"
                return No("R-BATCHED", message, (repeat,), path=where[0], qualname=where[1], done=True)
        if found:
            break
    if not found:
        return No("R-UNRESOLVED", f"no function on the way sends `{repeat.statement}` by itself", (repeat,))
    if len(found) > 1:
        places = tuple(f"{body.path}:{calls[0].call.lineno}" for body, calls in found.items())
        return No("R-AMBIGUOUS", f"{' and '.join(places)} send requests alike", (repeat,), places)
    ((body, calls),) = found.items()
    edit = Edit(META.id, nearest[body.path, body.function.qualname], body, calls, repeat)
    why = next(filter(None, (refusal(body, one) for one in calls)), None) or edit.refusal()
    if why is not None:
        return No(*why, (repeat,), path=body.path, qualname=body.function.qualname)
    return edit.proposal()
