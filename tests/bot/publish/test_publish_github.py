"""The whole room against the stateful fake: real PyGithub, real git over HTTP."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rig import sample
from rig.fake_github import TOKEN, FakeGithub, Fault

from bot.config import Config, PublishConfig
from bot.errors import UserError
from bot.publish import marker
from bot.publish.act import Candidate
from bot.publish.github import GithubForge
from bot.publish.publish import publish
from bot.records import PullRequest

BRANCH = f"costmod/sqlalchemy-eager-load/{sample.FINGERPRINT[:12]}"
LOST = Fault("POST", "/pulls$", 502, {"message": "Bad Gateway"}, after=True)


class Publisher:
    """Publishes the sample again and again."""

    def __init__(self, github: FakeGithub, repository: Path) -> None:
        self.github, self.repository = github, repository
        self.waits: list[float] = []

    def __call__(self, **changed: object) -> PullRequest:
        made = {
            "hotspot": sample.hotspot(),
            "patch": sample.patch(),
            "proof": sample.proof(),
            "saving": sample.saving(),
        }
        config = changed.pop("config", Config())
        forge = GithubForge("acme/blog", TOKEN, api=self.github.url, sleep=self.waits.append, pause=0)
        given = {name: changed.get(name, value) for name, value in made.items()}
        head = sample.run(self.repository, "rev-parse", "HEAD")
        return publish(forge, self.repository, [Candidate(**given)], config, base="main", commit=head)[0]

    def head(self) -> str | None:
        return self.github.state.head_of(BRANCH)

    def pulls(self) -> list[tuple[int, str, bool]]:
        return [(pull.number, pull.state, pull.draft) for pull in self.github.state.pulls]

    def move_base(self, path: str, content: str) -> str:
        """Commit to main and push it, as a developer would."""
        sample.write(self.repository, path, content)
        commit = sample.commit_all(self.repository, "feat: something else")
        sample.run(self.repository, "push", "--quiet", str(self.github.state.bare), "main")
        return commit

    def push_as_human(self) -> str:
        """Add a commit to the bot's branch."""
        bare, clone = str(self.github.state.bare), self.repository.parent / "human"
        sample.run(self.repository, "clone", "--quiet", "--branch", BRANCH, bare, str(clone))
        sample.write(clone, "README.md", "A human was here.\n")
        commit = sample.commit_all(clone, "docs: say hello")
        sample.run(clone, "push", "--quiet", "origin", BRANCH)
        return commit


@pytest.fixture
def publisher(github: FakeGithub, repository: Path) -> Publisher:
    return Publisher(github, repository)


def test_first_run_pushes_one_commit_and_opens_one_pull_request(publisher: Publisher, commit: str) -> None:
    done = publisher()
    assert (done.forge, done.operation, done.reason, done.number) == ("github", "created", "", 1)
    assert (done.branch, done.base, done.head, done.draft) == (BRANCH, "main", publisher.head(), False)
    bare = publisher.github.state.bare
    assert sample.run(bare, "rev-parse", f"{BRANCH}^") == commit
    assert sample.run(bare, "show", f"{BRANCH}:{sample.PATH}") == sample.AFTER.rstrip("\n")
    assert sample.run(bare, "diff", "--name-only", "main", BRANCH) == sample.PATH
    assert publisher.github.state.pulls[0].labels == ["costmod", "costmod:rule/sqlalchemy-eager-load"]
    read = marker.read(done.body)
    assert read is not None
    assert (read.head, read.base, read.fp) == (done.head, commit, sample.FINGERPRINT)


def test_second_run_changes_nothing(publisher: Publisher) -> None:
    first = publisher()
    publisher.github.calls.clear()
    second = publisher()
    assert (second.operation, second.number, second.head, second.body) == ("unchanged", 1, first.head, first.body)
    assert [
        call for call in publisher.github.calls if not call.startswith(("GET", "git refs", "git git-upload-pack"))
    ] == []


def test_new_numbers_rewrite_the_body_and_keep_what_people_wrote(publisher: Publisher) -> None:
    first = publisher()
    pull = publisher.github.state.pulls[0]
    pull.body = "Reviewed by hand.\r\n\r\n" + pull.body.replace("\n", "\r\n")
    second = publisher(saving=sample.saving(queries_after=2))
    assert (second.operation, second.head) == ("updated", first.head)
    assert marker.human_text(second.body) == "Reviewed by hand."
    assert second.body == pull.body


