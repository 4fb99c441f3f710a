"""One request that loops over a database, traced by the X-Ray SDK and put to X-Ray: `xray_traffic.py REPEATS`."""

import sys
from typing import Any

import boto3
from aws_xray_sdk.core import xray_recorder


class Kept:
    """In place of the daemon: keeps the documents."""

    def __init__(self) -> None:
        self.documents: list[str] = []

    def send_entity(self, entity: Any) -> None:
        """Takes in a finished segment."""
        self.documents.append(entity.serialize())

    def set_daemon_address(self, address: str) -> None:
        """There is none."""


kept = Kept()
xray_recorder.configure(service="shop", sampling=False, emitter=kept, streaming_threshold=5_000)
segment = xray_recorder.begin_segment("shop")
segment.put_http_meta("method", "GET")
segment.put_http_meta("url", "http://shop.example.com/orders?token=hidden")
segment.put_http_meta("status", 200)
for _ in range(int(sys.argv[1])):
    with xray_recorder.in_subsegment(
        "shop.db", namespace="remote"
    ) as query:  # the SDK's own drivers leave the text out
        query.set_sql(
            {"sanitized_query": "SELECT items.id FROM items WHERE items.order_id = ?", "database_type": "SQLite"}
        )
xray_recorder.end_segment()
failed = boto3.client("xray").put_trace_segments(TraceSegmentDocuments=kept.documents)["UnprocessedTraceSegments"]
sys.exit(str(failed) if failed or len(kept.documents) != 1 else 0)
