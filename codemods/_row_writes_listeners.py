"""What listens to the changes of a mapped class, which statements on many rows do not tell."""

import ast
from collections.abc import Iterator

from codemods._row_writes_models import classes_of
from codemods.index import Index
from codemods.index.facts import Class, dotted
from codemods.index.models import Model

_CHANGES = frozenset({"before_update", "after_update", "before_flush", "after_flush", "set", "modified"})
_EVERY = frozenset({"mapper", "Mapper", "Session", "session", "SessionLocal", "sessionmaker", "Base"})


def listeners(index: Index, model: Model, attributes: set[str]) -> Iterator[str]:
    """A sentence for each validator and listener that would have seen the attributes of a row change."""
    classes = classes_of(index, model)
    for class_ in classes:
        parsed = index.tree.parsed(class_.path)
        for node in ast.walk(parsed) if parsed is not None else ():
            if isinstance(node, ast.ClassDef) and node.lineno == class_.line:
                yield from _declared(class_, node, attributes)
    names = {class_.qualname.rpartition(".")[2] for class_ in classes}
    for path in index.tree.containing("listens_for", "event.listen"):
        parsed = index.tree.parsed(path)
        for node in ast.walk(parsed) if parsed is not None else ():
            if not isinstance(node, ast.Call) or dotted(node.func).rpartition(".")[2] not in ("listens_for", "listen"):
                continue
            event = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) else None
            parts = set(dotted(node.args[0]).split(".")) if node.args else set()
            known = bool(parts & (names | _EVERY)) or not any(part[:1].isupper() for part in parts)
            if event in _CHANGES and known:
                yield f"the listener to `{event}` ({path}:{node.lineno}) is not called for each row"


def _declared(class_: Class, node: ast.ClassDef, attributes: set[str]) -> Iterator[str]:
    for inner in node.body:
        place = f"({class_.path}:{inner.lineno})"
        match inner:
            case ast.Assign(targets=[ast.Name(id="__versioned__")]):
                yield f"{node.name} keeps its versions {place}: these changes are not among them"
            case ast.Assign(targets=[ast.Name(id="__mapper_args__")], value=value) if "version_id" in ast.unparse(
                value
            ):
                yield f"{node.name} counts versions {place}: the one that was read is not checked"
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if (
                "onupdate=" in ast.unparse(inner)
            ):
                yield f"rows that the session holds may keep their old `{name}`, which has a new value at each UPDATE"
            case ast.FunctionDef(decorator_list=decorators, name=name):
                if any(_validates(decorator, attributes) for decorator in decorators):
                    yield f"the validator `{name}` {place} is not called for each row"


def _validates(node: ast.expr, attributes: set[str]) -> bool:
    if not isinstance(node, ast.Call) or dotted(node.func).rpartition(".")[2] != "validates":
        return False
    return bool(attributes & {argument.value for argument in node.args if isinstance(argument, ast.Constant)})