def test_title_given_by_people_is_kept(publisher: Publisher) -> None:
    publisher()
    publisher.github.state.pulls[0].title = "Make the blog fast"
    renamed = sample.patch(title="perf(blog): load authors")
    assert [publisher(patch=renamed).title for _ in range(2)] == ["Make the blog fast"] * 2


def test_title_of_the_bot_follows_the_patch(publisher: Publisher) -> None:
    publisher()
    renamed = sample.patch(title="perf(blog): load authors")
    assert [(done.operation, done.title) for done in (publisher(patch=renamed), publisher(patch=renamed))] == [
        ("updated", "perf(blog): load authors"),
        ("unchanged", "perf(blog): load authors"),
    ]


def test_base_that_moved_elsewhere_pushes_nothing(publisher: Publisher) -> None:
    first = publisher()
    publisher.move_base("README.md", "Another blog.\n")
    second = publisher()
    assert (second.operation, second.head, publisher.head()) == ("unchanged", first.head, first.head)


def test_base_that_moved_under_the_patch_is_rebuilt(publisher: Publisher) -> None:
    first = publisher()
    before, after = (f"# Views.\n{text}" for text in (sample.BEFORE, sample.AFTER))
    commit = publisher.move_base(sample.PATH, before)
    moved = sample.patch(changes=(sample.Change(path=sample.PATH, before=before, after=after),))
    second = publisher(patch=moved)
    assert (second.operation, second.number, second.head) == ("updated", 1, publisher.head())
    assert second.head != first.head
    assert sample.run(publisher.github.state.bare, "rev-parse", f"{BRANCH}^") == commit
    assert publisher(patch=moved).operation == "unchanged"


def test_push_that_was_lost_after_the_body_is_made_good(publisher: Publisher) -> None:
    publisher()
    before, after = (f"# Views.\n{text}" for text in (sample.BEFORE, sample.AFTER))
    publisher.move_base(sample.PATH, before)
    moved = sample.patch(changes=(sample.Change(path=sample.PATH, before=before, after=after),))
    old = publisher.head()
    publisher(patch=moved)
    new = publisher.head()
    sample.run(publisher.github.state.bare, "update-ref", f"refs/heads/{BRANCH}", str(old))
    assert (publisher(patch=moved).operation, publisher.head()) == ("updated", new)


def test_commit_of_a_human_is_never_overwritten(publisher: Publisher) -> None:
    publisher()
    human = publisher.push_as_human()
    before, after = (f"# Views.\n{text}" for text in (sample.BEFORE, sample.AFTER))
    publisher.move_base(sample.PATH, before)
    done = publisher(patch=sample.patch(changes=(sample.Change(path=sample.PATH, before=before, after=after),)))
    reason = "pull request #1 holds commits that the bot did not make; they are never overwritten"
    assert (done.operation, done.reason, publisher.head()) == ("skipped", reason, human)


def test_forged_marker_does_not_hand_over_a_human_commit(publisher: Publisher) -> None:
    publisher()
    human = publisher.push_as_human()
    pull = publisher.github.state.pulls[0]
    real = marker.read(pull.body)
    assert real is not None
    pull.body += marker.write(
        marker.Marker(**{name: getattr(real, name) for name in real.__struct_fields__} | {"head": human})
    )
    done = publisher(saving=sample.saving(queries_after=2))
    assert (done.operation, publisher.head()) == ("skipped", human)


@pytest.mark.parametrize(
    ("merged", "reason"),
    [
        pytest.param(
            False, "pull request #1 was closed unmerged, which means no for good; reopen it to change that", id="closed"
        ),
        pytest.param(True, "pull request #1 was merged already", id="merged"),
    ],
)
def test_ended_pull_request_is_left_alone(publisher: Publisher, merged: bool, reason: str) -> None:
    publisher()
    pull = publisher.github.state.pulls[0]
    pull.state, pull.merged = "closed", merged
    done = publisher()
    assert (done.operation, done.reason, done.number) == ("skipped", reason, 1)
    assert len(publisher.pulls()) == 1


def test_reopened_pull_request_is_updated_again(publisher: Publisher) -> None:
    publisher()
    pull = publisher.github.state.pulls[0]
    pull.state = "closed"
    assert publisher().operation == "skipped"
    pull.state = "open"
    assert publisher(saving=sample.saving(queries_after=2)).operation == "updated"


def test_pull_request_of_somebody_else_is_left_alone(publisher: Publisher) -> None:
    publisher()
    publisher.github.state.pulls[0].author = "mallory"
    done = publisher(saving=sample.saving(queries_after=2))
    assert (done.operation, done.reason) == ("skipped", "pull request #1 was opened by somebody else")


