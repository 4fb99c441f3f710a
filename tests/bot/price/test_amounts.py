"""Figures have two significant digits, keep their order and their sign."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.price.amounts import amount, is_wide, two_digits
from bot.records import Amount


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.0123, "0.012"),
        (9.96, "10"),
        (12.4, "12"),
        (275.3, "280"),
        (1234567.0, "1200000"),
        (-3.14, "-3.1"),
        (0.0000056789, "0.0000057"),
        (1e-9, "0"),
    ],
)
def test_two_digits(value, expected):
    assert str(two_digits(value)) == expected


@given(st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=2, max_size=2).map(sorted))
def test_rounding_keeps_the_order(pair):
    low, high = map(two_digits, pair)
    assert low <= high
    assert "E" not in f"{low}{high}"


def test_percentiles():
    assert amount(np.arange(101.0)) == Amount(low=Decimal(10), expected=Decimal(50), high=Decimal(90))


def test_what_may_not_come_true_lowers_only_the_low_end():
    uncertain = amount(np.arange(101.0), floor=np.zeros(101))
    assert uncertain == Amount(low=Decimal(0), expected=Decimal(50), high=Decimal(90))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        pytest.param("0", "0", False, id="nothing"),
        pytest.param("10", "50", False, id="five times"),
        pytest.param("10", "51", True, id="more than five times"),
        pytest.param("0", "5", True, id="from zero"),
        pytest.param("-5", "5", True, id="across zero"),
        pytest.param("-10", "-2", False, id="a cost"),
    ],
)
def test_wide(low, high, expected):
    assert is_wide(Amount(low=Decimal(low), expected=Decimal(high), high=Decimal(high))) is expected
