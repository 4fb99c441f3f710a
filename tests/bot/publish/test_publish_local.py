"""The whole room against the local forge: real git, real files."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from rig import sample

from bot.config import Config, PublishConfig
from bot.errors import UserError
from bot.publish.act import Candidate
from bot.publish.forge import Request, Wanted
from bot.publish.local import LocalForge
from bot.publish.publish import publish
from bot.records import Change, PullRequest

BRANCH = f"costmod/sqlalchemy-eager-load/{sample.FINGERPRINT[:12]}"


class Publisher:
    """Publishes the sample again and again."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self.folder, self.repository = folder, repository

    def __call__(self, **changed: object) -> PullRequest:
        made = {
            "hotspot": sample.hotspot(),
            "patch": sample.patch(),
            "proof": sample.proof(),
            "saving": sample.saving(),
        }
        config = changed.pop("config", Config())
        head = sample.run(self.repository, "rev-parse", "HEAD")
        given = Candidate(**made | changed)
        return publish(LocalForge(self.folder), self.repository, [given], config, base="main", commit=head)[0]

    def git(self, *arguments: str) -> str:
        return sample.run(self.folder / "forge.git", *arguments)

    def page(self, name: str) -> str:
        return (self.folder / "pull-requests" / name).read_text()

    def close(self) -> None:
        path = self.folder / "pull-requests" / "1.json"
        path.write_text(path.read_text().replace('"open"', '"closed"'))


@pytest.fixture
def publisher(tmp_path: Path, repository: Path) -> Publisher:
    return Publisher(tmp_path / "forge", repository)


def moved(publisher: Publisher) -> dict[str, object]:
    before, after = (f"# Views.\n{text}" for text in (sample.BEFORE, sample.AFTER))
    sample.write(publisher.repository, sample.PATH, before)
    sample.commit_all(publisher.repository, "docs: say what it is")
    return {"patch": sample.patch(changes=(Change(path=sample.PATH, before=before, after=after),))}


def test_first_run(publisher: Publisher, commit: str) -> None:
    done = publisher()
    assert (done.forge, done.operation, done.number, done.branch, done.reason) == ("local", "created", 1, BRANCH, "")
    assert (publisher.git("rev-parse", "main"), publisher.git("rev-parse", f"{BRANCH}^")) == (commit, commit)
    assert done.head == publisher.git("rev-parse", BRANCH)
    assert done.url == (publisher.folder / "pull-requests" / "1.html").as_uri()
    assert publisher.page("1.md") == done.body
    assert msgspec.json.decode(publisher.page("1.json")) == {
        "number": 1,
        "state": "open",
        "title": "perf(blog): load Post.author with its posts",
        "branch": BRANCH,
        "base": "main",
        "draft": False,
        "labels": ["costmod", "costmod:rule/sqlalchemy-eager-load"],
    }


def test_two_folders_get_the_same_bytes(tmp_path: Path, repository: Path) -> None:
    one, two = (Publisher(tmp_path / name, repository) for name in ("one", "two"))
    assert (one().head, one.page("1.md"), one.page("1.html")) == (two().head, two.page("1.md"), two.page("1.html"))


def test_second_run_changes_nothing(publisher: Publisher) -> None:
    first = publisher()
    before = {path: path.stat().st_mtime_ns for path in (publisher.folder / "pull-requests").glob("1.*")}
    second = publisher()
    assert (second.operation, second.head, second.body) == ("unchanged", first.head, first.body)
    assert {path: path.stat().st_mtime_ns for path in (publisher.folder / "pull-requests").glob("1.*")} == before


def test_base_that_moved_under_the_patch_is_rebuilt_and_drawn(publisher: Publisher) -> None:
    publisher()
    done = publisher(**moved(publisher))
    head = sample.run(publisher.repository, "rev-parse", "HEAD")
    assert (done.operation, done.number, publisher.git("rev-parse", f"{BRANCH}^")) == ("updated", 1, head)
    assert '<span class="same"> # Views.</span>' in publisher.page("1.html")


