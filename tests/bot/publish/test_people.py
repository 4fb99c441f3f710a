"""What people set, move and leave lying, and that the bot does not undo it: labels, reviewers, bases, time."""

from datetime import date
from typing import Any

import pytest
from rig import sample
from rig.fake_github import FakeGithub, Fault
from rig.fake_issues import Review
from rig.github_state import Pull
from rig.life import LABELS, GithubLife, Life, moved

from bot.config import Config, PublishConfig
from bot.errors import UserError
from bot.pipeline import without_closed
from bot.publish import marker
from bot.publish.act import labels_of
from bot.publish.local import LocalForge
from bot.publish.publish import BASE_GONE_NOTE
from bot.records import Result

TODAY = date(2026, 11, 25)


def settings(**publish: Any) -> Config:
    return Config(publish=PublishConfig(**publish))


# ---- labels and reviewers --------------------------------------------------------------------------------------------


REVIEWERS = settings(reviewers=("ann", "acme/core", "nobody"))


def asked(life: GithubLife) -> tuple[Any, str]:
    life.github.state.roles = {"ann": ("write", "write")}
    done = life(REVIEWERS)
    return life.github.state.pulls[0], done[0].reason


def test_labels_and_reviewers_are_set_once_each_in_a_call_of_its_own(github_life: GithubLife) -> None:
    pull, warned = asked(github_life)
    assert (pull.reviewers, pull.labels) == (["ann", "team:core"], list(LABELS))
    assert warned.startswith("reviewer 'nobody' was not asked: acme/blog: GitHub answered 422 (reviews may only be ")
    pull.reviewers.clear()
    pull.labels.remove("costmod")
    assert github_life(REVIEWERS)[0].operation == "unchanged"
    assert (pull.reviewers, pull.labels) == ([], ["costmod:rule/sqlalchemy-eager-load"])


def test_nobody_is_asked_to_review_a_draft_before_it_is_ready(github_life: GithubLife) -> None:
    github_life.github.state.roles = {"ann": ("write", "write")}
    drafts = settings(reviewers=("ann",), draft=True)
    github_life(drafts)
    (pull,) = github_life.github.state.pulls
    assert pull.reviewers == []
    pull.draft = False
    assert [github_life(drafts)[0].operation for _ in range(2)] == ["updated", "unchanged"]
    assert pull.reviewers == ["ann"]


def test_lost_answers_about_labels_and_reviewers_lose_nothing(github_life: GithubLife) -> None:
    posts = ("/issues/1/labels$", "/requested_reviewers$", "/labels$", "/pulls/1$")
    github_life.github.faults = lost = [
        Fault("PATCH" if "pulls/1$" in path else "POST", path, 502, {"message": "Oops"}, after=True) for path in posts
    ]
    pull, _ = asked(github_life)
    assert (pull.reviewers, pull.labels) == (["ann", "team:core"], list(LABELS))
    assert [fault.times for fault in lost] == [0] * 4


def test_run_that_dies_before_it_remembers_them_is_taken_up(github_life: GithubLife) -> None:
    no = {"message": "Resource not accessible"}
    github_life.github.faults = [Fault("POST", "/issues/1/labels$", 403, no), Fault("PATCH", "/pulls/1$", 0, times=2)]
    with pytest.raises(UserError):
        github_life()
    (pull,) = github_life.github.state.pulls
    said = marker.read(pull.body)
    assert said is not None
    assert (said.given, pull.labels) == ((), [LABELS[1]])
    assert [github_life()[0].operation for _ in range(2)] == ["updated", "unchanged"]
    assert set(pull.labels) == set(LABELS)


