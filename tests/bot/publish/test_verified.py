"""Commits that GitHub makes and signs: one each whatever is lost, and people's commits as safe as ever."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from rig import sample
from rig.fake_github import TOKEN, FakeGithub, Fault
from rig.life import GithubLife, moved, push_as_human

from bot.config import Config, PublishConfig
from bot.errors import UserError
from bot.publish import marker
from bot.publish.forge import CannotSignError
from bot.publish.git import Repository, private_copy
from bot.publish.github import GithubForge

VERIFIED = Config(publish=PublishConfig(commits="verified"))
MESSAGE = f"perf: load\n\n- load Post.author\n\nCostmod-Fingerprint: {sample.FINGERPRINT}\n"


@pytest.fixture
def copy(repository: Path, commit: str) -> Iterator[Repository]:
    with private_copy(repository, commit) as made:
        yield made


def forge_of(github: FakeGithub) -> GithubForge:
    return GithubForge("acme/blog", TOKEN, api=github.url, sleep=lambda _: None, pause=0)


def branches(github: FakeGithub) -> list[str]:
    return sample.run(github.state.bare, "for-each-ref", "--format=%(refname:short)", "refs/heads").split("\n")


def shown(github: FakeGithub, commit: str) -> list[str]:
    return sample.run(github.state.bare, "show", "--no-patch", "--format=%cn%n%ce%n%P%n%B", commit).split("\n")


FAULTS = [
    None,
    Fault("POST", "/graphql$", 502, {"message": "Bad Gateway"}, after=True),
    Fault("POST", "/graphql$", 502, {"message": "Bad Gateway"}),
    Fault("POST", "/graphql$", 403, {"message": "You have exceeded a secondary rate limit."}),
]


@pytest.mark.parametrize("fault", FAULTS, ids=["plain", "lost", "not-done", "limited"])
def test_github_makes_one_commit(github: FakeGithub, copy: Repository, commit: str, fault: Fault | None) -> None:
    made = copy.commit_on(commit, {sample.PATH: sample.AFTER.encode(), "new.py": b"x = 1\n"}, MESSAGE)
    github.faults = [Fault(**vars(fault) | {"times": 1})] if fault else []
    signed = forge_of(github).sign(copy, made)
    assert shown(github, signed) == ["GitHub", "noreply@github.com", commit, *MESSAGE.rstrip("\n").split("\n")]
    assert (copy.is_same(signed, made), signed != made) == (True, True)
    assert copy.is_bot_commit(signed, f"Costmod-Fingerprint: {sample.FINGERPRINT[:12]}")
    assert branches(github) == ["main"]


def test_commit_that_an_earlier_run_left_is_taken(github: FakeGithub, copy: Repository, commit: str) -> None:
    made = copy.commit_on(commit, {sample.PATH: sample.AFTER.encode()}, MESSAGE)
    signed = forge_of(github).sign(copy, made)
    sample.run(github.state.bare, "update-ref", f"refs/heads/costmod/sign/{made[:12]}", signed)
    github.calls.clear()
    assert forge_of(github).sign(copy, made) == signed
    assert not [call for call in github.calls if "graphql" in call]


def test_branch_in_the_way_is_left_alone(github: FakeGithub, copy: Repository, commit: str) -> None:
    made = copy.commit_on(commit, {sample.PATH: sample.AFTER.encode()}, MESSAGE)
    other = sample.run(github.state.bare, "commit-tree", f"{commit}^{{tree}}", "-p", commit, "-m", "mine")
    name = f"costmod/sign/{made[:12]}"
    sample.run(github.state.bare, "update-ref", f"refs/heads/{name}", other)
    with pytest.raises(CannotSignError, match="is not the bot's; delete it"):
        forge_of(github).sign(copy, made)
    assert github.state.head_of(name) == other


def test_executable_file_is_refused(github: FakeGithub, repository: Path) -> None:
    (repository / "run.py").write_text("x = 1\n")
    (repository / "run.py").chmod(0o755)
    commit = sample.commit_all(repository, "feat: run")
    with private_copy(repository, commit) as copy:
        made = copy.commit_on(commit, {"run.py": b"x = 2\n"}, MESSAGE)
        with pytest.raises(CannotSignError, match="of plain files only"):
            forge_of(github).sign(copy, made)
    assert branches(github) == ["main"]


def test_which_commits_are_the_bots(repository: Path, commit: str) -> None:
    github = ("GitHub", "noreply@github.com")
    kinds = {
        "github": (github, MESSAGE, 1), "web-editor": (github, "docs: edited on the web", 1),
        "merge": (github, MESSAGE, 2), "another-address": (("GitHub", "ann@example.com"), MESSAGE, 1),
        "amended-by-people": (("Ann", "ann@example.com"), MESSAGE, 1),
    }  # fmt: skip
    other = sample.run(repository, "commit-tree", "HEAD^{tree}", "-m", "x")
    ours = set()
    with private_copy(repository, commit) as copy:
        (copy.folder / "objects" / "info" / "alternates").write_text(f"{repository / '.git' / 'objects'}\n")
        for kind, ((name, email), message, parents) in kinds.items():
            who = ("-c", f"committer.name={name}", "-c", f"committer.email={email}")
            on = ("-p", commit, "-p", other)[: 2 * parents]
            made = sample.run(repository, *who, "commit-tree", "HEAD^{tree}", *on, "-m", message)
            ours |= {kind} if copy.is_bot_commit(made, f"Costmod-Fingerprint: {sample.FINGERPRINT[:12]}") else set()
    assert ours == {"github"}


def test_two_runs_at_once_open_one_pull_request(github_life: GithubLife) -> None:
    barrier = threading.Barrier(2)
    waits = iter([barrier.wait] * 2)  # whoever has to ask again does not wait again
    github_life.github.before_graphql = lambda: next(waits, lambda _: None)(60) and None
    with ThreadPoolExecutor(2) as pool:
        done = [result for results in pool.map(lambda _: github_life(VERIFIED), range(2)) for result in results]
    assert [(p.number, p.state) for p in github_life.github.state.pulls] == [(1, "open")]
    assert {(one.operation, one.number, one.head) for one in done} == {("created", 1, github_life.head())}
    assert len(branches(github_life.github)) == 2


def test_branch_that_another_run_has_deleted_is_made_again(github: FakeGithub, copy: Repository, commit: str) -> None:
    made = copy.commit_on(commit, {sample.PATH: sample.AFTER.encode()}, MESSAGE)
    name, gone = f"refs/heads/costmod/sign/{made[:12]}", []

    def delete() -> None:
        if not gone:
            gone.append(sample.run(github.state.bare, "update-ref", "-d", name))

    github.before_graphql = delete
    assert copy.is_same(forge_of(github).sign(copy, made), made)
    assert (len(gone), branches(github)) == (1, ["main"])


def test_life_of_a_pull_request_with_verified_commits(github_life: GithubLife, tmp_path: Path) -> None:
    github = github_life.github
    first = github_life(VERIFIED)[0]
    assert (first.operation, first.head, shown(github, first.head)[0]) == ("created", github_life.head(), "GitHub")
    said: Any = marker.read(first.body)
    assert said.head == first.head
    github.calls.clear()
    assert github_life(VERIFIED)[0].operation == "unchanged"
    assert not [call for call in github.calls if call.startswith(("POST", "PATCH")) or "receive" in call]
    before, patch = moved()
    github_life.move(sample.PATH, before)
    second = github_life(VERIFIED, patch)[0]
    assert (second.operation, shown(github, second.head)[0]) == ("updated", "GitHub")
    assert sample.run(github.state.bare, "rev-parse", f"{second.head}^") == sample.run(
        github_life.repository, "rev-parse", "HEAD"
    )
    assert [p.number for p in github.state.pulls] == [1]
    human = push_as_human(github_life, tmp_path)
    github_life.move(sample.PATH, f"# Again.\n{before}")
    again = sample.patch(
        changes=(sample.Change(path=sample.PATH, before=f"# Again.\n{before}", after=f"# Again.\n{sample.AFTER}"),)
    )
    assert (github_life(VERIFIED, again)[0].operation, github_life.head()) == ("skipped", human)


def test_run_that_dies_after_the_push_is_taken_up(github_life: GithubLife) -> None:
    github_life.github.faults = [Fault("POST", "/pulls$", 0, times=2)]
    with pytest.raises(UserError):
        github_life(VERIFIED)
    head = github_life.head()
    github_life.github.calls.clear()
    done = github_life(VERIFIED)[0]
    assert (done.operation, done.head, github_life.head()) == ("created", head, head)
    assert not [call for call in github_life.github.calls if "graphql" in call]
