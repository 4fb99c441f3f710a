"""Expressions that facts hold: those from the cache are source, parsed when somebody looks at one, and most stay so."""

import ast
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Generic, TypeVar, overload

Node = TypeVar("Node", bound=ast.expr)


class Named(MutableMapping[str, ast.expr]):
    """Names in source order, each with the expression that it stands for."""

    __slots__ = ("_found",)

    def __init__(self, found: Mapping[str, ast.expr | str] | None = None) -> None:
        self._found = dict(found or {})

    def __getitem__(self, name: str) -> ast.expr:
        found = self._found[name]
        if isinstance(found, str):
            found = self._found[name] = _parsed(found)
        return found

    def __setitem__(self, name: str, node: ast.expr) -> None:
        self._found[name] = node

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def spelling(self, *words: str) -> Iterator[tuple[str, ast.expr]]:
        """Those that can hold one of the identifiers: whose source does not is not parsed."""
        for name, found in self._found.items():
            # Python reads other letters as those of ASCII, so that they can spell any identifier.
            if not isinstance(found, str) or not found.isascii() or any(word in found for word in words):
                yield name, self[name]

    def parts(self) -> dict[str, ast.expr | str]:
        """Name -> node, or its source while nobody has asked for it."""
        return self._found


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

    def parts(self) -> list[Node | str]:
        """Each as a node, or as its source while nobody has asked for it."""
        return self._found


def _parsed(source: str) -> ast.expr:
    return ast.parse(f"({source})", mode="eval").body
