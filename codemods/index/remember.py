"""Answers that are asked for often, kept on the object that gave them."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

Self = TypeVar("Self")
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def remembered(
    method: Callable[Concatenate[Self, Given], Answer],
) -> Callable[Concatenate[Self, Given], Answer]:
    """A method of hashable arguments whose answer does not change; who gets it must not change it either."""
    name = f"_remembered_{method.__name__}"

    @wraps(method)
    def asked(self: Self, *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        known: dict[object, Answer] = self.__dict__.setdefault(name, {})
        key = (*args, *kwargs.items())
        if key not in known:
            known[key] = method(self, *args, **kwargs)
        return known[key]

    return asked
