"""What every forge can do: the small contract that `local.py` and `github.py` keep."""

from typing import Literal, Protocol

from bot.errors import UserError
from bot.records import Record

BRANCH_PREFIX = "costmod/"


class NotPermittedError(UserError):
    """The forge refuses to open pull requests for this identity; the message names the setting."""


class Remote(Record, frozen=True, kw_only=True):
    """Where git pushes. The token travels in the environment only, scoped to the URL's host."""

    url: str
    token: str | None = None

    def __repr__(self) -> str:
        """The URL alone, so that no log shows the token."""
        return f"Remote(url={self.url!r})"


class Request(Record, frozen=True, kw_only=True):
    """A pull request as the forge knows it."""

    number: int
    url: str
    state: Literal["open", "closed", "merged"]
    title: str
    body: str
    base: str
    draft: bool
    ours: bool  # opened by the identity that runs now


class Wanted(Record, frozen=True, kw_only=True):
    """A pull request to open."""

    branch: str
    base: str
    title: str
    body: str
    draft: bool
    labels: tuple[str, ...] = ()


class Seen(Record, frozen=True, kw_only=True):
    """What the forge shows about one branch."""

    requests: tuple[Request, ...]  # of this branch, every state, newest first
    others_open: int  # open pull requests of the bot on other branches


class Forge(Protocol):
    """One place that holds branches and pull requests.

    Every method raises UserError when the forge cannot be reached or says no for good.
    """

    kind: Literal["local", "github"]

    def remote(self) -> Remote:
        """Where to push."""

    def seed(self, repository: str, base: str, commit: str) -> None:
        """Make sure the base branch is there to open a pull request against."""

    def observe(self, branch: str) -> Seen:
        """The pull requests of a branch, and how many others are open."""

    def create(self, wanted: Wanted) -> Request:
        """Open it, or adopt the open one that another run was faster with."""

    def update(self, number: int, *, title: str | None, body: str) -> Request:
        """Replace the body, and the title when given."""

    def label(self, number: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Set labels; returns one warning per label that could not be set."""

    def pushed(self, number: int) -> None:
        """The branch of a pull request has a new commit; a forge that keeps copies draws them anew."""
