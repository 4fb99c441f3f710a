"""Bills of every format and version: the same charges, whoever wrote them and however."""

import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from rig import bill as made

from bot.errors import UserError
from bot.price.bill import read_bill

ROWS = made.hourly([made.machine("2.076"), *made.tasks()])


@pytest.mark.parametrize("version", ["1.0", "1.2", "1.3", "1.4"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_focus_of_every_version(tmp_path: Path, version: str, suffix: str):
    bill = read_bill([made.write(tmp_path / f"bill{suffix}", ROWS, version)])
    assert (bill.format, bill.currency, bill.days) == (f"FOCUS {version}", "USD", 18)
    assert sum(bill.cost(charge) for charge in bill.charges) == Decimal("2.5697") * 18 * 24
    database = next(charge for charge in bill.charges if charge.resource == made.DATABASE)
    assert (database.provider, database.quantity, database.tags.replace(" ", "")) == ("AWS", 432, '{"service":"shop"}')
    if version != "1.0":  # which has no SkuPriceDetails
        assert (database.cores, database.instance_type) == (16, "db.r6g.4xlarge")


def test_text_and_numbers_give_the_same_bill(tmp_path: Path):
    one, other = (read_bill([made.write(tmp_path / name, ROWS, "1.3")]) for name in ("a.csv", "b.parquet"))
    assert one == other


def test_several_files_are_one_bill_in_any_order(tmp_path: Path):
    halves = [made.write(tmp_path / "a.csv", ROWS[::2]), made.write(tmp_path / "b.csv", ROWS[1::2])]
    whole = read_bill([made.write(tmp_path / "c.csv", ROWS)])
    assert read_bill(halves) == read_bill(halves[::-1]) == whole


def cur(kind: str, hour: int, **fields: str) -> dict[str, str]:
    known = {
        "line_item_line_item_type": kind,
        "line_item_usage_start_date": f"2026-11-{1 + hour // 24:02} {hour % 24:02}:00:00",
        "line_item_usage_end_date": f"2026-11-{1 + (hour + 1) // 24:02} {(hour + 1) % 24:02}:00:00",
        "line_item_currency_code": "USD",
        "line_item_product_code": "AmazonRDS",
        "line_item_unblended_cost": "2.076",
        "line_item_usage_type": "InstanceUsage:db.r6g.4xlarge",
        "line_item_usage_amount": "1",
        "pricing_unit": "Hrs",
        "line_item_resource_id": made.DATABASE,
        "product": '{"vcpu": "16", "memory": "128 GiB", "instance_type": "db.r6g.4xlarge"}',
        "resource_tags": '{"user_service": "shop"}',
        "reservation_effective_cost": "",
        "savings_plan_savings_plan_effective_cost": "",
        "pricing_public_on_demand_cost": "2.076",
    }
    return known | fields


def test_cur_takes_the_cost_from_where_the_commitment_put_it(tmp_path: Path):
    rows = [cur("Usage", hour) for hour in range(240)]
    rows += [
        cur("DiscountedUsage", h, line_item_unblended_cost="0", reservation_effective_cost="1.3") for h in range(240)
    ]
    rows += [cur("SavingsPlanCoveredUsage", h, savings_plan_savings_plan_effective_cost="1.1") for h in range(240)]
    rows += [cur("SavingsPlanNegation", h, line_item_unblended_cost="-2.076") for h in range(240)]
    rows += [cur("Tax", 3, line_item_unblended_cost="7"), cur("Credit", 3, line_item_unblended_cost="-5")]
    bill = read_bill([made.cur(tmp_path / "cur.csv", rows)])
    assert (bill.format, bill.days) == ("CUR 2.0", 8)
    assert (
        sum(bill.cost(charge) for charge in bill.charges) == (Decimal("2.076") + Decimal("1.3") + Decimal("1.1")) * 192
    )
    used = sum(bill.cost(c) for c in bill.charges if c.commitment_status == "Used")
    assert used == (Decimal("1.3") + Decimal("1.1")) * 192
    assert bill.set_aside == {
        "adjustments": Decimal("-2.076") * 240,
        "credits": Decimal(-5),
        "taxes": Decimal(7),
        "usage of the last 48 hours": (Decimal("2.076") * 2) * 48,  # as billed: unblended
    }
    assert {(charge.cores, charge.memory) for charge in bill.charges} == {(16, 128)}


WRONG = {
    "no bill": ("a,b\n1,2\n", "neither a FOCUS bill nor a CUR 2.0: it has no column BilledCost, BillingCurrency, "
                "ChargeCategory, ChargePeriodStart, ChargePeriodEnd, ServiceName."),
    "no row": (",".join(made.COLUMNS["1.2"]) + "\n", "the bill has no row."),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_no_bill(tmp_path: Path, name: str):
    content, message = WRONG[name]
    path = tmp_path / "bill.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as error:
        read_bill([path])
    assert str(error.value) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("name", "rows", "message"),
    [
        pytest.param("bill.xlsx", None, "{path}: a bill is a .csv (also .gz, .zst) or .parquet file.", id="suffix"),
        pytest.param("none.csv", None, "{path}: no such bill.", id="missing"),
        pytest.param(
            "bill.csv",
            [*ROWS[:-1], ROWS[-1] | {"BilledCost": "1,5"}],
            "{path}: of 1440 rows 1 without a readable cost; export the bill again.",
            id="cost",
        ),
        pytest.param(
            "bill.csv",
            [*ROWS[:-1], ROWS[-1] | {"ChargePeriodEnd": "soon"}],
            "{path}: of 1440 rows 1 without a readable period; export the bill again.",
            id="period",
        ),
        pytest.param(
            "bill.csv",
            [*ROWS[:-1], ROWS[-1] | {"BillingCurrency": "EUR"}],
            "{path}: costs in EUR and USD, which are never added; export one currency.",
            id="currencies",
        ),
        pytest.param(
            "bill.csv",
            made.hourly([made.machine("1")], days=4),
            "the bill covers 2.0 days without the last 48 hours, in which rows are late; at least 3 are needed, "
            "14 are good.",
            id="short",
        ),
        pytest.param(
            "bill.csv",
            made.hourly([made.machine("1", ChargeCategory="Tax")]),
            "the bill holds no usage: only taxes, credits, purchases and corrections.",
            id="no usage",
        ),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, name: str, rows: list | None, message: str):
    path = tmp_path / name
    if rows is not None:
        made.write(path, rows)
    with pytest.raises(UserError) as error:
        read_bill([path])
    assert str(error.value) == message.format(path=path)


def test_two_formats_are_not_mixed(tmp_path: Path):
    paths = [made.write(tmp_path / "a.csv", ROWS, "1.0"), made.write(tmp_path / "b.csv", ROWS, "1.3")]
    with pytest.raises(UserError, match=r"^the bill mixes FOCUS 1.0 and FOCUS 1.3; give the files of one format"):
        read_bill(paths)


def test_a_damaged_file_is_one_sentence(tmp_path: Path):
    path = tmp_path / "bill.parquet"
    path.write_bytes(b"PAR1 nothing behind")
    with pytest.raises(UserError, match=r"bill\.parquet: the bill cannot be read \(.*\)\.$"):
        read_bill([path])


@pytest.mark.slow
def test_a_hundred_thousand_rows_in_moments(tmp_path: Path):
    """A million take some seconds; docs/price.md says how many."""
    head, *lines = made.write(tmp_path / "small.csv", ROWS).read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "bill.csv"
    path.write_text(head + "".join(lines) * 70, encoding="utf-8")
    start = time.process_time()
    bill = read_bill([path])
    assert sum(charge.rows for charge in bill.charges) == 70 * 18 * 24 * 3
    assert time.process_time() - start < 10


def test_duckdb_is_not_paid_for_without_a_bill():
    program = "import sys, bot.price.estimate, bot.price.sources; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