@pytest.mark.parametrize(
    ("codemod", "labels", "found"),
    [
        ("a-b", ("costmod",), ("costmod", "costmod:rule/a-b")),
        ("a-b", (), ()),
        ("c" * 60, ("x", "x"), ("x", f"costmod:rule/{'c' * 37}")),
    ],
)
def test_labels_of(codemod: str, labels: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert labels_of(settings(labels=labels), codemod) == found


# ---- bases -----------------------------------------------------------------------------------------------------------


def branch(life: Life, name: str) -> None:
    sample.run(life.bare, "update-ref", f"refs/heads/{name}", "main")


def test_retargeted_one_is_neither_lost_nor_doubled(github_life: GithubLife) -> None:
    github_life()
    branch(github_life, "dev")
    (pull,) = github_life.github.state.pulls
    pull.base = "dev"
    head = github_life.head()
    before, patch = moved()
    github_life.move(sample.PATH, before)
    reason = "pull request #1 was pointed at dev; run with that base to update it"
    assert [(done.operation, done.reason) for done in github_life(None, patch)] == [("skipped", reason)]
    assert (pull.base, pull.state, github_life.head()) == ("dev", "open", head)
    branch(github_life, "dev")
    assert [github_life(None, patch, base="dev")[0].operation for _ in range(2)] == ["updated", "unchanged"]
    assert ([p.number for p in github_life.github.state.pulls], pull.base) == ([1], "dev")


def test_base_that_was_renamed(github_life: GithubLife) -> None:
    """GitHub points open pull requests at the new name by itself."""
    github_life()
    branch(github_life, "trunk")
    sample.run(github_life.bare, "symbolic-ref", "HEAD", "refs/heads/trunk")
    sample.run(github_life.bare, "update-ref", "-d", "refs/heads/main")
    github_life.github.state.pulls[0].base = "trunk"
    with pytest.raises(UserError, match=r"^main: the forge has no such branch; push it, or set publish\.base\.$"):
        github_life()
    assert [(done.operation, done.number) for done in github_life(base="trunk")] == [("unchanged", 1)]


def test_base_that_was_deleted_is_no_no(github_life: GithubLife) -> None:
    """GitHub closes such a pull request, and opens it no more. Lost answers on the way double nothing."""
    branch(github_life, "dev")
    github_life(base="dev")
    sample.run(github_life.bare, "update-ref", "-d", "refs/heads/dev")
    pulls = github_life.github.state.pulls
    pulls[0].state = "closed"
    paths = ("/issues/1/comments$", "/issues/1/labels$", "/pulls$")
    github_life.github.faults = [Fault("POST", path, 502, {"message": "Oops"}, after=True) for path in paths]
    done = github_life()[0]
    assert (done.operation, done.number, done.reason) == ("created", 2, "supersedes #1, whose base branch is gone")
    assert (pulls[0].labels, github_life.comments(1)) == ([*LABELS, "costmod:superseded"], [BASE_GONE_NOTE])
    assert [fault.times for fault in github_life.github.faults] == [0] * 3
    assert [(d.operation, d.number) for d in github_life()] == [("unchanged", 2)]
    assert github_life.comments(1) == [BASE_GONE_NOTE]


def test_branches_that_are_missing(github: FakeGithub, repository: Any, commit: str) -> None:
    from bot.publish.forge import Remote
    from bot.publish.git import private_copy

    with private_copy(repository, commit) as copy:
        remote = Remote(url=str(github.state.bare))
        assert copy.missing(remote, ("main", "dev", "über", "--upload-pack=x")) == {"dev"}
        assert copy.missing(remote, ("über",)) == copy.missing(remote, ()) == frozenset()


# ---- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "kind", "reviewed"),
    [("", "User", False), ("costmod-bot", "User", False), ("ann", "Bot", False), ("ann", "User", True)],
    ids=["nobody", "the-bot-itself", "another-bot", "a-person"],
)
def test_who_counts_as_a_reviewer(calls: GithubLife, author: str, kind: str, reviewed: bool) -> None:
    state = calls.github.state
    state.pulls.append(Pull(1, "t", "", "main", "main", draft=False, author="ann"))
    state.reviews += [Review(1, "", "", [], author, kind)] if author else []
    assert calls.forge().is_reviewed(1) is reviewed


def test_one_that_nobody_looks_at_is_told_on_the_dashboard(github_life: GithubLife) -> None:
    github_life()
    github_life.github.state.pulls[0].created = "2026-10-11T09:00:00Z"
    done = github_life(settings(dashboard=True, nudge_after_days=30), today=TODAY)[0]
    assert "| open for 45 days without a review |" in github_life.github.state.issues[0].body
    assert (done.operation, github_life.state()[0], github_life.comments(1)) == ("unchanged", "open", [])


def test_branch_of_an_obsolete_one_is_deleted_after_two_weeks(github_life: GithubLife) -> None:
    github_life()
    github_life(None, None, fixed=frozenset({"H-1"}))
    github_life.github.state.pulls[0].ended = "2026-11-11T09:00:00Z"
    github_life(None, None, today=TODAY)
    assert (github_life.head(), github_life.state()[0]) == ("", "closed")


# ---- no to a whole codemod -------------------------------------------------------------------------------------------


def test_no_to_a_codemod_holds_for_findings_to_come(github_life: GithubLife) -> None:
    second = sample.patch(fingerprint="e" * 64)
    github_life()
    github_life.forge().label(1, ("costmod:ignored", "costmod:ignored-rule"))
    github_life.forge().close(1)
    reason = "no change of sqlalchemy-eager-load is wanted; to undo that, reopen pull request #1"
    assert [(done.operation, done.reason) for done in github_life(None, second)] == [("skipped", reason)]
    results = [Result(hotspot=sample.hotspot(), outcome="planned", patch=second)]
    assert without_closed(results, github_life.forge(), github_life.repository, Config())[0].reason == reason
    assert github_life.forge().reopen(1)
    github_life()
    assert github_life.state()[1] == LABELS
    assert without_closed(results, github_life.forge(), github_life.repository, Config()) == results


def test_token_that_may_not_read_issues_can_plan(calls: GithubLife) -> None:
    calls.github.faults = [Fault("GET", "/issues$", 403, {"message": "Resource not accessible by integration"})]
    assert calls.forge().labelled("costmod:ignored-rule") == ()


def test_local_forge_keeps_what_it_is_told(tmp_path: Any) -> None:
    from bot.publish.forge import Wanted

    forge = LocalForge(tmp_path / "forge")
    forge.create(Wanted(branch="costmod/m/1", base="main", title="t", body="b", draft=False))
    for _ in range(2):
        assert forge.ask(1, "ann") == ()
    forge.label(1, ("x",))
    assert forge._state(1).reviewers == ("ann",)
    assert ([r.number for r in forge.labelled("x")], forge.labelled("y")) == ([1], ())
    assert (forge.request(1).number, forge.is_reviewed(1)) == (1, False)
