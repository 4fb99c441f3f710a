"""A saving by the bill: which resources count, what is cash, what a commitment does, and the arithmetic on paper."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rig import bill as made

from bot.config import ResourceConfig, ScalingConfig, SmallerConfig
from bot.price.attribution import Claim, attribute, closure
from bot.price.bill import read_bill
from bot.price.bill.resources import resources
from bot.price.estimate import calculate
from bot.price.portfolio import MOST_EXACT, shares, together
from bot.price.sources import Sources, read_sources
from bot.price.usage import Usage
from bot.records import Hotspot, Volume

METRIC = Volume(value=1e9, basis="metric")
SMALLER = SmallerConfig("db.r6g.2xlarge", vcpu=8, cost_share=0.5, memory_gib=64)
STEADY = Usage(made.START, (6.0,) * 336, peak_vcpu=(8.0,) * 336, memory_gib=(40.0,) * 336)


@pytest.fixture(scope="module")
def bills(tmp_path_factory):
    """Bills by their rows, each read once."""
    folder: Path = tmp_path_factory.mktemp("bills")
    kinds = {
        "database": [made.machine("2.076")],
        "both": [made.machine("2.076"), *made.tasks("20"), made.machine("1", "other", Tags='{"service": "billing"}')],
        "committed": [made.machine("1.2", BilledCost="0", CommitmentDiscountStatus="Used")],
        "serverless": [
            made.row("2.4", ConsumedQuantity="20", ConsumedUnit="ACU-Hr", SkuMeter="Aurora:ServerlessV2Usage",
                     SkuPriceDetails="")
        ],
        "lambda": [
            made.row("0.6", ConsumedQuantity="36000", ConsumedUnit="GB-Seconds", SkuMeter="Lambda-GB-Second",
                     ServiceName="AWS Lambda", ServiceCategory="Compute", SkuPriceDetails="",
                     ResourceId="arn:aws:lambda:us-east-1:123456789012:function:shop")
        ],
        "untagged": [made.machine("2.076", "x1", Tags="")],
        "no type": [made.machine("2.076", SkuMeter="InstanceUsage", SkuPriceDetails="")],
    }  # fmt: skip
    return {
        name: read_bill([made.write(folder / f"{place}.csv", made.hourly(rows))])
        for place, (name, rows) in enumerate(kinds.items())
    }


def shop(build, volume: Volume = METRIC, **fields) -> Hotspot:
    return build.hotspot(build.pattern(span_ms=1.3), volume=volume, source=build.source(service="shop"), **fields)


def kinds(saving) -> dict[str, str]:
    return {line.kind: line.cash_when for line in saving.lines}


def test_grade_a(build, bills):
    """14 days matched by resource, every request counted, statements measured by the server and counted by tests."""
    sources = Sources(bills["database"], {}, {"author": 0.05})
    saving = build.saving(build.config(), shop(build), proven=build.proof(), sources=sources)
    assert (saving.grade, saving.grade_reason) == ("A", "bill of 18 days (FOCUS 1.2), matched by ResourceId")
    assert saving.valued == "paid"
    assert saving.not_counted == (
        "a smaller size of shop: set smaller and usage of its price.resources",
        "of the bill, in USD: usage of the last 48 hours 99.65",
    )


@pytest.mark.parametrize(
    ("change", "grade", "reason"),
    [
        pytest.param({"volume": Volume(value=1e9, basis="span-weighted")}, "B", "requests from weighted spans", id="B"),
        pytest.param(
            {"volume": Volume(value=1e9, basis="metric", cv=0.25)}, "B", "the sample of requests strays by 25%", id="cv"
        ),
        pytest.param(
            {"volume": Volume(value=1e9, basis="span-weighted", cv=0.25)}, "C",
            "requests from weighted spans; the sample of requests strays by 25%", id="weighted and straying",
        ),
        pytest.param({"verdict": "held"}, "B", "statements after: from the rewrite, not from a test", id="no test"),
        pytest.param(
            {"statements": {}}, "C",
            "database CPU by default constants (pg_stat_statements beside the traces would measure it)", id="constants",
        ),
        pytest.param({"bill": "both"}, "C",
                     "application CPU by default constants; unknown scaling policy -> cash shown as range from 0",
                     id="application"),
    ],
)  # fmt: skip
def test_the_weakest_evidence_decides(build, bills, change, grade, reason):
    sources = Sources(bills[change.get("bill", "database")], {}, change.get("statements", {"author": 0.05}))
    hotspot = shop(build, change.get("volume", METRIC))
    saving = build.saving(build.config(), hotspot, proven=build.proof(change.get("verdict", "proven")), sources=sources)
    whole = "bill of 18 days (FOCUS 1.2), matched by ResourceId"
    assert (saving.grade, saving.grade_reason) == (grade, f"{whole}; {reason}")


@pytest.mark.parametrize(
    ("bill", "config", "usage", "expected"),
    [
        pytest.param("database", {}, {}, {"headroom": "not cash until a smaller size is chosen"}, id="stepped"),
        pytest.param(
            "database", {"smaller": SMALLER, "usage": "u"}, {"*": STEADY},
            {"headroom": "not cash until a smaller size is chosen",
             "cash_after_action": "after: resize shop to db.r6g.2xlarge (fits with 60%)"},
            id="a step that fits",
        ),
        pytest.param(
            "committed", {"committed_until": date(2027, 3, 31)}, {},
            {"headroom": "not cash: avoidance when the commitment ends (2027-03)"}, id="committed",
        ),
        pytest.param(
            "committed", {"smaller": SMALLER, "usage": "u"}, {"*": STEADY},
            {"headroom": "not cash: avoidance when the commitment ends"}, id="committed: no step is cash",
        ),
        pytest.param(
            "serverless", {}, {},
            {"cash_now": "by itself, if it scales on CPU above its minimum", "headroom": "not cash until it scales in"},
            id="elastic, policy unknown",
        ),
        pytest.param(
            "serverless", {"scaling": ScalingConfig("cpu", minimum=2), "usage": "u"}, {"*": STEADY},
            {"cash_now": "by itself: replayed over 14 days",
             "headroom": "not cash: whole replicas, and the minimum, stay"}, id="elastic, replayed",
        ),
        pytest.param(
            "serverless", {"scaling": ScalingConfig("requests", minimum=2)}, {},
            {"headroom": "not cash: the count does not follow CPU"}, id="elastic, by requests",
        ),
        pytest.param("lambda", {}, {}, {"cash_now": "by itself: it is metered"}, id="metered"),
    ],
)  # fmt: skip
def test_the_four_ways_to_be_billed(build, bills, bill, config, usage, expected):
    known = (ResourceConfig(id="*", **config),)
    saving = build.saving(build.config(resources=known), shop(build), sources=Sources(bills[bill], usage))
    assert kinds(saving) == expected
    if "cash_now" not in expected:
        assert saving.cash_now.high == 0


def test_zero_when_all_replicas_are_the_minimum(build, bills):
    known = (ResourceConfig(id="*", usage="u", scaling=ScalingConfig("cpu", minimum=500)),)
    saving = build.saving(
        build.config(resources=known), shop(build), sources=Sources(bills["serverless"], {"*": STEADY})
    )
    assert (saving.cash_now.low, saving.cash_now.high) == (0, 0)


def test_no_hotspot_costs_more_than_the_part_of_the_bill_that_is_in_use(build, bills):
    known = (ResourceConfig(id="*", utilisation=0.4),)
    hotspot = shop(build, Volume(value=1e12, basis="metric"))
    saving = build.saving(build.config(resources=known), hotspot, sources=Sources(bills["database"]))
    billed = Decimal("2.076") * 730 * Decimal("0.4")
    assert saving.attributed.high == Decimal(610)
    assert saving.attributed.high == pytest.approx(billed, rel=Decimal("0.01"))
    assert saving.headroom.high <= saving.attributed.high


@pytest.mark.parametrize(
    ("bill", "settings_", "why"),
    [
        pytest.param(
            "untagged",
            {},
            "the bill: none of its resources belongs to the service shop (see price.services)",
            id="no tag",
        ),
        pytest.param(
            "no type", {}, "shop: its number of vCPUs is not in the bill (set price.resources vcpu)", id="no vCPU"
        ),
    ],
)
def test_a_bill_that_does_not_help_says_why(build, bills, bill, settings_, why):
    saving = build.saving(build.config(**settings_), shop(build), sources=Sources(bills[bill]))
    assert (saving.grade, why in saving.not_counted) == ("D", True)


def test_services_of_the_settings_come_first(build, bills):
    settings_ = build.config(services={"*:db:x*": "shop"})
    saving = build.saving(settings_, shop(build), sources=Sources(bills["untagged"]))
    assert saving.headroom.expected > 0


def test_an_old_bill_is_refused_as_old_prices_are(build, bills):
    saving = build.saving(build.config(), shop(build), sources=Sources(bills["database"]), today=date(2027, 11, 19))
    reason = "the price of billed database is 366 days old (stated 2026-11-18; at most 365 are accepted)"
    assert (saving.grade, saving.not_counted[0]) == ("D", reason)


def paper(line: str) -> tuple[float, float] | None:
    """What a line's left side comes to, words left out, and what it says that it comes to; None for a sentence."""
    found = re.search(r"(?:^|: | = )([^:=]*[x/+-][^:=]*) = ([\d,]+\.?\d*)", line)
    if not found:
        return None
    text = re.sub(r"[A-Za-z%][\w-]*(?: [A-Za-z]+)*", " ", re.sub(r"(?<= )x(?= )", "*", found[1])).replace(",", "")
    return eval(re.sub(r"\s+", " ", text)), float(found[2].replace(",", ""))


