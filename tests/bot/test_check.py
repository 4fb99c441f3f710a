"""`costmod check`: what a change introduces, and silence otherwise."""

import re
import subprocess
from pathlib import Path

import pytest
from rig.blog import OTEL, blog_repository, commit_all

from bot.cli import _main
from bot.publish.check import DONE, tell
from bot.publish.forge import Wanted
from bot.publish.local import LocalForge

Capture = pytest.CaptureFixture[str]
LOOP = """\
from sqlalchemy import select
from sqlalchemy.orm import Session

from blog.models import Post


def newest(session: Session) -> list[str]:
    posts = session.scalars(select(Post).order_by(Post.id)).all()
    return [post.title + post.author.name for post in posts]
"""


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    """A change that adds a helper without a query."""
    blog = blog_repository(tmp_path)
    subprocess.run(["git", "checkout", "-q", "-b", "change"], cwd=blog, check=True)
    return add(blog, "blog/text.py", "def clean(text):\n    return text.strip()\n")


def add(blog: Path, path: str, text: str) -> Path:
    (blog / path).write_text(text)
    commit_all(blog)
    return blog


def test_silent_when_nothing_is_new(blog: Path, capsys: Capture) -> None:
    assert (_main(["check", "--base", "main", str(blog), "--fail-on-findings"]), capsys.readouterr().out) == (0, "")


def test_new_finding_with_its_edit(blog: Path, capsys: Capture) -> None:
    add(blog, "blog/newest.py", LOOP)
    assert _main(["check", "--base", "main", str(blog)]) == 0
    assert capsys.readouterr().out == (
        "This change introduces a query whose every row runs a statement of its own (N+1).\n"
        "\n"
        "#### `newest` in `blog/newest.py`, line 8\n"
        "\n"
        "`select(Post)` gives rows, and every row runs a statement of its own:\n"
        "\n"
        "- `Post.author`, read in `blog/newest.py` line 9. Suggested: `joinedload` (to-one, "
        "ordered by the unique Post.id: a join changes no row and no order).\n"
        "- What it costs cannot be said without a trace of it.\n"
        "\n"
        "<details><summary>The suggested change</summary>\n"
        "\n"
        "```diff\n"
        "--- a/blog/newest.py\n"
        "+++ b/blog/newest.py\n"
        "@@ -1,9 +1,9 @@\n"
        " from sqlalchemy import select\n"
        "-from sqlalchemy.orm import Session\n"
        "+from sqlalchemy.orm import Session, joinedload\n"
        " \n"
        " from blog.models import Post\n"
        " \n"
        " \n"
        " def newest(session: Session) -> list[str]:\n"
        "-    posts = session.scalars(select(Post).order_by(Post.id)).all()\n"
        "+    posts = session.scalars(select(Post).options(joinedload(Post.author)).order_by(Post.id)).all()\n"
        "     return [post.title + post.author.name for post in posts]\n"
        "```\n"
        "\n"
        "</details>\n"
        "\n"
        "costmod read this change and ran nothing of it. It says nothing when it finds nothing new.\n"
    )
    assert _main(["check", "--base", "main", str(blog), "--fail-on-findings"]) == 1


def test_finding_that_only_moved_is_not_new(blog: Path, capsys: Capture) -> None:
    posts = blog / "blog" / "posts.py"
    posts.write_text(posts.read_text().replace("def archive(", "def old_posts("))
    commit_all(blog)
    assert (_main(["check", "--base", "main", str(blog)]), capsys.readouterr().out) == (0, "")


def test_finding_of_the_base_alone_is_not_told(blog: Path, capsys: Capture) -> None:
    subprocess.run(["git", "checkout", "-q", "main"], cwd=blog, check=True)
    add(blog, "blog/newest.py", LOOP)
    subprocess.run(["git", "checkout", "-q", "change"], cwd=blog, check=True)
    assert (_main(["check", "--base", "main", str(blog)]), capsys.readouterr().out) == (0, "")


def test_trace_of_the_change_prices_it(tmp_path: Path, capsys: Capture) -> None:
    blog = blog_repository(tmp_path)
    posts = (blog / "blog" / "posts.py").read_text()
    add(blog, "blog/posts.py", posts.replace("post.author.name", "post.title"))
    subprocess.run(["git", "checkout", "-q", "-b", "change"], cwd=blog, check=True)
    (blog / "costmod.toml").write_text(
        '[price]\nrequests-per-month = { "GET /posts" = 40_000_000 }\napplication = "fargate"\n'
        'database = "aurora-serverless-v2"\n'
    )
    add(blog, "blog/posts.py", posts)
    assert _main(["check", "--base", "main", str(blog), "--hotspots", str(OTEL)]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[0] == "This change introduces 2 queries whose every row runs a statement of its own (N+1)."
    money = [line for line in told.splitlines() if line.startswith("- Estimated cost") or " per request" in line]
    assert [re.sub(r"\d+", "N", line.partition(" a month")[0]) for line in money] == [
        r"- Estimated cost: **\$N \[N–N\]**",
        "- N statements per request, N with the suggestion. No amount of money is given: the requests per month are "
        "unknown (set price.requests-per-month)",
    ]


LOOKUPS = """\
from blog.models import Author, Post, db


def front_page():
    rows = db.session.query(Post).order_by(Post.id).limit(50).all()
    entries = []
    for post in rows:
        author = db.session.get(Author, post.author_id)
        entries.append({"id": post.id, "author": author.name})
    return entries


def archive():
    return []


def single_post(post_id):
    return {}
"""


def test_loop_of_calls_that_a_trace_shows(tmp_path: Path, capsys: Capture) -> None:
    blog = blog_repository(tmp_path)
    add(blog, "blog/posts.py", LOOKUPS.replace("author = db.session.get(Author, post.author_id)", "author = post"))
    subprocess.run(["git", "checkout", "-q", "-b", "change"], cwd=blog, check=True)
    add(blog, "blog/posts.py", LOOKUPS)
    assert _main(["check", "--base", "main", str(blog), "--hotspots", str(OTEL)]) == 0
    assert capsys.readouterr().out.splitlines()[:5] == [
        "This change introduces 1 place with a call per round of a loop or per row (N+1).",
        "",
        "#### `front_page` in `blog/posts.py`, line 8",
        "",
        "Every round of a loop runs `db.session.get(Author, post.author_id)`:",
    ]
    subprocess.run(["git", "branch", "-q", "-f", "main", "HEAD"], cwd=blog, check=True)
    add(blog, "blog/text.py", "x = 1\n")
    assert (_main(["check", "--base", "main", str(blog), "--hotspots", str(OTEL)]), capsys.readouterr().out) == (0, "")


def test_one_comment_that_follows_the_change_and_none_without_a_finding(tmp_path: Path) -> None:
    forge = LocalForge(tmp_path)
    forge.create(Wanted(branch="x", base="main", title="t", body="b", draft=False))
    told = []
    for said in ("", "found", "found more", ""):
        tell(forge, 1, said)
        told.append(forge._state(1).comments)
    assert told == [{}, {"check": "found"}, {"check": "found more"}, {"check": DONE}]


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        ("nowhere", "no commit 'nowhere'; name a branch, tag or commit id."),
        ("--output=x", "no commit '--output=x'; name a branch, tag or commit id."),
    ],
)
def test_wrong_base_is_one_sentence(blog: Path, base: str, sentence: str, capsys: Capture) -> None:
    assert (_main(["check", f"--base={base}", str(blog)]), capsys.readouterr().err) == (
        2, f"costmod: {blog}: {sentence}\n",
    )  # fmt: skip
