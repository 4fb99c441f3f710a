"""A helper that looks up a row on its way: its caller fetches the rows of all rounds, and lends each round its own.

`describe(order)`, in which `user = session.get(User, order.user_id)` stands, gets a parameter `user=None` and asks only
where it is lent none, so that everybody else calls it as before.
"""

import ast
from typing import NamedTuple

from msgspec.structs import replace

from codemods import _cst, _loop_edits
from codemods._helper_shapes import means_the_same
from codemods._lookups import Lookup, Unfit
from codemods._loop_gates import is_pure
from codemods._loop_writes import effects
from codemods._loops import Body, names_in

_KEYS = "the_keys_of_all"


class Loan(NamedTuple):
    """`asked` is the lookup in a helper, `inner` its call; `call` is the helper's own, with what each parameter gets.

    `import_` is the (module, name) by which the caller has the helper, ("", "") where it needs none.
    """

    helper: Body
    inner: ast.Call
    asked: Lookup
    call: ast.Call
    given: dict[str, ast.expr]
    import_: tuple[str, str] | None


def loan(body: Body, made: Loan) -> Lookup | Unfit | None:
    """The lookup as the caller can make it for all rounds, with the edits of the helper; None where it cannot."""
    helper, asked = made.helper, made.asked
    is_listed = asked.grouped is None or asked.grouped.is_list
    if asked.fields or asked.twin or not is_listed or not is_pure(asked.key):
        return None
    statement = helper.statement(made.inner)
    whole = next((a for a in helper.parents(made.inner) if isinstance(a, ast.Await)), made.inner)
    row = _row(helper, statement, whole, asked)
    if row is None or not _fits(helper) or names_in(asked.key) & _changed(helper):
        return None
    key = _here(body, made, ast.unparse(asked.key))
    fetch = _here(body, made, f"{asked.fetch[0]}{_KEYS}{asked.fetch[1]}")
    if key is None or fetch is None or key[1]:
        return None
    missing = [*fetch[1], *([asked.bring] if asked.bring is not None else [])]
    if len(missing) > 1:
        return None
    found = effects(helper, _round(helper), made.inner, asked.model, row)
    name = helper.function.qualname.rpartition(".")[2]
    if found.refusal is not None:
        code, message = found.refusal
        return Unfit(made.call, code, message.replace("the loop", f"`{name}` of {helper.path}", 1))
    if asked.grouped is not None and found.doubts:
        return None
    opening, _, closing = fetch[0].partition(_KEYS)
    what = _loop_edits.plural(asked.model) if asked.grouped else asked.model
    doubts = [f"`{name}` is lent its {what}, fetched before the loop even where it would not ask"]
    if found.changes_row:
        doubts.append(f"`{name}` changes its row: a later round with the same key is given it as it was left")
    return replace(
        asked,
        call=made.call,
        key=_expression(key[0]),
        fetch=(opening, closing),
        held=False,
        edits=(*((helper.path, *edit) for edit in _edits(helper, statement, whole, row)),),
        bring=missing[0] if missing else None,
        lent=row,
        doubts=(*doubts, *found.doubts),
    )


def is_lent(helper: Body, inner: ast.Call, call: ast.Call) -> bool:
    """Whether a call gives its helper the row that this only looks up where it is given none."""
    given = {keyword.arg for keyword in call.keywords}
    for above in helper.parents(inner):
        match above:
            case ast.If(test=ast.Compare(left=ast.Name(id=name), ops=[ast.Is()])):
                return name in given
            case ast.BoolOp(op=ast.Or(), values=[ast.Name(id=name), _]):
                return name in given
    return False


def _row(helper: Body, statement: ast.stmt, whole: ast.expr, asked: Lookup) -> str | None:
    """The name of the parameter: what the helper calls its row, if it binds that once."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is whole:
            start = helper.offsets(statement)[0]
            begins = not helper.text[helper.text.rfind("\n", 0, start) + 1 : start].strip()
            return name if begins and len(helper.bindings(name)) == 1 else None
    one = _loop_edits.snake(asked.model)
    name = _loop_edits.plural(one) if asked.grouped else one
    return _loop_edits.fresh(helper, name, f"known_{name}")


def _fits(helper: Body) -> bool:
    """Whether a parameter can be added at the end."""
    arguments = helper.definition.args
    last = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return bool(last) and arguments.vararg is None and arguments.kwarg is None


def _changed(helper: Body) -> set[str]:
    """The names of objects that the helper sets attributes or items of: a key of theirs need not be the caller's."""
    stores = [n for n in helper.own() if isinstance(n, ast.Attribute | ast.Subscript) and isinstance(n.ctx, ast.Store)]
    return set().union(*map(names_in, stores))


