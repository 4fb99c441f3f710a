"""What Flask runs before the views of a blueprint, where many applications load the rows that the views show."""

import ast
from collections.abc import Iterator

from codemods.index.facts import Function, dotted
from codemods.index.remember import remembered
from codemods.index.tree import Tree

_HOOKS = ("before_request", "url_value_preprocessor")


def run_before(tree: Tree, view: Function) -> Iterator[Function]:
    """The hooks that the file of a view registers on what the view is registered on: `@posts.before_request`."""
    if view.path not in _with_hooks(tree):
        return
    called = [d.func for d in view.decorators if isinstance(d, ast.Call) and isinstance(d.func, ast.Attribute)]
    routers = {dotted(method.value) for method in called}
    module = tree.module(view.path)
    for function in module.functions.values() if module and routers else ():
        names = {dotted(d).rpartition(".")[::2] for d in function.decorators}
        if any((router, hook) in names for router in routers for hook in _HOOKS):
            yield function


@remembered
def _with_hooks(tree: Tree) -> set[str]:
    return set(tree.containing(*(f".{hook}" for hook in _HOOKS)))
