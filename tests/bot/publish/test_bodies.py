"""Two pull requests as their reviewers read them, from calculation to Markdown: by a bill, and by list prices.

`COSTMOD_REWRITE=1` writes the texts anew; then read them from start to end.
"""

import os
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace
from rig import bill as made
from rig import sample

from bot.config import Config, PriceConfig, ResourceConfig, SmallerConfig
from bot.price.bill import read_bill
from bot.price.estimate import price
from bot.price.sources import Sources
from bot.price.usage import read_usage
from bot.publish.render import body_of
from bot.records import Volume

TEXTS = Path(__file__).parent / "bodies"
TODAY = date(2026, 11, 24)
RESOURCES = (
    ResourceConfig(
        id="*:db:shop-*",
        usage="db.csv",
        smaller=SmallerConfig("db.r6g.2xlarge", vcpu=8, cost_share=0.5, memory_gib=64, connections=2000),
    ),
)


def seen(volume: Volume):
    hotspot = sample.hotspot()
    pattern = replace(hotspot.patterns[0], mean_ns=1_200_000)
    metrics = replace(hotspot.metrics, requests_per_month=volume)
    return replace(hotspot, patterns=(pattern,), metrics=metrics, source=replace(hotspot.source, service="shop"))


def by_the_bill(folder: Path) -> str:
    """A writer and its reader, matched by ResourceId over 18 days, statements timed by the server: grade A."""
    rows = [made.machine("2.076", "shop-writer"), made.machine("2.076", "shop-reader")]
    bill = read_bill([made.write(folder / "bill.csv", made.hourly(rows))])
    usage = read_usage(
        made.usage(folder / "db.csv", vcpu=lambda h: 5.5 + h % 24 / 10, peak_vcpu=7.9, memory_gib=40, connections=300)
    )
    hotspot, patch = seen(Volume(value=900_000_000, basis="metric")), sample.patch()
    sources = Sources(bill, {"*:db:shop-*": usage}, {hotspot.patterns[0].fingerprint: 0.05})
    config = Config(price=PriceConfig(resources=RESOURCES))
    saving = price(hotspot, patch, sample.proof(), config, today=TODAY, sources=sources)
    assert saving.grade == "A"
    return body_of(hotspot, patch, sample.proof(), saving, draft=False)


def by_list_prices() -> str:
    """No bill: the price table, constants, and an unknown scaling policy: grade C."""
    hotspot, patch = seen(Volume(value=200_000_000, basis="span-weighted", cv=0.04)), sample.patch()
    config = Config(price=PriceConfig(application="fargate", database="aurora-provisioned", cross_az_share=0.5))
    saving = price(hotspot, patch, sample.proof(), config, today=TODAY)
    assert saving.grade == "C"
    return body_of(hotspot, patch, sample.proof(), saving, draft=False)


@pytest.mark.parametrize("name", ["bill", "list_prices"])
def test_the_whole_body(name: str, tmp_path: Path) -> None:
    body = (by_the_bill(tmp_path) if name == "bill" else by_list_prices()) + "\n"
    path = TEXTS / f"{name}.md"
    if os.environ.get("COSTMOD_REWRITE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(body, encoding="utf-8")
    assert body == path.read_text(encoding="utf-8")
