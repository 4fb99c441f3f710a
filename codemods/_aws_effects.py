"""What a loop does beside a call that is put off to its end: a refusal, or why the edit is a draft."""

import ast
from collections.abc import Iterator

import msgspec

from codemods._loop_gates import inside
from codemods._loops import Body, Loop, bodies, imported_as, names_in, targets
from codemods.index.facts import chain_of, dotted

# Functions, and methods of values, that only compute something.
_FUNCTIONS = """
    str int float bool bytes len repr dict list tuple set frozenset sorted min max sum round abs isinstance hasattr
    getattr enumerate zip range any all print format reversed json.dumps json.loads uuid.uuid4 uuid4 Decimal time.time
    datetime.now datetime.utcnow datetime.datetime.now timezone.now base64.b64encode base64.b64decode os.path.join
    copy.deepcopy
"""
_METHODS = """
    format join encode decode isoformat strftime hexdigest get items keys values lower upper strip lstrip rstrip
    split replace startswith endswith copy title dumps model_dump_json model_dump to_dict to_json as_dict
    removeprefix removesuffix timestamp
"""
_PURE, _PURE_METHODS = frozenset(_FUNCTIONS.split()), frozenset(_METHODS.split())
_DEPTH = 2  # functions of the repository that are looked into
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "log", "critical"})
_LOCAL = frozenset({"append", "add", "extend", "update", "setdefault", "insert"})  # on a name of the function
_NEW = (ast.Dict, ast.List, ast.Call, ast.DictComp, ast.ListComp)
_CHANGES = _LOCAL | {"pop", "clear", "remove", "discard", "popitem", "sort", "reverse"}


class Effects(msgspec.Struct):
    """A refusal, and sentences that demote the edit to a draft."""

    refusal: tuple[str, str] | None = None
    doubts: list[str] = msgspec.field(default_factory=list)


def effects(body: Body, loop: Loop, call: ast.Call, receiver: str) -> Effects:
    """What a loop does beside the call on the receiver."""
    found = Effects()
    for node in inside(loop):
        match node:
            case ast.Yield() | ast.YieldFrom() | ast.Await():
                found.refusal = ("R-CARRY", f"the loop hands over to others in every round (line {node.lineno})")
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if (
                node is not call and ast.unparse(value) == receiver
            ):
                found.refusal = (
                    "R-CARRY",
                    f"the loop asks the same service for more with `{attr}` (line {node.lineno})",
                )
            case ast.Call() if node is not call and not _is_pure(body, node):
                name = dotted(node.func) or ast.unparse(node.func)
                found.doubts.append(f"`{name}` (line {node.lineno}) runs in all rounds before the first batch is sent")
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                if _root(node) not in _made_here(loop):
                    name = ast.unparse(node)
                    found.doubts.append(f"`{name}` (line {node.lineno}) is set before the first batch is sent")
            case ast.Delete() | ast.Global() | ast.Nonlocal():
                found.doubts.append(f"line {node.lineno} runs in all rounds before the first batch is sent")
    if found.refusal is None and (sent := _shared(loop, call)):
        found.refusal = ("R-CARRY", f"`{sent}` changes after it is sent, and would be sent as it is last")
    return found


def _is_pure(body: Body, node: ast.Call, depth: int = _DEPTH) -> bool:
    """Whether a call only computes something, keeps it in a name of the function, or writes to a log."""
    if dotted(node.func) in _PURE:
        return True
    match node.func:
        case ast.Attribute(attr=attr, value=value) if attr in _LOGS and "log" in ast.unparse(value).lower():
            return True
        case ast.Attribute(attr=attr, value=ast.Name(id=name)) if attr in _LOCAL and body.bindings(name):
            return True
        case ast.Attribute(attr=attr, value=value) if attr in _PURE_METHODS and not imported_as(
            body.index, body.path, value
        ):
            return True
    calls = [c for c in body.function.calls if c.line == node.lineno and c.callee == chain_of(node.func)]
    keys = {key for call in calls for key in body.index.calls.targets(body.function, call)}
    inner = list(bodies(body.index, keys))
    return depth > 0 and bool(inner) and len(inner) == len(keys) and all(_computes(one, depth - 1) for one in inner)


def _computes(body: Body, depth: int) -> bool:
    """Whether a function changes nothing that others see."""
    own = {name for node in body.own() if isinstance(node, ast.Assign) for name in _names_of(node.targets)}
    for node in body.own():
        match node:
            case ast.Call() if not _is_pure(body, node, depth):
                return False
            case ast.Attribute(ctx=ast.Store()):
                return False
            case ast.Subscript(ctx=ast.Store()) if _root(node) not in own:
                return False
            case ast.Global() | ast.Nonlocal() | ast.Delete() | ast.Yield() | ast.YieldFrom():
                return False
    return True


def _names_of(targets: list[ast.expr]) -> set[str]:
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _made_here(loop: Loop) -> set[str]:
    """Names that every round binds to something new."""
    assert isinstance(loop, ast.For)
    return {
        statement.targets[0].id
        for statement in loop.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(statement.value, _NEW)
    }


def _shared(loop: Loop, call: ast.Call) -> str | None:
    """A name that is sent by reference and changed in place, other than before the call on an object of the round."""
    sent = {name for keyword in call.keywords for name in _held(keyword.value)}
    own = _made_here(loop) | targets(loop)
    for changed, line in _changes(loop):
        name = _root(changed)
        if name in sent and (name not in own or line > call.lineno):
            return name
    return None


def _held(node: ast.expr) -> set[str]:
    """The names whose objects the value keeps, not only what is computed from them."""
    match node:
        case ast.Call() | ast.JoinedStr() | ast.Constant():
            return set()
        case ast.Dict(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            return {name for part in parts for name in _held(part)}
    return names_in(node)


def _changes(loop: Loop) -> Iterator[tuple[ast.expr, int]]:
    """What a round changes in place, each with its line."""
    for node in inside(loop):
        match node:
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                yield node, node.lineno
            case ast.Call(func=ast.Attribute(attr=attr, value=value)) if attr in _CHANGES:
                yield value, node.lineno
