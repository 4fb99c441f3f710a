"""`costmod price` with a bill: what it prints, what it exports, what it refuses."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace
from rig import bill as made
from rig import sample

from bot.cli import _main
from bot.folder import save
from bot.hotspots.document import dump
from bot.price.bill import read_bill
from bot.records import Report, Result, Volume


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a plan folder, and a bill beside it."""
    repository, _ = sample.make_repository(tmp_path / "repo")
    hotspot = sample.hotspot()
    metrics = replace(hotspot.metrics, requests_per_month=Volume(value=9e8, basis="metric"))
    hotspot = replace(hotspot, metrics=metrics, source=replace(hotspot.source, service="shop"))
    result = Result(hotspot=hotspot, outcome="planned", patch=sample.patch(), proof=sample.proof())
    save(tmp_path / "plan", Report(version="0", command="prove", results=(result,)))
    made.write(
        tmp_path / "bill.csv",
        made.hourly([made.machine("2.076"), made.machine("1", "billing", Tags='{"service": "billing"}'),
                     made.row("0.5", ResourceId="b", Tags="", ConsumedUnit="GB-Mo", SkuMeter="TimedStorage")]),
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    return repository


def price(repository: Path, *arguments: str) -> int:
    return _main(["price", "plan", "--repo", str(repository), *arguments])


def test_the_bill_is_split_and_adds_up(work: Path, capsys: pytest.CaptureFixture[str]):
    assert price(work, "--bill", "bill.csv", "--explain", "--export-focus", "split.csv") == 0
    said = capsys.readouterr().out
    report = said[said.index("Bill FOCUS 1.2") :]
    assert report == (
        "Bill FOCUS 1.2: 2026-11-01 to 2026-11-18, 18.0 days, USD, 1,296 rows of usage\n"
        "  set aside: usage of the last 48 hours 171.65\n"
        "  hotspot: 65.60\n"
        "  other work: 1,263.23\n"
        "  idle: 0.00\n"
        "  not driven by requests: 0.00\n"
        "  unmatched: 216.00\n"
        "  all parts: 1,544.83; usage of the bill: 1,544.83; difference 0.0000000000\n"
    )
    rows = list(csv.DictReader(Path("split.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["x_kind"] for row in rows] == ["hotspot", "other work", "other work", "unmatched"]
    bill = read_bill([Path("bill.csv")])
    for column in ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost"):
        total = sum(charge.cost(column) for charge in bill.charges)
        assert sum(Decimal(row[column]) for row in rows) == total
    first = rows[0]
    others = ("EffectiveCost", "ContractedCost", "ListCost", "PricingQuantity")
    assert {name: value for name, value in first.items() if value and name not in others} == {
        "AllocatedMethodDetails": first["AllocatedMethodDetails"],
        "AllocatedMethodId": "costmod-cpu-v1",
        "AllocatedResourceId": "shop/H-1",
        "AllocatedResourceName": "GET /posts",
        "AllocatedTags": '{"service": "shop"}',
        "BilledCost": first["BilledCost"],
        "BillingAccountId": "123456789012",
        "BillingAccountType": "Billing Account",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": "2026-12-01T00:00:00Z",
        "BillingPeriodStart": "2026-11-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargeDescription": "shop: GET /posts",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": "2026-11-19T00:00:00Z",
        "ChargePeriodStart": "2026-11-01T00:00:00Z",
        "HostProviderName": "AWS",
        "InvoiceIssuerName": "AWS",
        "ProviderName": "AWS",
        "PricingCurrency": "USD",
        "PricingCurrencyEffectiveCost": first["EffectiveCost"],
        "PricingUnit": "hour",
        "PublisherName": "AWS",
        "RegionId": "us-east-1",
        "ResourceId": made.DATABASE,
        "ResourceName": "shop",
        "ServiceCategory": "Databases",
        "ServiceName": "Amazon Relational Database Service",
        "ServiceProviderName": "AWS",
        "ServiceSubcategory": "Other (Databases)",
        "x_endpoint": "GET /posts",
        "x_hotspot": "H-1",
        "x_kind": "hotspot",
    }


def test_the_split_reads_back_as_a_bill(work: Path):
    assert price(work, "--bill", "bill.csv", "--export-focus", "split.csv") == 0
    again = read_bill([Path("split.csv")])
    assert (again.format, again.days) == ("FOCUS 1.3", 18)
    assert sum(again.cost(charge) for charge in again.charges) == Decimal("1544.832")


def test_settings_name_the_bill(work: Path, capsys: pytest.CaptureFixture[str]):
    made.write(work / "costs.csv", made.hourly([made.machine("2.076")]))
    (work / "costmod.toml").write_text('[price]\nbill = ["costs.csv"]\nminimum-monthly = 500\n', encoding="utf-8")
    assert price(work) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "grounds: latency (expected cash is under 500 USD a month)" in said
    assert "bill of 18 days (FOCUS 1.2), matched by ResourceId" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--bill", "none.csv"), "none.csv: no such bill.\n", id="no such bill"),
        pytest.param(
            ("--export-focus", "x.csv"), "costmod: --export-focus splits a bill; name one with --bill or price.bill.\n",
            id="nothing to split",
        ),
        pytest.param(("--bill", "plan/costmod-plan.json"), "a bill is a .csv (also .gz, .zst) or .parquet file.\n",
                     id="no bill"),
        pytest.param(("--bill", "bill.csv", "--export-focus", "bill.csv"), "", id="over the bill itself"),
    ],
)  # fmt: skip
def test_wrong_use_ends_in_one_sentence(work: Path, capsys: pytest.CaptureFixture[str], arguments, said: str):
    before = Path("bill.csv").read_bytes()
    assert price(work, *arguments) == 2
    printed = capsys.readouterr().err
    assert printed.endswith(said)
    assert printed.count("\n") == 1
    assert Path("bill.csv").read_bytes() == before


def test_a_wrong_bill_costs_no_run_of_the_tests(work: Path, capsys: pytest.CaptureFixture[str]):
    Path("seen.json").write_text(dump([sample.hotspot()]), encoding="utf-8")
    assert _main(["run", str(work), "--hotspots", "seen.json", "--bill", "none.csv", "--dry-run"]) == 2
    printed = capsys.readouterr()
    assert printed.err.endswith("none.csv: no such bill.\n")
    assert printed.out == ""


SETTINGS = {
    "an unknown key of a resource": ('[[price.resources]]\nid = "*"\nvcpus = 2\n', "price.resources.0.vcpus: no such"),
    "no vCPU": ('[[price.resources]]\nid = "*"\nvcpu = 0\n', "price.resources.0.vcpu: input should be greater than 0"),
    "usage that is not there": ('[[price.resources]]\nid = "*"\nusage = "u.csv"\n', "u.csv: the usage cannot be read"),
    "a scaling that is unknown": (
        '[[price.resources]]\nid = "*"\nscaling = {follows = "luck"}\n', "resources.0.scaling.follows: input should"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_wrong_settings_end_in_one_sentence(work: Path, capsys: pytest.CaptureFixture[str], name: str):
    text, said = SETTINGS[name]
    (work / "costmod.toml").write_text(text, encoding="utf-8")
    assert price(work) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
