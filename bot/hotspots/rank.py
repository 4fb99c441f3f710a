"""The order in which hotspots are looked at."""

from collections.abc import Iterable
from typing import Literal

from bot.records import Hotspot

By = Literal["total", "p99", "cpu", "calls", "cost"]


def rank(hotspots: Iterable[Hotspot], by: By = "total") -> list[Hotspot]:
    """Dearest first: by total wall time, p99, CPU time or requests. Cost is told by `bot.price`; here it is total."""
    return sorted(hotspots, key=lambda hotspot: (-_amount(hotspot, by), -_avoidable(hotspot), *_last(hotspot)))


def _amount(hotspot: Hotspot, by: By) -> float:
    metrics = hotspot.metrics
    if by == "p99":
        return metrics.p99_ns
    if by == "cpu":
        return metrics.cpu_ns or 0
    if by == "calls":
        return metrics.requests_in_window
    return metrics.total_ns


def _avoidable(hotspot: Hotspot) -> int:
    return hotspot.metrics.avoidable_ns_per_request * hotspot.metrics.requests_in_window


def _last(hotspot: Hotspot) -> tuple[float, str]:
    return -(hotspot.metrics.share_of_service or 0), hotspot.id
