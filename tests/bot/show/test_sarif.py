"""SARIF 2.1.0 against the schema of OASIS; its fixes are the edits."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rig import sarif as official
from rig.blog import blog_repository

from bot.plan.scan import scan
from bot.records import Change, Finding, Scan
from bot.show.sarif import replacements, sarif
from codemods import discover
from codemods.index import Index


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return blog_repository(tmp_path_factory.mktemp("blog"))


@pytest.fixture(scope="module")
def findings(blog: Path) -> tuple[Finding, ...]:
    return tuple(scan(Index(blog)))


def document(findings: tuple[Finding, ...], prefix: str = "", **fields: Any) -> dict[str, Any]:
    text = sarif(Scan(version="1.2.3", findings=findings, **fields), discover(), prefix)
    found: dict[str, Any] = json.loads(text)
    official.validate(found)
    return found


def edited(text: str, edits: list[dict[str, Any]]) -> str:
    """The text after SARIF replacements, as a viewer applies them."""
    lines = [0]
    for position, letter in enumerate(text):
        if letter == "\n":
            lines.append(position + 1)
    for edit in reversed(edits):
        region = edit["deletedRegion"]
        start, end = (lines[region[f"{side}Line"] - 1] + region[f"{side}Column"] - 1 for side in ("start", "end"))
        text = text[:start] + edit["insertedContent"]["text"] + text[end:]
    return text


def test_a_result(findings: tuple[Finding, ...]) -> None:
    (run,) = document(findings)["runs"]
    result = next(
        r for r in run["results"] if r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "entries"
    )
    finding = next(f for f in findings if f.function == "entries")
    assert {k: v for k, v in result.items() if k != "fixes"} == {
        "ruleId": "sqlalchemy-eager-load",
        "ruleIndex": 0,
        "level": "warning",
        "message": {
            "text": "Every row of `select(Post)` reads Post.author with a statement of its own; "
            "load Post.author (with joinedload) with the query."
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "blog/feed.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 10},
                },
                "logicalLocations": [{"fullyQualifiedName": "entries", "kind": "function"}],
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": {"uri": "blog/serializers.py", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 10},
                },
                "message": {"text": "Post.author is read here"},
            }
        ],
        "partialFingerprints": {"costmod/v1": finding.fingerprint},
        "properties": {"tier": "B", "entry": "`show_feed` in blog/views.py, which serves /feed", "notes": []},
    }


def test_the_fixes_are_the_edits(findings: tuple[Finding, ...], blog: Path) -> None:
    results = document(findings)["runs"][0]["results"]
    for result, finding in zip(results, findings, strict=True):
        (fix,) = result["fixes"]
        changes = {c["artifactLocation"]["uri"]: c["replacements"] for c in fix["artifactChanges"]}
        assert {path: edited((blog / path).read_text(), edits) for path, edits in changes.items()} == {
            change.path: change.after for change in finding.changes
        }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a\nb\nc\n", "a\nx\nc\n", id="a line"),
        pytest.param("a\nb\n", "new\na\nb\n", id="the first line"),
        pytest.param("a\nb\n", "a\nb\nnew\n", id="after the last line"),
        pytest.param("a\nb", "a\nc", id="no final newline"),
        pytest.param("a\nb", "a\nb\n", id="a final newline"),
        pytest.param("a\nb\nc", "a", id="the end"),
        pytest.param("a\r\nb\r\n", "a\r\nc\r\n", id="CRLF"),
        pytest.param("é😀\u2028x\nb\n", "é😀\u2028y\nb\n", id="beyond ASCII"),
        pytest.param("", "a\n", id="an empty file"),
    ],
)
def test_replacements(before: str, after: str) -> None:
    assert edited(before, list(replacements(Change(path="a.py", before=before, after=after)))) == after


def test_the_rule_is_the_docstring_of_the_codemod(findings: tuple[Finding, ...]) -> None:
    (rule,) = document(findings)["runs"][0]["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"]) == ("sqlalchemy-eager-load", "SqlalchemyEagerLoad")
    assert rule["shortDescription"]["text"] == (
        "Load a SQLAlchemy relationship together with the rows that read it, instead of once per row."
    )
    assert rule["fullDescription"]["text"].startswith("A lazy relationship read in a loop costs one statement per ")
    assert "\n" not in rule["fullDescription"]["text"]


def test_below_the_top_paths_and_fingerprints_are_those_of_the_repository(findings: tuple[Finding, ...]) -> None:
    top, below = document(findings), document(findings, "services/my shop/")
    first, second = (d["runs"][0]["results"][0] for d in (top, below))
    place = second["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "services/my%20shop/blog/feed.py", "uriBaseId": "%SRCROOT%"}
    assert first["partialFingerprints"] != second["partialFingerprints"]
    assert below["runs"][0]["automationDetails"] == {"id": "costmod/scan/services/my%20shop/"}


def test_nothing_found_and_a_file_that_was_not_read() -> None:
    (run,) = document((), skipped={"b.py": "not UTF-8", "a.py": "not parsed"})["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])
    (invocation,) = run["invocations"]
    notes = invocation["toolExecutionNotifications"]
    assert [n["message"]["text"] for n in notes] == ["not read: not parsed", "not read: not UTF-8"]


def test_the_same_findings_give_the_same_bytes(findings: tuple[Finding, ...]) -> None:
    scanned = Scan(version="1", findings=findings, skipped={"b": "x", "a": "y"})
    assert sarif(scanned, discover()) == sarif(scanned, discover())


def test_the_official_schema_refuses_what_is_no_sarif() -> None:
    with pytest.raises(jsonschema.ValidationError):
        official.validate({"version": "2.1.0", "runs": [{"results": []}]})
