"""Which rows count, and which cost column is believed."""

from decimal import Decimal
from pathlib import Path

import pytest
from rig import bill as made

from bot.price.bill import read_bill
from bot.price.bill.rules import quality


def bill(tmp_path: Path, *rows: dict[str, str], days: int = 20):
    return read_bill([made.write(tmp_path / "bill.csv", made.hourly(rows, days))])


def test_only_settled_usage_counts_and_the_rest_is_named(tmp_path: Path):
    found = bill(
        tmp_path,
        made.machine("2"),
        made.machine("1", ChargeCategory="Tax"),
        made.machine("-3", ChargeCategory="Credit"),
        made.machine("4", ChargeCategory="Purchase"),
        made.machine("5", ChargeCategory="Adjustment"),
        made.machine("6", ChargeClass="Correction"),
        made.machine("7", CommitmentDiscountStatus="Unused"),
    )
    hours = 20 * 24
    assert found.set_aside == {
        "adjustments": 5 * hours,
        "corrections": 6 * hours,
        "credits": -3 * hours,
        "purchases": 4 * hours,
        "taxes": hours,
        "unused commitments": 7 * hours,
        "usage of the last 48 hours": 2 * 48,
    }
    assert sum(found.cost(charge) for charge in found.charges) == 2 * 18 * 24


def test_a_cost_of_the_window_becomes_one_of_730_hours(tmp_path: Path):
    found = bill(tmp_path, made.machine("2"))
    assert found.hours == 18 * 24
    assert found.monthly(Decimal(2) * 18 * 24) == 2 * 730


def test_a_bill_of_whole_months_is_not_cut(tmp_path: Path):
    month = made.machine("100") | {"ChargePeriodStart": "2026-10-01", "ChargePeriodEnd": "2026-11-01"}
    found = read_bill([made.write(tmp_path / "bill.csv", [month])])
    assert (found.days, found.last_day.isoformat(), found.set_aside) == (31, "2026-10-31", {})


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(16, ("A", ""), id="14 whole days"),
        pytest.param(15, ("B", "the bill covers 13 days; 14 are good"), id="13"),
        pytest.param(8, ("C", "the bill covers 6 days; 14 are good"), id="6"),
    ],
)
def test_short_bills_are_worth_less(tmp_path: Path, days: int, expected: tuple[str, str]):
    assert quality(bill(tmp_path, made.machine("2"), days=days)) == expected


NO_EFFECTIVE = "EffectiveCost is nothing in 432 of 432 rows that were billed"


@pytest.mark.parametrize(
    ("fields", "column", "reason", "cost"),
    [
        pytest.param({}, "EffectiveCost", "", "2", id="as it should be"),
        pytest.param({"EffectiveCost": "0"}, "ContractedCost", NO_EFFECTIVE, "2", id="rounded to nothing"),
        pytest.param(
            {"EffectiveCost": "0", "ContractedCost": "0"},
            "BilledCost",
            f"{NO_EFFECTIVE}; ContractedCost is nothing in 432 of 432 rows that were billed",
            "2",
            id="both rounded to nothing",
        ),
        pytest.param(
            {"EffectiveCost": "0.9"}, "ContractedCost", "EffectiveCost is 0.45 of what was billed", "2", id="too low"
        ),
        pytest.param(
            {"EffectiveCost": "2.5"}, "ContractedCost", "EffectiveCost is 1.25 of what was billed", "2", id="too high"
        ),
        pytest.param({"EffectiveCost": "1"}, "EffectiveCost", "", "1", id="half is possible"),
        pytest.param(
            {"EffectiveCost": "0.4", "CommitmentDiscountStatus": "Used", "CommitmentDiscountId": "sp-1"},
            "EffectiveCost", "", "0.4", id="a commitment may explain any ratio",
        ),
        pytest.param(
            {"BilledCost": "0", "EffectiveCost": "1.3", "CommitmentDiscountStatus": "Used"},
            "EffectiveCost", "", "1.3", id="paid by a commitment, billed nothing",
        ),
        pytest.param(
            {"BilledCost": "0", "EffectiveCost": "0", "ContractedCost": "0", "CommitmentDiscountStatus": "Used"},
            "ListCost",
            "EffectiveCost is not above nothing; ContractedCost is not above nothing; BilledCost leaves out what a "
            "commitment has paid",
            "2", id="only the list price is left",
        ),
    ],
)  # fmt: skip
def test_the_sanity_gate(tmp_path: Path, fields: dict[str, str], column: str, reason: str, cost: str):
    found = bill(tmp_path, made.machine("2", **fields))
    assert [(basis.column, basis.reason) for basis in found.bases] == [(column, reason)]
    assert sum(found.cost(charge) for charge in found.charges) == Decimal(cost) * 18 * 24


def test_the_gate_decides_for_each_service_of_each_provider(tmp_path: Path):
    found = bill(
        tmp_path,
        made.machine("2", EffectiveCost="0"),
        made.machine("2", ServiceName="AmazonEC2", ServiceCategory="Compute"),
        made.machine("2", ProviderName="Oracle", EffectiveCost="0", ContractedCost=""),
    )
    assert {(basis.provider, basis.service): basis.column for basis in found.bases} == {
        ("AWS", "Amazon Relational Database Service"): "ContractedCost",
        ("AWS", "AmazonEC2"): "EffectiveCost",
        ("Oracle", "Amazon Relational Database Service"): "BilledCost",
    }