def test_pull_request_of_a_fork_with_the_same_branch_name_is_not_ours(publisher: Publisher) -> None:
    publisher()
    publisher.github.state.pulls[0].fork = True
    assert [(done.operation, done.number) for done in (publisher(), publisher())] == [("created", 2), ("unchanged", 2)]


def test_token_without_a_user_knows_itself_as_a_bot(publisher: Publisher) -> None:
    publisher.github.state.kind = "Bot"
    assert [publisher().operation for _ in range(2)] == ["created", "unchanged"]


def test_branch_left_by_a_lost_run_is_resumed(publisher: Publisher) -> None:
    head = publisher().head
    publisher.github.state.pulls.clear()
    done = publisher()
    assert (done.operation, done.head, publisher.pulls()) == ("created", head, [(1, "open", False)])


def test_older_branch_left_by_a_lost_run_is_replaced(publisher: Publisher) -> None:
    head = publisher().head
    publisher.github.state.pulls.clear()
    publisher.move_base("README.md", "Another blog.\n")
    done = publisher()
    assert (done.operation, done.head) == ("created", publisher.head())
    assert done.head != head


def test_foreign_branch_is_left_alone(publisher: Publisher, commit: str) -> None:
    sample.run(publisher.github.state.bare, "update-ref", f"refs/heads/{BRANCH}", commit)
    done = publisher()
    reason = "the branch exists and is not the bot's; rename or delete it to get this pull request"
    assert (done.operation, done.reason, publisher.head(), publisher.pulls()) == ("skipped", reason, commit, [])


def test_cap_on_open_pull_requests(publisher: Publisher) -> None:
    publisher()
    other = sample.patch(fingerprint="f" * 64)
    cap = Config(publish=PublishConfig(max_open_pull_requests=1))
    done = publisher(patch=other, config=cap)
    reason = "1 pull request of the bot is open already; merge or close one first"
    assert (done.operation, done.reason, len(publisher.pulls())) == ("skipped", reason, 1)


@pytest.mark.parametrize("verdict", ["broken", "unprovable"])
def test_what_is_not_proven_is_not_published(publisher: Publisher, verdict: str) -> None:
    done = publisher(proof=sample.proof(verdict=verdict, reason="test_a fails now."))
    assert (done.operation, done.reason) == ("skipped", f"the proof says {verdict}: test_a fails now.")
    assert publisher.github.calls == []


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"proof": sample.proof(verdict="held")}, id="held"),
        pytest.param({"patch": sample.patch(tier="C")}, id="tier-C"),
        pytest.param({"config": Config(publish=PublishConfig(draft=True))}, id="asked-for"),
    ],
)
def test_draft(publisher: Publisher, changed: dict[str, object]) -> None:
    assert (publisher(**changed).draft, publisher.pulls()) == (True, [(1, "open", True)])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(LOST, id="502-after"),
        pytest.param(Fault("POST", "/pulls$", 502, {"message": "Bad Gateway"}), id="502-before"),
        pytest.param(Fault("POST", "/pulls$", 0, after=True), id="connection-after"),
        pytest.param(Fault("POST", "/pulls$", 0), id="connection-before"),
        pytest.param(Fault("POST", "/pulls$", 429, {"message": "slow down"}, {"Retry-After": "7"}), id="429"),
        pytest.param(
            Fault(
                "POST", "/pulls$", 403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "7"}
            ),
            id="403-secondary",
        ),
        pytest.param(Fault("GET", "/pulls$", 502, {"message": "Bad Gateway"}), id="read-502"),
    ],
)
def test_lost_answers_never_double_a_pull_request(publisher: Publisher, fault: Fault) -> None:
    publisher.github.faults = [Fault(**vars(fault) | {"times": 1})]
    done = publisher()
    assert (done.operation, publisher.pulls()) == ("created", [(1, "open", False)])
    assert publisher.waits == ([7.0] if fault.status in (429, 403) else [])


def test_rate_limit_above_the_budget_ends_the_run(publisher: Publisher) -> None:
    publisher.github.faults = [Fault("POST", "/pulls$", 429, {"message": "slow down"}, {"Retry-After": "900"})]
    with pytest.raises(UserError) as raised:
        publisher()
    sentence = (
        "acme/blog: opening a pull request: the forge's rate limit is used up; run costmod again later to resume."
    )
    assert (str(raised.value), publisher.waits, publisher.pulls()) == (sentence, [], [])
    assert publisher().operation == "created"


