"""What the requests of an entry cost: percentiles, totals and the volume per month."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, fsum, sqrt
from typing import TypeVar

from bot.hotspots.totals import EntryTotals
from bot.records import Count, Metrics, Pattern, Volume

HOURS_PER_MONTH = 730
SHORTEST_WINDOW_DAYS = 3
NANOSECONDS_PER_HOUR = 3_600_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = TypeVar("Value", bound=Hashable)


def metrics(totals: EntryTotals, patterns: Sequence[Pattern], volume: Volume | None, service_ns: int) -> Metrics:
    """The cost of an entry over all its requests, those without the pattern included; wall time throughout.

    `service_ns` is the time of all requests of the service.
    """
    durations = sorted(totals.durations)
    avoidable = sum(pattern.total_ns - pattern.traces * pattern.mean_ns for pattern in patterns)
    return Metrics(
        requests_in_window=totals.requests,
        requests_per_month=volume,
        p50_ns=percentile(durations, 50),
        p95_ns=percentile(durations, 95),
        p99_ns=percentile(durations, 99),
        total_ns=sum(durations),
        self_ns=totals.self_ns,
        db_ns=totals.db_ns,
        http_ns=totals.http_ns,
        avoidable_ns_per_request=avoidable // totals.requests,
        share_of_service=share(sum(pattern.total_ns for pattern in patterns), service_ns),
    )


def share(part: int, whole: int) -> float | None:
    """A part of a whole to four digits, never above 1 (calls may overlap); None where there is no whole."""
    return round(min(1.0, part / whole), 4) if whole else None


def spread(counts: Iterable[int]) -> Count:
    """Repeats per request, over the requests in which they repeat."""
    ordered = sorted(counts)
    return Count(p50=percentile(ordered, 50), p95=percentile(ordered, 95), max=ordered[-1])


def percentile(ordered: Sequence[int], percent: int) -> int:
    """The smallest value that at least `percent` per cent of the values do not exceed (nearest rank)."""
    return ordered[max(0, ceil(len(ordered) * percent / 100) - 1)]


def per_month(requests: float, start_ns: int, end_ns: int) -> float | None:
    """Requests per month of 730 hours, None where the window is shorter than three days.

    A shorter one says nothing about a month: days and nights, working days and weekends differ.
    """
    hours = (end_ns - start_ns) / NANOSECONDS_PER_HOUR
    return round(requests * HOURS_PER_MONTH / hours, 3) if hours >= SHORTEST_WINDOW_DAYS * 24 else None


def monthly_volume(totals: EntryTotals, window: tuple[int, int]) -> tuple[Volume | None, str]:
    """Requests per month, where every request says what it stands for, and the basis in words."""
    if len(totals.weights) < totals.requests:
        return None, "unknown"
    value = per_month(fsum(totals.weights), *window)
    if value is None:
        return None, f"weights in the spans, but the window is shorter than {SHORTEST_WINDOW_DAYS} days"
    return Volume(value=value, basis="span-weighted", cv=_cv(totals.weights)), "weights in the spans"


def _cv(weights: Sequence[float]) -> float | None:
    """How far a sum of weights strays: each span was kept with the chance 1 / weight. None where all were kept."""
    variance = fsum(weight * (weight - 1) for weight in weights)
    return round(sqrt(variance) / fsum(weights), 4) if variance > 0 else None


def commonest(counts: Counter[Value]) -> Value | None:
    """The value seen most often; equal counts are decided by the text of the value."""
    return min(counts, key=lambda value: (-counts[value], repr(value)), default=None)


def timestamp(nanoseconds: int) -> str:
    """RFC 3339 UTC, to the millisecond."""
    moment = EPOCH + timedelta(milliseconds=nanoseconds // 1_000_000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
