"""How often the entries of hotspots run, from sources that count every request; these win over weights in spans."""

from collections.abc import Iterable, Iterator, Sequence
from math import fsum

import msgspec

from bot.hotspots.measure import SHORTEST_WINDOW_DAYS, per_month
from bot.hotspots.route import canonical, method_of
from bot.hotspots.traffic import Traffic
from bot.records import Hotspot, Volume


def with_traffic(hotspots: Iterable[Hotspot], traffic: Sequence[Traffic]) -> Iterator[Hotspot]:
    """The hotspots with the volume that the traffic tells for their entries; the others as they are."""
    for hotspot in hotspots:
        counted = [item for item in traffic if _is_of(item, hotspot)]
        yield _counted(hotspot, counted, traffic) if counted else hotspot


def _counted(hotspot: Hotspot, counted: Sequence[Traffic], traffic: Sequence[Traffic]) -> Hotspot:
    basis = max(item.basis for item in counted)  # a metric before a log, by the letter and by trust
    requests = fsum(item.requests for item in counted if item.basis == basis)
    window = _window([item for item in traffic if item.basis == basis], hotspot)  # one may cover a day, one a week
    value = per_month(requests, *window) if window else None
    if value is None:
        sampling = f"a {basis} counts the requests, but its window is unknown or under {SHORTEST_WINDOW_DAYS} days"
        return msgspec.structs.replace(hotspot, source=msgspec.structs.replace(hotspot.source, sampling=sampling))
    volume = Volume(value=value, basis="metric")
    return msgspec.structs.replace(
        hotspot,
        metrics=msgspec.structs.replace(hotspot.metrics, requests_per_month=volume),
        source=msgspec.structs.replace(hotspot.source, sampling=f"a {basis} counts the requests"),
    )


def _window(traffic: Iterable[Traffic], hotspot: Hotspot) -> tuple[int, int] | None:
    """From the first to the last moment that any entry of the service was counted."""
    items = [item for item in traffic if _same(item.service, hotspot.source.service)]
    starts = [item.start_ns for item in items if item.start_ns is not None]
    ends = [item.end_ns for item in items if item.end_ns is not None]
    return (min(starts), max(ends)) if starts and ends else None


def _is_of(item: Traffic, hotspot: Hotspot) -> bool:
    entry = hotspot.entry
    if not _same(item.service, hotspot.source.service):
        return False
    for name in (item.route, item.transaction):
        if name is not None and entry.route_canonical is not None:
            method = item.method or method_of(name)
            if _same(method, entry.method) and canonical(name) == entry.route_canonical:
                return True
    handler = entry.handler
    names = {entry.transaction_name, handler and handler.qualname and f"{handler.module or ''}:{handler.qualname}"}
    return item.transaction is not None and item.transaction in names


def _same(one: str | None, other: str | None) -> bool:
    """Whether two names can mean the same: what is not said contradicts nothing."""
    return one is None or other is None or one == other