def test_every_formula_can_be_followed_with_a_calculator(build, bills):
    known = (
        ResourceConfig(id="*:db:*", smaller=SMALLER, usage="d"),
        ResourceConfig(id="*:service/*", scaling=ScalingConfig("cpu", minimum=3), usage="a"),
    )
    usage = {"*:db:*": STEADY, "*:service/*": Usage(made.START, tuple(9.0 + h % 7 for h in range(336)))}
    sources = Sources(bills["both"], usage, {"author": 0.05})
    saving = build.saving(build.config(resources=known), shop(build), proven=build.proof(), sources=sources)
    checked = [found for line in saving.formulas if (found := paper(line))]
    assert len(checked) >= 9
    for left, right in checked:
        assert left == pytest.approx(right, rel=2e-4)


def test_the_formulas_of_list_prices_can_be_followed_too(build):
    for where in (
        {"application": "fargate", "database": "aurora-serverless-v2", "cross_az_share": 0.5},
        {"application": "lambda", "database": "rds"},
        {"application": "ec2", "database": "aurora-provisioned"},
    ):
        saving = build.saving(build.config(1e9, **where))
        checked = [found for line in saving.formulas if (found := paper(line))]
        assert len(checked) >= 4
        for left, right in checked:
            assert left == pytest.approx(right, rel=2e-4)


