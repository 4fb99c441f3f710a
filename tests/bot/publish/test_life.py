"""What ends, comes back or is listed, on the local forge and on the fake GitHub alike."""

import contextlib
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rig import sample
from rig.fake_github import Fault
from rig.life import LABELS, GithubLife, Life, LocalLife, merge, moved, push_as_human

from bot.config import Config, PublishConfig
from bot.errors import UserError
from bot.pipeline import without_closed
from bot.publish import github as github_module
from bot.publish import marker
from bot.publish.act import HELD_BACK
from bot.publish.forge import Wanted
from bot.publish.local import LocalForge
from bot.publish.publish import IGNORED_NOTE, STALE
from bot.records import Refusal, Result


def test_finding_that_is_fixed_closes_its_pull_request_once(life: Life) -> None:
    life()
    life.move(sample.PATH, sample.AFTER)
    for _ in range(2):
        assert life(None, None, fixed=frozenset({"H-1"})) == []
    assert life.state() == ("closed", (*LABELS, "costmod:obsolete"), [STALE])
    assert life.head() != ""


def test_fix_that_is_in_the_base_closes_it_whatever_the_hotspots_are(life: Life) -> None:
    life()
    life.move(sample.PATH, sample.AFTER)
    life(None, None)
    assert life.state()[0] == "closed"


def test_fixed_finding_with_commits_of_people_stays_open(life: Life, tmp_path: Path) -> None:
    life()
    push_as_human(life, tmp_path)
    life(None, None, fixed=frozenset({"H-1"}))
    assert life.state() == ("open", LABELS, [])


def test_finding_that_comes_back_gets_a_new_pull_request(life: Life) -> None:
    life()
    life(None, None, fixed=frozenset({"H-1"}))
    assert [(done.operation, done.number) for done in life()] == [("created", 2)]


def test_closed_one_is_labelled_and_told_how_to_undo_it(life: Life) -> None:
    life()
    life.forge().close(1)
    assert [life()[0].operation for _ in range(2)] == ["skipped"] * 2
    assert life.state() == ("closed", (*LABELS, "costmod:ignored"), [IGNORED_NOTE])


def test_reopened_one_loses_the_label_and_lives_on(life: Life) -> None:
    life()
    life.forge().close(1)
    life()
    assert life.forge().reopen(1)
    assert life()[0].operation == "unchanged"
    assert life.state()[:2] == ("open", LABELS)


def test_commits_of_people_hold_an_update_back_and_are_told_so_once(life: Life, tmp_path: Path) -> None:
    life()
    human = push_as_human(life, tmp_path)
    before, patch = moved()
    life.move(sample.PATH, before)
    assert [life(None, patch)[0].operation for _ in range(2)] == ["skipped"] * 2
    assert (life.state(), life.head()) == (("open", LABELS, [HELD_BACK]), human)


def test_merged_branch_is_deleted(github_life: GithubLife) -> None:
    github_life()
    merge(github_life)
    github_life(None, None)
    assert github_life.head() == ""


def test_merged_branch_with_later_commits_of_people_is_kept(github_life: GithubLife, tmp_path: Path) -> None:
    github_life()
    merge(github_life)
    human = push_as_human(github_life, tmp_path)
    github_life(None, None)
    assert github_life.head() == human


def test_finding_that_is_back_after_the_merge_is_proposed_again(github_life: GithubLife) -> None:
    github_life()
    merge(github_life)
    github_life.move(sample.PATH, sample.BEFORE)
    done = github_life()[0]
    assert (done.operation, done.number, done.reason) == ("created", 2, "#1 was merged; the finding is back")


def test_template_of_the_repository_follows_and_is_left_to_people(life: Life) -> None:
    sample.write(life.repository, ".github/PULL_REQUEST_TEMPLATE.md", "## Checklist\n\n- [ ] {{ 7 * 7 }} <!-- x -->\n")
    sample.commit_all(life.repository, "docs: a template")
    if isinstance(life, GithubLife):
        sample.run(life.repository, "push", "--quiet", str(life.bare), "HEAD:main")
    body = life()[0].body
    assert marker.human_text(body) == "## Checklist\n\n- [ ] {{ 7 * 7 }} <!-- x -->"
    ticked = body.replace("[ ]", "[x]")
    life.forge().update(1, title=None, body=ticked)
    assert [(done.operation, done.body) for done in life()] == [("unchanged", ticked)]


DASHBOARD = Config(publish=PublishConfig(dashboard=True, max_open_pull_requests=1))


