"""What is shown beside the amounts: another currency at a dated rate, and energy."""

import re
from datetime import date
from decimal import Decimal

import pytest

from bot.config import ExchangeConfig
from bot.price import explain

CANADIAN = ExchangeConfig(to="CAD", rate=Decimal("1.38"), date=date(2026, 11, 20))
WHERE = {"application": "lambda", "database": "rds"}


def test_amounts_are_shown_in_another_currency_and_computed_in_their_own(build):
    plain = build.saving(build.config(1e9, **WHERE))
    saving = build.saving(build.config(1e9, **WHERE, exchange=CANADIAN))
    assert (saving.cash_now, saving.currency, saving.seed) == (plain.cash_now, "USD", plain.seed)
    assert saving.converted == (
        "in CAD at 1.38 per USD of 2026-11-20: cash now 1,200 [810 to 1,700]; headroom 320 [210 to 480]"
    )
    assert f"\n  {saving.converted}\n" in explain(saving)
    assert float(plain.cash_now.expected) * 1.38 == pytest.approx(1200, rel=0.05)


@pytest.mark.parametrize(
    ("requests", "exchange"),
    [
        pytest.param(1e9, None, id="no rate"),
        pytest.param(1e9, ExchangeConfig(to="USD", rate=Decimal(1), date=date(2026, 11, 20)), id="its own currency"),
        pytest.param(None, CANADIAN, id="no amount"),
    ],
)
def test_nothing_to_convert(build, requests, exchange):
    assert build.saving(build.config(requests, **WHERE, exchange=exchange)).converted is None


def test_energy_follows_from_the_hours_of_cpu(build):
    saving = build.saving(build.config(1e9, **WHERE, carbon_region="us-east-1"))
    hours, watts, kwh, kilograms = (
        float(re.search(pattern, saving.carbon)[1].replace(",", ""))
        for pattern in (r"^([\d,.]+) vCPU-h", r"x ([\d.]+) W", r"= ([\d.]+) kWh;", r"= ([\d.]+) kg CO2e")
    )
    assert kwh == pytest.approx(hours / 0.5 * watts / 1000 * 1.135, rel=0.01)
    assert kilograms == pytest.approx(kwh * 0.416, rel=0.01)
    assert f"\n  energy: {saving.carbon}\n" in explain(saving)


def test_no_region_no_energy(build):
    assert build.saving(build.config(1e9, **WHERE)).carbon is None
