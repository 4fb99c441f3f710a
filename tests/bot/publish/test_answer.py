"""Commands against the stateful fake: who may, what happens, and that nothing of a pull request is run."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rig import sample
from rig.blog import blog_repository
from rig.events import comment_event
from rig.fake_github import TOKEN, FakeGithub, Fault
from rig.github_state import Pull

from bot.cli import _main
from bot.config import Config
from bot.plan.scan import scan
from bot.publish import fresh, marker
from bot.publish.act import Candidate
from bot.publish.answer import HELP, answer
from bot.publish.github import GithubForge
from bot.publish.github_talk import GithubTalk
from bot.publish.publish import IGNORED_NOTE, publish
from bot.publish.slash import Event
from codemods.index import Index

LABELS = ["costmod", "costmod:rule/sqlalchemy-eager-load"]
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROLES = {
    "ann": ("write", "write"), "tim": ("read", "triage"), "ray": ("read", "read"), "mia": ("write", "maintain"),
    "zoe": ("write", "a custom role"), "kim": ("read", "a custom role"), "adi": ("admin", "admin"),
}  # fmt: skip
NEWEST = """\
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from blog.models import Post


def newest(session: Session) -> list[str]:
    posts = session.scalars(select(Post).order_by(Post.id)).all()
    return [post.title + post.author.name for post in posts]
"""


class Room:
    """The blog on the fake GitHub, with one pull request of the bot on it."""

    def __init__(self, github: FakeGithub, work: Path) -> None:
        self.github, self.work = github, work
        github.state.roles = dict(ROLES)

    def forge(self) -> GithubForge:
        return GithubForge("acme/blog", TOKEN, api=self.github.url, sleep=lambda _: None, pause=0)

    def publish(self) -> Any:
        """Open a pull request for the first finding."""
        found = next(f for f in scan(Index(self.work, ())) if f.function == "front_page")
        patch = msgspec.structs.replace(fresh.patch_of(found), hotspot="H-1")
        given = Candidate(hotspot=sample.hotspot(), patch=patch, proof=sample.proof(), saving=sample.saving())
        head = sample.run(self.work, "rev-parse", "HEAD")
        return publish(self.forge(), self.work, [given], Config(), base="main", commit=head)[0]

    def open_request(self) -> Pull:
        """A pull request of the bot, as far as a command that needs no code of it can tell."""
        said = marker.Marker(fp="f" * 64, codemod="sqlalchemy-eager-load", head="0" * 40, base="1" * 40, content="c",
                             title="t", tool="0", hotspot="H-1", worth="$2,015")  # fmt: skip
        branch = f"costmod/sqlalchemy-eager-load/{said.fp[:12]}"
        sample.run(self.github.state.bare, "update-ref", f"refs/heads/{branch}", "main")
        pull = Pull(1, "t", marker.write(said), branch, "main", draft=False, author=self.github.state.login)
        self.github.state.pulls.append(pull)
        return pull

    def say(self, body: str, author: str = "ann", number: int = 1) -> tuple[str, str]:
        comment = self.github.state.say(number, body, author, "User")
        event = Event(
            repository="acme/blog", number=number, comment=comment.id, body=body, author=author,
            created="2026-11-25T11:00:00Z",
        )  # fmt: skip
        forge = self.forge()
        return answer(forge, GithubTalk(forge), event, NOW)

    def reactions(self) -> list[str]:
        return [content for comment in self.github.state.comments for _, content in comment.reactions]

    def replies(self) -> list[str]:
        said = [c.body for c in self.github.state.comments if c.author == self.github.state.login]
        return [body.partition("\n\n<!--")[0] for body in said]

    def head(self, branch: str) -> str | None:
        return self.github.state.head_of(branch)

    def open_by_people(self, path: str, text: str, *, fork: bool = False) -> Pull:
        """A pull request of ann's that writes one file."""
        sample.run(self.work, "checkout", "--quiet", "-b", "topic", "main")
        sample.write(self.work, path, text)
        sample.commit_all(self.work, "feat: newest")
        number = self.github.state.next_number()
        refs = [f"HEAD:refs/pull/{number}/head", *([] if fork else ["HEAD:refs/heads/topic"])]
        sample.run(self.work, "push", "--quiet", str(self.github.state.bare), *refs)
        sample.run(self.work, "checkout", "--quiet", "main")
        pull = Pull(number, "feat: newest", "", "topic", "main", draft=False, author="ann", fork=fork)
        self.github.state.pulls.append(pull)
        return pull


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return blog_repository(tmp_path)