def test_dashboard_lists_what_is_open_waiting_refused_and_ignored(github_life: GithubLife) -> None:
    other = sample.patch(fingerprint="e" * 64, title="perf(shop): load @octocat #1")
    refusal = Refusal(hotspot="H-2", code="no_query", message="no <b>query</b> found", place="blog/x.py:list")
    for _ in range(2):
        github_life(DASHBOARD, sample.patch(), other, refused=[refusal])
    (issue,) = github_life.github.state.issues
    assert (issue.title, issue.labels) == ("costmod dashboard", ["costmod:dashboard"])
    assert issue.body.partition("\n\n<!--")[0] == (
        "What costmod has found in this repository, as of its last run. Nothing here needs an answer: to say no to a "
        "pull request, close it. The next run does what is ticked, if all who edited this issue since the last one may "
        "write to the repository.\n"
        "\n"
        "### Open\n"
        "\n"
        "| pull request | change | a month | |\n"
        "|---|---|--:|---|\n"
        "| #1 | perf(blog): load Post.author with its posts | \\$2,015 | ready for review |\n"
        "\n"
        "### Waiting\n"
        "\n"
        "A tick puts one first, however many are open.\n"
        "\n"
        "- [ ] <!-- costmod:do:eeeeeeeeeeee --> perf(shop): load @\u200boctocat #\u200b1, \\$2,015 a month: 1 pull "
        "request of the bot is open already; merge or close one first\n"
        "\n"
        "### Not proposed\n"
        "\n"
        "| what | why |\n"
        "|---|---|\n"
        "| blog/x.py:list | no &lt;b&gt;query&lt;/b&gt; found |"
    )


def test_dashboard_shows_what_was_shipped(github_life: GithubLife) -> None:
    github_life()
    merge(github_life)
    github_life(DASHBOARD, None)
    assert github_life.github.state.issues[0].body.partition("### Shipped")[2].partition("\n\n<!--")[0] == (
        "\n\n"
        "| pull request | change | expected a month |\n"
        "|---|---|--:|\n"
        "| #1 | perf(blog): load Post.author with its posts | \\$2,015 |\n"
        "\n"
        "```text\n"
        "open      0\n"
        "waiting   0\n"
        "ignored   0\n"
        f"shipped  {'█' * 40} 1\n"
        "```"
    )


def test_dashboard_of_the_local_forge_is_a_page(tmp_path: Path, repository: Path) -> None:
    life = LocalLife(lambda: LocalForge(tmp_path / "forge"), tmp_path / "forge" / "forge.git", repository)
    life(DASHBOARD)
    pages = tmp_path / "forge" / "pull-requests"
    assert "| #1 | perf(blog)" in (pages / "dashboard.md").read_text()
    assert "<h1>costmod dashboard</h1>" in (pages / "dashboard.html").read_text()


ENDS = ("POST", "/issues/1/comments$"), ("POST", "/issues/1/labels$"), ("PATCH", "/pulls/1$"), ("POST", "/labels$")


@pytest.mark.parametrize("after", [True, False], ids=["done-and-lost", "not-done"])
def test_lost_answers_never_double_what_ends_a_pull_request(github_life: GithubLife, after: bool) -> None:
    github_life()
    lost = [Fault(verb, path, 502, {"message": "Bad Gateway"}, after=after) for verb, path in ENDS]
    github_life.github.faults = lost
    github_life(None, None, fixed=frozenset({"H-1"}))
    assert github_life.state() == ("closed", (*LABELS, "costmod:obsolete"), [STALE])
    assert [fault.times for fault in lost] == [0] * 4


def test_run_that_dies_half_way_is_taken_up_by_the_next(github_life: GithubLife) -> None:
    github_life()
    for verb, path in ENDS[:3]:
        github_life.github.faults = [Fault(verb, path, 0, times=2)]
        with contextlib.suppress(UserError):
            github_life(None, None, fixed=frozenset({"H-1"}))
        assert github_life.github.faults[0].times == 0
    assert github_life.state()[0] == "open"
    github_life(None, None, fixed=frozenset({"H-1"}))
    assert github_life.state() == ("closed", (*LABELS, "costmod:obsolete"), [STALE])


@pytest.mark.parametrize("after", [True, False], ids=["done-and-lost", "not-done"])
def test_lost_answers_never_double_the_dashboard(github_life: GithubLife, after: bool) -> None:
    github_life.github.faults = [Fault("POST", "/issues$", 0, after=after)]
    github_life(DASHBOARD)
    assert [issue.number for issue in github_life.github.state.issues] == [2]


