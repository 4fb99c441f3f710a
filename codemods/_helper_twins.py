"""The twin for many keys beside a helper that looks up one row: `get_user(user_id)` -> `get_users(user_ids)`."""

import ast
import copy
import re
from typing import NamedTuple

from msgspec.structs import replace

from codemods import _cst, _loop_edits
from codemods._group_edits import Names, distinct, filled
from codemods._key_lookup_edits import portions
from codemods._lookups import Lookup
from codemods._loops import Body
from codemods.index import first_party

_NEW_TYPES = re.compile(r"from __future__ import annotations|\b(?:list|dict|tuple)\[|\| None\b")


class Twin(NamedTuple):
    """What a twin is made from.

    `asked` is the lookup in the helper, `call` the call of the helper in a loop, `key` its argument, `import_` the
    (module, name) by which the caller has the helper, ("", "") where it needs none, and `first` are the helper's
    statements before its lookup.
    """

    helper: Body
    asked: Lookup
    call: ast.Call
    key: ast.expr
    import_: tuple[str, str] | None
    first: tuple[ast.stmt, ...] = ()


def twin(body: Body, made: Twin) -> Lookup | None:
    """The lookup that asks the twin, with the edit that writes it; None where the caller would not see it."""
    helper, asked, call, key, import_, first_lines = made
    if import_ is None or not isinstance(asked.key, ast.Name):
        return None
    brought = _cst.import_edit(helper.text, asked.bring[0], [asked.bring[1]], first_party(helper.index)) if (
        asked.bring
    ) else None  # fmt: skip
    needed = (*asked.edits, *(((helper.path, *brought),) if brought else ()))
    single = helper.function.qualname.rpartition(".")[2]
    name = _name(helper, body, single, asked)
    keys = _keys_name(helper, asked.key.id)
    at = helper.offsets(helper.definition)[1]
    callee = name if isinstance(call.func, ast.Name) else f"{body.source(call.func.value)}.{name}"  # type: ignore[attr-defined]
    awaited = "await " if isinstance(helper.definition, ast.AsyncFunctionDef) else ""
    before = [body.source(a) for a in call.args]
    named = {k.arg: body.source(k.value) for k in call.keywords}
    if key in call.args:
        place = call.args.index(key)
        first, last = before[:place], [*before[place + 1 :], *(f"{n}={v}" for n, v in named.items())]
    else:
        first = [*before, *(f"{n}={v}" for n, v in named.items() if n != asked.key.id)]
        first.append(f"{keys}=")
        last = []
    opening = ", ".join(first)
    opening = opening if opening.endswith("=") or not opening else f"{opening}, "
    closing = f", {', '.join(last)})" if last else ")"
    return Lookup(
        call,
        key,
        asked.model,
        asked.attribute,
        (f"{awaited}{callee}({opening}", closing),
        asked.strategy,
        same_row=asked.same_row,
        text_column=asked.text_column,
        edits=(*needed, (helper.path, at, at, _text(helper, asked, name, keys, first_lines))),
        bring=(import_[0], name) if import_[0] else None,
        twin=True,
        grouped=asked.grouped,
    )


def _name(helper: Body, body: Body, single: str, asked: Lookup) -> str:
    """The plural of a helper's name; it is new to the files, and to the classes around the helper."""
    assert isinstance(asked.key, ast.Name)
    plural = single
    for word in (_loop_edits.snake(asked.model), asked.key.id):  # `get_user`, else `by_id`
        if plural == single:
            plural = re.sub(rf"(?<![a-z]){re.escape(word)}(?![a-z])", _loop_edits.plural(word), single, count=1)
    owner = helper.function.owner
    members = (
        {key[1].rpartition(".")[2] for key in helper.index.calls.members((helper.path, owner))} if owner else set()
    )
    wanted = [plural] if plural != single else []
    taken = helper.taken() | body.taken() | members
    return next(n for n in (*wanted, f"{single}_many", *(f"{single}_many_{i}" for i in range(2, 99))) if n not in taken)


def _keys_name(helper: Body, key: str) -> str:
    return _loop_edits.plural(key) if _loop_edits.plural(key) not in helper.function.params else f"{key}_list"


def _text(helper: Body, asked: Lookup, name: str, keys: str, first: tuple[ast.stmt, ...]) -> str:
    """The twin's text, to go right behind the helper."""
    definition, end = helper.definition, _cst.newline(helper.text)
    start = helper.offsets(definition)[0]
    indent = helper.text[helper.text.rfind("\n", 0, start) + 1 : start]
    deeper = indent + _loop_edits.step(helper)
    assert isinstance(asked.key, ast.Name)
    arguments, returns = _signature(definition, asked, keys, typed=bool(_NEW_TYPES.search(helper.text)))
    word = "async def" if isinstance(definition, ast.AsyncFunctionDef) else "def"
    lines = [f"{indent}@{ast.unparse(d)}" for d in definition.decorator_list]
    lines.append(f"{indent}{word} {name}({arguments}){returns}:")
    many = _loop_edits.plural(_loop_edits.snake(asked.model)).replace("_", " ").capitalize()
    said = f"{many} by {asked.attribute}; those that are missing are left out."
    if asked.grouped is not None:
        said = f"Lists of {many.lower()} by {asked.attribute}; keys without any are left out."
    lines.append(f'{deeper}"""{said}"""')
    lines += [deeper + helper.text[slice(*helper.offsets(statement))] for statement in first]
    gap = end * (2 if indent else 3)
    return gap + end.join(lines) + end + _body(helper, deeper, asked, keys).removesuffix(end)


def _body(helper: Body, indent: str, asked: Lookup, keys: str) -> str:
    row, end = _loop_edits.snake(asked.model), _cst.newline(helper.text)
    if asked.grouped is not None and not asked.twin:
        names = Names(f"{_loop_edits.plural(row)}_by_{asked.attribute}", row, "start", "portion")
        portioned = f"{row}_{_loop_edits.plural(asked.attribute)}"
        first = distinct(helper, indent, portioned, keys) if asked.chunk is not None else ""
        rows = filled(helper, indent, asked, names, portioned if first else keys)
        return f"{first}{rows}{indent}return {names.groups}{end}"
    if asked.chunk is not None:
        return portions(helper, indent, replace(asked, held=False), "return ", keys)
    return _loop_edits.line(helper, indent, f"return {asked.fetch[0]}", keys, asked.fetch[1])


def _signature(
    definition: ast.FunctionDef | ast.AsyncFunctionDef, asked: Lookup, keys: str, *, typed: bool
) -> tuple[str, str]:
    """The parameters, the key's in the plural, and the annotation of what the twin returns."""
    arguments = copy.deepcopy(definition.args)
    assert isinstance(asked.key, ast.Name)
    annotation: ast.expr | None = None
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if argument.arg == asked.key.id:
            argument.arg, annotation = keys, argument.annotation
            argument.annotation = (
                ast.parse(f"list[{ast.unparse(annotation)}]", mode="eval").body if annotation and typed else None
            )
    rows = f"list[{asked.model}]" if asked.grouped else asked.model
    returns = f" -> dict[{ast.unparse(annotation)}, {rows}]" if annotation and typed and definition.returns else ""
    return ast.unparse(arguments), returns
