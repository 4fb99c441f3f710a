import pytest

from bot.words import counted


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "row", "0 rows"), (1, "row", "1 row"), (2, "row", "2 rows"), (1, "query", "1 query"),
        (12, "query", "12 queries"), (2, "day", "2 days"), (1, "pull request", "1 pull request"),
    ],
)  # fmt: skip
def test_counted(number: int, noun: str, said: str) -> None:
    assert counted(number, noun) == said
