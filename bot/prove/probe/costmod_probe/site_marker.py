"""Notes each execution of the site: a function may build a query that its caller executes."""

# No error of the probe may reach the target.
# ruff: noqa: PTH119, S110

from __future__ import annotations

import builtins
import importlib.machinery
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .current import test_and_phase

if TYPE_CHECKING:
    import ast

    from .frames import Frames
    from .recorder import Recorder

_NAME = "__costmod_site_reached__"


def noter(log: Recorder, stack: Callable[[], Frames]) -> Callable[[], None]:
    """What the site calls: notes test and phase, once each, because the site may be a hot function."""
    noted = [("", "")]

    def reached() -> None:
        try:
            running = test_and_phase("")
            if running != noted[0]:
                test, phase = test_and_phase(stack().read()[1])
                log.reached(test, phase)
                # pytest calls a unittest test's setUp a part of "call": until the stack agrees, look again.
                noted[0] = running if (test, phase) == running else ("", "")
        except Exception:  # the site's own work goes on
            pass

    return reached


def mark(reached: Callable[[], None], file: str, function: str) -> None:
    """When `file` is compiled, begin the function of that qualified name with a call; lines stay where they are."""
    place, name = os.path.realpath(file), os.path.basename(file)
    loader: Any = importlib.machinery.SourceFileLoader
    original = loader.source_to_code

    def source_to_code(self: Any, data: Any, path: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            if isinstance(path, str) and path.endswith(name) and os.path.realpath(path) == place:
                data = _marked(data, path, function)
        except Exception:  # the file is compiled as it is
            pass
        return original(self, data, path, *args, **kwargs)

    setattr(builtins, _NAME, reached)
    loader.source_to_code = source_to_code


def _marked(source: Any, path: str, function: str) -> ast.Module:
    import ast

    tree: ast.Module = ast.parse(source, path)
    for node in _functions(tree, "", function):
        has_docstring = ast.get_docstring(node, clean=False) is not None
        call = ast.Expr(ast.Call(ast.Name(_NAME, ast.Load()), [], []))
        position = 1 if has_docstring else 0
        first = node.body[min(position, len(node.body) - 1)]
        for part in ast.walk(call):
            ast.copy_location(part, first)
        node.body.insert(position, call)
    return tree


def _functions(parent: ast.AST, prefix: str, wanted: str) -> list[Any]:
    """The functions whose qualified name is `wanted`: several when overloads or branches define it again."""
    import ast

    found: list[Any] = []
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if prefix + node.name == wanted:
                found.append(node)
            found += _functions(node, prefix + node.name + ".<locals>.", wanted)
        elif isinstance(node, ast.ClassDef):
            found += _functions(node, prefix + node.name + ".", wanted)
        else:
            found += _functions(node, prefix, wanted)
    return found
