"""Findings as text and as `costmod.scan/1`, against the JSON Schema that ships with the package."""

import json
from pathlib import Path

import jsonschema

import bot.show
from bot.records import Finding, FoundLoad, Scan
from bot.show.findings import encode, schema, schema_text, text

LOAD = FoundLoad(
    path="Post.author", statement="SELECT ... FROM authors WHERE authors.id = ?", read_file="blog/views.py",
    read_line=9, strategy="joinedload", why="to-one", statements_after=0,
)  # fmt: skip
FINDING = Finding(
    fingerprint="0123456789abcdef", codemod="sqlalchemy-eager-load", tier="B", title="perf: x", file="blog/posts.py",
    function="page", line=7, query="select(Post)", loads=(LOAD,), entry="`view` in blog/views.py",
    notes=("this query has 2 callers",), diff="--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
)  # fmt: skip
SHOWN = """\
blog/posts.py:7 in page [sqlalchemy-eager-load 0123456789ab]
  every row reads  Post.author at blog/views.py:9: SELECT ... FROM authors WHERE authors.id = ?
  load it with     joinedload: to-one
  reached from     `view` in blog/views.py
  note             this query has 2 callers
"""
END = "Only a trace tells what they cost: `costmod fix --hotspots` edits what it confirms.\n"


def test_the_shipped_schema_is_current() -> None:
    shipped = Path(bot.show.__file__).parent / "scan.schema.json"
    assert shipped.read_text() == schema_text()


def test_the_document_follows_the_schema_and_leaves_whole_texts_out() -> None:
    document = json.loads(encode(Scan(version="1", commit=None, findings=(FINDING,), skipped={"b": "y", "a": "x"})))
    jsonschema.validate(document, schema())
    assert (document["schema"], list(document["skipped"]), document["findings"][0]["changes"]) == (
        "costmod.scan/1", ["a", "b"], [],
    )  # fmt: skip


def test_one_finding_as_text() -> None:
    shown = text(Scan(version="1", findings=(FINDING,)), diff=False)
    assert shown == f"{SHOWN}\n1 finding, 1 reached from a route, a task or a command\n{END}"


def test_findings_with_their_edits() -> None:
    plain = Finding(**{**{f: getattr(FINDING, f) for f in FINDING.__struct_fields__}, "entry": None, "notes": ()})
    shown = text(Scan(version="1", findings=(FINDING, plain), skipped={"a": "x"}), diff=True)
    second = "\n".join(SHOWN.splitlines()[:3])
    assert shown == (
        f"{SHOWN}\n{FINDING.diff}\n{second}\n\n{FINDING.diff}\n"
        f"2 findings, 1 reached from a route, a task or a command; 1 file was not read\n{END}"
    )


def test_nothing_found() -> None:
    assert text(Scan(version="1"), diff=True) == "no findings\n"
    assert text(Scan(version="1", skipped={"a": "x", "b": "x"}), diff=True) == "no findings; 2 files were not read\n"


def test_names_of_a_repository_command_nothing() -> None:
    hostile = Finding(
        **{**{f: getattr(FINDING, f) for f in FINDING.__struct_fields__}, "file": "a\n::error::x\x1b[2J", "loads": ()}
    )
    shown = text(Scan(version="1", findings=(hostile,)), diff=False)
    assert "\x1b" not in shown
    assert not any(line.startswith("::") for line in shown.splitlines())
