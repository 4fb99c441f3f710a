"""The documentation says what the code says."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

from bot.config import BatchConfig, Config, PriceConfig, PublishConfig
from codemods.refusals import REFUSALS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_refusal_is_documented_in_the_same_words() -> None:
    rows = re.findall(r"^\| `(R-[A-Z-]+)` \| (.*) \|$", (DOCS / "refusals.md").read_text(), re.MULTILINE)
    assert dict(rows) == REFUSALS


def test_every_setting_is_documented() -> None:
    def keys(section: type[Config | PriceConfig | PublishConfig]) -> set[str]:
        return {field.name.replace("_", "-") for field in fields(section)} - {"price", "publish"}

    documented = set(re.findall(r"^\| `([a-z-]+)` \|", (DOCS / "config.md").read_text(), re.MULTILINE))
    assert documented == keys(Config) | keys(BatchConfig) | keys(PriceConfig) | keys(PublishConfig)


def test_every_variable_that_opens_a_vendor_is_documented() -> None:
    sources = (DOCS.parent / "bot" / "hotspots" / "live").glob("*.py")
    names = {n for s in sources for n in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', s.read_text())}
    assert names - set(re.findall(r"`([A-Z_]+)`", (DOCS / "inputs.md").read_text())) == set()
    assert len(names) > 15


def test_every_defence_was_taken_away_once() -> None:
    """`bench/defences.py --write` fills the table; its edits must still apply to the code as it is."""
    listed = tomllib.loads((DOCS.parent / "bench" / "defences.toml").read_text())["defence"]
    table = (DOCS / "security.md").read_text().partition("| # | taken away | went red |\n")[2]
    written = re.findall(r"^\| (\d+) \| (.+) \| `([^`]+)` \|$", table, re.MULTILINE)
    assert [(int(row), what) for row, what, _ in written] == [(one["row"], one["what"]) for one in listed]
    assert [red for *_, red in written] == [one["test"] for one in listed]
    assert {one["row"] for one in listed} == set(range(1, 46))
    for edit in (edit for one in listed for edit in one["edits"]):
        assert edit["old"] in (DOCS.parent / edit["file"]).read_text(), edit


def test_every_threat_names_tests_that_exist() -> None:
    text = (DOCS / "security.md").read_text()
    rows = re.findall(r"^\| (\d+) \|", text.partition("\n## ")[0], re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, 46))
    for path, name in sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", text))):
        assert f"def {name}(" in (DOCS.parent / "tests" / path).read_text(), f"{path}::{name}"
