"""What a repeated statement touches, read by the SQL parser once and then remembered."""

from typing import NamedTuple

import msgspec

from bot.records import Shape
from codemods.cache import answer


class Reading(NamedTuple):
    """What a statement touches. `where_columns` are "table.column", those compared by equality first."""

    operation: str
    tables: tuple[str, ...] = ()
    where_columns: tuple[str, ...] = ()
    shape: Shape = "other"
    understood: bool = True


def reading_of(parseable: str, first_word: str) -> Reading:
    """The reading of a normalised statement, from the cache where it was read before."""

    def work() -> str:
        from bot.hotspots.sql import read_statement  # here, because the SQL parser is heavy

        return msgspec.json.encode(read_statement(parseable, first_word)).decode()

    found = answer(("statement", parseable, first_word), ("sqlglot", "bot.hotspots.sql"), work)
    return msgspec.json.decode(found, type=Reading)
