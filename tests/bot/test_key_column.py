"""What is no load is not called one: a key that is read without its object, from the plan to the words about it."""

import subprocess
from pathlib import Path

import msgspec
import pytest
from rig.shop import at, hotspot, pattern

from bot.plan.plan import plan
from bot.plan.scan import scan
from bot.publish.commit import message_of
from bot.records import Hotspot, Patch, Refusal, Scan
from bot.show.console import Screen
from bot.show.findings import text
from bot.show.sarif import message
from codemods.index import Index

MODELS = """\
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=80)


class Post(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
"""
VIEWS = (
    "from blog.models import Post\n\n\ndef keys(request):\n    return [post.author.{} for post in Post.objects.all()]\n"
)
UNSEEN = """\
from blog.models import Post


def keys(posts):
    ids = [one.author_id for one in Post.objects.all()]
    return ids, [post.author for post in posts]
"""
AUTHOR = pattern("author", "blog_author", "blog_author.id")
HOTSPOT = hotspot(AUTHOR, locations=(at("blog/views.py", function="keys"),))


def index(root: Path, read: str) -> Index:
    (root / "blog").mkdir()
    (root / "blog/models.py").write_text(MODELS)
    (root / "blog/views.py").write_text(VIEWS.format(read))
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    return Index(root)


def patch(root: Path, read: str) -> Patch:
    (outcome,) = plan(HOTSPOT, index(root, read))
    assert isinstance(outcome, Patch)
    return outcome


def test_the_key_is_planned_before_a_load(tmp_path: Path) -> None:
    found = patch(tmp_path, "id")
    assert (found.codemod, found.title) == ("django-fk-id", "perf(views): read Post.author_id itself in keys")
    assert [change.after for change in found.changes] == [VIEWS.format("id").replace(".author.id", ".author_id")]
    assert message_of(found, signoff=False).splitlines()[2] == (
        "- read Post.author_id, the key itself, in keys (blog/views.py)"
    )


def test_a_load_where_more_is_read(tmp_path: Path) -> None:
    found = patch(tmp_path, "name")
    assert (found.codemod, found.title) == ("django-eager-load", "perf(views): load Post.author eagerly in keys")
    assert message_of(found, signoff=False).splitlines()[2] == (
        "- load Post.author with prefetch_related in keys (blog/views.py)"
    )


def test_the_terminal_names_the_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Screen().site(patch(tmp_path, "id"))
    assert "loads       Post.author by its key column: only the key is read" in capsys.readouterr().out


def test_a_scan_finds_it_once(tmp_path: Path) -> None:
    (finding,) = scan(Index(index(tmp_path, "pk").root))
    assert (finding.codemod, finding.line) == ("django-fk-id", 5)
    assert message(finding).endswith("; read Post.author_id, the key that the row holds itself.")
    shown = text(Scan(version="0", findings=(finding,)), diff=False)
    assert "  read just its    key column: only the key is read" in shown


def line(file: str, number: int) -> Hotspot:
    place = msgspec.structs.replace(at(file, number), precision="exact_line")
    return msgspec.structs.replace(HOTSPOT, patterns=(), locations=(place,))


def test_the_key_on_an_exact_line_without_a_statement(tmp_path: Path) -> None:
    (outcome,) = plan(line("blog/views.py", 5), index(tmp_path, "id"))
    assert isinstance(outcome, Patch)
    assert (outcome.codemod, outcome.loads[0].path) == ("django-fk-id", "Post.author")


def test_a_line_that_reads_more_than_the_key(tmp_path: Path) -> None:
    (outcome,) = plan(line("blog/views.py", 5), index(tmp_path, "name"))
    assert isinstance(outcome, Patch)
    assert outcome.codemod == "django-eager-load"


def test_a_line_that_no_rows_come_to_is_not_called_done(tmp_path: Path) -> None:
    tree = index(tmp_path, "id").edited({"blog/views.py": UNSEEN})
    (outcome,) = plan(line("blog/views.py", 6), tree)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.done) == ("R-UNRESOLVED", False)
