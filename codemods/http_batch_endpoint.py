"""Ask an endpoint for many things at once, where the project says which, instead of one request per round of a loop.

`requests.get(f"{API}/users/{user_id}").json()` in a loop costs a request per round. A `[[tool.costmod.batch]]` of the
settings says that `GET /users?ids=` answers for many; the loop then takes each answer from what that gave, and asks by
itself for what is missing there, so a thing that does not exist is answered as before. Always a draft: that both
endpoints give the same of a thing is the project's word. Refused: loops that look at more of an answer than its JSON,
that catch errors of a round, or that can end early.
"""

import ast

from msgspec.structs import replace

from codemods._http_batches import BatchEdit, ManyLookup, url_of_many
from codemods._http_calls import verb_of
from codemods._key_lookups import Lookup, Unfit, answers
from codemods._lazy import names_of
from codemods._loops import Body, imported_as
from codemods._mocks import patched_in
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index
from codemods.index.endpoints import Endpoint

__getattr__ = names_of(CASES="codemods._http_batch_endpoint_cases")

META = Meta(
    id="http-batch-endpoint",
    kinds=("n_plus_one_http",),
    tier="C",
    libraries={"requests": ">=2", "httpx": ">=0.20"},
    effect="20 -> 1 requests, 82 -> 5 ms CPU",
)
_LIBRARIES = ("requests", "httpx")


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A draft for each repeated request that a configured endpoint answers for many."""
    return [answer for repeat in sighting.repeats for answer in _answers(index, sighting, repeat)]


def _answers(index: Index, sighting: Sighting, repeat: Repeat) -> list[Answer]:
    path = repeat.statement.partition(" ")[2].partition("?")[0]
    fit = [one for one in index.endpoints if path.endswith(one.single)]
    if verb_of(repeat) != "get" or not fit:
        message = f"no endpoint for many is configured for `{repeat.statement}`"
        return [No("R-UNRESOLVED", message, (repeat,), foreign=True)]

    def match(body: Body, call: ast.Call, _: Repeat) -> Lookup | Unfit | None:
        return lookup(body, call, fit[0])

    return answers(META.id, index, replace(sighting, repeats=(repeat,)), match, frozenset(), BatchEdit)


def lookup(body: Body, call: ast.Call, endpoint: Endpoint) -> Lookup | Unfit | None:
    """The request for one thing, with the source of the one for many."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "get" or not call.args:
        return None
    url = url_of_many(body, call.args[0], endpoint)
    if url is None or len(call.args) > 1:
        return None
    where = f"line {call.lineno} of {body.path}"
    if {"params", None} & {keyword.arg for keyword in call.keywords}:
        return Unfit(call, "R-SHAPE", f"{where} sends parameters of its own")
    library = imported_as(body.index, body.path, call.func).partition(".")[0]
    if library in _LIBRARIES and (test := patched_in(body, library, "get")):
        return Unfit(call, "R-MOCKED", f"{test} replaces `{library}.get`, which {where} would no longer call")
    more = tuple(f"{k.arg}={body.source(k.value)}" for k in call.keywords)
    return ManyLookup(
        call,
        url.key,
        url.name,
        endpoint.key,
        (f"{body.source(call.func)}(", f"{''.join(f', {one}' for one in (url.text, *more))})"),
        f"{endpoint.many}?{endpoint.parameter}=",
        chunk=endpoint.limit,
        text_column=True,
        endpoint=endpoint,
        url=url.text,
        more=more,
    )
