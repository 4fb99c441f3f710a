"""How often each statement ran per request of an entry, in any export that costmod reads, repeated or not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.config import Config
from bot.errors import UserError
from bot.hotspots.ingest import Ingested, collect
from bot.hotspots.loops import EntryKey, Limits
from bot.hotspots.measure import timestamp
from bot.hotspots.totals import EntryTotals
from bot.records import Entry, Hotspot, Record

_NEVER_SLOW = 1 << 62
_EVERY_CALL = Limits(repeats=1, slow_ns=_NEVER_SLOW)


class Counts(Record, frozen=True, kw_only=True):
    """The calls of one entry in one window, as means per request."""

    requests: int
    calls: dict[str, float]  # by fingerprint
    seen: dict[str, float]  # share of the requests in which it ran
    every: float | None = None  # calls of all kinds; None where the source shows only what repeats
    start: str | None = None
    end: str | None = None
    releases: tuple[str, ...] = ()


def of_exports(paths: Sequence[str], hotspot: Hotspot, config: Config) -> Counts | None:
    """The calls of the hotspot's entry in the exports; None where they do not show the entry.

    Raises:
        UserError: an export that cannot be read.
    """
    found = collect(paths, _EVERY_CALL, config.max_input_mb, {})
    traced = _of_traces(found, hotspot)
    return traced if traced is not None else _of_hotspots(found.hotspots, hotspot)


def of_hotspot(hotspot: Hotspot) -> Counts:
    """The calls that the hotspot itself names."""
    requests = hotspot.metrics.requests_in_window
    return Counts(
        requests=requests,
        calls={pattern.fingerprint: pattern.spans / max(requests, 1) for pattern in hotspot.patterns},
        seen={pattern.fingerprint: min(1.0, pattern.traces / max(requests, 1)) for pattern in hotspot.patterns},
        start=hotspot.source.window_start,
        end=hotspot.source.window_end,
        releases=(hotspot.source.release,) if hotspot.source.release else (),
    )


def _of_traces(found: Ingested, hotspot: Hotspot) -> Counts | None:
    service = hotspot.source.service
    exports = [
        seen for seen in found.exports.values() if any(is_of(key, hotspot.entry, service) for key in seen.totals)
    ]
    entries = [e for seen in exports for key, e in seen.totals.items() if is_of(key, hotspot.entry, service)]
    requests = sum(entry.requests for entry in entries)
    if not requests:
        return None
    starts = [seen.start_ns for seen in exports if seen.start_ns is not None]
    return Counts(
        requests=requests,
        calls={call: total / requests for call, total in _spans(entries).items()},
        seen={call: total / requests for call, total in _traces(entries).items()},
        every=sum(sum(calls.repeats) for entry in entries for calls in entry.loops.values()) / requests,
        start=timestamp(min(starts)) if starts else None,
        end=timestamp(max(seen.end_ns for seen in exports)),
        releases=tuple(sorted({release for entry in entries for release in entry.releases})),
    )


def _of_hotspots(hotspots: Iterable[Hotspot], wanted: Hotspot) -> Counts | None:
    """The same from a source that gives whole hotspots: the one with most requests of each entry speaks for it."""
    same = [h for h in hotspots if _same_entry(h.entry, wanted.entry) and h.metrics.requests_in_window]
    if not same:
        return None
    calls: dict[str, float] = {}
    seen: dict[str, float] = {}
    for hotspot in same:
        counts = of_hotspot(hotspot)
        calls |= counts.calls
        seen |= counts.seen
    largest = of_hotspot(max(same, key=lambda h: h.metrics.requests_in_window))
    return Counts(
        requests=largest.requests, calls=calls, seen=seen, start=largest.start, end=largest.end,
        releases=largest.releases,
    )  # fmt: skip


def is_of(key: EntryKey, entry: Entry, service: str | None) -> bool:
    """Whether requests of that key are requests of the entry; a service that is not named contradicts nothing."""
    if None not in (key.service, service) and key.service != service:
        return False
    if entry.route_canonical is not None:
        return key.route == entry.route_canonical and (None in (key.method, entry.method) or key.method == entry.method)
    return key.route is None and key.name is not None and key.name == entry.transaction_name


def _same_entry(one: Entry, other: Entry) -> bool:
    if other.route_canonical is not None:
        return (one.route_canonical, one.method) == (other.route_canonical, other.method)
    return one.transaction_name is not None and one.transaction_name == other.transaction_name


def _spans(entries: Iterable[EntryTotals]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for entry in entries:
        found.update({call: sum(totals.repeats) for call, totals in entry.loops.items()})
    return found


def _traces(entries: Iterable[EntryTotals]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for entry in entries:
        found.update({call: len(totals.repeats) for call, totals in entry.loops.items()})
    return found


def require_after(counts: Counts, deployed: str | None, seconds: int | None) -> None:
    """Refuse a window after that starts before the deployment: it would mix the old code in.

    Raises:
        UserError: it does.
    """
    from bot.price.after.series import instant

    if seconds is not None and counts.start and instant(counts.start, "the exports after") < seconds:
        raise UserError(
            f"the exports after begin at {counts.start}, before the deployment at {deployed}; export what came later."
        )
