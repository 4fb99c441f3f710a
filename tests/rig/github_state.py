"""What the fake GitHub remembers, and GitHub's own JSON for it. Heads are read from the bare repository."""

import contextlib
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rig.contract import complete

TIME = "2026-11-24T00:00:00Z"


@dataclass
class Pull:
    """One pull request."""

    number: int
    title: str
    body: str
    head: str  # branch
    base: str
    draft: bool
    author: str
    state: str = "open"
    merged: bool = False
    labels: list[str] = field(default_factory=list)
    fork: bool = False
    merge_commit: str | None = None
    created: str = TIME
    ended: str = TIME
    reviewers: list[str] = field(default_factory=list)


@dataclass
class State:
    """One repository."""

    slug: str
    bare: Path
    url: str = ""
    login: str = "costmod-bot"
    kind: str = "User"
    pulls: list[Pull] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    issues: list[Any] = field(default_factory=list)
    comments: list[Any] = field(default_factory=list)
    reviews: list[Any] = field(default_factory=list)
    roles: dict[str, tuple[str, str]] = field(default_factory=dict)  # login: permission, role name
    edits: list[tuple[int, str, str, str]] = field(default_factory=list)  # issue, login, kind of account, when

    def edited(self, number: int, login: str, kind: str) -> None:
        """Remember who changed the text of an issue."""
        self.edits.append((number, login, kind, f"2026-11-24T00:00:{len(self.edits):02d}Z"))

    def next_number(self) -> int:
        """Issues and pull requests count together."""
        return max((item.number for item in [*self.pulls, *self.issues]), default=0) + 1

    def say(self, number: int, body: str, author: str | None = None, kind: str | None = None) -> Any:
        """Add a comment."""
        from rig.fake_issues import Comment

        made = Comment(len(self.comments) + 1, number, body, author or self.login, kind or self.kind)
        self.comments.append(made)
        return made

    def lines_in_diff(self, pull: Pull) -> set[tuple[str, int]]:
        """Path and new line number of every line that the pull request's diff shows."""
        command = ["git", "diff", "--no-color", f"{pull.base}...{self.tip(pull)}"]
        shown = subprocess.run(command, cwd=self.bare, capture_output=True, text=True, check=True).stdout
        path, line, found = "", 0, set()
        for text in shown.splitlines():
            if text.startswith("+++ b/"):
                path = text[6:]
            elif hunk := re.match(r"@@ -\S+ \+(\d+)", text):
                line = int(hunk[1])
            elif line and text[:1] in ("+", " "):
                found.add((path, line))
                line += 1
        return found

    def issue(self, issue: Any) -> dict[str, Any]:
        """GitHub's JSON of an issue, a pull request's issue included."""
        known = {
            "number": issue.number,
            "url": f"{self._repository_url}/issues/{issue.number}",
            "html_url": f"{self.url}/{self.slug}/issues/{issue.number}",
            "comments_url": f"{self._repository_url}/issues/{issue.number}/comments",
            "state": issue.state,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "labels": [self.label(name) for name in issue.labels],
        }
        if isinstance(issue, Pull):
            known["pull_request"] = {f"{kind}_url": None for kind in ("diff", "html", "patch")} | {"url": None}
        return complete("issue", known)

    def head_of(self, branch: str) -> str | None:
        """The commit id of a branch."""
        return self.ref(f"refs/heads/{branch}")

    def ref(self, name: str) -> str | None:
        """The commit id of a ref, read as git stores it: a process for each would take most of the time."""
        with contextlib.suppress(OSError):
            return (self.bare / name).read_text().strip()
        packed = self.bare / "packed-refs"
        lines = packed.read_text().splitlines() if packed.is_file() else []
        return next((line.split(" ")[0] for line in lines if line.endswith(f" {name}")), None)

    def user(self, login: str, kind: str | None = None) -> dict[str, Any]:
        """GitHub's JSON of an account."""
        return complete("simple-user", {"login": login, "type": kind or self.kind})

    def private_user(self) -> dict[str, Any]:
        """GitHub's JSON of the account behind the token."""
        return complete("private-user", {"login": self.login, "type": self.kind, "user_view_type": "private"})

    def label(self, name: str) -> dict[str, Any]:
        """GitHub's JSON of a label."""
        return complete("label", {"name": name, "description": "", "url": f"{self._repository_url}/labels/{name}"})

    def pull(self, pull: Pull, schema: str = "pull-request") -> dict[str, Any]:
        """GitHub's JSON of a pull request."""
        closed = None if pull.state == "open" else pull.ended
        known = {
            "number": pull.number,
            "url": f"{self._repository_url}/pulls/{pull.number}",
            "html_url": f"{self.url}/{self.slug}/pull/{pull.number}",
            "issue_url": f"{self._repository_url}/issues/{pull.number}",
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "draft": pull.draft,
            "merge_commit_sha": pull.merge_commit,
            "merged_at": closed if pull.merged else None,
            "closed_at": closed,
            "created_at": pull.created,
            "user": self.user(pull.author),
            "labels": [self.label(name) for name in pull.labels],
            "head": self._side(pull.head, "fork/blog" if pull.fork else self.slug, self.tip(pull)),
            "base": self._side(pull.base, self.slug, self.head_of(pull.base)),
        }
        return complete(schema, known)

    @property
    def _repository_url(self) -> str:
        return f"{self.url}/repos/{self.slug}"

    def tip(self, pull: Pull) -> str | None:
        """The head of a pull request, which GitHub keeps as a ref of its own when the branch is gone."""
        name = f"refs/pull/{pull.number}/head"
        head = None if pull.fork else self.head_of(pull.head)
        if head is not None and head != self.ref(name):
            subprocess.run(["git", "update-ref", name, head], cwd=self.bare, check=True)
        return head or self.ref(name)

    def _side(self, branch: str, slug: str, sha: str | None) -> dict[str, Any]:
        owner, _, name = slug.partition("/")
        known = {"full_name": slug, "name": name, "url": f"{self.url}/repos/{slug}", "owner": self.user(owner)}
        repository = complete("repository", known)
        return {
            "label": f"{owner}:{branch}",
            "ref": branch,
            "sha": sha or "0" * 40,
            "user": self.user(owner),
            "repo": repository,
        }