# ---- who costs what


def claim(build, bill, name: str, **fields) -> Claim:
    hotspot = shop(build, id=name, **fields)
    found = calculate(hotspot, build.patch(build.load(), fingerprint=name), None, build.config(),
                      today=build.today, sources=Sources(bill),
                      found=resources(bill, build.config().price))  # fmt: skip
    return Claim(hotspot=name, endpoint=f"GET /{name}", model=found.month)


def test_the_parts_add_up_to_the_bill(build, bills):
    bill = bills["both"]
    claims = [claim(build, bill, "a"), claim(build, bill, "b", volume=Volume(value=3e9, basis="metric"))]
    parts = attribute(resources(bill, build.config().price), claims)
    usage = sum(bill.cost(charge) for charge in bill.charges)
    sums = dict(closure(parts))
    assert sums["all"] == usage == sum(part.cost for part in parts)
    assert sums["hotspot"] > 0
    assert {part.kind for part in parts} == {"hotspot", "other work"}
    for resource in {part.resource.id for part in parts}:
        own = [part for part in parts if part.resource.id == resource]
        assert sum(part.ratio for part in own) == len({part.resource.serves for part in own})


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(volumes=st.lists(st.floats(0, 1e12), min_size=1, max_size=3), utilisation=st.floats(0.01, 1))
def test_closure_whatever_the_claims(build, bills, volumes, utilisation):
    bill = bills["database"]
    config = build.config(resources=(ResourceConfig(id="*", utilisation=utilisation),))
    found = resources(bill, config.price)
    claims = []
    for place, volume in enumerate(volumes):
        hotspot = shop(build, Volume(value=volume, basis="metric"), id=f"h{place}")
        priced = calculate(hotspot, build.patch(build.load()), None,
                           config, today=build.today, sources=Sources(bill), found=found)  # fmt: skip
        claims.append(Claim(hotspot=f"h{place}", endpoint="e", model=priced.month))
    parts = attribute(found, claims)
    assert sum(part.cost for part in parts) == sum(bill.cost(charge) for charge in bill.charges)
    assert all(part.cost >= 0 for part in parts if part.kind != "other work")
    busy = sum(part.cost for part in parts if part.kind == "hotspot")
    assert busy <= Decimal(str(utilisation)) * found[0].cost + Decimal("0.000001")


