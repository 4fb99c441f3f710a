"""The report's JSON Schema ships with the package and is that of the records."""

from pathlib import Path

import bot.show
from bot.show.report import schema_text


def test_the_shipped_schema_is_current() -> None:
    shipped = Path(bot.show.__file__).parent / "report.schema.json"
    assert shipped.read_text() == schema_text()
