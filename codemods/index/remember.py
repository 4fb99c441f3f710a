"""Answers that are asked for often, kept on the object that gave them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def remembered(method: Method) -> Method:
    """A method of hashable arguments whose answer does not change; who gets it must not change it either."""
    name = f"_remembered_{method.__name__}"

    @wraps(method)
    def asked(self: Any, *args: object) -> Any:
        known = self.__dict__.setdefault(name, {})
        if args not in known:
            known[args] = method(self, *args)
        return known[args]

    return asked  # type: ignore[return-value]
