"""What the fake GitHub remembers, and GitHub's own JSON for it. Heads are read from the bare repository."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rig.contract import complete

_TIME = "2026-11-24T00:00:00Z"


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
    created: int = 0  # pull requests ever created

    def head_of(self, branch: str) -> str | None:
        """The commit id of a branch."""
        command = ["git", "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"]
        done = subprocess.run(command, cwd=self.bare, capture_output=True, text=True, check=False)
        return done.stdout.strip() or None

    def user(self, login: str) -> dict[str, Any]:
        """GitHub's JSON of an account."""
        return complete("simple-user", {"login": login, "type": self.kind})

    def private_user(self) -> dict[str, Any]:
        """GitHub's JSON of the account behind the token."""
        return complete("private-user", {"login": self.login, "type": self.kind, "user_view_type": "private"})

    def label(self, name: str) -> dict[str, Any]:
        """GitHub's JSON of a label."""
        return complete("label", {"name": name, "description": "", "url": f"{self._repository_url}/labels/{name}"})

    def pull(self, pull: Pull, schema: str = "pull-request") -> dict[str, Any]:
        """GitHub's JSON of a pull request."""
        closed = None if pull.state == "open" else _TIME
        known = {
            "number": pull.number,
            "url": f"{self._repository_url}/pulls/{pull.number}",
            "html_url": f"{self.url}/{self.slug}/pull/{pull.number}",
            "issue_url": f"{self._repository_url}/issues/{pull.number}",
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "draft": pull.draft,
            "merged_at": closed if pull.merged else None,
            "closed_at": closed,
            "user": self.user(pull.author),
            "labels": [self.label(name) for name in pull.labels],
            "head": self._side(pull.head, "fork/blog" if pull.fork else self.slug),
            "base": self._side(pull.base, self.slug),
        }
        return complete(schema, known)

    @property
    def _repository_url(self) -> str:
        return f"{self.url}/repos/{self.slug}"

    def _side(self, branch: str, slug: str) -> dict[str, Any]:
        owner, _, name = slug.partition("/")
        known = {"full_name": slug, "name": name, "url": f"{self.url}/repos/{slug}", "owner": self.user(owner)}
        sha = self.head_of(branch) or "0" * 40
        repository = complete("repository", known)
        return {"label": f"{owner}:{branch}", "ref": branch, "sha": sha, "user": self.user(owner), "repo": repository}