def test_eight_runs_at_once_open_one_pull_request(publisher: Publisher) -> None:
    barrier = threading.Barrier(8)
    publisher.github.before_create = lambda: barrier.wait(timeout=30) and None
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: publisher(), range(8)))
    assert publisher.pulls() == [(1, "open", False)]
    assert {(result.operation, result.number, result.head) for result in done} == {("created", 1, publisher.head())}


def test_not_permitted_names_the_setting_and_removes_the_branch(publisher: Publisher) -> None:
    message = "GitHub Actions is not permitted to create or approve pull requests."
    publisher.github.faults = [Fault("POST", "/pulls$", 403, {"message": message})]
    with pytest.raises(UserError) as raised:
        publisher()
    assert str(raised.value) == (
        "acme/blog: GitHub Actions may not open pull requests; turn on Settings > Actions > General > "
        '"Allow GitHub Actions to create and approve pull requests" in the repository and in its organization.'
    )
    assert (publisher.head(), publisher.pulls()) == (None, [])


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        pytest.param(
            Fault("GET", "/pulls$", 401, {"message": "Bad credentials"}),
            "URL: the token is not valid; set COSTMOD_TOKEN or GITHUB_TOKEN anew.",
            id="401",
        ),
        pytest.param(
            Fault("GET", "/pulls$", 404, {"message": "Not Found"}),
            "acme/blog: GitHub shows no such repository to this token; check origin and the token.",
            id="404",
        ),
        pytest.param(
            Fault("GET", "/pulls$", 301, {"message": "Moved"}, {"Location": "http://evil.invalid/"}),
            "URL: an answer led to another host; check GITHUB_API_URL. The token stayed here.",
            id="foreign-host",
        ),
    ],
)
def test_refusals_are_one_sentence(publisher: Publisher, fault: Fault, sentence: str) -> None:
    publisher.github.faults = [Fault(**vars(fault) | {"times": 1})]
    with pytest.raises(UserError) as raised:
        publisher()
    assert str(raised.value) == sentence.replace("URL", publisher.github.url, 1)


def test_label_that_fails_is_a_warning(publisher: Publisher) -> None:
    publisher.github.faults = [Fault("POST", "/issues/1/labels$", 403, {"message": "Resource not accessible"})]
    done = publisher()
    assert (done.operation, done.number, done.reason.split(":")[0]) == ("created", 1, "label 'costmod' was not set")


def test_label_that_exists_is_fine(publisher: Publisher) -> None:
    publisher.github.state.labels.add("costmod")
    assert (publisher().reason, publisher.github.state.pulls[0].labels) == (
        "",
        ["costmod", "costmod:rule/sqlalchemy-eager-load"],
    )


def test_commit_that_is_not_on_the_forge_is_not_published(publisher: Publisher) -> None:
    sample.write(publisher.repository, "secret.py", "KEY = 1\n")
    commit = sample.commit_all(publisher.repository, "wip: private")
    with pytest.raises(UserError) as raised:
        publisher()
    assert str(raised.value) == f"main: commit {commit[:12]} is not on the forge's branch; push it first."
    assert (publisher.head(), publisher.pulls()) == (None, [])


def test_token_stays_out_of_argv_files_and_logs(
    publisher: Publisher, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import base64
    import subprocess

    seen: list[str] = []
    real = subprocess.Popen.__init__

    def spy(self: object, command: object, *rest: object, **options: object) -> None:
        seen.append(repr(command))
        real(self, command, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess.Popen, "__init__", spy)
    caplog.set_level(logging.DEBUG)
    done = publisher()
    files = [path.read_bytes() for path in publisher.repository.parent.rglob("*") if path.is_file()]
    told = "\n".join([caplog.text, *seen, str(done)]).encode()
    for secret in (TOKEN.encode(), base64.b64encode(f"x-access-token:{TOKEN}".encode())):
        assert [place for place in [told, *files] if secret in place] == []
    assert any("push" in command for command in seen)


def test_wrong_token_for_git_is_one_sentence_without_the_token(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.publish import git

    monkeypatch.setattr(git, "_basic", lambda token: "d3Jvbmc=")
    with pytest.raises(UserError) as raised:
        publisher()
    start = f"{publisher.github.url}/acme/blog.git: git failed ("
    assert (str(raised.value)[: len(start)], TOKEN in str(raised.value)) == (start, False)
