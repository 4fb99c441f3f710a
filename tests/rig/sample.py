"""A real repository with one N+1, and the records that the other rooms make of it."""

import difflib
import subprocess
from decimal import Decimal
from pathlib import Path

import msgspec

from bot.records import (
    Amount,
    Change,
    Count,
    Entry,
    Hotspot,
    Input,
    Load,
    Metrics,
    OperationCount,
    Patch,
    Pattern,
    Proof,
    Saving,
    SavingLine,
    Site,
    Source,
    SuiteRun,
    Trust,
)

FINGERPRINT = "0123456789abcdef" * 4
PATH = "blog/views.py"
BEFORE = """\
from sqlalchemy import select

from blog.models import Post


def list_posts(session):
    posts = session.scalars(select(Post)).all()
    return [(post.title, post.author.name) for post in posts]
"""
AFTER = BEFORE.replace("import select\n", "import select\nfrom sqlalchemy.orm import joinedload\n").replace(
    "select(Post)", "select(Post).options(joinedload(Post.author))"
)


def run(folder: Path, *arguments: str) -> str:
    """Git as a user would run it; standard output."""
    command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def make_repository(folder: Path) -> tuple[Path, str]:
    """A work tree on branch main with one commit; its folder and the commit id."""
    folder.mkdir(parents=True)
    run(folder, "init", "--quiet", "--initial-branch=main")
    write(folder, PATH, BEFORE)
    write(folder, "README.md", "A blog.\n")
    return folder, commit_all(folder, "feat: list posts")


def write(folder: Path, path: str, content: str) -> None:
    """Write a file of the work tree."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content)


def commit_all(folder: Path, message: str) -> str:
    """Commit the work tree; the commit id."""
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--message", message)
    return run(folder, "rev-parse", "HEAD")


def diff(path: str, before: str, after: str) -> str:
    """A unified diff."""
    lines = (before.splitlines(keepends=True), after.splitlines(keepends=True))
    return "".join(difflib.unified_diff(*lines, fromfile=f"a/{path}", tofile=f"b/{path}"))


def patch(**changed: object) -> Patch:
    """The patch of the sample."""
    made = Patch(
        hotspot="H-1",
        codemod="sqlalchemy-eager-load",
        tier="B",
        fingerprint=FINGERPRINT,
        title="perf(blog): load Post.author with its posts",
        site=Site(
            file=PATH,
            function="list_posts",
            line=7,
            query="select(Post)",
            loads=("Post.author",),
            located_by=(
                "Route GET /posts is served by blog.views.list_posts.",
                "The repeated statement selects author by id: that is Post.author.",
                "list_posts reads post.author on every row.",
            ),
        ),
        loads=(
            Load(
                path="Post.author",
                strategy="joinedload",
                why="to-one, the order of posts does not depend on it, and no lock is taken",
                fingerprint="f" * 16,
                statements_before=50,
                statements_after=0,
            ),
        ),
        changes=(Change(path=PATH, before=BEFORE, after=AFTER),),
        diff=diff(PATH, BEFORE, AFTER),
        notes=("list_posts is called by the feed as well, which does not read the author.",),
    )
    return msgspec.structs.replace(made, **changed)


def hotspot(**changed: object) -> Hotspot:
    """What the APM saw."""
    made = Hotspot(
        id="H-1",
        kind="n_plus_one_db",
        source=Source(
            vendor="opentelemetry",
            format="otlp-json",
            service="blog",
            window_start="2026-11-01T00:00:00Z",
            window_end="2026-11-15T00:00:00Z",
            sampling="weights in the spans",
        ),
        entry=Entry(type="http", method="GET", route_raw="/posts", route_canonical="posts"),
        patterns=(
            Pattern(
                fingerprint="f" * 16,
                statement="SELECT author.id, author.name FROM author WHERE author.id = ?",
                tables=("author",),
                where_columns=("author.id",),
                shape="column_equals_parameter",
                count=Count(p50=50, p95=50, max=50),
                traces=400,
                spans=20_000,
                total_ns=20_000_000_000,
                mean_ns=1_000_000,
                sequential=1.0,
            ),
        ),
        metrics=Metrics(
            requests_in_window=48_210,
            p50_ns=66_000_000,
            p95_ns=91_000_000,
            p99_ns=120_000_000,
            total_ns=3_000_000_000_000,
        ),
        trust=Trust(confidence=0.97, limits=("the window has no weekend",)),
    )
    return msgspec.structs.replace(made, **changed)


def proof(**changed: object) -> Proof:
    """What the tests saw."""
    suite = SuiteRun(command=("python", "-m", "pytest", "-q"), exit_status=0, seconds=2.5, tests=42, failed=())
    made = Proof(
        verdict="proven",
        reason="2 tests reached the site and issue fewer statements.",
        commit="a" * 40,
        before=suite,
        after=suite,
        reached=("tests/test_views.py::test_list_posts", "tests/test_views.py::test_feed"),
        operations=(
            OperationCount(test="tests/test_views.py::test_list_posts", before=51, after=1),
            OperationCount(test="tests/test_views.py::test_feed[a|b]", before=11, after=1),
        ),
        frames=("blog/views.py:8 list_posts",),
        limits=("900 s of time", "2 GiB of memory", "no network"),
    )
    return msgspec.structs.replace(made, **changed)


def amount(low: int, expected: int, high: int) -> Amount:
    """P10, P50, P90."""
    return Amount(low=Decimal(low), expected=Decimal(expected), high=Decimal(high))


def saving(**changed: object) -> Saving:
    """What it is worth."""
    made = Saving(
        grade="B",
        grade_reason="14 days of weighted volume; price table instead of a bill for the database",
        cash_now=amount(360, 500, 650),
        cash_after_action=amount(1300, 1515, 1700),
        action="resize the database from 4xlarge to 2xlarge (fits with 58 %)",
        headroom=amount(180, 280, 420),
        lines=(
            SavingLine(
                name="application scale-in", amount=amount(180, 260, 370), kind="cash_now", cash_when="by itself"
            ),
            SavingLine(
                name="bytes between zones", amount=amount(180, 240, 280), kind="cash_now", cash_when="by itself"
            ),
        ),
        inputs=(
            Input(name="requests", value="100 M", unit="per month", origin="metrics", effect=Decimal(100)),
            Input(
                name="statements avoided", value="50", unit="per request", origin="traces, tests", effect=Decimal(90)
            ),
            Input(name="application CPU", value="0.30", unit="ms per statement", origin="constant", effect=Decimal(52)),
            Input(name="vCPU price", value="0.04048", unit="USD per hour", origin="table", effect=Decimal(12)),
        ),
        not_counted=("engineering time", "cache warm-up"),
        queries_before=51,
        queries_after=1,
        wall_before_ns=66_000_000,
        wall_after_ns=4_000_000,
        headline="Estimated $500 a month now [360–650], and $1,515 more after one resize.",
        seed="9f31c2",
        price_date="2026-07-20",
    )
    return msgspec.structs.replace(made, **changed)