@pytest.fixture
def room(github: FakeGithub, repository: Path) -> Room:
    return Room(github, repository)


def test_roles(room: Room) -> None:
    talk = GithubTalk(room.forge())
    assert {login: talk.permission(login) for login in (*ROLES, "nobody", "x[bot]")} == {
        "ann": "write", "tim": "triage", "ray": "read", "mia": "write", "zoe": "write", "kim": "read", "adi": "admin",
        "nobody": "none", "x[bot]": "none",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("author", "verb", "outcome"),
    [
        ("mia", "ignore", "done"), ("zoe", "ignore", "done"), ("tim", "ignore", "denied"),
        ("nobody", "ignore", "denied"),
        ("tim", "help", "done"), ("ray", "help", "denied"),
    ],
)  # fmt: skip
def test_who_may(room: Room, author: str, verb: str, outcome: str) -> None:
    pull = room.open_request()
    assert room.say(f"/costmod {verb}", author)[0] == outcome
    assert room.reactions() == (["-1"] if outcome == "denied" else ["eyes", "rocket"])
    assert len(room.replies()) == (outcome != "denied")
    assert pull.state == ("closed" if (verb, outcome) == ("ignore", "done") else "open")


def test_author_of_a_pull_request_may_ask(room: Room) -> None:
    room.open_by_people("blog/text.py", "x = 1\n")
    room.github.state.roles.clear()
    assert room.say("/costmod explain")[0] == "done"
    assert room.replies() == ["costmod finds nothing new in this change."]
    assert room.say("/costmod fix")[0] == "denied"


def test_error_about_permissions_is_no_permission(room: Room) -> None:
    room.open_request()
    room.github.faults = [Fault("GET", "/permission$", 500, {"message": "Oops"}, times=9)]
    with pytest.raises(Exception, match="no answer about"):
        room.say("/costmod ignore")
    assert (room.reactions(), room.github.state.pulls[0].state) == ([], "open")


def test_help(room: Room) -> None:
    room.open_request()
    assert (room.say("/costmod help"), room.replies()) == (("done", "help"), [HELP])


def test_what_is_not_understood_gets_help(room: Room) -> None:
    room.open_request()
    assert room.say("/costmod merge it now")[0] == "refused"
    assert (room.reactions(), room.replies()) == (["eyes", "confused"], [f"No such command.\n\n{HELP}"])


def test_comment_without_a_command_costs_no_call(room: Room) -> None:
    assert room.say("> /costmod fix") == ("ignored", "no command")
    assert room.github.calls == []


def test_second_run_of_the_same_event_does_nothing(room: Room) -> None:
    room.open_request()
    room.say("/costmod ignore")
    comment = room.github.state.comments[0]
    event = Event(
        repository="acme/blog", number=1, comment=comment.id, body=comment.body, author="ann",
        created="2026-11-25T11:00:00Z",
    )  # fmt: skip
    forge = room.forge()
    room.github.state.pulls[0].state = "open"
    assert answer(forge, GithubTalk(forge), event, NOW) == ("ignored", "answered already")
    assert room.github.state.pulls[0].state == "open"


def test_old_command_is_not_run(room: Room) -> None:
    event = Event(repository="acme/blog", number=1, comment=1, body="/costmod fix", author="ann",
                  created="2026-11-24T11:00:00Z")  # fmt: skip
    forge = room.forge()
    assert answer(forge, GithubTalk(forge), event, NOW)[0] == "ignored"


def test_people_who_may_not_write_hear_five_replies_a_day(room: Room) -> None:
    room.open_request()
    room.github.state.comments.clear()
    for comment in range(5):
        room.github.state.say(1, f"x\n\n<!-- costmod:reply-{comment} -->").created = "2026-11-25T09:00:00Z"
    assert room.say("/costmod help", "tim") == ("ignored", "enough was said here today")
    assert room.say("/costmod help", "ann")[0] == "done"


def test_own_replies_hold_no_command(room: Room) -> None:
    from bot.publish.slash import parse

    room.publish()
    for verb in ("help", "explain", "merge", "rebase --discard", "ignore"):
        room.say(f"/costmod {verb}")
    assert [parse(reply) for reply in room.replies()] == [None] * 5


def test_pin_that_is_not_the_head(room: Room) -> None:
    room.publish()
    outcome, why = room.say("/costmod rebase @0000000")
    assert (outcome, why.startswith("The head is ")) == ("refused", True)
    head = room.github.state.tip(room.github.state.pulls[0])
    assert room.say(f"/costmod rebase @{str(head)[:9]}")[0] == "done"


