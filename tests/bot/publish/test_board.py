"""The dashboard's boxes: who may tick them, what that does, and that no tick is lost."""

import re
from typing import Any

import pytest
from rig import sample
from rig.fake_github import FakeGithub, Fault
from rig.fake_issues import Issue
from rig.github_state import Pull
from rig.life import LABELS, GithubLife, Life

from bot.config import Config, PublishConfig
from bot.pipeline import without_closed
from bot.publish import dashboard
from bot.publish.boxes import Ticks, hidden, ticked
from bot.publish.forge import NotPermittedError
from bot.publish.page import render_issue
from bot.records import Result

FP, OTHER = sample.FINGERPRINT[:12], "e" * 12
BOARD = Config(publish=PublishConfig(dashboard=True))
TEXT = f"### Waiting\n\n- [ ] {hidden(FP)} one\n- [ ] {hidden(OTHER)} two"


def second() -> Any:
    return sample.patch(fingerprint="e" * 64)


def with_tick(body: str, name: str) -> str:
    assert f"- [ ] {hidden(name)}" in body
    return body.replace(f"- [ ] {hidden(name)}", f"- [x] {hidden(name)}")


def tick(github: FakeGithub, name: str, who: str = "ann", kind: str = "User") -> None:
    """As the web page does it."""
    issue = next(issue for issue in github.state.issues if issue.state == "open")
    issue.body = with_tick(issue.body, name)
    github.state.edited(issue.number, who, kind)


@pytest.fixture
def board(calls: GithubLife) -> GithubLife:
    """A dashboard with two boxes, and people."""
    return with_board(calls)


def with_board(life: GithubLife) -> GithubLife:
    state = life.github.state
    state.roles = {"ann": ("write", "write"), "mia": ("write", "maintain"), "ray": ("read", "read"),
                   "tim": ("read", "triage"), "costmod-bot": ("write", "write")}  # fmt: skip
    text = f"{TEXT}\n\n<!-- costmod:dashboard -->"
    state.issues.append(Issue(1, "costmod dashboard", text, state.login, ["costmod:dashboard"]))
    return life


def ticks(*names: str, asked: bool) -> Ticks:
    return Ticks(seen=frozenset(names), asked=frozenset(names) if asked else frozenset())


@pytest.mark.parametrize(
    ("before", "who", "kind", "asked"),
    [
        pytest.param((), "ann", "User", True, id="write"),
        pytest.param(("ann", "costmod-bot"), "mia", "User", True, id="others-who-may-write-too"),
        pytest.param((), "costmod-bot", "User", True, id="owner-of-a-personal-token"),
        pytest.param(("ray", "costmod-bot"), "ann", "User", False, id="read-before-a-personal-token"),
        pytest.param((), "ray", "User", False, id="read"),
        pytest.param((), "tim", "User", False, id="triage"),
        pytest.param((), "eve", "User", False, id="stranger"),
        pytest.param((), "", "User", False, id="ghost"),
        pytest.param((), "some-app", "Bot", False, id="another-bot"),
        pytest.param(("ray", "some-app"), "ann", "User", False, id="read-before-another-bot"),
        pytest.param(("ray",), "ann", "User", False, id="write-after-read"),
    ],
)
def test_who_may_tick(board: GithubLife, before: tuple[str, ...], who: str, kind: str, asked: bool) -> None:
    for name in before:
        board.github.state.edited(1, name, "User")
    tick(board.github, OTHER, who, kind)
    assert board.forge().ticks() == ticks(OTHER, asked=asked)


@pytest.mark.parametrize(("last", "asked"), [("User", True), ("Bot", False)], ids=["by-a-person", "by-the-bot-itself"])
def test_bot_that_wrote_in_between_is_where_counting_begins(board: GithubLife, last: str, asked: bool) -> None:
    board.github.state.kind = "Bot"
    board.github.state.edited(1, "ray", "User")
    board.github.state.issues[0].author = "costmod[bot]"
    board.github.state.edited(1, "costmod", "Bot")
    tick(board.github, OTHER, "ann" if last == "User" else "costmod", last)
    assert board.forge().ticks() == ticks(OTHER, asked=asked)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST", "/graphql$", 502, {"message": "Bad Gateway"}),
        Fault("POST", "/graphql$", 200, {"errors": [{"type": "X", "message": "no such field"}]}),
        Fault("POST", "/graphql$", 200, {"data": {"repository": {"issue": {"userContentEdits": None}}}}),
        Fault("GET", "/permission$", 404, {"message": "Not Found"}),
    ],
    ids=["no-answer", "no-such-field", "no-edits-told", "no-such-collaborator"],
)
def test_without_knowing_who_ticked_it_nothing_counts(board: GithubLife, fault: Fault) -> None:
    tick(board.github, OTHER)
    board.github.faults = [Fault(**vars(fault) | {"times": 1})]
    assert (board.forge().ticks(), board.github.faults[0].times) == (ticks(OTHER, asked=False), 0)


def test_no_tick_costs_no_further_call(board: GithubLife) -> None:
    assert board.forge().ticks() == Ticks()
    assert board.github.calls == ["GET /repos/acme/blog/issues", "GET /user"]


def test_issue_of_somebody_else_is_no_dashboard(board: GithubLife) -> None:
    board.github.state.issues[0].author = "mallory"
    board.github.state.issues[0].body = with_tick(board.github.state.issues[0].body, OTHER)
    assert board.forge().ticks() == Ticks()


