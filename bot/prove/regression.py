"""A test that keeps the fix: the repository's own test once more, within a budget of statements, in its own style."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.records import Change
from codemods._cst import import_edit, offsets, replace

_COUNTER = re.compile(r"(?i)[a-z_]*(quer|sql|statement)[a-z_]*")
_HELPER = '''class QueryBudget:
    """At most so many SQL statements."""

    def __init__(self, most):
        self.most, self.statements = most, []

    def note(self, conn, cursor, statement, *others):
        self.statements.append(statement)

    def __enter__(self):
        event.listen(Engine, "before_cursor_execute", self.note)

    def __exit__(self, kind, error, traceback):
        event.remove(Engine, "before_cursor_execute", self.note)
        if kind is None:
            assert len(self.statements) <= self.most, "{} statements".format(len(self.statements))
'''
_Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Written:
    """The test file with the new test, its id in the way of the id that it was made from, and how it counts."""

    change: Change
    test: str
    code: str  # of the test alone
    style: str


def write_test(tree: Path, test: str, budget: int) -> Written | None:
    """A test beside `test` that runs it within `budget` statements; None when its source is not found or not plain."""
    found = _find(tree, test)
    if found is None:
        return None
    path, names, separator = found
    text = (tree / path).read_bytes().decode("utf-8")
    module = ast.parse(text)
    owner, function = _definition(module, names)
    top = next((n for n in module.body if isinstance(n, _Defined) and n.name == names[0]), None)
    name = f"{names[-1]}_query_budget"
    if function is None or top is None or (len(names) > 1 and owner is None) or re.search(rf"\b{name}\b", text):
        return None
    guard = _guard(tree, text, owner, budget)
    code = _code(text, function, owner, name, guard)
    at = _end(text, function)
    edits = [(at, at, ("\n\n" if owner is not None else "\n\n\n") + code.rstrip("\n"))]
    needs_helper = guard.helper and not re.search(r"^class QueryBudget\b", text, re.MULTILINE)
    if needs_helper:
        first = min((node.lineno for node in (*top.decorator_list, top)), default=top.lineno)
        start = offsets(text, (first, 0, first, 0))[0]
        edits.append((start, start, _HELPER + "\n\n"))
    after = replace(text, edits)
    if needs_helper:
        local = frozenset(entry.name.removesuffix(".py") for entry in tree.iterdir())
        for source, name_ in (("sqlalchemy", "event"), ("sqlalchemy.engine", "Engine")):
            edit = import_edit(after, source, [name_], local)
            after = replace(after, [edit] if edit else [])
    ast.parse(after)
    parameters = test.partition("[")[1] + test.partition("[")[2]
    identity = separator.join([test.partition("[")[0].rpartition(separator)[0], name]) + parameters
    return Written(Change(path=path, before=text, after=after), identity, code, guard.style)


def _end(text: str, node: _Function) -> int:
    line, column = node.end_lineno or node.lineno, node.end_col_offset or 0
    return offsets(text, (node.lineno, 0, line, column))[1]


@dataclass(frozen=True)
class _Guard:
    expression: str  # what stands behind `with`
    style: str
    fixture: str = ""
    helper: bool = False


def _guard(tree: Path, text: str, owner: ast.ClassDef | None, budget: int) -> _Guard:
    """How this repository counts statements, or how it will."""
    if owner is not None and "assertNumQueries" in text:
        return _Guard(f"self.assertNumQueries({budget})", "Django's assertNumQueries")
    is_django = (tree / "manage.py").is_file() or re.search(r"^(from|import) (django|pytest_django)\b", text, re.M)
    if owner is not None and is_django and any("TestCase" in ast.unparse(base) for base in owner.bases):
        return _Guard(f"self.assertNumQueries({budget})", "Django's assertNumQueries")
    if used := _used_counter(text):
        name, is_fixture = used
        return _Guard(f"{name}({budget})", f"the repository's {name}", name if is_fixture else "")
    if is_django:
        name = "django_assert_max_num_queries"
        return _Guard(f"{name}({budget})", f"pytest-django's {name}", name)
    return _Guard(f"QueryBudget({budget})", "a counter of its own", helper=True)


def _used_counter(text: str) -> tuple[str, bool] | None:
    """A counter that this file uses as `with name(5):`, and whether it is a fixture."""
    module = ast.parse(text)
    for function in ast.walk(module):
        if not isinstance(function, _Function):
            continue
        parameters = {argument.arg for argument in function.args.args}
        for node in ast.walk(function):
            for item in node.items if isinstance(node, (ast.With, ast.AsyncWith)) else ():
                call = item.context_expr
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Name)
                    and _COUNTER.fullmatch(call.func.id)
                    and [type(getattr(argument, "value", None)) for argument in call.args] == [int]
                    and not call.keywords
                ):
                    return call.func.id, call.func.id in parameters
    return None


def _code(text: str, function: _Function, owner: ast.ClassDef | None, name: str, guard: _Guard) -> str:
    """The decorators and parameters of the test, and its call within the guard."""
    lines = text.splitlines()
    indent = " " * function.col_offset
    first = function.decorator_list[0].lineno if function.decorator_list else function.lineno
    decorators = lines[first - 1 : function.lineno - 1]
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    added = [guard.fixture] if guard.fixture and guard.fixture not in names else []
    is_async = isinstance(function, ast.AsyncFunctionDef)
    called = ", ".join(names[1:] if owner is not None else names)
    call = f"{'await ' if is_async else ''}{'self.' if owner is not None else ''}{function.name}({called})"
    head = f"{indent}{'async ' if is_async else ''}def {name}({', '.join([*names, *added])}):"
    return "\n".join([*decorators, head, f"{indent}    with {guard.expression}:", f"{indent}        {call}"]) + "\n"


def _definition(module: ast.Module, names: tuple[str, ...]) -> tuple[ast.ClassDef | None, _Function | None]:
    owner: ast.ClassDef | None = None
    body: list[ast.stmt] = module.body
    for name in names[:-1]:
        owner = next((node for node in body if isinstance(node, ast.ClassDef) and node.name == name), None)
        body = owner.body if owner is not None else []
    function = next((node for node in body if isinstance(node, _Function) and node.name == names[-1]), None)
    if function is None or function.args.vararg or function.args.kwarg or function.args.kwonlyargs:
        return owner, None
    return owner, function


def _find(tree: Path, test: str) -> tuple[str, tuple[str, ...], str] | None:
    """File, names below it and the separator of an id of pytest or unittest."""
    plain = test.partition("[")[0]
    for path, names, separator in _readings(plain):
        file = tree / path
        if names and file.is_file() and not file.is_symlink() and file.resolve().is_relative_to(tree.resolve()):
            return path, names, separator
    return None


def _readings(plain: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    path, *names = plain.split("::")
    yield path, tuple(names), "::"
    parts = plain.split(".")
    for length in range(len(parts) - 1, 0, -1):
        yield "/".join(parts[:length]) + ".py", tuple(parts[length:]), "."
