"""One forge of either kind, the local one or the fake GitHub, and what happens to its pull requests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rig import sample
from rig.fake_github import FakeGithub

from bot.config import Config
from bot.publish.act import Candidate
from bot.publish.forge import Forge
from bot.publish.publish import publish
from bot.records import Change, PullRequest

BRANCH = f"costmod/sqlalchemy-eager-load/{sample.FINGERPRINT[:12]}"
LABELS = ("costmod", "costmod:rule/sqlalchemy-eager-load")


class Life:
    """One forge of either kind, and what happens to its pull requests."""

    def __init__(self, forge: Callable[[], Forge], bare: Path, repository: Path) -> None:
        self.forge, self.bare, self.repository = forge, bare, repository

    def __call__(self, config: Config | None = None, *patches: Any, **more: Any) -> list[PullRequest]:
        given = [
            Candidate(hotspot=sample.hotspot(), patch=patch, proof=sample.proof(), saving=sample.saving())
            for patch in (patches or (sample.patch(),))
            if patch
        ]
        head = sample.run(self.repository, "rev-parse", "HEAD")
        where = {"base": "main", "commit": head} | more
        return publish(self.forge(), self.repository, given, config or Config(), **where)

    def head(self) -> str:
        return sample.run(self.bare, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}")

    def move(self, path: str, text: str) -> None:
        sample.write(self.repository, path, text)
        sample.commit_all(self.repository, "feat: something else")
        sample.run(self.repository, "push", "--quiet", str(self.bare), "HEAD:main")

    def state(self) -> tuple[str, tuple[str, ...], list[str]]:
        request = self.forge().observe(BRANCH)[0]
        return request.state, request.labels, self.comments(request.number)

    def comments(self, number: int) -> list[str]:
        raise NotImplementedError


class LocalLife(Life):
    def comments(self, number: int) -> list[str]:
        return list(self.forge()._state(number).comments.values())  # type: ignore[attr-defined]


class GithubLife(Life):
    github: FakeGithub

    def comments(self, number: int) -> list[str]:
        return [c.body.partition("\n\n<!--")[0] for c in self.github.state.comments if c.issue == number]


def moved() -> Any:
    before, after = (f"# Views.\n{text}" for text in (sample.BEFORE, sample.AFTER))
    return before, sample.patch(changes=(Change(path=sample.PATH, before=before, after=after),))


def push_as_human(life: Life, folder: Path) -> str:
    sample.run(folder, "clone", "--quiet", "--branch", BRANCH, str(life.bare), "human")
    sample.write(folder / "human", "README.md", "A human was here.\n")
    commit = sample.commit_all(folder / "human", "docs: say hello")
    sample.run(folder / "human", "push", "--quiet", "origin", BRANCH)
    return commit


def merge(life: GithubLife) -> None:
    """As GitHub does it with "squash and merge"."""
    life.move(sample.PATH, sample.AFTER)
    pull = life.github.state.pulls[0]
    pull.state, pull.merged = "closed", True
    pull.merge_commit = sample.run(life.repository, "rev-parse", "HEAD")
