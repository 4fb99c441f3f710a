"""A call of a helper: what its parameters get, and what of the helper's file its caller has at hand."""

import ast

from codemods import _cst
from codemods._helper_shapes import means_the_same
from codemods._loop_gates import is_pure
from codemods._loops import Body
from codemods.index.facts import dotted


def given_by(helper: Body, call: ast.Call) -> dict[str, ast.expr] | None:
    """Parameter -> argument, those that take their defaults left out; None where stars leave that open."""
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
    optional = {*names[len(names) - len(arguments.defaults) :]} if arguments.defaults else set()
    optional |= {a.arg for a, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value}
    is_whole = every - optional <= given.keys() <= every
    return given if is_whole and not arguments.vararg and not arguments.kwarg else None


def session_here(body: Body, helper: Body, inner: ast.Call, call: ast.Call, given: dict[str, ast.expr]) -> str | None:
    """The helper's session as its caller writes it; None where it has none, or not the helper's model."""
    match inner:
        case ast.Call(func=ast.Attribute(attr="get", value=session), args=[_, _], keywords=[]):
            written = ast.unparse(session)
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr="query", value=session), args=[_]))):
            written = ast.unparse(session)
        case _:
            return None
    root, _, rest = written.partition(".")
    if not is_pure(session) or not model_here(body, helper, inner):
        return None
    if root in given:
        argument = given[root]
        return ".".join(filter(None, [body.source(argument), rest])) if is_pure(argument) else None
    if root in {"self", "cls"}:
        is_same = isinstance(call.func, ast.Attribute) and dotted(call.func.value) == root
        return written if is_same else None
    return written if means_the_same(body, helper, root) else None


def model_here(body: Body, helper: Body, inner: ast.Call) -> str:
    """The name of the helper's model, if its caller has it too; else ""."""
    query = inner.func.value if isinstance(inner.func, ast.Attribute) else None
    name = dotted((query if isinstance(query, ast.Call) else inner).args[0])
    return name if name and means_the_same(body, helper, name.partition(".")[0]) else ""


def import_of(body: Body, helper: Body, call: ast.Call) -> tuple[str, str] | None:
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
