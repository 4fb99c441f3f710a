"""Calls of an API that become batches: what each is metered by, and the CPU of the client around it."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from bot.records import Saving, Volume

BILLION = 1e9


def priced(build, path: str, requests: float | None = BILLION, before: int = 50, after: int = 5, **where) -> Saving:
    hotspot = build.hotspot(
        build.pattern("send", count=before, span_ms=1.0, shape="call", statement="aws-api SendMessage"),
        kind="n_plus_one_http", volume=Volume(value=requests, basis="metric") if requests else None,
    )  # fmt: skip
    load = replace(build.load("send", before, after, "batch"), path=path, batched=True)
    return build.saving(build.config(**where), hotspot, build.patch(load), build.proof())


def test_messages_in_tens_are_metered_a_tenth(build):
    saving = priced(build, "sqs.send_message")
    assert (saving.grade, saving.grounds) == ("C", "money")
    assert [(line.name, line.kind, line.amount.expected) for line in saving.lines] == [
        ("metered calls (sqs-standard)", "cash_now", Decimal(18_000))  # 45 x 1,000 M x 0.40 per million
    ]
    assert saving.headline == (
        "Estimated: $18,000 a month in cash; estimated p50 latency 66 -> 14 ms, 50 -> 5 calls per request."
    )
    assert saving.formulas[1] == ("metered calls (sqs-standard): 45,000 million calls x 0.4 = 18,000 USD a month")
    assert saving.not_counted[0] == "CPU of the client: price.application is not set, or is lambda"
    assert (saving.queries_before, saving.queries_after) == (0, 0)  # SQL statements
    assert [row.name for row in saving.inputs if "calls" in row.name] == ["calls avoided", "calls repeated"]


def test_items_of_a_batch_that_are_metered_one_by_one_save_cpu_alone(build):
    saving = priced(build, "dynamodb.get_item", application="ec2")
    assert [(line.name, line.kind) for line in saving.lines] == [("application (EC2)", "headroom")]
    assert saving.cash_now.high == 0
    assert saving.formulas[1].startswith("application CPU = (45 x 1.2683 ms) x 1,000,000,000 requests / 3,600,000 ms")


def test_cpu_of_the_client_is_that_of_a_call_and_not_of_a_statement(build):
    calls = priced(build, "dynamodb.get_item", application="ec2").headroom.expected
    statements = build.saving(build.config(BILLION, application="ec2")).headroom.expected
    assert calls > 3 * statements


@pytest.mark.parametrize("path", ["redis.get", "requests.get"])
def test_what_was_not_measured_has_no_figure(build, path):
    saving = priced(build, path, application="ec2")
    assert saving.grade == "D"
    assert "the constants are measured for repeated SQL statements, not for n_plus_one_http" in saving.grade_reason


def test_no_volume_no_figure(build):
    saving = priced(build, "sqs.send_message", None)
    assert (saving.grade, saving.cash_now) == ("D", None)
    assert saving.per_million.expected == Decimal("0.40")
