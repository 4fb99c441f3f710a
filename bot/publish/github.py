"""GitHub, or GitHub Enterprise Server, as a forge: the only file that imports PyGithub.

Reads are retried by PyGithub, writes by `retry.apply` after a read-back. Limits: GitHub REST API documentation, "Rate
limits" and "Pulls".
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

from bot.errors import UserError
from bot.publish import github_board, github_commit, marker, retry
from bot.publish.boxes import Ticks
from bot.publish.forge import (
    BRANCH_PREFIX,
    ClosedForWritingError,
    NotFoundError,
    NotPermittedError,
    Remote,
    Request,
    Wanted,
)
from bot.publish.sanitize import plain

if TYPE_CHECKING:
    from github.GithubException import GithubException
    from github.IssueComment import IssueComment
    from github.PullRequest import PullRequest

    from bot.publish.git import Repository

PUBLIC_API = "https://api.github.com"
_LABEL_COLOUR = "0e8a16"
_TIMEOUT_SECONDS = 30
_LAG_SECONDS = 2.0
MOST_WRITES = 60  # per run; GitHub allows 80 content-creating calls a minute
ROLES = ("admin", "maintain", "write", "triage", "read")
T = TypeVar("T")


class GithubForge:
    """One repository on GitHub, seen with one token."""

    kind: Literal["local", "github"] = "github"

    def __init__(
        self,
        slug: str,
        token: str,
        *,
        api: str = PUBLIC_API,
        sleep: Callable[[float], None] = time.sleep,
        pause: float = 1.0,
    ) -> None:
        """`slug` is OWNER/NAME; `pause` the seconds between two writes, as GitHub asks for."""
        import github
        from github.GithubRetry import GithubRetry

        if not __debug__:  # PyGithub keeps its token on the right host by assert statements
            raise UserError("python -O: drops the checks that keep the token on one host; run without -O.")
        self._owner = slug.partition("/")[0]
        self._slug = self.slug = slug
        self._server = server_of(api)
        self._token = token
        self._sleep = sleep
        reads_only = GithubRetry(
            total=4,
            backoff_factor=1 if pause else 0,
            allowed_methods={"GET", "HEAD"},
            secondary_rate_wait=60,
            max_rate_limit_wait=retry.LONGEST_WAIT_SECONDS,
            retry_after_max=int(retry.LONGEST_WAIT_SECONDS),
        )
        self._client = github.Github(
            base_url=api.rstrip("/"),
            auth=github.Auth.Token(token),
            retry=reads_only,
            timeout=_TIMEOUT_SECONDS,
            per_page=100,
            seconds_between_requests=0,
            seconds_between_writes=pause,
            lazy=True,
        )
        self._repository = self._client.get_repo(slug)
        self._login: str | None = None
        self._writes = 0

    def remote(self) -> Remote:
        """Where to push."""
        return Remote(url=f"{self._server}/{self._slug}.git", token=self._token)

    def seed(self, repository: str, base: str, commit: str) -> None:
        """Nothing: the base branch is on GitHub, or the pull request makes no sense."""

    def survey(self) -> tuple[Request, ...]:
        """Every open pull request of the bot's branches, and those among the last 100 that were closed."""
        return self._read("pull requests", self._survey)

    def observe(self, branch: str) -> tuple[Request, ...]:
        """The pull requests of one branch, newest first."""
        return self._read("pull requests", lambda: self._observe(branch))

    def request(self, number: int) -> Request:
        """One pull request, whoever opened it."""
        return self._read("the pull request", lambda: self._request(self._repository.get_pull(number)))

    def create(self, wanted: Wanted) -> Request:
        """Open it, or adopt the open one that another run was faster with."""
        return retry.apply(
            f"{self._slug}: opening a pull request",
            lambda: self._open_one(wanted.branch),
            lambda: self._create(wanted),
            self._sleep,
        )

    def update(self, number: int, *, title: str | None, body: str) -> Request:
        """Replace the body, and the title when given."""
        from github.GithubObject import NotSet

        def read_back() -> Request | None:
            found = self.request(number)
            return found if found.body == body and title in (None, found.title) else None

        def write() -> Request:
            pull = self._repository.get_pull(number)
            self._write(lambda: pull.edit(title=NotSet if title is None else title, body=body))
            return self._request(pull)

        return retry.apply(f"{self._slug}: updating pull request #{number}", read_back, write, self._sleep)

    def label(self, number: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Create the labels that are missing and set them; returns one warning per label that could not be set."""
        warnings = []
        for label in labels:
            try:
                self.ensure_label(label)
                self._set_label(number, label)
            except UserError as error:
                warnings.append(f"label {plain(label, 50)!r} was not set: {error}")
        return tuple(warnings)

    def ask(self, number: int, reviewer: str) -> tuple[str, ...]:
        """Request a review; asking twice is asking once. A warning where GitHub does not know such a reviewer."""
        _, team, name = reviewer.rpartition("/")
        body = {"team_reviewers": [name]} if team else {"reviewers": [name]}
        path = f"/pulls/{number}/requested_reviewers"
        try:
            self.apply(f"asking {plain(reviewer, 80)}", lambda: None, lambda: self.rest("POST", path, body))
        except UserError as error:
            return (f"reviewer {plain(reviewer, 80)!r} was not asked: {error}",)
        return ()

    def labelled(self, label: str) -> tuple[Request, ...]:
        """The pull requests of the bot's branches that bear a label; none where the token may not read issues."""
        try:
            shown = self.rest("GET", f"/issues?state=all&labels={quote(label)}&per_page=100")
        except NotPermittedError:
            return ()
        numbers = [int(issue["number"]) for issue in shown if issue.get("pull_request")]
        pulls = [self._read("a pull request", partial(self._repository.get_pull, n)) for n in numbers]
        return _newest_first(
            self._request(p) for p in pulls if self._is_here(p) and p.head.ref.startswith(BRANCH_PREFIX)
        )

    def is_reviewed(self, number: int) -> bool:
        """Whether somebody who is no bot has reviewed it; looks at the first 100 reviews."""
        shown = self.rest("GET", f"/pulls/{number}/reviews?per_page=100")
        return any(r["user"] and r["user"].get("type") != "Bot" and not self.is_me(r["user"]) for r in shown)

    def sign(self, copy: "Repository", commit: str) -> str:
        """GitHub's own commit in its place."""
        return github_commit.signed(self, copy, commit)

    def permission(self, login: str) -> str:
        """admin, maintain, write, triage or read; "none" for whom GitHub does not know, bots included."""
        try:
            data = self.rest("GET", f"/collaborators/{quote(login, safe='')}/permission")
        except NotFoundError:
            return "none"
        role, permission = data.get("role_name"), data.get("permission")
        if permission not in ROLES:
            return "none"
        # A custom role is known by the permission it builds on; `permission` shows triage as read.
        return str(role) if role == "triage" and permission == "read" else str(permission)

    def pushed(self, number: int) -> None:
        """Nothing: GitHub reads the branch itself."""

    def unlabel(self, number: int, label: str) -> None:
        """Take a label off, if it is there."""

        def write() -> None:
            with contextlib.suppress(_GoneError):
                self._write(lambda: self._repository.get_pull(number).remove_from_labels(label))

        retry.apply(f"label {label}", lambda: None, write, self._sleep)

    def comment(self, number: int, key: str, text: str, *, first: bool = True) -> bool:
        """Say something once: the comment of a key is found by a hidden line, whoever lost an answer before."""
        body = f"{text}\n\n{_key_line(key)}"

        made: list[int] = []

        def found() -> "list[IssueComment]":
            comments = self._read("comments", lambda: list(self._repository.get_issue(number).get_comments()))
            return [c for c in comments if _key_line(key) in c.body and self._is_me(c.user)]

        def read_back() -> bool | None:
            return True if any(marker.lines(c.body) == marker.lines(body) for c in found()) else None

        def write() -> bool:
            there = found()
            if not there and not first:
                return False
            if not there:
                made.append(self._write(lambda: self._repository.get_issue(number).create_comment(body)).id)
            elif marker.lines(there[0].body) != marker.lines(body):
                self._write(lambda: there[0].edit(body))
            return not there

        new = retry.apply(f"{self._slug}: commenting on #{number}", read_back, write, self._sleep)
        for later in found()[1:] if made else ():  # runs at the same time: the first one stays
            if later.id in made:
                self._write(later.delete)
        return new

    def close(self, number: int) -> None:
        """Close a pull request unmerged."""
        self._set_state(number, "closed")

    def reopen(self, number: int) -> bool:
        """Open it again; False when GitHub cannot, because its branch was deleted or force-pushed."""
        try:
            self._set_state(number, "open")
        except UserError as error:
            if isinstance(error.__cause__, _github_exception()) and error.__cause__.status == 422:
                return False
            raise
        return True

    def ticks(self) -> Ticks:
        """The boxes of the dashboard that people have ticked."""
        return github_board.ticks(self)

    def dashboard(self, body: str, seen: frozenset[str] = frozenset()) -> str:
        """Keep one open issue, found by its label and its hidden line; its address."""
        return github_board.keep(self, body, seen)

    def rest(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One call below the repository's address; reads are retried, a write may raise what `retry.apply` takes."""

        def call() -> Any:
            return self._client.requester.requestJsonAndCheck(verb, f"/repos/{self._slug}{path}", input=body)[1]

        return self._read(path, call) if verb == "GET" else self._write(call)

    def graphql(self, what: str, document: str, variables: dict[str, Any]) -> Any:
        """The data of one GraphQL call; a mutation may raise what `retry.apply` takes."""

        def call() -> Any:
            return self._client.requester.graphql_query(document, variables)[1]["data"]

        return self._write(call) if document.startswith("mutation") else self._read(what, call)

    def apply(self, key: str, read_back: Callable[[], T | None], write: Callable[[], T]) -> T:
        """A write that is never doubled."""
        return retry.apply(f"{self._slug}: {key}", read_back, write, self._sleep)

    def is_me(self, user: Mapping[str, Any]) -> bool:
        """Whether an account, as the service writes it, is this token's."""
        from types import SimpleNamespace

        return self._is_me(SimpleNamespace(login=user.get("login"), type=user.get("type")))

    # ---- reads -------------------------------------------------------------------------------------------------------

    def _survey(self) -> tuple[Request, ...]:
        ended = self._repository.get_pulls(state="closed", sort="updated", direction="desc").get_page(0)
        pulls = [*self._repository.get_pulls(state="open"), *ended]
        ours = [p for p in pulls if self._is_here(p) and p.head.ref.startswith(BRANCH_PREFIX)]
        return _newest_first(self._request(pull) for pull in ours)

    def _observe(self, branch: str) -> tuple[Request, ...]:
        found = self._repository.get_pulls(
            state="all", head=f"{self._owner}:{branch}", sort="created", direction="desc"
        )
        return _newest_first(self._request(pull) for pull in found if self._is_here(pull) and pull.head.ref == branch)

    def _open_one(self, branch: str) -> Request | None:
        """The open pull request of a branch; looks through all of them, since the head filter may lag."""

        def search() -> Request | None:
            narrow = self._repository.get_pulls(state="open", head=f"{self._owner}:{branch}")
            for pulls in (narrow, self._repository.get_pulls(state="open")):
                for pull in pulls:
                    if pull.head.ref == branch and self._is_here(pull):
                        return self._request(pull)
            return None

        return self._read("pull requests", search)

    def _is_here(self, pull: "PullRequest") -> bool:
        """Whether the head branch is in this repository, not in a fork."""
        return pull.head.repo is not None and pull.head.repo.full_name.casefold() == self._slug.casefold()

    def _request(self, pull: "PullRequest") -> Request:
        return Request(
            number=pull.number,
            url=pull.html_url,
            state="merged" if pull.merged_at else "open" if pull.state == "open" else "closed",
            title=pull.title,
            body=pull.body or "",
            base=pull.base.ref,
            draft=bool(pull.draft),
            ours=self._is_ours(pull),
            branch=pull.head.ref,
            labels=tuple(label.name for label in pull.labels),
            merge_commit=pull.merge_commit_sha if pull.merged_at else None,
            created=pull.created_at.isoformat(),
            ended=pull.closed_at.isoformat() if pull.closed_at else "",
        )

    def _is_ours(self, pull: "PullRequest") -> bool:
        """Whether this token's identity opened it."""
        return self._is_me(pull.user)

    def _is_me(self, user: Any) -> bool:
        """Whether an account is this token's; an App or Actions token cannot ask who it is, but is a bot."""
        if self._login is None:
            self._login = self._whoami()
        return bool(user.login == self._login) if self._login else bool(user.type == "Bot")

    def _whoami(self) -> str:
        from github.GithubException import GithubException

        try:
            return self._client.get_user().login
        except GithubException as error:
            if error.status == 403:
                return ""
            raise

    # ---- writes ------------------------------------------------------------------------------------------------------

    def _create(self, wanted: Wanted) -> Request:
        try:
            pull = self._write(
                lambda: self._repository.create_pull(
                    base=wanted.base, head=wanted.branch, title=wanted.title, body=wanted.body, draft=wanted.draft
                )
            )
        except _AlreadyThereError as error:
            adopted = self._open_one(wanted.branch)
            if adopted is None:
                raise retry.AnswerLost(str(error)) from error
            return adopted
        return self._request(pull)

    def ensure_label(self, label: str) -> None:
        """Create a label unless it is there."""

        def write() -> None:
            try:
                self._write(lambda: self._repository.create_label(label, _LABEL_COLOUR, "Opened by costmod"))
            except _AlreadyThereError:
                return

        retry.apply(f"label {label}", lambda: None, write, self._sleep)

    def _set_state(self, number: int, state: str) -> None:
        def read_back() -> bool | None:
            pull = self._read("the pull request", lambda: self._repository.get_pull(number))
            return True if pull.state == state else None

        def write() -> bool:
            self._write(lambda: self._repository.get_pull(number).edit(state=state))
            return True

        retry.apply(f"{self._slug}: setting #{number} to {state}", read_back, write, self._sleep)

    def _set_label(self, number: int, label: str) -> None:
        """Setting a label twice is setting it once, so a lost answer may simply be repeated."""

        def write() -> None:
            self._write(lambda: self._repository.get_pull(number).add_to_labels(label))

        retry.apply(f"label {label}", lambda: None, write, self._sleep)

    # ---- answers -----------------------------------------------------------------------------------------------------

    def _read(self, what: str, call: Callable[[], T]) -> T:
        import requests
        from github.GithubException import GithubException

        try:
            return call()
        except GithubException as error:
            raise self._explained(error) from error
        except (requests.RequestException, OSError) as error:
            raise UserError(f"{self._server}: no answer about {what} of {self._slug}; try again later.") from error
        except (AssertionError, RuntimeError) as error:
            raise self._led_elsewhere() from error

    def _write(self, call: Callable[[], T]) -> T:
        import requests
        from github.GithubException import GithubException, RateLimitExceededException

        self._writes += 1
        if self._writes > MOST_WRITES:
            raise UserError(f"{self._slug}: {MOST_WRITES} writes are enough for one run; run costmod again to go on.")
        try:
            return call()
        except GithubException as error:
            if error.status == 429 or isinstance(error, RateLimitExceededException):
                raise retry.RateLimited(_wait_of(error)) from error
            if error.status >= 500:
                raise retry.AnswerLost(f"status {error.status}") from error
            if error.status == 400 and "expected branch to point to" in _messages(error):
                raise retry.AnswerLost("the branch has moved") from error
            if error.status == 404 and "label" in _messages(error):
                raise _GoneError from error
            if error.status == 422 and "could not resolve to a node" in _messages(error):
                raise retry.RateLimited(_LAG_SECONDS) from error  # what was just created is not seen everywhere yet
            if error.status == 422 and "already" in _messages(error):
                raise _AlreadyThereError(_messages(error)) from error
            raise self._explained(error) from error
        except (requests.RequestException, OSError) as error:
            raise retry.AnswerLost("connection lost") from error
        except (AssertionError, RuntimeError) as error:
            raise self._led_elsewhere() from error

    def _led_elsewhere(self) -> UserError:
        """PyGithub refuses, by assert or RuntimeError, to take the token to an address that an answer names."""
        return UserError(f"{self._server}: an answer led to another host; check GITHUB_API_URL. The token stayed here.")

    def _explained(self, error: "GithubException") -> UserError:
        """One sentence for people, with what to do."""
        said = _messages(error)
        if "not permitted to create or approve pull requests" in said:
            return NotPermittedError(
                f"{self._slug}: GitHub Actions may not open pull requests; turn on Settings > Actions > General > "
                '"Allow GitHub Actions to create and approve pull requests" in the repository and in its organization.'
            )
        if error.status == 401:
            return UserError(f"{self._server}: the token is not valid; set COSTMOD_TOKEN or GITHUB_TOKEN anew.")
        if error.status in (410, 451) or "archived" in said or "locked" in said or "disabled" in said:
            return ClosedForWritingError(
                f"{self._slug}: is archived, locked or disabled ({plain(said, 120)}); nothing can be written there."
            )
        if error.status == 403:
            return NotPermittedError(
                f"{self._slug}: the token lacks a permission ({plain(said, 120)}); give it write access to "
                "contents and pull requests."
            )
        if error.status == 404:
            return NotFoundError(
                f"{self._slug}: GitHub shows no such repository to this token; check origin and the token."
            )
        return UserError(
            f"{self._slug}: GitHub answered {error.status} ({plain(said, 200)}); nothing more was changed."
        )


def _newest_first(requests: Iterable[Request]) -> tuple[Request, ...]:
    return tuple(sorted(requests, key=lambda request: request.number, reverse=True))


class _AlreadyThereError(Exception):
    """422: what should be created exists."""


class _GoneError(Exception):
    """404: what should be taken off is not there."""


def _key_line(key: str) -> str:
    return f"<!-- costmod:{key} -->"


def _github_exception() -> type["GithubException"]:
    from github.GithubException import GithubException

    return GithubException


def server_of(api: str) -> str:
    """The web and git address that belongs to a REST address: GitHub, GHES (/api/v3) or a data-residency tenant."""
    parts = urlsplit(api)
    local = parts.hostname in ("127.0.0.1", "localhost")
    if not (parts.scheme == "https" or (parts.scheme == "http" and local)) or parts.username is not None:
        raise UserError(f"GITHUB_API_URL: {plain(api, 100)!r} is no https:// address; correct it.")
    return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"


def _messages(error: "GithubException") -> str:
    """Everything GitHub said, in lower case: the message and those of its parts."""
    data: Any = error.data if isinstance(error.data, dict) else {"message": error.data}
    parts = [data.get("message"), error.message]
    for item in data.get("errors") or ():
        parts += [item.get("message"), item.get("code")] if isinstance(item, dict) else [item]
    return " ".join(str(part) for part in parts if part).replace("_", " ").lower()


def _wait_of(error: "GithubException") -> float:
    """Seconds GitHub asks to wait; a minute when it does not say."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if headers.get("retry-after", "").isdigit():
        return float(headers["retry-after"])
    if headers.get("x-ratelimit-remaining") == "0" and headers.get("x-ratelimit-reset", "").isdigit():
        return max(1.0, float(headers["x-ratelimit-reset"]) - time.time() + 1)
    return 60.0
