"""The key attributes of a DynamoDB table, as far as the code of a repository tells."""

import ast
from collections.abc import Iterator, Mapping

from codemods._loops import Body
from codemods.index import Index

_BY_KEY = frozenset({"get_item", "delete_item", "update_item"})


def key_names(body: Body, table: ast.expr, given: Mapping[str, ast.expr]) -> list[str]:
    """The names of the key attributes; empty when nothing tells.

    They are read off the call itself, a call on the same table in the same file, or where the table is created.
    """
    if found := _keys_of(given.get("Key")):
        return found
    spelled = ast.unparse(table)
    tree = body.index.tree.parsed(body.path)
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Call(func=ast.Attribute(attr=attr, value=value), keywords=keywords) if attr in _BY_KEY:
                found = _keys_of(next((k.value for k in keywords if k.arg == "Key"), None))
                if found and ast.unparse(value) == spelled:
                    return found
    name = _table_name(body, table)
    return next((keys for named, keys in _created(body.index) if name is not None and named == name), [])


def _keys_of(node: ast.expr | None) -> list[str]:
    """The constant keys of a dictionary."""
    if not isinstance(node, ast.Dict):
        return []
    names = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return names if len(names) == len(node.keys) else []


def _table_name(body: Body, table: ast.expr) -> str | None:
    value = body.value(table.id) if isinstance(table, ast.Name) else None
    module = body.index.tree.module(body.path)
    if value is None and isinstance(table, ast.Name) and module and not body.bindings(table.id):
        value = module.values.get(table.id)
    match value if value is not None else table:
        case ast.Call(func=ast.Attribute(attr="Table"), args=[ast.Constant(value=str(name))]):
            return name
    return None


def _created(index: Index) -> Iterator[tuple[str, list[str]]]:
    """The tables that some file creates, each with its key."""
    for path in index.tree.containing("KeySchema"):
        tree = index.tree.parsed(path)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Call):
                given = {k.arg: k.value for k in node.keywords}
                match given.get("TableName"), given.get("KeySchema"):
                    case ast.Constant(value=str(name)), ast.List(elts=parts):
                        yield name, [n for part in parts for n in _attribute(part)]


def _attribute(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "AttributeName" and isinstance(value, ast.Constant):
                    yield str(value.value)