def test_what_nobody_is_known_for_stays_unmatched(bills, build):
    parts = attribute(resources(bills["untagged"], build.config().price), [])
    assert [part.kind for part in parts] == ["other work"]  # its name in the ResourceId is a service of its own
    assert parts[0].resource.service == "x1"


# ---- several patches on one resource


def several(build, bill, *volumes: float, known=()):
    config = build.config(resources=known)
    usage = {one.id: STEADY for one in known}
    return [
        calculate(
            shop(build, Volume(value=volume, basis="metric"), id=f"h{place}"),
            build.patch(build.load(), fingerprint=f"f{place}"), None, config, today=build.today,
            sources=Sources(bill, usage), found=resources(bill, config.price),
        )
        for place, volume in enumerate(volumes)
    ]  # fmt: skip


STEP = (ResourceConfig(id="*", smaller=SMALLER, usage="u"),)


def test_a_step_that_two_make_room_for_counts_once(build, bills):
    one, other = several(build, bills["database"], 1.5e9, 1.5e9, known=STEP)
    first, second = (priced.saving for priced in together([one, other]))
    assert first.cash_after_action.expected == second.cash_after_action.expected == 760
    assert first.deduped_total == second.deduped_total
    assert first.deduped_total.expected == 760  # and not twice that
    assert first.after_others.expected == pytest.approx(Decimal(380), rel=Decimal("0.05"))


def test_the_order_of_patches_does_not_matter(build, bills):
    found = several(build, bills["database"], 0.4e9, 0.8e9, 1.2e9, known=STEP)
    there = {one.saving.seed: one.saving for one in together(found)}
    back = {one.saving.seed: one.saving for one in together(found[::-1])}
    assert msgspec.to_builtins(there) == msgspec.to_builtins(back)
    parts, total = shares([one.month for one in found])
    assert sum(float(part.mean()) for part in parts) == pytest.approx(float(total.mean()))


def test_alone_nothing_is_added(build, bills):
    (one,) = together(several(build, bills["database"], 1e9, known=STEP))
    assert (one.saving.after_others, one.saving.deduped_total) == (None, None)


def test_many_patches_share_by_what_they_free(build, bills):
    found = several(build, bills["database"], *[1e9] * (MOST_EXACT + 1), known=STEP)
    parts, total = shares([one.month for one in found])
    assert len(parts) == MOST_EXACT + 1
    assert sum(float(part.mean()) for part in parts) == pytest.approx(float(total.mean()))


# ---- files