def _round(helper: Body) -> ast.For:
    """The helper's block as the round of a loop, which its caller's rounds are."""
    return ast.For(ast.Name("_", ast.Store()), ast.Name("_", ast.Load()), helper.definition.body, [])


def _edits(helper: Body, statement: ast.stmt, whole: ast.expr, row: str) -> list[tuple[int, int, str]]:
    arguments = helper.definition.args
    last = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs][-1]
    defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    ends = [helper.offsets(node)[1] for node in [last, *defaults]]  # type: ignore[arg-type]
    newline, at = _cst.newline(helper.text), max(ends)
    line = helper.text.rfind("\n", 0, at) + 1
    own_line = helper.text[line:at]
    indent = own_line[: len(own_line) - len(own_line.lstrip())]
    gap = " " if own_line.lstrip().startswith(("def ", "async ")) else f"{newline}{indent}"
    added = (at, at, f",{gap}{row}=None")
    start, end = helper.offsets(statement)
    match statement:
        case ast.Assign(value=value) if value is whole:
            indent = helper.text[helper.text.rfind("\n", 0, start) + 1 : start]
            step = _loop_edits.step(helper)
            moved = helper.text[start:end].replace(newline, newline + step)
            return [added, (start, end, f"if {row} is None:{newline}{indent}{step}{moved}")]
    start, end = helper.offsets(whole)
    above, found = next(helper.parents(whole)), f"{row} or {helper.text[start:end]}"
    is_bare = isinstance(above, ast.Return | ast.keyword) or (isinstance(above, ast.Call) and whole in above.args)
    return [added, (start, end, found if is_bare else f"({found})")]


# ---- the helper's expressions in its caller's words ----


def _here(body: Body, made: Loan, text: str) -> tuple[str, list[tuple[str, str]]] | None:
    """The expression with arguments in place of parameters, and the names that the caller must import for it."""
    helper = made.helper
    missing: list[tuple[str, str]] = []
    tree = ast.parse(text, mode="eval")
    own = {_KEYS, *(made.asked.bring or ())}
    # Places inside of an f-string are not those in the text.
    is_plain = text.isascii() and "\n" not in text and not any(isinstance(n, ast.JoinedStr) for n in ast.walk(tree))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in own]
    for node in sorted(names, key=lambda node: -node.col_offset):
        source = _source(body, made, node.id)
        if source is None and (brought := _brought(body, helper, node.id, made.import_)) is not None:
            source = node.id
            missing += [brought] if brought not in missing else []
        if source is None or not is_plain:
            return None
        text = text[: node.col_offset] + source + text[node.col_offset + len(node.id) :]
    return text, missing


def _source(body: Body, made: Loan, name: str) -> str | None:
    helper, given, func = made.helper, made.given, made.call.func
    if any(not isinstance(bound, ast.arg) for bound in helper.bindings(name)):
        return None
    if name in given:
        return body.source(given[name]) if is_pure(given[name]) and _is_atom(given[name]) else None
    first = next(iter(helper.function.params), None)
    if name == first and name in {"self", "cls"}:
        return body.source(func.value) if isinstance(func, ast.Attribute) and is_pure(func.value) else None
    return name if means_the_same(body, helper, name) else None


def _is_atom(node: ast.expr) -> bool:
    """Whether an attribute of it can be read without parentheses around it."""
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Constant)


def _brought(body: Body, helper: Body, name: str, import_: tuple[str, str] | None) -> tuple[str, str] | None:
    """The (module, name) of an import that gives the caller a name of the helper's file."""
    module = helper.index.tree.module(helper.path)
    if module is None or helper.bindings(name) or name in body.taken():
        return None
    level, source, attribute = module.imports.get(name, (1, "", None))
    if not level and attribute == name:
        return source, name
    is_own = name in module.classes and import_ is not None
    return (import_[0], name) if is_own and import_ is not None and import_[0] else None


def _expression(text: str) -> ast.expr:
    """An expression that stands nowhere in a file."""
    node = ast.parse(text, mode="eval").body
    for inner in ast.walk(node):
        if hasattr(inner, "lineno"):
            del inner.lineno
    return node


def argument(body: Body, call: ast.Call, name: str, value: str) -> tuple[int, int, str]:
    """The edit that gives a call one more argument."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    at = max((body.offsets(node)[1] for node in given), default=body.offsets(call)[1] - 1)
    return at, at, f"{', ' if given else ''}{name}={value}"
