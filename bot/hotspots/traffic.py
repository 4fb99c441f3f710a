"""How often an entry ran, counted by a source that samples nothing."""

from typing import Literal

import msgspec


class Traffic(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Requests of one entry in a window, as a metric or a log counts them; times in integer nanoseconds.

    The entry is named as the source names it: by route, or by the transaction where it knows no route.
    """

    requests: float
    service: str | None = None
    method: str | None = None
    route: str | None = None
    transaction: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    basis: Literal["metric", "log"] = "metric"
    p50_ns: int | None = None
    p99_ns: int | None = None
    total_ns: int | None = None
