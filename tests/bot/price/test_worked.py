"""The worked examples of the model, recomputed: volume, steps, floors, bytes and memory, to the printed digit."""

from decimal import Decimal
from math import pi, sin
from pathlib import Path

import numpy as np
import pytest
from rig import bill as made

from bot.config import ResourceConfig, ScalingConfig, SmallerConfig
from bot.price.bill import read_bill
from bot.price.factors import DRAWS
from bot.price.replay import Policy, avoided_units, standing_units
from bot.price.resize import step
from bot.price.sources import Sources
from bot.price.table import shipped
from bot.price.units import GbHour, Gigabyte, Price, Quantity
from bot.price.usage import Usage, read_usage
from bot.records import Volume

BILLION = 1e9
TASK_HOUR = 0.04048 + 2 * 0.004445  # 1 vCPU, 2 GB
# db.r6g.4xlarge, a writer and a reader, to db.r6g.2xlarge: 16 and 8 vCPU, 128 and 64 GiB
SMALLER = SmallerConfig("db.r6g.2xlarge", vcpu=8, cost_share=0.5, memory_gib=64, connections=2000)
MEAN_VCPU = 0.38 * 16
# 51 -> 1: ms of database CPU per avoided statement
DATABASE_MS = np.random.Generator(np.random.PCG64(1)).triangular(0.03, 0.06, 0.12, DRAWS)


def flat(vcpu: float, peak: float, **more: tuple[float, ...]) -> Usage:
    return Usage(made.START, (vcpu,) * 336, (peak,) * 336, **more)


@pytest.mark.parametrize(
    ("requests", "worst", "chance", "named"),
    [
        pytest.param(BILLION, 0.50, 0.58, True, id="1 B, half of it in use at the worst hour"),
        pytest.param(BILLION, 0.60, 0.03, False, id="1 B, 60 %"),
        pytest.param(BILLION, 0.68, 0.0, False, id="1 B, 68 %"),
        pytest.param(BILLION / 10, 0.50, 0.0, False, id="100 M"),
        pytest.param(BILLION / 100, 0.50, 0.0, False, id="10 M"),
    ],
)
def test_the_user_service_fits_a_smaller_size_only_at_a_billion_calls(requests, worst, chance, named):
    """Seed: 51 -> 1 statements, "scale down user-db-cluster". Mean CPU 38 %."""
    hours = requests * 50 * DATABASE_MS / 3.6e6
    found = step(
        "user-db",
        Decimal("3030.96"),
        SMALLER,
        flat(MEAN_VCPU, worst * 16, memory_gib=(40.0,) * 336, connections=(300.0,) * 336),
        hours,
    )
    assert found.chance == pytest.approx(chance, abs=0.03)
    assert found.is_named is named
    assert found.monthly == Decimal("1515.480")


