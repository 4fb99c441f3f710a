"""A loop whose lookup is behind a helper: `get_user(order.user_id)`, whose body is the lookup by its parameter.

Where the helper's session finds rows that are kept (an identity map), its caller keeps them. Else a twin for many keys
goes beside it, and the helper stays for what the twin does not answer.
"""

import ast
from collections.abc import Callable
from typing import NamedTuple

from codemods import _cst
from codemods._helper_twins import Twin, twin
from codemods._key_errors import BROAD, OF_KEYS
from codemods._lookups import Lookup, Match, Unfit
from codemods._loop_gates import is_pure
from codemods._loops import Body, bodies
from codemods.api import Repeat
from codemods.index.calls import Key
from codemods.index.facts import callee_of, dotted

Warm = Callable[[Body, ast.Call, str, str, ast.expr, Repeat], Lookup | Unfit | None]


class _Asks(NamedTuple):
    """A function, a call in it, and what that looks up."""

    helper: Body
    call: ast.Call
    asked: Lookup | Unfit


_HARMLESS = frozenset({"staticmethod", "classmethod"})


def with_helpers(lookup: Match, warm: Warm | None) -> Match:
    """The match, extended to calls of helpers; `warm` is the lookup as a caller can prepare it in its session."""

    known: dict[tuple[Key, str], list[_Asks]] = {}  # what a function looks up, outside of its loops

    def behind(key: Key, body: Body, repeat: Repeat) -> list[_Asks]:
        known_as = (key, repeat.fingerprint)
        if known_as not in known:
            helpers = list(bodies(body.index, [key]))
            known[known_as] = [
                _Asks(h, c, f) for h in helpers for c in h.calls() if h.loop(c) is None and (f := lookup(h, c, repeat))
            ]
        return known[known_as]

    def match(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | Unfit | None:
        found = lookup(body, call, repeat)
        if found is not None:
            return found
        targets = _targets(body, call)
        asks = [one for key in targets for one in behind(key, body, repeat)]
        return _behind(body, call, repeat, asks, len(targets), warm) if asks else None

    return match


def _behind(
    body: Body, call: ast.Call, repeat: Repeat, found: list[_Asks], targets: int, warm: Warm | None
) -> Lookup | Unfit:
    helper, inner, asked = found[0]
    name = helper.function.qualname.rpartition(".")[2]
    where = f"line {call.lineno} of {body.path}"
    if isinstance(asked, Unfit):
        return Unfit(call, asked.code, asked.message)
    if targets > 1 or len(found) > 1:
        return Unfit(call, "R-SHAPE", f"`{name}`, which {where} calls, can be any of several functions")
    if reason := _objection(helper, inner):
        return Unfit(call, "R-SHAPE", f"`{name}`, which {where} calls, {reason}")
    if caught := _caught(helper):
        return Unfit(call, "R-EXC", f"`{name}`, which {where} calls, catches {caught}")
    awaited = isinstance(next(body.parents(call), None), ast.Await)
    given = _given(helper, call)
    key = given.get(asked.key.id) if given is not None and isinstance(asked.key, ast.Name) else None
    if given is None or key is None or awaited != isinstance(helper.definition, ast.AsyncFunctionDef):
        return Unfit(call, "R-SHAPE", f"`{name}`, which {where} calls, takes its key in another way")
    if warm is not None and asked.held and (session := _session_here(body, helper, inner, call, given)):
        prepared = warm(body, call, session, _model_here(body, helper, inner), key, repeat)
        if isinstance(prepared, Lookup):
            return prepared
    made = twin(body, Twin(helper, asked, call, key, _import_of(body, helper, call)))
    return made or Unfit(call, "R-SHAPE", f"nothing beside `{name}` would be at hand for {where}")


def _targets(body: Body, call: ast.Call) -> list[Key]:
    callee = callee_of(call.func)
    calls = [c for c in body.function.calls if c.line == call.lineno and c.callee == callee] if call.args or (
        call.keywords
    ) else []  # fmt: skip
    return list(dict.fromkeys(key for c in calls for key in body.index.calls.targets(body.function, c)))


# ---- is the helper nothing but the lookup? ----


def _objection(helper: Body, inner: ast.Call) -> str | None:
    """What makes the helper more than the lookup."""
    calls, function = helper.index.calls, helper.function
    others = [dotted(d.func if isinstance(d, ast.Call) else d) for d in function.decorators]
    if extra := [name for name in others if name not in _HARMLESS]:
        return f"is decorated with `{extra[0]}`"
    if function.owner is not None:
        name = function.qualname.rpartition(".")[2]
        if len(calls.methods((function.path, function.owner), name)) > 1:
            return "is overridden below its class"
    return None if _is_only(helper, inner) else "does more than look up a row"


def _is_only(helper: Body, inner: ast.Call) -> bool:
    block = helper.definition.body
    if isinstance(block[0], ast.Expr) and isinstance(block[0].value, ast.Constant):
        block = block[1:]
    match block:
        case [ast.Try(body=inside, handlers=handlers, orelse=[], finalbody=[]), *rest]:
            return (
                all(_gives_up(handler.body) for handler in handlers)
                and _returns(helper, inside, inner)
                and (not rest or _gives_up(rest))
            )
    return _returns(helper, block, inner)


def _returns(helper: Body, block: list[ast.stmt], inner: ast.Call) -> bool:
    match block:
        case [ast.Return(value=value)]:
            return value in _whole(helper, inner)
        case [ast.Assign(targets=[ast.Name(id=name)], value=value), *rest, ast.Return(value=ast.Name(id=again))]:
            return name == again and value in _whole(helper, inner) and all(_on_missing(s, name) for s in rest)
    return False


def _whole(helper: Body, inner: ast.Call) -> list[ast.AST]:
    """The lookup, and the `await` around it."""
    return [inner, *(above for above in helper.parents(inner) if isinstance(above, ast.Await) and above.value is inner)]


def _on_missing(statement: ast.stmt, name: str) -> bool:
    """`if user is None: raise NotFound`."""
    match statement:
        case ast.If(test=test, body=block, orelse=[]):
            return ast.unparse(test) in {f"{name} is None", f"not {name}"} and _gives_up(block)
    return False


def _gives_up(block: list[ast.stmt]) -> bool:
    """Whether a block raises, or returns nothing, and makes no row."""
    match block:
        case [*_, ast.Raise()]:
            return all(isinstance(s, ast.Expr | ast.Raise) for s in block)
        case [ast.Return(value=None | ast.Constant(value=None))] | [ast.Pass()]:
            return True
    return False


def _caught(helper: Body) -> str:
    """Errors of a single key that the helper catches, which a query for many would raise before the loop."""
    kinds = [node.type for node in helper.own() if isinstance(node, ast.ExceptHandler)]
    parts = [part for kind in kinds for part in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    names = {"any error" if part is None else dotted(part).rpartition(".")[2] for part in parts}
    return " and ".join(sorted(names & (OF_KEYS | BROAD | {"any error"})))


# ---- what its caller has at hand ----


def _given(helper: Body, call: ast.Call) -> dict[str, ast.expr] | None:
    """Parameter -> argument; None where stars, or defaults of the signature, leave that open."""
    arguments = helper.definition.args
    names = [a.arg for a in [*arguments.posonlyargs, *arguments.args]]
    is_bound = helper.function.owner is not None and not helper.index.calls.is_static(
        (helper.path, helper.function.qualname)
    )
    names = names[1:] if is_bound else names
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    given = dict(zip(names, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg is not None}
    every = {*names, *(a.arg for a in arguments.kwonlyargs)}
    return given if set(given) == every and not arguments.vararg and not arguments.kwarg else None


def _session_here(body: Body, helper: Body, inner: ast.Call, call: ast.Call, given: dict[str, ast.expr]) -> str | None:
    """The helper's session as its caller writes it; None where it has none, or not the helper's model."""
    match inner:
        case ast.Call(func=ast.Attribute(attr="get", value=session), args=[_, _], keywords=[]):
            written = ast.unparse(session)
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr="query", value=session), args=[_]))):
            written = ast.unparse(session)
        case _:
            return None
    root, _, rest = written.partition(".")
    if not is_pure(session) or not _model_here(body, helper, inner):
        return None
    if root in given:
        argument = given[root]
        return ".".join(filter(None, [body.source(argument), rest])) if is_pure(argument) else None
    if root in {"self", "cls"}:
        is_same = isinstance(call.func, ast.Attribute) and dotted(call.func.value) == root
        return written if is_same else None
    return written if _means_the_same(body, helper, root) else None