def test_commit_of_a_human_is_never_overwritten(publisher: Publisher) -> None:
    publisher()
    clone = publisher.folder.parent / "human"
    sample.run(
        publisher.repository, "clone", "--quiet", "--branch", BRANCH, str(publisher.folder / "forge.git"), str(clone)
    )
    sample.write(clone, "README.md", "A human was here.\n")
    human = sample.commit_all(clone, "docs: say hello")
    sample.run(clone, "push", "--quiet", "origin", BRANCH)
    done = publisher(**moved(publisher))
    assert (done.operation, publisher.git("rev-parse", BRANCH)) == ("skipped", human)


def test_closed_means_no_for_good(publisher: Publisher) -> None:
    publisher()
    publisher.close()
    reason = "pull request #1 was closed unmerged, which means no for good; reopen it to change that"
    assert [(done.operation, done.reason) for done in (publisher(), publisher())] == [("skipped", reason)] * 2


def test_eight_runs_at_once_open_one_pull_request(publisher: Publisher) -> None:
    publisher.folder.mkdir()
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: publisher(), range(8)))
    assert {(result.operation != "skipped", result.number) for result in done} == {(True, 1)}
    assert sorted(path.name for path in (publisher.folder / "pull-requests").glob("*.json")) == ["1.json"]


def test_run_that_was_faster_is_adopted(publisher: Publisher, commit: str) -> None:
    class Slow(LocalForge):
        overtaken = False

        def create(self, wanted: Wanted) -> Request:
            if not self.overtaken:
                self.overtaken = True
                publisher()
            return super().create(wanted)

    given = Candidate(hotspot=sample.hotspot(), patch=sample.patch(), proof=sample.proof(), saving=sample.saving())
    slow = publish(Slow(publisher.folder), publisher.repository, [given], Config(), base="main", commit=commit)[0]
    assert (slow.operation, slow.number, slow.head) == ("created", 1, publisher.git("rev-parse", BRANCH))
    assert publisher().operation == "unchanged"


def test_two_patches_are_two_pull_requests(publisher: Publisher) -> None:
    assert [publisher().number, publisher(patch=sample.patch(fingerprint="f" * 64)).number] == [1, 2]


def test_repository_of_the_user_is_untouched(publisher: Publisher) -> None:
    sample.write(publisher.repository, "README.md", "Not committed yet.\n")
    sample.write(publisher.repository, "new.py", "staged = True\n")
    sample.run(publisher.repository, "add", "new.py")
    files = {path: path.read_bytes() for path in publisher.repository.rglob("*") if path.is_file()}
    assert publisher().operation == "created"
    assert {path: path.read_bytes() for path in publisher.repository.rglob("*") if path.is_file()} == files


def test_patch_on_another_text_is_not_published(publisher: Publisher) -> None:
    sample.write(publisher.repository, sample.PATH, "x = 1\n")
    sample.commit_all(publisher.repository, "feat: drop the view")
    done = publisher()
    assert (done.operation, done.reason) == (
        "skipped",
        "blog/views.py is not what the patch was planned on; plan again",
    )


def test_what_is_worth_nobody_s_time_is_not_opened(publisher: Publisher) -> None:
    done = publisher(
        saving=sample.saving(grounds="none", grounds_reason="expected cash is under 25 USD a month, and so on")
    )
    reason = "not worth a pull request: expected cash is under 25 USD a month, and so on"
    assert (done.operation, done.reason) == ("skipped", reason)
    assert publisher.git("for-each-ref") == ""


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../x.py", "'../x.py' leaves the tree, or names a part of it ambiguously"),
        (".github/x.py", "'.github/x.py' is in a protected folder"),
        ("conftest.py", "'conftest.py' is a protected file: it builds or tests the project"),
    ],
)
def test_protected_paths_are_not_published(publisher: Publisher, path: str, reason: str) -> None:
    done = publisher(patch=sample.patch(changes=(Change(path=path, before="", after="x = 1\n"),)))
    assert (done.operation, done.reason) == ("skipped", reason)
    assert publisher.git("for-each-ref") == ""


