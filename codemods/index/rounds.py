"""Loops over literals: what a call in their body says, round by round."""

import ast
import copy
from collections.abc import Mapping

Round = dict[str, ast.expr]
_MOST = 40  # rounds


def rounds(loop: ast.For | ast.AsyncFor, values: Mapping[str, ast.expr]) -> list[Round]:
    """What each round gives to the targets of a loop over a literal, or over a name whose value is one.

    Empty for every other loop, for a loop of very many rounds, and where a round is not spelled out.
    """
    given = values.get(loop.iter.id) if isinstance(loop.iter, ast.Name) else loop.iter
    if not isinstance(given, ast.Tuple | ast.List) or len(given.elts) > _MOST:
        return []
    found = [_bound(loop.target, value) for value in given.elts]
    return [one for one in found if one is not None] if None not in found else []


def _bound(target: ast.expr, value: ast.expr) -> Round | None:
    match target, value:
        case ast.Name(id=name), _:
            return {name: value}
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            parts = [_bound(*pair) for pair in zip(targets, values, strict=True)]
            return {k: v for part in parts if part for k, v in part.items()} if None not in parts else None
    return None


def filled(call: ast.Call, given: Mapping[str, ast.expr]) -> ast.Call:
    """The call as one round makes it: constants in place of the names that stand for them."""
    constants = {name: value for name, value in given.items() if isinstance(value, ast.Constant)}
    if not any(isinstance(node, ast.Name) and node.id in constants for node in ast.walk(call)):
        return call
    new = _Fill(constants).visit(copy.deepcopy(call))
    assert isinstance(new, ast.Call)
    return new


class _Fill(ast.NodeTransformer):
    def __init__(self, constants: Mapping[str, ast.Constant]) -> None:
        self._constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._constants.get(node.id, node)
