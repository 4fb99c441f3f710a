"""Calls of `requests` and `httpx` that open a connection of their own, and whether one kept open can stand in."""

import ast
import re
from urllib.parse import urlsplit

import msgspec

from codemods._loop_gates import iterated
from codemods._loops import Body, Comprehension, imported_as
from codemods._mocks import patched_in
from codemods.api import Repeat
from codemods.index.facts import dotted

CLIENTS = {"requests": "Session", "httpx": "Client"}
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_REQUEST = re.compile(r"([A-Z]+) [^?\s]")
# What a client of httpx takes per call; the rest of `httpx.get` belongs to the client itself.
_HTTPX = frozenset(
    {"params", "headers", "auth", "follow_redirects", "timeout", "content", "data", "files", "json", "method", "url"}
)
_BY_CONNECTION = re.compile(r"ntlm|kerberos|gssapi|sspi|negotiate", re.IGNORECASE)


class Sent(msgspec.Struct, frozen=True):
    """A call for one request: `requests.get(url)`, or `session.get(url)` on a session `made` for nothing else."""

    call: ast.Call
    library: str
    verb: str
    made: ast.Call | None = None


def verb_of(repeat: Repeat) -> str | None:
    """The method of what repeats, in small letters; None if it is no HTTP request."""
    found = _REQUEST.match(repeat.statement) if not repeat.dialect and not repeat.tables else None
    return found[1].lower() if found and found[1].lower() in _VERBS else None


def sent(body: Body, verb: str) -> list[Sent]:
    """The calls of a function that send a request with the method."""
    found = []
    for call in body.calls():
        library, _, name = imported_as(body.index, body.path, call.func).partition(".")
        if library in CLIENTS and name in (verb, "request"):
            found.append(Sent(call, library, name))
    return found


def made_per_call(body: Body, verb: str) -> Sent | None:
    """The one request of a session that the function makes, does not set up, and uses for nothing else."""
    for made in body.calls():
        if not _is_client(body, made) or made.args or made.keywords:
            continue
        name = _bound_to(body, made)
        uses = [n for n in ast.walk(body.definition) if isinstance(n, ast.Name) and n.id == name]
        reads = [use for use in uses if isinstance(use.ctx, ast.Load)]
        if len(reads) != 1 or len(uses) != 2:
            continue
        attribute, call = [*body.parents(reads[0]), None, None][:2]
        match attribute, call:
            case ast.Attribute(attr=attr), ast.Call(func=func) if func is attribute and attr in (verb, "request"):
                if body.loop(call) is body.loop(made):
                    return Sent(call, imported_as(body.index, body.path, made.func).partition(".")[0], attr, made)
    return None


def client_of(body: Body, node: ast.expr) -> ast.Call | None:
    """The call that made the client which an expression stands for, where the function itself makes it."""
    if not isinstance(node, ast.Name):
        return node if isinstance(node, ast.Call) and _is_client(body, node) else None
    made = [call for call in body.calls() if _is_client(body, call) and _bound_to(body, call) == node.id]
    return made[0] if len(made) == 1 == len(body.bindings(node.id)) else None


def _bound_to(body: Body, made: ast.Call) -> str | None:
    """The name of an assignment or of a `with` statement for the client alone."""
    match [*body.parents(made)][:2]:
        case [ast.Assign(targets=[ast.Name(id=name)]), *_]:
            return name
        case [ast.withitem(optional_vars=ast.Name(id=name)), ast.With(items=[_])]:
            return name
    return None


def kept(body: Body, verb: str) -> bool | None:
    """Whether the client that the function sends requests with the method on outlives them; None without one."""
    answers = []
    for call in body.calls():
        match call.func:
            case ast.Attribute(attr=attr, value=value) if attr in (verb, "request"):
                made = body.value(value.id) if isinstance(value, ast.Name) else value
                if isinstance(made, ast.Call) and f"{dotted(made.func)}()" in accessors(body, *CLIENTS):
                    answers.append(True)
                elif isinstance(made, ast.Call) and _is_client(body, made):
                    answers.append(body.loop(call) is not body.loop(made))
    return all(answers) if answers else None


def _is_client(body: Body, node: ast.Call) -> bool:
    library, _, name = imported_as(body.index, body.path, node.func).partition(".")
    return CLIENTS.get(library) == name


def accessors(body: Body, *libraries: str) -> list[str]:
    """`_session()`: the functions of the file that give the client of a thread, without cookies."""
    module = body.index.tree.module(body.path)
    names = [name for name in (module.functions if module else ()) if "." not in name]
    clients = {f"{library}.{CLIENTS[library]}" for library in libraries}
    return [f"{name}()" for name in names if _gives(body, name, clients)]


def _gives(body: Body, name: str, clients: set[str]) -> bool:
    definition = body.index.definitions.get((body.path, name))
    if definition is None or ast.unparse(definition.args):
        return False
    inside = [node for node in ast.walk(definition) if isinstance(node, ast.Call)]
    made = {imported_as(body.index, body.path, node.func) for node in inside}
    return bool(made & clients) and any(isinstance(n.func, ast.Attribute) and n.func.attr == "clear" for n in inside)


def refusal(body: Body, one: Sent) -> tuple[str, str] | None:
    """Why a client that is kept open cannot send the request in its place: a code and a sentence."""
    where = f"line {one.call.lineno} of {body.path}"
    given = {keyword.arg: keyword.value for keyword in one.call.keywords}
    if not _is_false(given.get("stream")):
        return "R-STREAM", f"the response at {where} is a stream, which holds its connection until it is read"
    if "cert" in given or _BY_CONNECTION.search(body.text):
        return "R-SHAPE", f"at {where} a connection belongs to who opened it"
    if one.library == "httpx" and (strange := sorted(str(name or "**") for name in given if name not in _HTTPX)):
        return "R-SHAPE", f"`{strange[0]}` at {where} is set for a whole client of httpx, not per call"
    loop = body.loop(one.call)
    if isinstance(loop, ast.For | Comprehension) and len(_hosts(iterated(loop))) > 1:
        return "R-COND", f"the rounds of the loop around {where} go to different hosts"
    if test := patched_in(body, one.library, one.verb):
        return "R-MOCKED", f"{test} replaces `{one.library}.{one.verb}`, which {where} would no longer call"
    return None


def doubts(body: Body, one: Sent) -> list[str]:
    """What nothing shows about the request."""
    given = {keyword.arg: keyword.value for keyword in one.call.keywords}
    if None in given:
        return [
            f"`{body.source(given[None])}` may hold `stream`, `verify` or `cert`, which a connection is opened with"
        ]
    if "verify" in given and not isinstance(given["verify"], ast.Constant):
        return ["`verify` may differ between calls: requests before 2.32 keeps that of the first call per connection"]
    return []


def _is_false(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and not node.value)


def _hosts(node: ast.expr) -> set[str]:
    """The hosts of the addresses in a literal."""
    parts = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return {urlsplit(text).netloc for text in texts} - {""}
