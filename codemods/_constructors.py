"""The clients of services that are dear to make and made to be kept: their names, and what keeping one means."""

import ast

import msgspec

from codemods._loops import Body, imported_as
from codemods.index.facts import dotted


class Constructor(msgspec.Struct, frozen=True):
    """A callable that makes a client.

    `shared` is whether threads may share what it makes; `noun` names the accessor; `closers` are the methods after
    which it is of no use; `items` whether a part of it is reached as an attribute or an item, as a database of MongoDB.
    """

    callee: str
    noun: str
    shared: bool = True
    closers: tuple[str, ...] = ("close",)
    items: bool = False
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_POOL = (
    "A process that forks after the first use needs an engine of its own: call `dispose(close=False)` in the child.",
)
_COOKIES = ("cookies that a server sets are kept for all later requests now",)
_REDIS = ("redis.Redis", "redis.StrictRedis", "redis.from_url", "redis.Redis.from_url", "redis.StrictRedis.from_url")
CONSTRUCTORS = {
    made.callee: made
    for made in (
        Constructor("boto3.client", "client"),
        Constructor("boto3.resource", "resource", shared=False),
        Constructor("boto3.Session", "session", shared=False),
        Constructor("boto3.session.Session", "session", shared=False),
        *(Constructor(name, "redis", closers=("close", "quit")) for name in _REDIS),
        Constructor("sqlalchemy.create_engine", "engine", closers=("dispose",), notes=_POOL),
        Constructor("httpx.Client", "http_client", doubts=_COOKIES),
        Constructor("pymongo.MongoClient", "mongo_client", items=True),
        Constructor("pymongo.mongo_client.MongoClient", "mongo_client", items=True),
    )
}
_OPTIONS = ("Config", "Retry", "Timeout", "Limits")  # classes of options
_ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environ.get"})


def constructor_of(body: Body, call: ast.Call) -> Constructor | None:
    """The constructor that a call is one of."""
    return CONSTRUCTORS.get(imported_as(body.index, body.path, call.func))


class Arguments(msgspec.Struct):
    """What a constructor is called with: the name that differs from call to call, or what is read at the call."""

    varying: str | None = None
    read: list[str] = msgspec.field(default_factory=list)


def arguments_of(body: Body, call: ast.Call) -> Arguments:
    """Whether every call makes the same client."""
    found = Arguments()
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    for value in values:
        _consider(body, value, found)
    return found


def _consider(body: Body, node: ast.expr, found: Arguments) -> None:
    parts: list[ast.expr] = []
    match node:
        case ast.Constant():
            pass
        case ast.Dict(keys=keys, values=values) if None not in keys:
            parts = [*filter(None, keys), *values]
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            parts = [*elements]
        case ast.Call(args=args, keywords=keywords) if _is_settled_call(body, node, found):
            parts = [*args, *(keyword.value for keyword in keywords)]
        case ast.Subscript(value=value, slice=ast.Constant()):
            parts = [value]
        case ast.Name(id=name):
            _of_name(body, name, found)
        case ast.Attribute() if (root := dotted(node).partition(".")[0]) and not body.bindings(root):
            found.read.append(body.source(node))
        case _:
            found.varying = found.varying or body.source(node)
    for part in parts:
        _consider(body, part, found)


def _is_settled_call(body: Body, call: ast.Call, found: Arguments) -> bool:
    """Whether a call gives what only its arguments tell, or reads the environment."""
    name = imported_as(body.index, body.path, call.func)
    if name in _ENVIRONMENT:
        found.read.append(body.source(call))
    return name in _ENVIRONMENT or name.endswith(_OPTIONS)


def _of_name(body: Body, name: str, found: Arguments) -> None:
    module = body.index.tree.module(body.path)
    value = module.values.get(name) if module and not body.bindings(name) else None
    if body.bindings(name):
        found.varying = found.varying or name
    elif not isinstance(value, ast.Constant):
        found.read.append(name)