def test_box_that_is_ticked_during_a_run_waits_for_the_next(board: GithubLife) -> None:
    """Rewriting the issue would make the bot the one who edited it last."""
    tick(board.github, FP)
    seen = board.forge().ticks().seen
    tick(board.github, OTHER)
    (issue,) = board.github.state.issues
    there = issue.body
    assert board.forge().dashboard("New.", seen) == f"{board.github.url}/acme/blog/issues/1"
    assert (issue.body, board.forge().ticks()) == (there, ticks(FP, OTHER, asked=True))
    board.forge().dashboard("New.", frozenset({FP, OTHER}))
    assert issue.body == "New.\n\n<!-- costmod:dashboard -->"


@pytest.mark.parametrize("after", [True, False], ids=["done-and-lost", "not-done"])
def test_lost_answers_leave_one_dashboard_without_ticks(board: GithubLife, after: bool) -> None:
    tick(board.github, FP)
    board.github.faults = [Fault("PATCH", "/issues/1$", 502, {"message": "x"}, after=after)]
    board.forge().dashboard(TEXT, board.forge().ticks().seen)
    assert [issue.body for issue in board.github.state.issues] == [f"{TEXT}\n\n<!-- costmod:dashboard -->"]
    assert board.github.faults[0].times == 0


def test_ticked_box_opens_what_waits_over_the_limit(github_life: GithubLife) -> None:
    limited = Config(publish=PublishConfig(dashboard=True, max_open_pull_requests=1))
    github_life.github.state.roles = {"ann": ("write", "write")}
    github_life(limited, sample.patch(), second())
    tick(github_life.github, OTHER)
    lost = Fault("POST", "/pulls$", 502, {"message": "x"}, after=True)
    github_life.github.faults = [lost]
    done = github_life(limited, sample.patch(), second())
    assert ([result.operation for result in done], lost.times) == (["unchanged", "created"], 0)
    assert ticked(github_life.github.state.issues[0].body) == set()
    assert [p.state for p in github_life.github.state.pulls] == ["open"] * 2


def test_ticked_box_opens_again_what_people_closed(life: Life) -> None:
    life()
    life.forge().close(1)
    life(BOARD)
    tick_either(life, FP)
    done = life(BOARD)[0]
    assert (done.operation, done.number, life.state()[:2]) == ("unchanged", 1, ("open", LABELS))


def tick_either(life: Life, name: str) -> None:
    if isinstance(life, GithubLife):
        life.github.state.roles = {"ann": ("write", "write")}
        return tick(life.github, name)
    page = life.forge().pages / "dashboard.md"  # type: ignore[attr-defined]
    return page.write_text(with_tick(page.read_text(), name)) and None


def test_box_of_one_that_github_opens_no_more_gives_a_new_one(github_life: GithubLife) -> None:
    github_life()
    github_life.forge().close(1)
    github_life(BOARD)
    tick_either(github_life, FP)
    no = {"message": "Validation Failed", "errors": [{"message": "The branch was force-pushed", "resource": "x"}]}
    github_life.github.faults = [Fault("PATCH", "/pulls/1$", 422, no, times=2)]
    done = github_life(BOARD)[0]
    assert (done.operation, done.number) == ("created", 3)  # 2 is the dashboard
    assert "costmod:superseded" in github_life.github.state.pulls[0].labels


def test_what_the_token_may_not_open_waits_on_the_dashboard(github_life: GithubLife) -> None:
    """DENIED: one is tried, the branch taken back, and the run says which setting to change."""
    no = {"message": "GitHub Actions is not permitted to create or approve pull requests."}
    github_life.github.faults = [Fault("POST", "/pulls$", 403, no, times=9)]
    with pytest.raises(NotPermittedError, match="GitHub Actions may not open pull requests; turn on Settings"):
        github_life(BOARD, sample.patch(), second())
    assert (github_life.head(), github_life.github.state.pulls, github_life.github.faults[0].times) == ("", [], 8)
    body = github_life.github.state.issues[0].body
    rows = re.findall(r"^- \[ \] .* a month: (.{44})", body, re.MULTILINE)
    assert rows == ["acme/blog: GitHub Actions may not open pull "] * 2


def test_what_is_asked_for_is_planned_first(github_life: GithubLife) -> None:
    board = with_board(github_life)
    results = [Result(hotspot=sample.hotspot(), outcome="planned", patch=p) for p in (sample.patch(), second())]
    assert without_closed(results, board.forge(), board.repository, BOARD) == results
    tick(board.github, OTHER)
    assert without_closed(results, board.forge(), board.repository, BOARD) == results[::-1]
    assert without_closed(results, board.forge(), board.repository, Config()) == results
    branch = f"costmod/sqlalchemy-eager-load/{OTHER}"
    sample.run(board.bare, "update-ref", f"refs/heads/{branch}", "main")
    board.github.state.pulls.append(Pull(2, "t", "", branch, "main", draft=False, author="costmod-bot"))
    assert without_closed(results, board.forge(), board.repository, BOARD) == results  # it is there already


def test_tick_that_had_no_turn_stays(github_life: GithubLife) -> None:
    board = with_board(github_life)
    tick(board.github, OTHER)
    there = board.github.state.issues[0].body
    board(BOARD, None, deferred=[second()])
    assert board.github.state.issues[0].body == there
    board(BOARD, None)  # nobody knows of it any more
    assert ticked(board.github.state.issues[0].body) == set()


def test_what_waits_for_its_turn_has_a_box() -> None:
    body = dashboard.body_of((), (), (), (), (), [second()])
    line = "perf(blog): load Post.author with its posts: one at a time, the most costly first"
    assert re.findall(r"^- \[ \] .*$", body, re.MULTILINE) == [f"- [ ] {hidden(OTHER)} {line}"]
    assert f"<li>[ ] {line}</li>" in render_issue("costmod dashboard", body)
