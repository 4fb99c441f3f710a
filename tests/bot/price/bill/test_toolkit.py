"""Bills as another tool writes them, for three providers: read, split and added up again."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from rig import bill as made_bill

from bot.config import PriceConfig
from bot.price.attribution import attribute, closure
from bot.price.bill import read_bill
from bot.price.bill.resources import resources
from bot.price.split_rows import split_rows

pytest.importorskip("focus_data_toolkit", reason="it is in the dependencies of the tests: run `make .venv/.dev`")


def toolkit(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "focus_data_toolkit", *arguments], check=True, capture_output=True)


@pytest.mark.parametrize(("provider", "version"), [("aws", "1.2"), ("azure", "1.3"), ("gcp", "1.3"), ("aws", "1.4")])
def test_a_generated_bill(provider: str, version: str, tmp_path: Path):
    made = "1.3" if version == "1.4" else version
    toolkit("generate", "--provider", provider, "--focus-version", made, "--rows", "200", "--seed", "7",
            "--out", str(tmp_path))  # fmt: skip
    (path,) = tmp_path.glob("*cost_and_usage*.csv")
    whole = read_bill([path])
    if version == "1.4":
        (commitments,) = tmp_path.glob("*contract_commitment*.csv")
        toolkit("convert", "--cost-and-usage", str(path), "--contract-commitment", str(commitments),
                "--mode", "synthetic", "--exit-policy", "pipeline", "--out", str(tmp_path / "converted"))  # fmt: skip
        (path,) = (tmp_path / "converted").glob("*cost_and_usage*.csv")
    bill = read_bill([path])
    assert (bill.format, bill.days) == (f"FOCUS {version}", 31)
    assert bill.charges == whole.charges
    assert {basis.column for basis in bill.bases} == {"EffectiveCost"}
    parts = attribute(resources(bill, PriceConfig()), [])
    usage = sum(bill.cost(charge) for charge in bill.charges)
    assert usage > 0
    assert dict(closure(parts))["all"] == usage
    assert {"purchases", "taxes"} <= bill.set_aside.keys()
    assert any(charge.commitment_status == "Used" for charge in bill.charges)
    assert sum((part.resource.committed for part in parts), Decimal(0)) > 0


def test_the_split_rows_are_focus_1_3(tmp_path: Path):
    bill = read_bill([made_bill.write(tmp_path / "bill.csv", made_bill.hourly([made_bill.machine("2.076")]))])
    out = tmp_path / "split.csv"
    out.write_text(split_rows(bill, attribute(resources(bill, PriceConfig()), [])), encoding="utf-8")
    command = [sys.executable, "-m", "focus_data_toolkit"]
    detected = subprocess.run([*command, "detect", str(out)], capture_output=True, text=True, check=True).stdout
    assert "dataset=Cost and Usage version=1.3 confidence=HIGH (score 1.000)" in detected
    # It knows the rules of 1.4 alone, which has dropped two names.
    said = subprocess.run([*command, "validate", str(out)], capture_output=True, text=True, check=False).stdout
    assert [line.split("]")[1].split(":")[0].strip() for line in said.splitlines()[1:]] == [
        "ProviderName",
        "PublisherName",
    ]
