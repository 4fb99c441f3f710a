"""On which grounds a pull request may be opened, and that it is not opened without any."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bot.config import PriceConfig
from bot.price.grounds import grounds
from bot.publish.policy import why_not_worth
from bot.records import Amount, Saving

BASE = Saving(
    grade="C", grade_reason="", headline="", seed="", queries_before=51, queries_after=1, wall_before_ns=66_000_000,
    wall_after_ns=4_000_000,
)  # fmt: skip
UNDER = "expected cash is under 25 USD a month"


def amount(expected: str) -> Amount:
    return Amount(low=Decimal(0), expected=Decimal(expected), high=Decimal(expected))


@pytest.mark.parametrize(
    ("changed", "found", "reason"),
    [
        pytest.param({"cash_now": amount("25")}, "money", "expected cash is at least 25 USD a month", id="cash"),
        pytest.param(
            {"cash_now": amount("0"), "cash_after_action": amount("1500")}, "money",
            "expected cash is at least 25 USD a month", id="cash after an action",
        ),
        pytest.param({"cash_now": amount("24")}, "latency", UNDER, id="a little cash"),
        pytest.param({"cash_now": amount("0"), "headroom": amount("900")}, "latency", UNDER, id="capacity is no money"),
        pytest.param({"grade": "D"}, "latency", "no figure in money", id="no figure"),
        pytest.param(
            {"wall_before_ns": 0, "wall_after_ns": 0}, "latency",
            f"{UNDER}; fewer statements, though their time is not known", id="time unknown",
        ),
        pytest.param(
            {"wall_after_ns": 65_000_000}, "none", f"{UNDER}, and the median request gains 1.5%, under 2%",
            id="too little",
        ),
        pytest.param({"queries_after": 51}, "none", f"{UNDER}, and no statement falls away", id="nothing falls away"),
        pytest.param(
            {"queries_before": 0, "queries_after": 0, "wall_after_ns": 66_000_000}, "latency", UNDER,
            id="calls, which the model does not time",
        ),
    ],
)  # fmt: skip
def test_grounds(changed, found, reason):
    decided = grounds(replace(BASE, **changed), PriceConfig())
    assert (decided.grounds, decided.grounds_reason) == (found, reason)
    assert why_not_worth(decided) == (f"not worth a pull request: {reason}" if found == "none" else None)


def test_the_threshold_is_a_setting():
    saving = replace(BASE, cash_now=amount("30"))
    assert grounds(saving, PriceConfig(minimum_monthly=Decimal(31))).grounds == "latency"
    assert grounds(saving, PriceConfig(minimum_monthly=Decimal(30))).grounds == "money"
    assert grounds(replace(BASE, cash_now=amount("0")), PriceConfig(minimum_monthly=Decimal(0))).grounds == "latency"
