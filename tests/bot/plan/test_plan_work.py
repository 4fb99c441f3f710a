"""Calls that a trace shows and work that a profile names: from the hotspot to the codemods of loops and clients."""

from pathlib import Path

import msgspec
from rig.shop import CUSTOMER, at, hotspot, repository

from bot.plan.plan import plan
from bot.records import Patch, Refusal

JOBS = """\
import boto3


def notify(orders):
    for order in orders:
        send(order)


def send(order):
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl="https://sqs.example.com/1/q", MessageBody=order)


def keep(order):
    boto3.resource("dynamodb").Table("orders").put_item(Item=order)
"""
LOOP = JOBS.replace("        send(order)\n", '        sqs.send_message(QueueUrl="q", MessageBody=str(order))\n')
LOOP = LOOP.replace("\n\n\ndef notify", '\n\nsqs = boto3.client("sqs")\n\n\ndef notify')
SENT = msgspec.structs.replace(
    CUSTOMER, statement="aws-api SendMessage", operation="SendMessage", dialect="aws-api", tables=(), where_columns=(),
    shape="call",
)  # fmt: skip


def test_a_profile_names_the_function_that_makes_a_client(tmp_path: Path) -> None:
    index = repository(tmp_path, {"shop/jobs.py": JOBS})
    for kind in ("cpu_self", "memory_growth"):
        seen = hotspot(kind=kind, locations=(at("/srv/shop/jobs.py", 10, "send"),))
        (patch,) = plan(msgspec.structs.replace(seen, patterns=()), index)
        assert isinstance(patch, Patch)
        assert (patch.codemod, patch.tier, patch.title) == (
            "client-hoist",
            "B",
            "perf(jobs): keep the sqs client in send",
        )


def test_a_profile_names_a_resource(tmp_path: Path) -> None:
    seen = hotspot(kind="cpu_self", locations=(at("/srv/shop/jobs.py", 15, "keep"),))
    (no,) = plan(msgspec.structs.replace(seen, patterns=()), repository(tmp_path, {"shop/jobs.py": JOBS}))
    assert isinstance(no, Refusal)
    assert (no.code, no.place) == ("R-SHARED-SESSION", "shop/jobs.py:keep")


def test_a_trace_shows_calls_of_a_loop(tmp_path: Path) -> None:
    seen = hotspot(SENT, kind="n_plus_one_http", transaction_name="notify")
    (patch,) = plan(seen, repository(tmp_path, {"shop/jobs.py": LOOP}))
    assert isinstance(patch, Patch)
    assert (patch.codemod, patch.loads[0].path) == ("aws-batch", "sqs.send_message")
    assert (patch.loads[0].statements_before, patch.loads[0].statements_after) == (50, 5)


def test_a_trace_shows_calls_of_a_helper_that_makes_its_client(tmp_path: Path) -> None:
    seen = hotspot(SENT, kind="n_plus_one_http", transaction_name="notify")
    (patch,) = plan(seen, repository(tmp_path, {"shop/jobs.py": JOBS}))
    assert isinstance(patch, Patch)
    assert (patch.codemod, patch.site.function) == ("client-hoist", "send")
