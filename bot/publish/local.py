"""The embedded forge: a bare repository, and beside it one folder with a page per pull request.

Layout: FOLDER/forge.git, FOLDER/pull-requests/<n>.json (state), <n>.md (body), <n>.html (the page), and one
dashboard.md with its page. To say no, set "state" to "closed" in the JSON file; to merge, pull the branch from
forge.git.
"""

import contextlib
import fcntl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from bot.errors import UserError
from bot.publish import boxes, git, page
from bot.publish.boxes import Ticks
from bot.publish.forge import BRANCH_PREFIX, Remote, Request, Wanted
from bot.records import Record


class State(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What <n>.json holds."""

    number: int
    state: Literal["open", "closed", "merged"]
    title: str
    branch: str
    base: str
    draft: bool
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    comments: dict[str, str] = msgspec.field(default_factory=dict)  # by key


class LocalForge:
    """A forge in one folder: nothing leaves the machine."""

    kind: Literal["local", "github"] = "local"

    def __init__(self, folder: Path) -> None:
        self.bare = folder / "forge.git"
        self.pages = folder / "pull-requests"
        try:
            self.pages.mkdir(parents=True, exist_ok=True)
            with self._alone():
                git.create_bare(self.bare)
        except (OSError, git.GitFailed) as error:
            raise UserError(
                f"{folder}: cannot hold the local forge ({error}); name a folder you can write to."
            ) from error

    def remote(self) -> Remote:
        """Where to push."""
        return Remote(url=str(self.bare.resolve()))

    def seed(self, repository: str, base: str, commit: str) -> None:
        """Push the base branch of the user's repository, unless the forge is ahead of it already."""
        with git.private_copy(Path(repository), commit) as copy:
            there = copy.head(self.remote(), base)
            if there is not None:
                copy.bring(self.remote(), base, there)
                if copy.is_ancestor(commit, there):
                    return
            if there is not None and not copy.is_ancestor(there, commit):
                if copy.is_shallow():
                    raise UserError(
                        f"{repository}: is a shallow clone without the forge's {base}; run `git fetch --unshallow`."
                    )
                raise UserError(
                    f"{self.bare}: its branch {base} has other commits than {repository}; merge or remove it."
                )
            copy.push(self.remote(), commit, base, lease=there or "")

    def survey(self) -> tuple[Request, ...]:
        """The pull requests of all branches of the bot, newest first."""
        states = [state for state in self._states() if state.branch.startswith(BRANCH_PREFIX)]
        return tuple(self._request(state) for state in reversed(states))

    def observe(self, branch: str) -> tuple[Request, ...]:
        """The pull requests of one branch, newest first."""
        return tuple(request for request in self.survey() if request.branch == branch)

    def request(self, number: int) -> Request:
        """One pull request."""
        return self._request(self._state(number))

    def create(self, wanted: Wanted) -> Request:
        """Open it, or adopt the open one that another run was faster with."""
        with self._alone():
            for request in self.observe(wanted.branch):
                if request.state == "open":
                    return request
            state = State(
                number=max((state.number for state in self._states()), default=0) + 1,
                state="open",
                title=wanted.title,
                branch=wanted.branch,
                base=wanted.base,
                draft=wanted.draft,
            )
            self._save(state, wanted.body)
            return self._request(state)

    def update(self, number: int, *, title: str | None, body: str) -> Request:
        """Replace the body, and the title when given; draws the page anew."""
        with self._alone():
            state = self._state(number)
            if title is not None:
                state = msgspec.structs.replace(state, title=title)
            self._save(state, body)
            return self._request(state)

    def label(self, number: int, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Set labels."""
        self._change(number, lambda state: {"labels": tuple(dict.fromkeys((*state.labels, *labels)))})
        return ()

    def ask(self, number: int, reviewer: str) -> tuple[str, ...]:
        """Write down whose review is wanted."""
        self._change(number, lambda state: {"reviewers": tuple(dict.fromkeys((*state.reviewers, reviewer)))})
        return ()

    def labelled(self, label: str) -> tuple[Request, ...]:
        """The pull requests of the bot's branches that bear a label."""
        return tuple(request for request in self.survey() if label in request.labels)

    def is_reviewed(self, number: int) -> bool:  # noqa: ARG002  as the protocol has it
        """Never: nobody reviews here."""
        return False

    def sign(self, copy: git.Repository, commit: str) -> str:  # noqa: ARG002  as the protocol has it
        """The commit itself: a folder has no signature."""
        return commit

    def unlabel(self, number: int, label: str) -> None:
        """Take a label off, if it is there."""
        self._change(number, lambda state: {"labels": tuple(name for name in state.labels if name != label)})

    def comment(self, number: int, key: str, text: str, *, first: bool = True) -> bool:
        """Say something once; whether it is new."""
        new = key not in self._state(number).comments
        if new and not first:
            return False
        self._change(number, lambda state: {"comments": state.comments | {key: text}})
        return new

    def close(self, number: int) -> None:
        """Close a pull request unmerged."""
        self._change(number, lambda _: {"state": "closed"})

    def reopen(self, number: int) -> bool:
        """Open a closed pull request again."""
        self._change(number, lambda _: {"state": "open"})
        return True

    def ticks(self) -> Ticks:
        """What is ticked in the text of the dashboard: whoever may write to the folder may ask."""
        path = self.pages / "dashboard.md"
        seen = boxes.ticked(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else frozenset()
        return Ticks(seen=seen, asked=seen)

    def dashboard(self, body: str, seen: frozenset[str] = frozenset()) -> str:
        """Write the one page that lists everything; its address."""
        with self._alone():
            if not self.ticks().seen - seen:
                self._write("dashboard.md", body)
                self._write("dashboard.html", page.render_issue("costmod dashboard", body))
        return (self.pages / "dashboard.html").resolve().as_uri()

    def pushed(self, number: int) -> None:
        """Draw the page anew, with the new diff."""
        with self._alone():
            self._save(self._state(number), self._body(number))

    def _change(self, number: int, changed: Callable[[State], dict[str, object]]) -> None:
        with self._alone():
            state = self._state(number)
            self._save(msgspec.structs.replace(state, **changed(state)), self._body(number))

    # ---- files -------------------------------------------------------------------------------------------------------

    def _states(self) -> list[State]:
        numbers = sorted(int(path.stem) for path in self.pages.glob("*.json") if path.stem.isdigit())
        return [self._state(number) for number in numbers]

    def _state(self, number: int) -> State:
        path = self.pages / f"{number}.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=State)
        except (OSError, msgspec.MsgspecError) as error:
            raise UserError(f"{path}: cannot be read as a pull request ({error}); correct or remove it.") from error

    def _body(self, number: int) -> str:
        path = self.pages / f"{number}.md"
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: cannot be read ({error}); correct or remove it.") from error

    def _request(self, state: State) -> Request:
        return Request(
            number=state.number,
            url=(self.pages / f"{state.number}.html").resolve().as_uri(),
            state=state.state,
            title=state.title,
            body=self._body(state.number),
            base=state.base,
            draft=state.draft,
            ours=True,
            branch=state.branch,
            labels=state.labels,
        )

    def _save(self, state: State, body: str) -> None:
        shown = page.Page(
            number=state.number,
            state="draft" if state.draft and state.state == "open" else state.state,
            title=state.title,
            branch=state.branch,
            base=state.base,
            labels=state.labels,
            body=body,
            diff=git.difference(self.bare, state.base, state.branch),
            comments=tuple(state.comments.values()),
        )
        self._write(f"{state.number}.md", body)
        self._write(f"{state.number}.html", page.render(shown))
        self._write(f"{state.number}.json", msgspec.json.format(msgspec.json.encode(state)).decode() + "\n")

    def _write(self, name: str, content: str) -> None:
        """Replace a file in one step: a reader sees the old text or the new one."""
        with tempfile.NamedTemporaryFile("w", dir=self.pages, delete=False, encoding="utf-8", newline="\n") as scratch:
            scratch.write(content)
        Path(scratch.name).chmod(0o644)
        Path(scratch.name).replace(self.pages / name)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time; the lock dies with its process."""
        with (self.pages / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
