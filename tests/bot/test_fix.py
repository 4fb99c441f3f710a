"""`costmod fix` on the blog and its real traces: exact edits, the second run, the report."""

import json
from pathlib import Path

import jsonschema
import pytest
from rig.blog import DATADOG, OTEL, blog_repository, commit_all, diff

from bot.cli import _main
from bot.show.report import schema

FIXED = """\
-from sqlalchemy.orm import Session
+from sqlalchemy.orm import Session, joinedload, selectinload
-    posts = session.scalars(select(Post).order_by(Post.id).limit(50)).all()
+    posts = session.scalars(select(Post).options(joinedload(Post.author)).order_by(Post.id).limit(50)).all()
-    posts = session.scalars(select(Post).limit(50)).all()
+    posts = session.scalars(select(Post).options(selectinload(Post.author)).limit(50)).all()
+from sqlalchemy.orm import joinedload, selectinload
+
+        .options(joinedload(Post.author))
-    posts = db.session.query(Post).limit(50).all()
+    posts = db.session.query(Post).options(selectinload(Post.author)).limit(50).all()"""


@pytest.mark.parametrize("trace", [OTEL, DATADOG], ids=["OpenTelemetry", "Datadog"])
def test_fix_writes_exactly_the_options_and_their_import(tmp_path: Path, trace: Path) -> None:
    blog = blog_repository(tmp_path)
    report = tmp_path / "report.json"
    assert _main(["fix", str(blog), "--hotspots", str(trace), "--write", "--report", str(report)]) == 0
    assert diff(blog) == FIXED
    jsonschema.validate(json.loads(report.read_text()), schema())
    outcomes = {r["hotspot"]["entry"]["route_raw"]: r["outcome"] for r in json.loads(report.read_text())["results"]}
    assert outcomes == dict.fromkeys(("/posts", "/feed", "/archive", "/api/latest"), "fixed")

    commit_all(blog)
    assert _main(["fix", str(blog), "--hotspots", str(trace), "--write", "--report", str(report)]) == 0
    assert diff(blog) == ""
    assert {r["outcome"] for r in json.loads(report.read_text())["results"]} == {"nothing_to_do"}


def test_why_a_join_is_not_chosen(tmp_path: Path) -> None:
    blog = blog_repository(tmp_path)
    report = tmp_path / "report.json"
    assert _main(["fix", str(blog), "--hotspots", str(OTEL), "--report", str(report)]) == 0
    assert diff(blog) == ""
    loads = {
        r["patch"]["site"]["function"]: (load["strategy"], load["why"])
        for r in json.loads(report.read_text())["results"]
        for load in r["patch"]["loads"]
    }
    ordered = ("joinedload", "to-one, ordered by the unique Post.id: a join changes no row and no order")
    unordered = (
        "selectinload",
        "LIMIT without an ORDER BY on a unique key: on PostgreSQL a join could change which rows come back (R-ORDER)",
    )
    assert loads == {"front_page": ordered, "entries": ordered, "archive": unordered, "latest": unordered}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blog = blog_repository(tmp_path)
    written = []
    for name in ("a.json", "b.json"):
        assert _main(["fix", str(blog), "--hotspots", str(OTEL), str(DATADOG), "--report", str(tmp_path / name)]) == 0
        written.append(((tmp_path / name).read_bytes(), capsys.readouterr().out))
    assert written[0] == written[1]


def test_hotspots_as_json_are_an_input_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blog = blog_repository(tmp_path)
    assert _main(["hotspots", str(OTEL), "--format", "json", "--top", "1"]) == 0
    (tmp_path / "one.json").write_text(capsys.readouterr().out)
    assert _main(["fix", str(blog), "--hotspots", str(tmp_path / "one.json"), "--write"]) == 0
    assert diff(blog) == ("+from sqlalchemy.orm import joinedload\n+\n+        .options(joinedload(Post.author))")
