"""What every forge can do: the small contract that `local.py` and `github.py` keep."""

from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from bot.errors import UserError
from bot.publish.boxes import Ticks
from bot.records import Record

if TYPE_CHECKING:
    from bot.publish.git import Repository

BRANCH_PREFIX = "costmod/"
IGNORED = "costmod:ignored"  # people closed it: no, for good
OBSOLETE = "costmod:obsolete"  # the bot closed it: fixed elsewhere
DASHBOARD_LABEL = "costmod:dashboard"
SUPERSEDED = "costmod:superseded"  # it cannot be opened again: the next run opens another
IGNORED_RULE = "costmod:ignored-rule"  # with IGNORED: no to every change of its codemod
RULE_PREFIX = "costmod:rule/"  # then the codemod
LONGEST_LABEL = 50  # characters, on GitHub
MAY_WRITE = frozenset({"admin", "maintain", "write"})  # roles


class NotPermittedError(UserError):
    """The forge refuses to open pull requests for this identity; the message names the setting."""


class ClosedForWritingError(UserError):
    """The repository is archived, locked or disabled: publishing stops, and nobody has done anything wrong."""

    exit_code: ClassVar[int] = 1


class NotFoundError(UserError):
    """The forge shows no such thing to this identity."""


class CannotSignError(UserError):
    """The forge cannot make this commit with its own signature; the message says why."""


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
    created: str = ""  # RFC 3339; "" where the forge keeps no time
    ended: str = ""


class Wanted(Record, frozen=True, kw_only=True):
    """A pull request to open."""

    branch: str
    base: str
    title: str
    body: str
    draft: bool


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

    def request(self, number: int) -> Request:
        """One pull request, whoever opened it."""

    def create(self, wanted: Wanted) -> Request:
        """Open it, or adopt the open one that another run was faster with."""

    def update(self, number: int, *, title: str | None, body: str) -> Request:
        """Replace the body, and the title when given."""

    def label(self, number: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Set labels; returns one warning per label that could not be set."""

    def ask(self, number: int, reviewer: str) -> tuple[str, ...]:
        """Request a review of a person, or of a team written ORGANIZATION/TEAM; a warning when that failed."""

    def labelled(self, label: str) -> tuple[Request, ...]:
        """The pull requests of branches of the bot that bear a label, however old."""

    def is_reviewed(self, number: int) -> bool:
        """Whether a person has reviewed it."""

    def sign(self, copy: "Repository", commit: str) -> str:
        """A commit with the tree, the parent and the message of this one, signed by the forge, and brought here.

        A forge that signs none returns the commit itself.

        Raises:
            CannotSignError: the forge cannot make this one.
        """

    def pushed(self, number: int) -> None:
        """The branch of a pull request has a new commit; a forge that keeps copies draws them anew."""

    def unlabel(self, number: int, label: str) -> None:
        """Take a label off, if it is there."""

    def comment(self, number: int, key: str, text: str, *, first: bool = True) -> bool:
        """Say something once: the comment of a key is brought up to date, or posted if `first`; whether it is new."""

    def close(self, number: int) -> None:
        """Close a pull request unmerged."""

    def reopen(self, number: int) -> bool:
        """Open a closed pull request again; False when the forge cannot."""

    def ticks(self) -> Ticks:
        """The boxes of the dashboard that people have ticked."""

    def dashboard(self, body: str, seen: frozenset[str] = frozenset()) -> str:
        """Keep one issue that lists everything; its address.

        Where a box was ticked since `seen`, it is left as it is for the next run.
        """


class Pull(Record, frozen=True, kw_only=True):
    """One pull request, whoever opened it, pinned at one head."""

    request: Request
    author: str
    head: str  # commit id
    fork: bool  # the head is in another repository
    locked: bool


class Said(Record, frozen=True, kw_only=True):
    """One comment on a pull request."""

    body: str
    ours: bool
    created: str  # RFC 3339


class LineComment(Record, frozen=True, kw_only=True):
    """A remark on lines of a pull request's head, counted from 1, both ends included."""

    path: str
    first: int
    last: int
    body: str


class Talk(Protocol):
    """What answering a comment takes beyond a Forge."""

    def pull(self, number: int) -> Pull:
        """The pull request as it is now."""

    def permission(self, login: str) -> str:
        """admin, maintain, write, triage, read or none; a custom role counts as what it builds on."""

    def react(self, comment: int, content: str) -> None:
        """Set a reaction."""

    def said(self, number: int) -> tuple[Said, ...]:
        """The comments, oldest first."""

    def review(self, number: int, commit: str, key: str, body: str, comments: tuple[LineComment, ...]) -> None:
        """Post one review of one commit, once per key."""