@pytest.mark.parametrize(
    ("before", "encoding"),
    [
        pytest.param("# -*- coding: latin-1 -*-\nname = 'é'\n", "latin-1", id="latin-1"),
        pytest.param("name = 'é'\n", "utf-8-sig", id="utf-8-with-mark"),
        pytest.param("name = 'é'\r\nx = 1\r\n", "utf-8", id="crlf"),
    ],
)
def test_encoding_and_line_ends_are_kept(publisher: Publisher, before: str, encoding: str) -> None:
    (publisher.repository / "a.py").write_bytes(before.encode(encoding))
    sample.commit_all(publisher.repository, "feat: a")
    after = before.replace("name", "word")
    done = publisher(patch=sample.patch(changes=(Change(path="a.py", before=before, after=after),)))
    sample.run(publisher.repository, "fetch", "--quiet", str(publisher.folder / "forge.git"), BRANCH)
    sample.run(publisher.repository, "-c", "core.autocrlf=false", "checkout", "--quiet", "FETCH_HEAD")
    assert (done.operation, (publisher.repository / "a.py").read_bytes()) == ("created", after.encode(encoding))


def test_page_is_self_contained(publisher: Publisher) -> None:
    publisher(saving=sample.saving(headline="<script>alert(1)</script> @octocat"))
    page = publisher.page("1.html")
    assert re.findall(r"<(script|link|img|iframe|object|embed|form|a)\b|\b(src|href|srcset)=|(url)\(", page) == []
    assert re.findall(r'<pre class="diff">|</details>', page).count("</details>") == page.count("<details>") == 3
    assert '<span class="add">+from sqlalchemy.orm import joinedload</span>' in page
    assert "costmod:" not in re.sub(r"costmod/|costmod:rule", "", page.partition("<body>")[2]).replace(
        "costmod-bot", ""
    )


def test_commit_message(publisher: Publisher) -> None:
    publisher(config=Config(publish=PublishConfig(signoff=True)))
    assert publisher.git("show", "--no-patch", "--format=%B", BRANCH) == (
        "perf(blog): load Post.author with its posts\n"
        "\n"
        "- load Post.author with joinedload in list_posts (blog/views.py)\n"
        "\n"
        "Costmod-Codemod: sqlalchemy-eager-load\n"
        f"Costmod-Fingerprint: {sample.FINGERPRINT}\n"
        "Signed-off-by: costmod-bot <costmod-bot@costmod.invalid>"
    )


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"codemod": "../x"}, "'../x': is no codemod id; use lower-case letters, digits, - and _ only."),
        ({"fingerprint": "xyz"}, "'xyz': is no fingerprint; plan the hotspot again."),
    ],
)
def test_names_that_make_no_branch(publisher: Publisher, changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        publisher(patch=sample.patch(**changed))
    assert str(raised.value) == sentence


def test_state_file_that_is_broken_is_one_sentence(publisher: Publisher) -> None:
    publisher()
    path = publisher.folder / "pull-requests" / "1.json"
    path.write_text('{"number": 1}')
    with pytest.raises(UserError) as raised:
        publisher()
    assert str(raised.value).startswith(f"{path}: cannot be read as a pull request (")


def test_forge_that_went_another_way_is_one_sentence(publisher: Publisher, tmp_path: Path) -> None:
    publisher()
    sample.run(publisher.repository, "commit", "--quiet", "--amend", "--message=other")
    with pytest.raises(UserError) as raised:
        publisher()
    assert str(raised.value) == (
        f"{publisher.folder / 'forge.git'}: its branch main has other commits than {publisher.repository}; "
        "merge or remove it."
    )


def test_shallow_clone(publisher: Publisher, tmp_path: Path) -> None:
    moved(publisher)
    sample.run(tmp_path, "clone", "--quiet", "--depth=1", publisher.repository.as_uri(), "shallow")
    shallow = Publisher(tmp_path / "shallow-forge", tmp_path / "shallow")
    change = Change(path=sample.PATH, before=f"# Views.\n{sample.BEFORE}", after="x = 1\n")
    changes = {"patch": sample.patch(changes=(change,))}
    done = [shallow(**changes), shallow(**changes)]
    assert [pull.operation for pull in done] == ["created", "unchanged"]
    assert shallow.git("rev-list", "--count", BRANCH) == "2"


def test_shallow_clone_that_cannot_be_compared_is_one_sentence(publisher: Publisher, tmp_path: Path) -> None:
    publisher()
    patch = moved(publisher)
    sample.run(tmp_path, "clone", "--quiet", "--depth=1", publisher.repository.as_uri(), "shallow")
    with pytest.raises(UserError) as raised:
        Publisher(publisher.folder, tmp_path / "shallow")(**patch)
    assert (
        str(raised.value)
        == f"{tmp_path}/shallow: is a shallow clone without the forge's main; run `git fetch --unshallow`."
    )
