"""The sentence on top: an estimate, never a promise; latency first when there is little money."""

from decimal import Decimal

import pytest

from bot.price.wording import Change, Money, with_money, without_money
from bot.records import Amount

CHANGE = Change(51, 1, 65_600_000, 3_700_000)
LATENCY = "p50 latency 66 -> 3.7 ms, 51 -> 1 SQL statements per request"
ZERO = ("0", "0", "0")


def amounts(low: str, expected: str, high: str) -> Amount:
    return Amount(low=Decimal(low), expected=Decimal(expected), high=Decimal(high))


@pytest.mark.parametrize(
    ("cash", "headroom", "change", "expected"),
    [
        pytest.param(
            ("360", "500", "650"),
            None,
            CHANGE,
            f"Estimated: $500 [$360 to $650] a month in cash; estimated {LATENCY}.",
            id="cash",
        ),
        pytest.param(
            ZERO,
            ("180", "280", "420"),
            CHANGE,
            f"Opened for latency: estimated {LATENCY}. Expected cash is under $25 a month: an estimated $280 "
            "[$180 to $420] a month of freed capacity at list price, not cash.",
            id="freed capacity is not called cash",
        ),
        pytest.param(
            ("360", "1500", "1600"),
            ("180", "280", "420"),
            CHANGE,
            "Estimated: $1,500 [$360 to $1,600] a month in cash and "
            f"$280 [$180 to $420] a month of freed capacity at list price, not cash; estimated {LATENCY}.",
            id="two kinds are not added up",
        ),
        pytest.param(
            ("0", "170", "290"),
            None,
            CHANGE,
            f"Estimated: $0 to $290 a month in cash; estimated {LATENCY}.",
            id="too wide for one figure",
        ),
        pytest.param(
            ("1.8", "2.4", "2.8"),
            ("1.8", "2.8", "4.2"),
            CHANGE,
            f"Estimated {LATENCY}; under $10 a month: merge for latency, not for money.",
            id="under 10",
        ),
        pytest.param(
            ZERO,
            None,
            Change(51, 1, 0, 0),
            "Estimated 51 -> 1 SQL statements per request; under $10 a month: merge for latency, not for money.",
            id="no traffic, no latency known",
        ),
        pytest.param(
            ("10", "13", "17"),
            ("1.8", "2.8", "4.2"),
            CHANGE,
            f"Opened for latency: estimated {LATENCY}. Expected cash is under $25 a month: an estimated $13 "
            "[$10 to $17] a month in cash and under $10 a month of freed capacity at list price, not cash.",
            id="below the minimum",
        ),
        pytest.param(
            ("-90", "-50", "-20"),
            None,
            CHANGE,
            f"Opened for latency: estimated {LATENCY}. "
            "It costs money: an estimated -$50 [-$90 to -$20] a month in cash.",
            id="a loss stays visible",
        ),
        pytest.param(
            ZERO, None, Change(51, 51, 5, 5), "No SQL statement fewer per request: no saving.", id="nothing avoided"
        ),
    ],
)
def test_with_money(cash, headroom, change, expected):
    freed = amounts(*headroom) if headroom else None
    assert with_money(change, Money(amounts(*cash), freed), Decimal(25), "USD") == expected


def test_another_currency_is_spelled_out():
    sentence = with_money(CHANGE, Money(amounts("360", "500", "650")), Decimal(25), "EUR")
    assert sentence == f"Estimated: EUR 500 [EUR 360 to EUR 650] a month in cash; estimated {LATENCY}."


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(CHANGE, f"Estimated {LATENCY}; no money figure: the volume is unknown.", id="latency known"),
        pytest.param(
            Change(51, 1, 0, 0),
            "Estimated 51 -> 1 SQL statements per request; no money figure: the volume is unknown.",
            id="latency unknown",
        ),
        pytest.param(
            Change(0, 0, 5, 5),
            "No SQL statement fewer per request; no money figure: the volume is unknown.",
            id="no statements",
        ),
    ],
)
def test_without_money(change, expected):
    assert without_money(change, ("the volume is unknown", "something else")) == expected