def test_explain_on_a_pull_request_of_the_bot(room: Room) -> None:
    said = marker.read(room.open_request().body)
    assert said is not None
    room.say("/costmod explain")
    lines = room.replies()[0].splitlines()
    assert lines[0].startswith("Made by the codemod `sqlalchemy-eager-load`. ")
    assert lines[2:] == [
        f"- Finding `{said.fp[:12]}`, hotspot `H-1`, built on `{said.base[:12]}`.",
        "- Expected a month: \\$2,015; the body shows the calculation.",
        "- To say no, close this pull request or comment `/costmod ignore`.",
    ]


def test_ignore_then_reopen(room: Room) -> None:
    room.publish()
    pull = room.github.state.pulls[0]
    room.say("/costmod ignore")
    assert (pull.state, pull.labels, room.replies()) == ("closed", [*LABELS, "costmod:ignored"], [IGNORED_NOTE])
    room.say("/costmod reopen")
    assert (pull.state, pull.labels) == ("open", LABELS)
    assert room.publish().operation == "unchanged"


def test_reopen_brings_a_deleted_branch_back(room: Room) -> None:
    done = room.publish()
    pull = room.github.state.pulls[0]
    room.say("/costmod ignore")
    sample.run(room.github.state.bare, "update-ref", "-d", f"refs/heads/{done.branch}")
    assert room.say("/costmod reopen")[0] == "done"
    assert (pull.state, room.head(done.branch)) == ("open", done.head)


def test_reopen_that_github_refuses_leads_to_a_new_one(room: Room) -> None:
    room.publish()
    pull = room.github.state.pulls[0]
    room.say("/costmod ignore")
    no = {"message": "Validation Failed", "errors": [{"message": "The branch was force-pushed", "resource": "x"}]}
    room.github.faults = [Fault("PATCH", "/pulls/1$", 422, no, times=2)]
    assert room.say("/costmod reopen")[0] == "done"
    assert pull.labels == [*LABELS, "costmod:superseded"]
    assert room.publish().number == 2


def move_base(room: Room, path: str = "blog/posts.py") -> None:
    file = room.work / path
    file.write_text(f'"""Moved."""\n{file.read_text()}')
    sample.commit_all(room.work, "docs: say what it is")
    sample.run(room.work, "push", "--quiet", str(room.github.state.bare), "HEAD:main")


def test_rebase_makes_the_commit_anew_on_the_base(room: Room) -> None:
    done = room.publish()
    move_base(room)
    assert room.say("/costmod rebase")[0] == "done"
    base = sample.run(room.work, "rev-parse", "HEAD")
    assert sample.run(room.github.state.bare, "rev-parse", f"{done.branch}^") == base
    said = marker.read(room.github.state.pulls[0].body)
    assert said is not None
    assert (said.head, said.was, said.base) == (room.head(done.branch), done.head, base)
    assert room.say("/costmod rebase")[0] == "done"
    assert room.replies()[1] == "It stands on the base as it is; nothing was changed."


def test_rebase_never_drops_commits_of_people_unasked(room: Room, tmp_path: Path) -> None:
    done = room.publish()
    sample.run(tmp_path, "clone", "--quiet", "--branch", done.branch, str(room.github.state.bare), "human")
    sample.write(tmp_path / "human", "README.md", "Hello.\n")
    human = sample.commit_all(tmp_path / "human", "docs: hello")
    sample.run(tmp_path / "human", "push", "--quiet", "origin", done.branch)
    assert room.say("/costmod rebase")[0] == "refused"
    assert room.head(done.branch) == human
    assert room.say("/costmod rebase --discard")[0] == "done"
    assert room.head(done.branch) == done.head


def test_rebase_of_what_the_code_does_not_show_any_more(room: Room) -> None:
    done = room.publish()
    posts = room.work / "blog" / "posts.py"
    posts.write_text(posts.read_text().replace("post.author.name", "post.title"))
    sample.commit_all(room.work, "fix: no author")
    sample.run(room.work, "push", "--quiet", str(room.github.state.bare), "HEAD:main")
    assert room.say("/costmod rebase")[0] == "refused"
    assert room.head(done.branch) == done.head


@pytest.mark.parametrize("verb", ["rebase", "reopen", "ignore"])
def test_pull_requests_of_people_are_theirs(room: Room, verb: str) -> None:
    room.open_by_people("blog/text.py", "x = 1\n")
    assert room.say(f"/costmod {verb}") == ("refused", "That works on pull requests of costmod only.")
    assert room.github.state.pulls[0].state == "open"


