"""Writes that are never doubled: a lost answer is looked up before anything is sent again."""

from collections.abc import Callable
from typing import TypeVar

from bot.errors import UserError

LONGEST_WAIT_SECONDS = 300.0
_PATIENCE = 4
T = TypeVar("T")


class RateLimited(Exception):  # noqa: N818  an answer of the service, not a fault
    """The service did not execute the call and names a wait in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


class AnswerLost(Exception):  # noqa: N818
    """The call may or may not have been executed."""


def apply(key: str, read_back: Callable[[], T | None], write: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Run one write until its effect is known.

    `key` names the write for people. A rate limit is waited out (the call was not executed). A lost answer is read
    back: found means done, otherwise the write is sent once more.

    Raises:
        UserError: the limit asks for more than 300 s, or the second answer was lost too.
    """
    lost = False
    for _ in range(_PATIENCE):
        try:
            return write()
        except RateLimited as limit:
            if limit.wait > LONGEST_WAIT_SECONDS:
                break
            sleep(limit.wait)
        except AnswerLost as error:
            found = read_back()
            if found is not None:
                return found
            if lost:
                raise UserError(f"{key}: the forge failed twice ({error}); run costmod again to resume.") from error
            lost = True
    raise UserError(f"{key}: the forge's rate limit is used up; run costmod again later to resume.")
