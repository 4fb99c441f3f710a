"""Which expressions are a collection of MongoDB, and what a loop does to it besides."""

import ast
from typing import NamedTuple

from codemods._loop_gates import inside, rebound
from codemods._loops import Body, Loop, names_in, targets
from codemods.api import Repeat
from codemods.index.calls import Key
from codemods.index.facts import chain_of
from codemods.refusals import RefusedError

DIALECTS = ("mongodb", "documentdb")
_HOPS = 3
_DEPTH = 2  # calls into the repository
_READS = frozenset({"find", "find_one", "count_documents", "estimated_document_count", "distinct", "aggregate"})
_WRITES = frozenset(
    {"insert_one", "insert_many", "replace_one", "update_one", "update_many", "delete_one", "delete_many"}
    | {"find_one_and_update", "find_one_and_replace", "find_one_and_delete", "bulk_write", "drop"}
)


class Asked(NamedTuple):
    """A call on a collection: it, its `await` if it has one, the collection's source, and its name or ""."""

    call: ast.Call
    whole: ast.Call | ast.Await
    source: str
    name: str


def is_sent(repeat: Repeat, command: str) -> bool:
    """Whether a repeat is a command of MongoDB: "FIND ?"."""
    words = repeat.statement.replace("?", " ").split()
    return repeat.dialect in DIALECTS and bool(words) and words[0].rpartition(".")[2].lower() == command


def asked(body: Body, call: ast.Call, method: str) -> Asked | None:
    """The call of a method of the driver; None for others, and for methods of that name that the project has itself."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != method:
        return None
    sent = [one for one in body.function.calls if one.line == call.lineno and one.callee.endswith(f".{method}")]
    if any(body.index.calls.targets(body.function, one) for one in sent):
        return None
    above = next(body.parents(call), None)
    whole = above if isinstance(above, ast.Await) else call
    return Asked(call, whole, body.source(call.func.value), _name(body, call.func.value, _HOPS))


def _name(body: Body, node: ast.expr, hops: int) -> str:
    """`users` of `db.users`, `db["users"]` and `db.get_collection("users")`, also behind a name."""
    match node:
        case ast.Attribute(attr=attr):
            return _plain(attr)
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=ast.Attribute(attr="get_collection"), args=[ast.Constant(value=str(name)), *_]):
            return name
        case ast.Name(id=name):
            value = body.value(name) if hops else None
            return _name(body, value, hops - 1) if value is not None else _plain(name)
    return ""


def consider(body: Body, loop: Loop, one: Asked, *, reads: bool) -> None:
    """Asks whether the collection is the same in all rounds, and left alone by them.

    Raises:
        RefusedError: it is not; with `reads` a round that reads it counts too.
    """
    where = f"line {one.call.lineno} of {body.path}"
    assert isinstance(one.call.func, ast.Attribute)
    moving = names_in(one.call.func.value) & (targets(loop) | rebound(body, loop))
    if moving:
        raise RefusedError("R-CARRY", f"the collection of {where} depends on `{min(moving)}`, which changes")
    touched = _WRITES | _READS if reads else _WRITES
    for node in inside(loop):
        match node:
            case ast.Call(func=ast.Attribute(attr=attr, value=value)) if node is not one.call and attr in touched:
                if body.source(value) == one.source or (one.name and _name(body, value, _HOPS) == one.name):
                    code = "R-WRITE" if attr in _WRITES else "R-CARRY"
                    raise RefusedError(code, f"the loop also calls `{attr}` of the collection (line {node.lineno})")
    called = {(chain_of(node.func), node.lineno) for node in inside(loop) if isinstance(node, ast.Call)}
    for call in body.function.calls:
        for key in body.index.calls.targets(body.function, call) if (call.callee, call.line) in called else ():
            if (method := _touches(body, key, one.name, touched, _DEPTH)) is not None:
                code = "R-WRITE" if method in _WRITES else "R-CARRY"
                raise RefusedError(code, f"`{key[1]}`, which the loop calls, calls `{method}` of the collection")


def _touches(body: Body, key: Key, name: str, methods: frozenset[str], depth: int) -> str | None:
    """The method of the collection that a function calls, by what stands before it, or functions that it calls."""
    function = body.index.calls.function(key)
    for call in function.calls if function is not None else ():
        receiver, _, method = call.callee.rpartition(".")
        if method in methods and _plain(receiver.rpartition(".")[2]) in (name, "", "?"):
            return method
        for target in body.index.calls.targets(function, call) if depth > 1 and function is not None else ():
            if (found := _touches(body, target, name, methods, depth - 1)) is not None:
                return found
    return None


def _plain(name: str) -> str:
    return name.strip("_").removesuffix("_collection")