@pytest.mark.parametrize(
    ("share", "minimum", "cut", "cash"),
    [
        pytest.param(0.25, 2, 0.23, 70, id="a quarter"),
        pytest.param(0.25, 3, 0.23, 70, id="a quarter, one per zone"),
        pytest.param(0.80, 2, 0.73, 224, id="80 %"),
        pytest.param(0.80, 3, 0.65, 198, id="80 %, one per zone"),
        pytest.param(0.90, 3, 0.65, 198, id="90 %: the floor holds"),
    ],
)
def test_the_auth_service_cannot_lose_more_than_its_floor_allows(share, minimum, cut, cash):
    """Seed: "decommission 80 %". Ten tasks at a target of 60 %, 4.8 vCPU in use on average over the day."""
    shape = [1 + 0.35 * sin((h % 24 - 9) / 24 * 2 * pi) + (-0.25 if (h // 24) % 7 >= 5 else 0) for h in range(730)]
    used = tuple(4.8 * value * len(shape) / sum(shape) for value in shape)
    usage, policy = Usage(made.START, used), Policy("replicas", minimum, 0.6, 1.0)
    less = np.full(4, share * 4.8 * 730)
    standing, gone = standing_units(usage, policy), avoided_units(usage, policy, less, "seed")
    assert standing * TASK_HOUR == pytest.approx(306, abs=1)
    assert float(gone.mean()) / standing == pytest.approx(cut, abs=0.015)
    assert float(gone.mean()) * TASK_HOUR == pytest.approx(cash, rel=0.03)


@pytest.mark.parametrize(
    ("path", "cash"),
    [
        pytest.param({}, "0.00", id="the same zone"),
        pytest.param({"inter-zone-transfer": Decimal(4) / 3}, "7.37", id="two thirds across zones, both sides"),
        pytest.param({"nat-gateway-bytes": Decimal(1)}, "24.87", id="NAT gateway"),
        pytest.param({"internet-egress": Decimal(1)}, "49.73", id="internet"),
        pytest.param({"nat-gateway-bytes": Decimal(1), "internet-egress": Decimal(1)}, "74.60", id="NAT and internet"),
    ],
)
def test_fifty_calls_in_one_save_the_bytes_around_them(path, cash):
    """20 M page views, 50 calls of 275 B up and 277.6 B down around the payload, which stays."""
    gigabytes = Quantity(Gigabyte, np.array([20e6 * 50 * (283.8 - 8.5 + 389.1 - 111.8) / 1e9]))
    assert float(gigabytes.draws[0]) == pytest.approx(552.6)
    prices = (shipped()[sku].per(Gigabyte).per(Gigabyte, times) for sku, times in path.items())
    total = sum((price for price in prices), start=Price(Decimal(0), Gigabyte))
    assert f"{float(total.of(gigabytes)[0]):.2f}" == cash


def test_a_leak_is_cash_once_the_tasks_are_smaller():
    """+60 MB an hour, recycled daily: twelve tasks of 4 GB where 2 GB are enough."""
    released = Quantity(GbHour, np.array([12 * (4 - 2) * 730.0]))
    assert f"{float(shipped()['fargate-linux-x86-memory'].per(GbHour).of(released)[0]):.2f}" == "77.88"


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> Sources:
    """A writer and a reader, ten tasks, both with two weeks of hours."""
    folder: Path = tmp_path_factory.mktemp("bill")
    rows = [made.machine("2.076", "writer"), made.machine("2.076", "reader"), made.traffic("60"), *made.tasks("20")]
    bill = read_bill([made.write(folder / "bill.csv", made.hourly(rows))])
    day = lambda h: (1 + 0.31 * sin((h % 24 - 9) / 24 * 2 * pi)) * (1 + 0.06 * sin(h * h))  # noqa: E731
    database = made.usage(
        folder / "db.csv", vcpu=lambda h: MEAN_VCPU * day(h), memory_gib=40, connections=300, peak_vcpu=8.0
    )
    application = made.usage(folder / "app.csv", vcpu=lambda h: 11 * day(h))
    return Sources(bill, {"*:db:*": read_usage(database), "*:service/*": read_usage(application)}, {})


RESOURCES = (
    ResourceConfig(id="*:db:*", usage="db.csv", smaller=SMALLER),
    ResourceConfig(id="*:service/*", usage="app.csv", scaling=ScalingConfig("cpu", minimum=3, target=0.6)),
)
LATENCY = "p50 latency 66 -> 1.3 ms, 51 -> 1 SQL statements per request"
EXPECTED = {
    BILLION: (
        "Estimated: $580 [$470 to $690] a month in cash and $1,500 a month in cash after one action: resize reader and "
        "1 more to db.r6g.2xlarge (fits with 59%) and $120 [$83 to $180] a month of freed capacity at the price paid, "
        f"not cash; estimated {LATENCY}.",
        "money",
    ),
    BILLION / 10: (
        "Estimated: $58 [$47 to $69] a month in cash and $12 [$8.3 to $18] a month of freed capacity at the price "
        f"paid, not cash; estimated {LATENCY}.",
        "money",
    ),
    BILLION / 100: (
        f"Estimated {LATENCY}; under $10 a month: merge for latency, not for money.",
        "latency",
    ),
}


@pytest.mark.parametrize("requests", EXPECTED, ids=["1 B", "100 M", "10 M"])
def test_the_user_service_by_its_bill(build, seen, requests):
    """Application, traffic and database of one bill: three amounts, never one."""
    hotspot = build.hotspot(
        build.pattern(span_ms=1.3), volume=Volume(value=requests, basis="metric"), source=build.source(service="shop")
    )
    settings = build.config(resources=RESOURCES, cross_az_share=2 / 3)
    saving = build.saving(settings, hotspot, proven=build.proof(), sources=seen)
    assert (saving.headline, saving.grounds) == EXPECTED[requests]
    assert (saving.action is not None) is (requests == BILLION)
