"""Which service of AWS an expression is a boto3 client of."""

import ast
from collections.abc import Iterator

from codemods._loops import Body, imported_as
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.facts import dotted

_SESSIONS = frozenset({"boto3.Session", "boto3.session.Session"})
_MAKERS = frozenset({"client", "resource"})
_DEPTH = 4  # names and functions between an expression and what makes the client


def service_of(body: Body, node: ast.expr) -> str | None:
    """ "sqs" for a client, "dynamodb.Table" for a table; None where nothing tells, "" for anything else."""
    found = _of(body.index, body.path, body, node, _DEPTH)
    if found is None and body.index.calls.types.of(body.function, ast.unparse(node)):
        return ""  # an object of the repository's own
    return found


def constructor(index: Index, path: str, call: ast.Call) -> str | None:
    """ "client" or "resource" for a call that makes one from boto3 itself."""
    name = imported_as(index, path, call.func)
    return name.partition(".")[2] if name in ("boto3.client", "boto3.resource") else None


def _of(index: Index, path: str, body: Body | None, node: ast.expr, depth: int) -> str | None:
    if not depth:
        return None
    match node:
        case ast.Call(func=ast.Attribute(attr="Table", value=resource), args=[_]):
            made = _of(index, path, body, resource, depth - 1)
            return "dynamodb.Table" if made == "dynamodb.resource" else None
        case ast.Call():
            return _made(index, path, body, node, depth)
        case ast.Name(id=name):
            return _named(index, path, body, name, depth)
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr) if body is not None:
            return _attribute(body, attr, depth)
        case ast.Attribute():
            return _elsewhere(index, path, dotted(node), depth)
    return None


def _made(index: Index, path: str, body: Body | None, call: ast.Call, depth: int) -> str | None:
    kind = constructor(index, path, call)
    if kind is None and isinstance(call.func, ast.Attribute) and call.func.attr in _MAKERS:
        kind = call.func.attr if _is_session(index, path, body, call.func.value) else None
    if kind is not None:
        return _service(call, kind)
    function = body.function if body else None
    if function is not None and (name := dotted(call.func)):
        found = (c for c in function.calls if c.callee == name)
        keys = {key for c in found for key in index.calls.targets(function, c)}
        return _returned(index, next(iter(keys)), depth) if len(keys) == 1 else None
    found_at = index.names.resolve(path, dotted(call.func))
    return _returned(index, found_at, depth) if found_at else None


def _service(call: ast.Call, kind: str) -> str | None:
    given = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "service_name")]
    match given:
        case [ast.Constant(value=str(name))]:
            return name if kind == "client" else f"{name}.{kind}"
    return None


def _is_session(index: Index, path: str, body: Body | None, node: ast.expr) -> bool:
    """Whether it is a session of boto3, made here or called one."""
    if isinstance(node, ast.Call):
        return imported_as(index, path, node.func) in _SESSIONS
    value = body.value(node.id) if body and isinstance(node, ast.Name) else None
    if value is not None:
        return _is_session(index, path, body, value)
    return "session" in dotted(node).rpartition(".")[2].lower()


def _named(index: Index, path: str, body: Body | None, name: str, depth: int) -> str | None:
    if body is not None and (bound := body.bindings(name)):
        value = body.value(name)
        if value is not None:
            return _of(index, path, body, value, depth - 1)
        annotation = next((b.annotation for b in bound if isinstance(b, ast.arg) and b.annotation), None)
        return _annotated(annotation) if annotation is not None else None
    return _elsewhere(index, path, name, depth)


def _annotated(node: ast.expr) -> str | None:
    """`SQSClient` and `Table` of the type stubs."""
    name = ast.unparse(node).strip("'\"").rpartition(".")[2]
    return "dynamodb.Table" if name == "Table" else name.removesuffix("Client").lower() or None


def _elsewhere(index: Index, path: str, name: str, depth: int) -> str | None:
    """What a module binds to a name, seen from another or the same."""
    found = index.names.resolve(path, name)
    module = index.tree.module(found[0]) if found else None
    if found is None or module is None or found[1] not in module.values:
        return None
    return _of(index, found[0], None, module.values[found[1]], depth - 1)


def _attribute(body: Body, name: str, depth: int) -> str | None:
    """What the class binds to an attribute: in its body, in a method, by a property."""
    index = body.index
    owner = index.calls.owner(body.function)
    if owner is None:
        return None
    value = index.calls.class_value(owner, name)
    if value is not None:
        return _of(index, owner[0], None, value, depth - 1)
    member = index.calls.member(owner, name)
    if member is not None:
        return _returned(index, member, depth) if index.calls.is_property(member) else None
    made = {_of(index, inner.path, inner, value, depth - 1) for inner, value in _assigned(index, owner, name)}
    return made.pop() if len(made) == 1 else None


def _assigned(index: Index, owner: Key, name: str) -> Iterator[tuple[Body, ast.expr]]:
    """The values that the methods of a class give to an attribute of `self`, None left out."""
    for key in index.calls.members(owner):
        inner = _body(index, key)
        for node in inner.own() if inner else ():
            match node:
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=value):
                    pass
                case ast.AnnAssign(
                    target=ast.Attribute(value=ast.Name(id="self"), attr=attr), value=ast.expr() as value
                ):
                    pass
                case _:
                    continue
            if inner is not None and attr == name and not isinstance(value, ast.Constant):
                yield inner, value


def _returned(index: Index, key: Key, depth: int) -> str | None:
    """What a function returns, if all its returns give the same."""
    body = _body(index, key)
    if body is None:
        return None
    values = [node.value for node in body.own() if isinstance(node, ast.Return) and node.value is not None]
    made = {_of(index, body.path, body, value, depth - 1) for value in values}
    return made.pop() if len(made) == 1 else None


def _body(index: Index, key: Key) -> Body | None:
    function, definition = index.calls.function(key), index.definitions.get(key)
    return Body(index, function, definition) if function is not None and definition is not None else None
