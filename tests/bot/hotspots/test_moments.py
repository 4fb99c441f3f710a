"""Times in seconds or as dates, to the microsecond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.hotspots.masked import masked_url
from bot.hotspots.moments import moment


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1795421102.25, 1_795_421_102_250_000_000),
        (1795421102, 1_795_421_102_000_000_000),
        ("1795421102.5", 1_795_421_102_500_000_000),
        ("2026-11-23T08:05:02.25Z", 1_795_421_102_250_000_000),
        ("2026-11-23T09:05:02.250000+0100", 1_795_421_102_250_000_000),
        ("2026-11-23 08:05:02", 1_795_421_102_000_000_000),
        (0, 0),
    ],
)
def test_one_moment_in_any_spelling(value: float | str, expected: int) -> None:
    assert moment(value, "x") == expected


@pytest.mark.parametrize(
    "value", [-1, 1e300, float("nan"), float("inf"), "", "never", "nan", "1969-12-31T23:59:59Z", "9999-01-01"]
)
def test_what_is_no_moment(value: float | str) -> None:
    with pytest.raises(UserError, match="expected a time"):
        moment(value, "x")


@given(st.integers(0, 4_000_000_000_000_000))
def test_microseconds_come_through(microseconds: int) -> None:
    assert moment(microseconds / 1_000_000, "x") == microseconds * 1_000


def test_a_masked_url_tells_queries_apart() -> None:
    assert masked_url("http://a/b#c") == "http://a/b"
    assert masked_url("http://a/b?x=1") == masked_url("http://a/b", "x=1") != masked_url("http://a/b?x=2")
    assert "x=1" not in masked_url("http://a/b?x=1")
