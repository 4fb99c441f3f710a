"""Realised money: the estimate's own model, with what was measured in place of what was assumed."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from rig import bill as made

from bot.config import Config
from bot.price import price
from bot.price.after.baseline import Baseline
from bot.price.after.counts import of_hotspot
from bot.price.after.worth import basis, expected, realised
from bot.price.bill import read_bill
from bot.price.factors import constants
from bot.price.sources import Sources
from bot.records import Amount, Effect, Hotspot, StatementCount, Structure, Volume, Worth

UNTIL = date(2026, 12, 1)
METRIC = Volume(value=1e9, basis="metric")
NOTHING = Sources()
LIST = {"application": "fargate", "database": "rds"}


def baseline(build: Any, config: Config, sources: Sources = NOTHING, hotspot: Hotspot | None = None) -> Baseline:
    hotspot = hotspot or build.hotspot(volume=METRIC)
    patch = build.patch(build.load())
    return Baseline(
        version="1",
        hotspot=hotspot,
        patch=patch,
        saving=price(hotspot, patch, None, config, today=UNTIL, sources=sources),
        settings=config.price,
        constants=constants(config.price.constants),
        statements=dict(sources.statements),
        counts=of_hotspot(hotspot),
    )


def counted(after: float, state: str = "realised", every: float | None = None) -> Structure:
    count = StatementCount(fingerprint="author", statement="s", before=50, expected=0, after=after)
    return Structure(
        state=state, reason="", counts=(count,), all_before=None if every is None else 51, all_after=every
    )  # fmt: skip


def effect(metric: str, before: float, change: float, state: str = "fell") -> Effect:
    return Effect(
        metric=metric, state=state, days_before=7, days_after=7, before=before, change=change, low=change, high=change
    )  # fmt: skip


def middle(worth: Worth | None) -> list[float]:
    assert worth is not None
    return [float(amount.expected) if amount else 0.0 for amount in (worth.cash_now, worth.headroom)]


def test_all_gone_is_what_was_expected(build: Any) -> None:
    frozen = baseline(build, build.config(**LIST))
    assert realised(frozen, counted(0), (), UNTIL, NOTHING) == expected(frozen)


@pytest.mark.parametrize(("after", "share"), [(25, 0.5), (50, 0.0), (100, -1.0)])
def test_part_gone_is_that_part(build: Any, after: float, share: float) -> None:
    frozen = baseline(build, build.config(**LIST))
    whole = middle(expected(frozen))
    part = middle(realised(frozen, counted(after, "partly"), (), UNTIL, NOTHING))
    assert part == pytest.approx([amount * share for amount in whole], rel=0.05)


def test_a_loss_is_no_larger_than_what_was_added(build: Any) -> None:
    """The model takes the smaller of what is avoided and of all that repeats, which for a loss would be the latter."""
    hotspot = build.hotspot(volume=METRIC)
    patch = build.patch(build.load(before=5))  # of 50
    saving = price(hotspot, patch, None, build.config(**LIST), today=UNTIL)
    frozen = replace(baseline(build, build.config(**LIST)), patch=patch, saving=saving)
    five_more = middle(realised(frozen, counted(55, "not realised"), (), UNTIL, NOTHING))
    assert five_more == pytest.approx([-amount for amount in middle(expected(frozen))], rel=0.05)


def test_others_that_run_in_its_place_cost_what_they_cost(build: Any) -> None:
    frozen = baseline(build, build.config(**LIST))
    assert middle(realised(frozen, counted(0, "not realised", every=51), (), UNTIL, NOTHING)) == [0, 0]


def test_measured_cpu_takes_the_place_of_constants(build: Any) -> None:
    frozen = baseline(build, build.config(application="none", database="rds"))
    # 10^9 requests x 5 ms / 3.6e6 = 1388.9 vCPU-hours; rds-db.r6g.2xlarge has 8 for 0.872 USD, 45 % of them in use.
    measured = [effect("db_ms", 10, -0.5)]
    found = realised(frozen, counted(0), measured, UNTIL, NOTHING)
    assert middle(found)[1] == pytest.approx(1388.9 * 0.872 / 8 / 0.45, rel=0.05)
    risen = realised(frozen, counted(0), [effect("db_ms", 10, 0.5, "rose")], UNTIL, NOTHING)
    assert middle(risen)[1] == pytest.approx(-middle(found)[1], rel=0.05)
    unsure = [effect("db_ms", 10, -0.5, "undecided")]
    assert realised(frozen, counted(0), unsure, UNTIL, NOTHING) == expected(frozen)
    assert [basis(frozen, seen) for seen in (measured, unsure, ())] == ["resources", "statements", "statements"]


def test_the_constants_of_the_estimate_are_frozen(build: Any, tmp_path: Path) -> None:
    own = (
        '[application-cpu-orm]\nlow = 3.0\nmid = 3.0\nhigh = 3.0\nunit = "ms per avoided statement"\nsource = "mine"\n'
    )
    (tmp_path / "own.toml").write_text(own)
    frozen = baseline(build, build.config(**LIST, constants=str(tmp_path / "own.toml")))
    (tmp_path / "own.toml").unlink()
    assert realised(frozen, counted(0), (), UNTIL, NOTHING) == expected(frozen)


@pytest.mark.parametrize("statements", [{}, {"author": 0.4}], ids=["constants", "measured by the server"])
def test_by_a_bill(build: Any, tmp_path: Path, statements: dict[str, float]) -> None:
    bill = read_bill([made.write(tmp_path / "bill.csv", made.hourly([made.machine("2.076"), *made.tasks("20")]))])
    sources = Sources(bill, {}, statements)
    hotspot = build.hotspot(volume=METRIC, source=build.source(service="shop"))
    frozen = baseline(build, build.config(), sources, hotspot)
    said = expected(frozen)
    assert frozen.saving is not None
    assert frozen.saving.valued == "paid"
    assert realised(frozen, counted(0), (), UNTIL, Sources(bill)) == said
    half = realised(frozen, counted(25, "partly"), (), UNTIL, Sources(bill))
    assert middle(half) == pytest.approx([amount / 2 for amount in middle(said)], rel=0.06)


@pytest.mark.parametrize(("after", "share"), [(5, 1.0), (27.5, 0.5), (50, 0.0), (95, -1.0)])
def test_calls_that_are_metered(build: Any, after: float, share: float) -> None:
    """Messages in batches of ten: 45 of 50 calls are gone, at 0.40 USD a million."""
    send = build.pattern("send", count=50, span_ms=1.0, shape="call", statement="aws-api SendMessage")
    load = replace(build.load("send", 50, 5, "batch"), path="sqs.send_message", batched=True)
    hotspot, patch = build.hotspot(send, kind="n_plus_one_http", volume=METRIC), build.patch(load)
    config = build.config()
    saving = price(hotspot, patch, None, config, today=UNTIL)
    frozen = replace(baseline(build, config, hotspot=hotspot), patch=patch, saving=saving)
    count = StatementCount(fingerprint="send", statement="s", before=50, expected=5, after=after)
    counted = Structure(state="realised", reason="", counts=(count,))
    assert middle(expected(frozen)) == [18_000, 0]
    assert middle(realised(frozen, counted, (), UNTIL, NOTHING)) == [18_000 * share, 0]
    assert basis(frozen, [effect("cpu_ms", 10, -0.5)]) == "statements"


def test_nothing_to_say(build: Any) -> None:
    frozen = baseline(build, build.config(**LIST))
    assert realised(frozen, None, (), UNTIL, NOTHING) is None
    assert realised(frozen, counted(0, "pending"), (), UNTIL, NOTHING) is None
    no_volume = baseline(build, build.config(**LIST), hotspot=build.hotspot())
    assert expected(no_volume) is None
    assert realised(no_volume, counted(0), (), UNTIL, NOTHING) is None
    assert expected(replace(frozen, saving=None)) is None


def test_an_amount_that_nobody_can_estimate_is_not_made_up(build: Any) -> None:
    zero = Amount(low=Decimal(0), expected=Decimal(0), high=Decimal(0))
    frozen = baseline(build, build.config(**LIST))
    found = realised(frozen, counted(50, "not realised"), (), UNTIL, NOTHING)
    assert found is not None
    assert (found.cash_now, found.headroom, found.cash_after_action) == (zero, zero, None)
