"""Make a client once per process and keep it, instead of making one in every call.

`boto3.client("sqs")` reads and compiles the model of the service, milliseconds of CPU and more than a megabyte each;
`redis.Redis`, an engine or an HTTP client made per call brings its own connections. The client is made on first use by
a cached accessor, never at import. Refused: what threads must not share (resources and sessions of boto3), arguments
that differ from call to call, clients that are closed or changed by their user, tests that patch the constructor. A
draft where an argument is read from settings, or where the client is handed on.
"""

import ast
import re
from collections.abc import Iterable, Iterator

from codemods._client_edit import Edit, is_kept
from codemods._constructors import Constructor, constructor_of
from codemods._lazy import names_of
from codemods._loop_answers import alike, named, nearest, no
from codemods._loops import Body, bodies
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key
from codemods.refusals import RefusedError

__getattr__ = names_of(CASES="codemods._client_hoist_cases")

META = Meta(
    id="client-hoist", kinds=("cpu_self", "memory_growth", "n_plus_one_http", "n_plus_one_db"), tier="B",
    effect="10 -> 1 clients made, CPU 99 -> 11 ms (boto3); 6.7 -> 0.11 ms per call (engine)",
)  # fmt: skip
_PROFILED = frozenset({"cpu_self", "memory_growth"})
Found = tuple[Body, ast.Call, Constructor]


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal or a refusal for each repeat: the work of a function, or calls that are made on a client."""
    return [_answer(index, sighting, repeat) for repeat in sighting.repeats]


def _answer(index: Index, sighting: Sighting, repeat: Repeat) -> Answer:
    method = _method(repeat.statement)
    profiled = sighting.kind in _PROFILED
    if not profiled and (repeat.tables or not method):
        return No("R-UNRESOLVED", f"`{repeat.statement}` is no call on a client", (repeat,), foreign=True)
    reached = nearest(sighting)
    keys = named(sighting) if sighting.readers or not profiled else list(reached)
    found = _found(index, keys, "" if profiled else method)
    if not found and not profiled:
        found = _found(index, list(reached), method)
    if not found:
        return No("R-UNRESOLVED", "no function on the way makes a client", (repeat,))
    fresh = [one for one in found if not is_kept(one[0])]
    places = {(body.path, body.function.qualname) for body, _, _ in fresh}
    body, call, made = (fresh or found)[0]
    where = (body.path, body.function.qualname)
    if not fresh:
        return no("R-CACHED", f"`{where[1]}` makes its client once already", body, repeat)
    if len(places) > 1:
        return alike(sorted(f"{path}:{name}" for path, name in places), "make clients alike", repeat)
    try:
        return Edit(META.id, reached[where], body, call, made, repeat).proposal()
    except RefusedError as refused:
        return no(refused.code, refused.message, body, repeat)


def _method(statement: str) -> str:
    """The method that makes the call: `send_message` of "aws-api SendMessage", `get` of "GET ?" and "GET host/path"."""
    words = statement.replace("?", " ").split()
    if words[:1] == ["aws-api"]:
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", words[-1]).lower()
    return words[0].lower() if words else ""


def _found(index: Index, keys: Iterable[Key], method: str) -> list[Found]:
    """The constructors of these functions; with a method, of those that call it, or that are called for a client."""
    functions = ((key, index.calls.function(key)) for key in keys)
    likely = [key for key, function in functions if function and any(_is_likely(c.callee) for c in function.calls)]
    return [found for body in bodies(index, likely) for found in _constructors(body, method)]


def _is_likely(callee: str) -> bool:
    name = callee.rpartition(".")[2]
    return name.lower().endswith(("client", "redis", "resource", "session", "from_url", "create_engine"))


def _constructors(body: Body, method: str) -> Iterator[Found]:
    calls = list(body.calls())
    made = [(call, constructor) for call in calls if (constructor := constructor_of(body, call)) is not None]
    called = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    if (
        not method
        or method in called
        or any(isinstance(next(body.parents(call), None), ast.Return) for call, _ in made)
    ):
        for call, constructor in made:
            yield body, call, constructor
