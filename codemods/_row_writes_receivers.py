"""The receivers of signals that a Django model sends when a row is saved."""

import ast
from collections.abc import Iterator

from codemods.index import Index
from codemods.index.django_models import DjangoModel
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

_SIGNALS = frozenset({"pre_save", "post_save", "pre_init", "post_init"})


def receivers(index: Index, model: DjangoModel, method: str) -> Iterator[str]:
    for path in index.tree.matching(r"(pre|post)_save\b", r"post_init\b"):
        parsed = index.tree.parsed(path)
        for node in ast.walk(parsed) if parsed is not None else ():
            for call, name in _connections(node):
                signals = {dotted(n).rpartition(".")[2] for a in _given(call) for n in ast.walk(a)} & _SIGNALS
                sender = next((k.value for k in call.keywords if k.arg == "sender"), None)
                if not signals or not _is_sender(index, path, sender, model):
                    continue
                where = f"`{name}` ({path}:{call.lineno})"
                of = "every model" if sender is None else model.name
                if "pre_save" in signals and sender is not None:
                    raise RefusedError(
                        "R-SIGNALS", f"{where} gets {model.name} before it is saved, and {method} sends nothing"
                    )
                yield f"{where}, which receives {' and '.join(sorted(signals))} of {of}, is not called"


def _connections(node: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """The calls that register a receiver: `@receiver(...)`, `signal.connect(...)`; each with the receiver's name."""
    match node:
        case ast.FunctionDef(decorator_list=decorators, name=name) | ast.ClassDef(decorator_list=decorators, name=name):
            for decorator in decorators:
                if isinstance(decorator, ast.Call) and dotted(decorator.func).rpartition(".")[2] == "receiver":
                    yield decorator, name
        case ast.Call(func=ast.Attribute(attr="connect"), args=[handler, *_]):
            yield node, dotted(handler) or "a receiver"


def _given(call: ast.Call) -> list[ast.expr]:
    return [call.func.value] if isinstance(call.func, ast.Attribute) and call.func.attr == "connect" else call.args


def _is_sender(index: Index, path: str, sender: ast.expr | None, model: DjangoModel) -> bool:
    """Whether a receiver for the sender gets the model; what cannot be told apart is one."""
    if sender is None:
        return True
    if isinstance(sender, ast.Constant) and isinstance(sender.value, str):
        return sender.value.rpartition(".")[2].lower() == model.name.lower()
    name = dotted(sender)
    known = index.django.get(path, name)
    if known is not None:
        return known is model
    last = name.rpartition(".")[2]
    return last == model.name or not last[:1].isupper()
