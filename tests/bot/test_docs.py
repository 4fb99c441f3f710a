"""The documentation says what the code says."""

import re
from pathlib import Path

from bot.config import Config, PriceConfig, PublishConfig, Section
from codemods.refusals import REFUSALS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_refusal_is_documented_in_the_same_words() -> None:
    rows = re.findall(r"^\| `(R-[A-Z-]+)` \| (.*) \|$", (DOCS / "refusals.md").read_text(), re.MULTILINE)
    assert dict(rows) == REFUSALS


def test_every_setting_is_documented() -> None:
    def keys(section: type[Section]) -> set[str]:
        return {name.replace("_", "-") for name in section.model_fields} - {"price", "publish"}

    documented = set(re.findall(r"^\| `([a-z-]+)` \|", (DOCS / "config.md").read_text(), re.MULTILINE))
    assert documented == keys(Config) | keys(PriceConfig) | keys(PublishConfig)
