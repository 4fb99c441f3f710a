"""What every forge can do: the small contract that `local.py` and `github.py` keep."""

from typing import Literal, Protocol

from bot.errors import UserError
from bot.records import Record

BRANCH_PREFIX = "costmod/"
IGNORED = "costmod:ignored"  # people closed it: no, for good
OBSOLETE = "costmod:obsolete"  # the bot closed it: fixed elsewhere
DASHBOARD_LABEL = "costmod:dashboard"
SUPERSEDED = "costmod:superseded"  # it cannot be opened again: the next run opens another


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
    branch: str = ""
    labels: tuple[str, ...] = ()
    merge_commit: str | None = None


class Wanted(Record, frozen=True, kw_only=True):
    """A pull request to open."""

    branch: str
    base: str
    title: str
    body: str
    draft: bool
    labels: tuple[str, ...] = ()


class Forge(Protocol):
    """One place that holds branches and pull requests.

    Every method raises UserError when the forge cannot be reached or says no for good.
    """

    kind: Literal["local", "github"]

    def remote(self) -> Remote:
        """Where to push."""

    def seed(self, repository: str, base: str, commit: str) -> None:
        """Make sure the base branch is there to open a pull request against."""

    def survey(self) -> tuple[Request, ...]:
        """The pull requests of all branches of the bot, newest first: every open one, and those that ended lately."""

    def observe(self, branch: str) -> tuple[Request, ...]:
        """The pull requests of one branch, every state, newest first."""

    def create(self, wanted: Wanted) -> Request:
        """Open it, or adopt the open one that another run was faster with."""

    def update(self, number: int, *, title: str | None, body: str) -> Request:
        """Replace the body, and the title when given."""

    def label(self, number: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Set labels; returns one warning per label that could not be set."""

    def pushed(self, number: int) -> None:
        """The branch of a pull request has a new commit; a forge that keeps copies draws them anew."""

    def unlabel(self, number: int, label: str) -> None:
        """Take a label off, if it is there."""

    def comment(self, number: int, key: str, text: str) -> bool:
        """Say something once: the comment of a key is posted, or brought up to date; whether it is a new one."""

    def close(self, number: int) -> None:
        """Close a pull request unmerged."""

    def reopen(self, number: int) -> bool:
        """Open a closed pull request again; False when the forge cannot."""

    def dashboard(self, body: str) -> str:
        """Keep one issue that lists everything; its address."""