@pytest.mark.parametrize("fork", [False, True])
def test_fix_suggests_on_the_changed_lines(room: Room, fork: bool) -> None:
    room.open_by_people("blog/newest.py", NEWEST.replace(", joinedload", ""), fork=fork)
    head = room.github.state.tip(room.github.state.pulls[0])
    assert room.say("/costmod fix")[0] == "done"
    (review,) = room.github.state.reviews
    assert review.commit == head
    tested = "The tests were not run on this." if fork else "costmod has not run the tests on this."
    assert review.body.partition("\n\n<!--")[0] == tested
    assert review.comments == [
        {
            "path": "blog/newest.py", "line": 2, "side": "RIGHT",
            "body": "Every row of this query runs a statement of its own; loaded with it, it is one statement.\n\n"
            "```suggestion\nfrom sqlalchemy.orm import Session, joinedload\n```",
        },
        {
            "path": "blog/newest.py", "line": 8, "side": "RIGHT",
            "body": "```suggestion\n    posts = session.scalars(select(Post).options(joinedload(Post.author))"
            ".order_by(Post.id)).all()\n```",
        },
    ]  # fmt: skip
    assert applied(NEWEST.replace(", joinedload", ""), review.comments) == NEWEST.replace(
        "select(Post)", "select(Post).options(joinedload(Post.author))"
    )
    assert room.replies() == [f"Suggestions are on the lines of 1 of 1 place. {tested}"]


STACKED = "- `newest in blog/newest.py`: #{} {}."


def test_fix_as_a_pull_request_against_the_branch(room: Room) -> None:
    """A draft in the life cycle of every other: when its base is merged, GitHub retargets it and a run goes on."""
    theirs = room.open_by_people("blog/newest.py", NEWEST.replace(", joinedload", ""))
    head = room.github.state.tip(theirs)
    room.github.faults = [
        Fault("POST", "/pulls$", 422, {"message": "Validation Failed"}),
        Fault("POST", "/pulls$", 502, {"message": "Bad Gateway"}, after=True),
    ]
    assert [room.say("/costmod fix --pr")[0] for _ in range(2)] == ["refused", "done"]
    (made,) = room.github.state.pulls[1:]
    assert (made.base, made.draft, made.labels) == ("topic", True, LABELS)
    assert room.replies()[1] == STACKED.format(2, "has the change")
    bare, said = room.github.state.bare, marker.read(made.body)
    assert said is not None
    assert (said.head, said.base, made.head) == (
        room.head(made.head), head, f"costmod/sqlalchemy-eager-load/{said.fp[:12]}",
    )  # fmt: skip
    assert sample.run(bare, "rev-parse", f"{made.head}^") == head == room.head("topic")
    assert sample.run(bare, "show", f"{made.head}:blog/newest.py") == NEWEST.rstrip("\n").replace(
        "select(Post)", "select(Post).options(joinedload(Post.author))"
    )
    assert (room.say("/costmod fix --pr")[0], len(room.github.state.pulls)) == ("done", 2)
    assert room.replies()[2] == STACKED.format(2, "is open already")


@pytest.mark.parametrize(
    ("fork", "state", "reason"),
    [
        (True, "open", "costmod cannot push to a fork; `/costmod fix` writes suggestions."),
        (False, "closed", "This pull request is not open."),
    ],
)
def test_no_pull_request_against_a_fork_or_what_has_ended(room: Room, fork: bool, state: str, reason: str) -> None:
    pull = room.open_by_people("blog/newest.py", NEWEST.replace(", joinedload", ""), fork=fork)
    pull.state = state
    before = sample.run(room.github.state.bare, "for-each-ref")
    assert room.say("/costmod fix --pr") == ("refused", reason)
    assert (len(room.github.state.pulls), room.github.state.reviews) == (1, [])
    assert [line for line in sample.run(room.github.state.bare, "for-each-ref").split("\n") if line not in before] == []


def test_ignore_the_whole_codemod_then_take_it_back(room: Room) -> None:
    pull = room.open_request()
    assert room.say("/costmod ignore --rule")[0] == "done"
    assert (pull.state, pull.labels) == ("closed", ["costmod:ignored", "costmod:ignored-rule"])
    more = "Nor will it propose any other change of `sqlalchemy-eager-load`. Those that are open stay open."
    assert room.replies() == [f"{IGNORED_NOTE} {more}"]
    assert (room.say("/costmod reopen")[0], pull.state, pull.labels) == ("done", "open", [])