def test_label_that_lags_behind_is_tried_again(github_life: GithubLife) -> None:
    lag = {"message": "Validation Failed", "errors": ["Could not resolve to a node with the global id of 'PR_x'."]}
    github_life.github.faults = [Fault("POST", "/issues/1/labels$", 422, lag, times=2)]
    assert (github_life()[0].reason, github_life.state()[1]) == ("", LABELS)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "Repository was archived so is read-only."),
        (410, "Issues are disabled for this repo"),
        (451, "Repository access blocked"),
        (403, "Unable to create comment because issue is locked."),
    ],
)
def test_what_is_closed_for_writing_is_one_sentence(github_life: GithubLife, status: int, message: str) -> None:
    github_life.github.faults = [Fault("POST", "/pulls$", status, {"message": message})]
    with pytest.raises(UserError) as raised:
        github_life.forge().create(Wanted(branch="x", base="main", title="t", body="b", draft=False))
    assert str(raised.value).startswith("acme/blog: is archived, locked or disabled (")
    assert str(raised.value).endswith("); nothing can be written there.")
    assert raised.value.exit_code == 1


def test_one_run_writes_no_more_than_its_budget(github_life: GithubLife, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_module, "MOST_WRITES", 0)
    with pytest.raises(UserError) as raised:
        github_life()
    assert str(raised.value) == "acme/blog: 0 writes are enough for one run; run costmod again to go on."
    monkeypatch.undo()
    assert github_life()[0].operation == "created"


def test_comment_of_somebody_else_with_our_hidden_line_is_not_ours(github_life: GithubLife) -> None:
    github_life()
    github_life.github.state.say(1, "Ha.\n\n<!-- costmod:obsolete -->", author="mallory")
    github_life(None, None, fixed=frozenset({"H-1"}))
    assert github_life.comments(1) == ["Ha.", STALE]


def test_page_of_the_local_forge_shows_comments(tmp_path: Path, repository: Path) -> None:
    life = LocalLife(lambda: LocalForge(tmp_path / "forge"), tmp_path / "forge" / "forge.git", repository)
    life()
    life.forge().comment(1, "x", "Said <b>once</b>.")
    page = (tmp_path / "forge" / "pull-requests" / "1.html").read_text()
    assert "<p>Said &lt;b&gt;once&lt;/b&gt;.</p>" in page


def test_git_finds_no_merge_between_strangers(repository: Path, commit: str) -> None:
    from bot.publish.git import private_copy

    subprocess.run(["git", "-C", str(repository), "checkout", "--quiet", "--orphan", "x"], check=True)
    stranger = sample.commit_all(repository, "feat: other")
    with private_copy(repository, commit) as copy, private_copy(repository, stranger) as other:
        assert (copy.is_contained(commit, commit), other.is_contained(stranger, commit)) == (True, False)


def test_eight_runs_at_once_close_with_one_comment_and_keep_one_dashboard(github_life: GithubLife) -> None:
    github_life()
    barrier = threading.Barrier(8)
    github_life.github.before_comment = lambda: barrier.wait(timeout=60) and None

    def end(_: int) -> None:
        forge = github_life.forge()
        forge.comment(1, "obsolete", STALE)
        forge.label(1, ("costmod:obsolete",))
        forge.close(1)
        forge.dashboard("body")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(end, range(8)))
    assert github_life.state() == ("closed", (*LABELS, "costmod:obsolete"), [STALE])
    assert [issue.state for issue in github_life.github.state.issues].count("open") == 1


def test_limits_without_a_time_are_waited_out(github_life: GithubLife) -> None:
    github_life()
    said = {"message": "You have exceeded a secondary rate limit."}
    slow = [Fault(verb, path, status, said) for verb, path in ENDS for status in (403, 429)]
    github_life.github.faults = slow
    github_life(None, None, fixed=frozenset({"H-1"}))
    assert github_life.state() == ("closed", (*LABELS, "costmod:obsolete"), [STALE])
    assert [fault.times for fault in slow] == [0] * 8


def test_what_people_closed_lets_the_next_one_have_its_turn(life: Life) -> None:
    other = sample.patch(fingerprint="e" * 64)
    results = [Result(hotspot=sample.hotspot(), outcome="planned", patch=p) for p in (sample.patch(), other)]
    life()
    assert without_closed(results, life.forge(), life.repository, Config()) == results
    life.forge().close(1)
    stopped, kept = without_closed(results, life.forge(), life.repository, Config())
    reason = "pull request #1 was closed unmerged, which means no for good; reopen it to change that"
    assert ((stopped.outcome, stopped.reason), kept) == (("stopped", reason), results[1])
