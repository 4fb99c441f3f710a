"""SARIF of other detectors: findings of repeated queries become hotspots at a line, everything else is counted."""

import json
from pathlib import Path
from typing import Any

import pytest
from rig.readings import hotspots, items

from bot.errors import UserError
from bot.hotspots.readers import sarif
from bot.records import Location

NOT_ABOUT_QUERIES = "1 dropped: finding of something other than repeated queries"


def place(uri: str = "shop/views.py", line: int | None = 7, **more: Any) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}, **more}


def log(*results: dict[str, Any], name: str = "lint", rules: tuple[dict[str, Any], ...] = (), **more: Any) -> str:
    run = {"tool": {"driver": {"name": name, "rules": list(rules)}}, "results": list(results)}
    return json.dumps(
        {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]} | more
    )


def result(**fields: Any) -> dict[str, Any]:
    return {"ruleId": "L1", "message": {"text": "N+1"}, "locations": [place()]} | fields


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"id": "QueryInLoop"}, ""),
        ({"id": "perf/n-plus-one"}, ""),
        ({"id": "NPlusOne"}, ""),
        ({"id": "L1", "name": "DB_QUERY_IN_LOOP"}, ""),
        ({"id": "L1", "shortDescription": {"text": "Loop that runs SQL"}}, ""),
        ({"id": "L1", "fullDescription": {"text": "An N + 1 problem"}}, ""),
        ({"id": "L1", "properties": {"tags": ["performance", "n+1"]}}, ""),
        ({"id": "L1"}, "This queries the database inside a loop"),
    ],
)
def test_words_of_the_rule_or_message_decide(tmp_path: Path, rule: dict[str, Any], message: str) -> None:
    text = log(result(ruleId=rule["id"], message={"text": message}), rules=(rule,))
    (found,), lost = items(tmp_path, sarif, text)
    assert (found.kind, found.patterns, lost) == ("n_plus_one_db", (), ())
    assert found.locations == (
        Location(file="shop/views.py", line=7, precision="exact_line", provenance="sarif.region.startLine"),
    )


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"id": "unused-import"}, "a query string is unused"),
        ({"id": "loop-variable"}, "the loop variable is not used; write a generator"),
        ({"id": "sql-injection"}, "SQL is built from text"),
        ({"id": "L1", "fullDescription": {"text": "n1 is a bad name, one plus one"}}, ""),
    ],
)
def test_other_findings_are_counted(tmp_path: Path, rule: dict[str, Any], message: str) -> None:
    text = log(result(ruleId=rule["id"], message={"text": message}), rules=(rule,))
    assert items(tmp_path, sarif, text) == ([], (NOT_ABOUT_QUERIES,))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "pass"}, "finding that its tool does not hold against the code"),
        ({"suppressions": [{"kind": "inSource"}]}, "finding that its tool does not hold against the code"),
        ({"locations": []}, "finding without a line"),
        ({"locations": None}, "finding without a line"),
        ({"locations": [place(line=None)]}, "finding without a line"),
        ({"locations": [place(line=0)]}, "finding without a line"),
        ({"locations": [{}]}, "finding without a line"),
    ],
)
def test_findings_that_cannot_be_used_are_counted(tmp_path: Path, fields: dict[str, Any], reason: str) -> None:
    assert items(tmp_path, sarif, log(result(**fields))) == ([], (f"1 dropped: {reason}",))


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"ruleId": None, "ruleIndex": 1}, ({"id": "A"}, {"id": "QueryInLoop"})),
        ({"ruleId": None, "rule": {"index": 1}}, ({"id": "A"}, {"id": "QueryInLoop"})),
        ({"ruleId": None, "rule": {"id": "Q"}}, ({"id": "Q", "name": "QueryInLoop"},)),
        ({"ruleId": "Q/orders"}, ({"id": "Q", "name": "QueryInLoop"},)),
    ],
    ids=["index", "index of the reference", "id of the reference", "id with a tail"],
)
def test_the_rule_of_a_result(tmp_path: Path, fields: dict[str, Any], rules: tuple[dict[str, Any], ...]) -> None:
    found, _ = items(tmp_path, sarif, log(result(message=None, **fields), rules=rules))
    assert len(found) == 1


def test_an_index_beyond_the_rules_is_no_rule(tmp_path: Path) -> None:
    found, _ = items(tmp_path, sarif, log(result(message=None, ruleId=None, ruleIndex=9)))
    assert found == []


def test_rules_of_an_extension(tmp_path: Path) -> None:
    document = json.loads(log(result(message=None)))
    document["runs"][0]["tool"]["extensions"] = [{"rules": [{"id": "L1", "name": "QueryInLoop"}]}]
    assert len(items(tmp_path, sarif, json.dumps(document))[0]) == 1


@pytest.mark.parametrize(
    ("uri", "file"),
    [
        ("file:///srv/app/a%20b.py", "/srv/app/a b.py"),
        ("src/a.py", "src/a.py"),
        ("file:/srv/a.py", "/srv/a.py"),
    ],
)
def test_a_uri_is_a_path(tmp_path: Path, uri: str, file: str) -> None:
    named = place(uri, logicalLocations=[{"name": "view", "fullyQualifiedName": "shop.views.view"}])
    (found,), _ = items(tmp_path, sarif, log(result(locations=[named])))
    assert [(p.file, p.function) for p in found.locations] == [(file, "shop.views.view")]


def test_each_line_is_a_hotspot_of_its_own_and_twice_is_once(tmp_path: Path) -> None:
    other = result(locations=[place(line=9)])
    found = hotspots(tmp_path, log(result(), other, result()))
    assert {h.locations[0].line for h in found} == {7, 9}
    assert {h.trust.confidence for h in found} == {0.4}
    assert {h.trust.reasons for h in found} == {("lint reports L1",)}


def test_costmods_own_sarif_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="costmod's own SARIF"):
        items(tmp_path, sarif, log(result(), name="costmod"))


@pytest.mark.parametrize("text", [log(version="1.0.0"), '{"runs": [{}]}', '{"runs": [', log(result(locations=7))])
def test_what_is_no_sarif_that_is_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError):
        items(tmp_path, sarif, text)