def test_rebase_with_verified_commits(room: Room) -> None:
    sample.write(room.work, "costmod.toml", '[publish]\ncommits = "verified"\n')
    done = room.publish()
    assert room.say("/costmod rebase")[0] == "done"
    assert room.replies() == ["It stands on the base as it is; nothing was changed."]
    move_base(room)
    assert room.say("/costmod rebase")[0] == "done"
    head = str(room.head(done.branch))
    assert sample.run(room.github.state.bare, "show", "--no-patch", "--format=%cn", head) == "GitHub"
    assert sample.run(room.github.state.bare, "rev-parse", f"{head}^") == sample.run(room.work, "rev-parse", "HEAD")


def applied(text: str, comments: list[dict[str, Any]]) -> str:
    """What GitHub makes of the file when every suggestion is committed."""
    lines = text.splitlines()
    for comment in sorted(comments, key=lambda c: -c["line"]):
        new = comment["body"].partition("```suggestion\n")[2].removesuffix("\n```").splitlines()
        lines[comment.get("start_line", comment["line"]) - 1 : comment["line"]] = new
    return "\n".join(lines) + "\n"


def test_lost_review_is_not_doubled(room: Room) -> None:
    room.open_by_people("blog/newest.py", NEWEST.replace(", joinedload", ""))
    room.github.faults = [Fault("POST", "/reviews$", 502, {"message": "Bad Gateway"}, after=True)]
    assert (room.say("/costmod fix")[0], len(room.github.state.reviews)) == ("done", 1)


def test_edit_outside_of_the_diff_is_shown_and_not_suggested(room: Room) -> None:
    posts = (room.work / "blog" / "posts.py").read_text()
    room.open_by_people(
        "blog/posts.py", posts.replace("db.session.query(Post).limit(50)", "db.session.query(Post).limit(60)")
    )
    assert room.say("/costmod fix")[0] == "done"
    assert room.github.state.reviews == []
    assert room.replies()[0].startswith("These need lines that the diff does not show.\n\n#### `archive` in ")


def test_head_that_moves_while_it_is_worked_on_is_not_reviewed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    pull = room.open_by_people("blog/newest.py", NEWEST.replace(", joinedload", ""))
    real = fresh.introduced

    def slow(*given: Any, **more: Any) -> Any:
        main = room.head("main")
        sample.run(room.github.state.bare, "update-ref", f"refs/heads/{pull.head}", str(main))
        return real(*given, **more)

    monkeypatch.setattr(fresh, "introduced", slow)
    assert room.say("/costmod fix") == ("refused", "Somebody pushed meanwhile; give the command again.")
    assert room.github.state.reviews == []


def test_code_of_a_fork_is_read_and_never_run(room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every child process is git, in an environment without the token's name; importing the file would leave a mark."""
    mark = tmp_path / "mark"
    text = NEWEST.replace(", joinedload", "") + f"\nopen({str(mark)!r}, 'w')\n"
    room.open_by_people("blog/newest.py", text, fork=True)
    seen: list[list[str]] = []
    real = subprocess.Popen.__init__

    def spy(self: object, command: Any, *rest: Any, **options: Any) -> None:
        seen.append([str(part) for part in command])
        real(self, command, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess.Popen, "__init__", spy)
    assert room.say("/costmod fix")[0] == "done"
    names = {next((p for p in c if p.endswith("git")), c[0]).rpartition("/")[2] for c in seen}
    assert (names, mark.exists()) == ({"git"}, False)


def command(room: Room, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """`costmod slash` on a comment of just now."""
    import json

    room.open_request()
    comment = room.github.state.say(1, "/costmod help", "ann", "User")
    event = comment_event("/costmod help", number=1, author="ann", comment=comment.id)
    event["comment"]["created_at"] = datetime.now(UTC).isoformat()
    (folder / "event.json").write_text(json.dumps(event))
    monkeypatch.setenv("COSTMOD_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_API_URL", room.github.url)
    return _main(["slash", "--event", str(folder / "event.json")])


def test_command_line(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert command(room, tmp_path, monkeypatch) == 0
    assert (capsys.readouterr().out, room.replies()) == ("done: help\n", [HELP])


def test_archived_repository_is_nobodys_fault(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """LOCKED, ARCHIVED, DISABLED: exit code 1, which the Action takes for done."""
    said = {"message": "Repository was archived so is read-only."}
    room.github.faults = [Fault("GET", "/pulls/1$", 403, said)]
    assert command(room, tmp_path, monkeypatch) == 1
    assert capsys.readouterr().err.startswith("costmod: acme/blog: is archived, locked or disabled (")
