"""The record as text: every line, every input, everything left out."""

from decimal import Decimal

from bot.price import explain
from bot.records import Amount, Input, Saving, SavingLine


def amount(low: str, expected: str, high: str) -> Amount:
    return Amount(low=Decimal(low), expected=Decimal(expected), high=Decimal(high))


PRICED = Saving(
    grade="C",
    grade_reason="list prices",
    cash_now=amount("0", "1700", "2900"),
    lines=(SavingLine(name="application", amount=amount("0", "1700", "2900"), kind="cash_now", cash_when="by itself"),),
    inputs=(
        Input(name="requests", value="1,000", unit="per month", origin="config", effect=Decimal(340)),
        Input(name="repeated", value="50", unit="per request", origin="trace"),
    ),
    not_counted=("discounts",),
    attributed=amount("2000", "3500", "4000"),
    per_million=amount("0.01", "0.02", "0.03"),
    queries_before=51,
    queries_after=1,
    headline="Estimated.",
    seed="ab12",
    price_date="2026-06-17",
)
UNPRICED = Saving(grade="D", grade_reason="unknown volume", headline="No money figure.", seed="ab12")


def test_a_priced_saving():
    assert explain(PRICED) == (
        "Estimated.\n"
        "\n"
        "Result\n"
        "  grade C: list prices\n"
        "  SQL statements per request: 51 -> 1\n"
        "  cash now: 0 | 1,700 | 2,900 USD\n"
        "  cost of the hotspot (cash now and freed capacity are not above it): 2,000 | 3,500 | 4,000 USD\n"
        "  a million avoided statements: 0.01 | 0.02 | 0.03 USD\n"
        "\n"
        "Lines, per month: low | expected | high | becomes cash when\n"
        "  application: 0 | 1,700 | 2,900 USD | by itself\n"
        "\n"
        "Inputs: value, origin, what 20 % more or less of it moves (strongest first)\n"
        "  requests = 1,000 per month | config | 340 USD\n"
        "  repeated = 50 per request | trace\n"
        "\n"
        "Not counted\n"
        "  discounts\n"
        "\n"
        "Reproduce\n"
        "  seed ab12\n"
        "  newest price 2026-06-17\n"
    )


def test_an_unpriced_saving_shows_no_empty_section():
    assert explain(UNPRICED) == (
        "No money figure.\n"
        "\n"
        "Result\n"
        "  grade D: unknown volume\n"
        "  SQL statements per request: 0 -> 0\n"
        "\n"
        "Reproduce\n"
        "  seed ab12\n"
        "  newest price none\n"
    )