def _model_here(body: Body, helper: Body, inner: ast.Call) -> str:
    """The name of the helper's model, if its caller has it too; else ""."""
    query = inner.func.value if isinstance(inner.func, ast.Attribute) else None
    name = dotted((query if isinstance(query, ast.Call) else inner).args[0])
    return name if name and _means_the_same(body, helper, name.partition(".")[0]) else ""


def _means_the_same(body: Body, helper: Body, name: str) -> bool:
    """Whether a name of both files' top levels is one thing, and neither function binds it."""
    if body.bindings(name) or helper.bindings(name):
        return False
    if body.path == helper.path:
        return True
    there = helper.index.names.resolve(helper.path, name)
    here = body.index.names.resolve(body.path, name)
    return there is not None and there == here


def _import_of(body: Body, helper: Body, call: ast.Call) -> tuple[str, str] | None:
    """(module, name) of the import that brings the helper to its caller; ("", "") where a twin needs none."""
    func = call.func
    if isinstance(func, ast.Name) and helper.path != body.path:
        module = body.index.tree.module(body.path)
        level, source, attribute = module.imports.get(func.id, (0, "", None)) if module else (0, "", None)
        is_direct = body.index.names.module_path(body.path, level, source) == helper.path
        written = "." * level + source
        if attribute != func.id or not is_direct or _cst.import_edit(body.text, written, [func.id]) is not None:
            return None
        return written, func.id
    if isinstance(func, ast.Attribute):
        found = body.index.names.resolve(body.path, dotted(func.value), body.function.qualname)
        if not is_pure(func.value) or (helper.function.owner is None and found != (helper.path, "")):
            return None
    return "", ""
