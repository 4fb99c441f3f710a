"""What facts hold in a compact form, expressions as their source, until somebody looks: most is never looked at."""

import ast
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")
Node = TypeVar("Node", bound=ast.expr)
Pack = Callable[[Any], str | bytes]


class Later(MutableMapping[str, Value], Generic[Value]):
    """Names in source order, each with a value that is opened when it is asked for."""

    __slots__ = ("_found",)

    def __init__(self, found: Mapping[str, Any] | None = None) -> None:
        self._found: dict[str, Any] = dict(found or {})

    @abstractmethod
    def _open(self, packed: str | bytes) -> Value:
        """The value behind its compact form."""

    def __getitem__(self, name: str) -> Value:
        found = self._found[name]
        if isinstance(found, str | bytes):
            found = self._found[name] = self._open(found)
        return found  # type: ignore[no-any-return]

    def __setitem__(self, name: str, value: Value) -> None:
        self._found[name] = value

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def packed(self, pack: Pack) -> dict[str, str | bytes]:
        """All values in their compact form."""
        return {name: found if isinstance(found, str | bytes) else pack(found) for name, found in self._found.items()}


class Named(Later[ast.expr]):
    """Names in source order, each with the expression that it stands for."""

    __slots__ = ()

    def _open(self, packed: str | bytes) -> ast.expr:
        return _parsed(packed)

    def spelling(self, *words: str) -> Iterator[tuple[str, ast.expr]]:
        """Those that can hold one of the identifiers: whose source does not is not parsed."""
        for name, found in self._found.items():
            # Python reads other letters as those of ASCII, so that they can spell any identifier.
            if not isinstance(found, str) or not found.isascii() or any(word in found for word in words):
                yield name, self[name]


class Listed(Sequence[Node], Generic[Node]):
    """Expressions in source order."""

    __slots__ = ("_found",)

    def __init__(self, found: Iterable[Node | str] = ()) -> None:
        self._found: list[Any] = list(found)

    @overload
    def __getitem__(self, at: int) -> Node: ...
    @overload
    def __getitem__(self, at: slice) -> list[Node]: ...
    def __getitem__(self, at: int | slice) -> Node | list[Node]:
        if isinstance(at, slice):
            return [self[position] for position in range(len(self))[at]]
        if isinstance(self._found[at], str):
            self._found[at] = _parsed(self._found[at])
        return self._found[at]  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self._found)

    def append(self, node: Node) -> None:
        """Add one at the end."""
        self._found.append(node)

    def packed(self, pack: Pack) -> list[str | bytes]:
        """All of them as their source."""
        return [found if isinstance(found, str) else pack(found) for found in self._found]


def _parsed(source: str | bytes) -> ast.expr:
    if str(source).startswith("*"):  # an unpacking is no expression of its own
        unpacked = ast.parse(f"[{source!s}]", mode="eval").body
        return unpacked.elts[0] if isinstance(unpacked, ast.List) else unpacked
    return ast.parse(f"({source!s})", mode="eval").body
