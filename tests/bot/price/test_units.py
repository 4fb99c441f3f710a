"""A price and a quantity of different units never meet: not at run time, and not past the type checker."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from bot.price.units import AcuHour, GbHour, GbSecond, Gigabyte, Hour, Million, Month, Price, Quantity, Unit, VcpuHour

ALL: tuple[type[Unit], ...] = (Hour, Month, VcpuHour, AcuHour, GbHour, GbSecond, Gigabyte, Million)
MIXED = [pytest.param(one, other, id=f"{one.word} and {other.word}") for one in ALL for other in ALL if one != other]


@pytest.mark.parametrize(("one", "other"), MIXED)
def test_mixed_units_are_refused(one, other):
    with pytest.raises(TypeError, match=f"^A price per {one.word} does not apply to a {other.word}[.]$"):
        Price(Decimal(1), one) + Price(Decimal(1), other)
    with pytest.raises(TypeError, match=f"^A price per {one.word} does not apply to a {other.word}[.]$"):
        Price(Decimal(1), one).of(Quantity(other, np.ones(2)))


@pytest.mark.parametrize("unit", ALL, ids=lambda unit: unit.word)
def test_equal_units_add_and_apply(unit):
    assert Price(Decimal("0.1"), unit) + Price(Decimal("0.2"), unit) == Price(Decimal("0.3"), unit)
    assert Price(Decimal("0.5"), unit).of(Quantity(unit, np.array([2.0, 4.0]))).tolist() == [1.0, 2.0]


def test_currencies_are_not_added():
    with pytest.raises(TypeError, match=r"^USD cannot be added to EUR[.]$"):
        Price(Decimal(1), Hour) + Price(Decimal(1), Hour, "EUR")


@pytest.mark.parametrize(
    ("price", "unit", "takes", "expected"),
    [
        pytest.param(Price(Decimal("0.12"), AcuHour), VcpuHour, Decimal(4), Decimal("0.48"), id="4 ACU per vCPU"),
        pytest.param(Price(Decimal("1.038"), Hour), VcpuHour, 1 / Decimal(8), Decimal("0.12975"), id="8 vCPU an hour"),
    ],
)
def test_a_price_changes_its_unit_only_by_a_stated_ratio(price, unit, takes, expected):
    assert price.per(unit, takes) == Price(expected, unit)


def test_capacity_that_may_only_be_used_in_part_is_larger():
    assert Quantity(VcpuHour, np.array([3.0])).over(np.array([0.5])).draws.tolist() == [6.0]


MISTAKES = {
    "an hour is no million": "Price(Decimal(1), Hour) + Price(Decimal(1), Million)",
    "GB-seconds are no gigabytes": "Price(Decimal(1), Gigabyte).of(Quantity(GbSecond, np.ones(1)))",
    "a price is no number": "Price(Decimal(1), Hour) + Decimal(1)",
    # as others have done: a price per month times the hours of one ($219 in place of $0.30)
    "a price per month is not paid by the hour": 'Price(Decimal("0.30"), Month).of(Quantity(Hour, np.full(1, 730.0)))',
    # as others have done: a month's saving times the months of the window ($225,000 saved on $42,000 spent)
    "a month is not made a month again": "bill.monthly(bill.monthly(WindowCost(Decimal(42))))",
    "a sum of dollars is not yet a month": "step('db', Decimal(1), smaller, usage, np.ones(1))",
}


@pytest.mark.slow
def test_the_type_checker_refuses_what_the_run_time_refuses(tmp_path: Path):
    head = (
        "from decimal import Decimal\nimport numpy as np\nfrom bot.config import SmallerConfig\n"
        "from bot.price.bill.charges import Bill\nfrom bot.price.resize import step\n"
        "from bot.price.units import *\nfrom bot.price.usage import Usage\n"
        "bill: Bill\nsmaller: SmallerConfig\nusage: Usage\n"
    )
    correct = (
        "Price(Decimal(1), Hour) + Price(Decimal(1), Hour)\n"
        "step('db', bill.monthly(WindowCost(Decimal(42))), smaller, usage, np.ones(1))\n"
    )
    source = tmp_path / "mistakes.py"
    source.write_text(head + correct + "\n".join(MISTAKES.values()) + "\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--cache-dir",
        str(tmp_path / "c"),
        source,
    ]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    wrong = {int(line.split(":")[1]) for line in out.splitlines() if line.startswith(str(source)) and "error" in line}
    first = (head + correct).count("\n") + 1
    assert wrong == set(range(first, first + len(MISTAKES)))
