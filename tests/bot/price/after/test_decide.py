"""One verdict from counts, resources and money."""

from decimal import Decimal

import pytest

from bot.price.after.decide import decide
from bot.records import Amount, Effect, Structure, Worth

ZERO = Amount(low=Decimal(0), expected=Decimal(0), high=Decimal(0))
SOME = Amount(low=Decimal(10), expected=Decimal(20), high=Decimal(30))


def counted(state: str) -> Structure:
    return Structure(state=state, reason="50 -> 0")


def effect(state: str, metric: str = "cpu_ms") -> Effect:
    if state == "pending":
        return Effect(metric=metric, state=state, days_before=7, days_after=3)
    change = {"fell": -0.4, "rose": 0.4}.get(state, 0.0)
    return Effect(
        metric=metric, state=state, days_before=7, days_after=7, before=10, change=change, low=change - 0.02,
        high=change + 0.02,
    )  # fmt: skip


def worth(cash: Amount | None, headroom: Amount | None) -> Worth:
    return Worth(currency="USD", grade="C", cash_now=cash, headroom=headroom)


@pytest.mark.parametrize(
    ("structure", "effects", "money", "verdict"),
    [
        ("realised", [], None, "realised"),
        ("realised", ["pending"], None, "realised"),
        ("realised", ["undecided"], None, "realised"),
        ("realised", ["fell"], None, "realised"),
        ("realised", ["fell"], worth(SOME, SOME), "realised"),
        ("realised", ["fell"], worth(ZERO, SOME), "partly"),
        ("realised", [], worth(None, SOME), "partly"),
        ("realised", [], worth(ZERO, None), "realised"),
        ("realised", ["unchanged"], None, "partly"),
        ("realised", ["rose"], None, "regressed"),
        ("partly", ["fell"], None, "partly"),
        ("not realised", ["fell"], None, "not realised"),
        ("not realised", ["rose"], None, "regressed"),
        ("regressed", ["fell"], None, "regressed"),
        ("pending", ["fell"], None, "pending"),
        (None, ["fell"], None, "realised"),
        (None, ["unchanged"], None, "not realised"),
        (None, ["undecided"], None, "pending"),
        (None, ["pending"], None, "pending"),
        (None, [], None, "pending"),
        (None, ["rose"], None, "regressed"),
    ],
)
def test_verdicts(structure: str | None, effects: list[str], money: Worth | None, verdict: str) -> None:
    found, reason = decide(counted(structure) if structure else None, [effect(state) for state in effects], money)
    assert found == verdict
    assert reason


def test_traffic_that_rises_is_no_regression() -> None:
    assert decide(counted("realised"), [effect("rose", "bytes")], None)[0] == "realised"


def test_reasons() -> None:
    assert decide(counted("realised"), [effect("fell"), effect("fell", "db_ms")], None) == (
        "realised",
        "50 -> 0; application CPU -40.0% [-42.0% to -38.0%], database CPU -40.0% [-42.0% to -38.0%]",
    )
    assert decide(counted("realised"), [], worth(ZERO, SOME)) == (
        "partly",
        "headroom only: 50 -> 0; the freed capacity is still paid for",
    )
    assert decide(None, [effect("pending")], None) == (
        "pending",
        "seven whole days before and after, and a control entry, are needed",
    )