def test_the_sources_are_read_from_the_repository(build, tmp_path: Path):
    made.write(tmp_path / "bill.csv", made.hourly([made.machine("2.076")]))
    made.usage(tmp_path / "usage.csv", vcpu=2)
    config = build.config(bill=("*.csv",), resources=(ResourceConfig(id="*", usage="usage.csv"),)).price
    with pytest.raises(Exception, match=r"neither a FOCUS bill"):
        read_sources(config, tmp_path)  # the pattern matches the usage too
    config = build.config(bill=("b*.csv",), resources=(ResourceConfig(id="*", usage="usage.csv"),)).price
    slow = build.hotspot(build.pattern(span_ms=0.25), source=build.source(vendor="postgresql"))
    sources = read_sources(config, tmp_path, [slow, shop(build)])
    assert (sources.bill.currency, sources.usage["*"].mean_vcpu, sources.statements) == ("USD", 2.0, {"author": 0.25})
    with pytest.raises(Exception, match=r"^price\.bill: no file matches 'x\*\.csv' in "):
        read_sources(build.config(bill=("x*.csv",)).price, tmp_path)


def test_the_same_evidence_gives_the_same_bytes_wherever_it_lies(build, tmp_path: Path):
    encoded = set()
    for place in ("one", "two"):
        folder = tmp_path / place
        folder.mkdir()
        suffix = "csv" if place == "one" else "parquet"
        made.write(folder / f"{place}.{suffix}", made.hourly([made.machine("2.076")]))
        made.usage(folder / f"{place}-usage.csv", vcpu=2)
        known = (ResourceConfig(id="*", usage=f"{place}-usage.csv"),)
        settings_ = build.config(bill=(f"{place}.{suffix}",), resources=known)
        sources = read_sources(settings_.price, folder)
        encoded.add(msgspec.json.encode(build.saving(settings_, shop(build), sources=sources)))
    assert len(encoded) == 1


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bill=st.sampled_from(["database", "serverless", "lambda", "committed"]),
    requests=st.floats(0, 1e12),
    level=st.floats(0.1, 30),
    minimum=st.integers(0, 40),
    share=st.floats(0, 1),
)
def test_no_amount_is_above_what_it_is_a_part_of(build, bills, *, bill, requests, level, minimum, share):
    usage = Usage(made.START, tuple(level * (1 + hour % 24 / 24) for hour in range(96)), memory_gib=(10.0,) * 96)
    known = ResourceConfig(
        id="*", usage="u", scaling=ScalingConfig("cpu", minimum=minimum) if bill == "serverless" else None,
        smaller=SmallerConfig("small", vcpu=8, cost_share=share),
    )  # fmt: skip
    hotspot = shop(build, Volume(value=requests, basis="metric"))
    saving = build.saving(build.config(resources=(known,)), hotspot, sources=Sources(bills[bill], {"*": usage}))
    billed = sum(bills[bill].cost(charge) for charge in bills[bill].charges) * 730 / bills[bill].hours
    rounding = Decimal("1.05")  # two significant digits
    assert saving.attributed.high <= billed * rounding
    for amount in (saving.cash_now, saving.headroom):
        assert amount is None or amount.high <= saving.attributed.high * rounding
    if saving.cash_after_action:
        assert saving.cash_after_action.high <= billed * (1 - Decimal(str(share))) * rounding


@pytest.mark.parametrize("bill", ["database", "serverless", "lambda"])
def test_dearer_units_are_worth_more(build, bills, bill):
    usage = {"*": STEADY}
    known = (
        ResourceConfig(id="*", usage="u", scaling=ScalingConfig("cpu", minimum=1) if bill == "serverless" else None),
    )
    config = build.config(resources=known)
    found = calculate(
        shop(build, Volume(value=1e7, basis="metric")), build.patch(build.load()), None, config,
        today=build.today, sources=Sources(bills[bill], usage), found=resources(bills[bill], config.price),
    ).month  # fmt: skip
    (sku,) = found.modes[0].skus
    kind = "headroom" if bill == "database" else "cash_now"
    assert found.moved(sku, 0.8).expected(kind) < found.expected(kind) < found.moved(sku, 1.2).expected(kind)
