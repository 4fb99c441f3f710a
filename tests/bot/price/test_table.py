"""The price table: every row has a source and a date, and an old one is not used."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest

from bot.price.table import PriceRow, read, shipped, too_old
from bot.price.units import Gigabyte, Hour, Price, VcpuHour

ROW = """
[[price]]
sku = "m"
region = "us-east-1"
unit = "hour"
price = "0.30"
vcpu = 4
currency = "USD"
source = "somewhere"
stated = 2026-01-01
"""
MACHINE = PriceRow(
    sku="m",
    region="us-east-1",
    unit="hour",
    price=Decimal("0.30"),
    currency="USD",
    source="somewhere",
    stated=date(2026, 1, 1),
    vcpu=4,
)


def test_a_row_is_read_whole():
    assert read(ROW) == {"m": MACHINE}


def test_an_unquoted_price_is_exact_too():
    long = "0.123456789012345678901"
    assert read(ROW.replace('"0.30"', long))["m"].price == Decimal(long)


def test_rows_of_other_regions_are_not_read():
    assert read(ROW + ROW.replace("us-east-1", "eu-west-1")) == {"m": MACHINE}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(ROW.replace('"0.30"', '"cheap"'), msgspec.ValidationError, id="price is no number"),
        pytest.param(ROW.replace('source = "somewhere"', ""), msgspec.ValidationError, id="no source"),
        pytest.param(ROW.replace("stated = 2026-01-01", ""), msgspec.ValidationError, id="no date"),
        pytest.param(ROW + "colour = 1", msgspec.ValidationError, id="unknown field"),
        pytest.param(ROW.replace('"hour"', '"fortnight"'), ValueError, id="unknown unit"),
        pytest.param(ROW + ROW, ValueError, id="the same sku twice"),
        pytest.param(ROW + ROW.replace("USD", "EUR").replace('"m"', '"n"'), ValueError, id="two currencies"),
    ],
)
def test_a_malformed_table_is_refused(text, error):
    with pytest.raises(error):
        read(text)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        pytest.param(-1, None, id="dated tomorrow"),
        pytest.param(0, None, id="today"),
        pytest.param(365, None, id="a year"),
        pytest.param(
            366,
            "the price of m is 366 days old (stated 2026-01-01; at most 365 are accepted)",
            id="a year and a day",
        ),
    ],
)
def test_age(age, expected):
    assert too_old(MACHINE, MACHINE.stated + timedelta(days=age)) == expected


def test_a_machine_is_priced_per_cpu():
    assert MACHINE.per(Hour) == Price(Decimal("0.30"), Hour)
    assert MACHINE.per_vcpu_hour() == Price(Decimal("0.075"), VcpuHour)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        pytest.param(lambda: MACHINE.per(Gigabyte), "m is priced per hour, not per GB.", id="wrong unit"),
        pytest.param(
            lambda: msgspec.structs.replace(MACHINE, vcpu=None).per_vcpu_hour(),
            "m is not a machine with a number of vCPUs.",
            id="not a machine",
        ),
    ],
)
def test_a_row_answers_only_in_its_own_unit(ask, message):
    with pytest.raises(TypeError) as error:
        ask()
    assert str(error.value) == message


def test_the_shipped_rows_have_prices_and_sources():
    assert [row.sku for row in shipped().values() if row.price <= 0 or not row.source.strip()] == []
