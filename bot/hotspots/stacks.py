"""What hotspots made of call stacks have in common: their entry, identity and source, whatever tool saw them."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from bot.hotspots.frames import Frame
from bot.hotspots.measure import timestamp
from bot.hotspots.route import canonical
from bot.hotspots.traces import Export
from bot.hotspots.values import LATEST_NS
from bot.records import Entry, Handler, Hotspot, HotspotKind, Location, Metrics, Source, Trust

_REQUEST = re.compile(r"(?P<method>[A-Z]{3,7}) +(?P<route>\S.*)")
Window = tuple[int | None, int | None]  # nanoseconds since 1970


def entry_of(label: str | None, served_by: Frame | None) -> Entry:
    """The entry that a profiler's label names ("GET /orders"), and the function that the stacks show to serve it."""
    named = None
    if served_by is not None:
        named = Handler(qualname=served_by.function or None, file=served_by.file, line=served_by.line)
    request = _REQUEST.fullmatch(label or "")
    if request is None:
        return Entry(type="unknown", transaction_name=label, handler=named)
    return Entry(
        type="http",
        method=request["method"],
        route_raw=request["route"],
        route_canonical=canonical(request["route"]),
        transaction_name=label,
        handler=named,
    )


def short(file: str) -> str:
    """The end of a path that is the same wherever the application was deployed."""
    return "/".join(file.replace("\\", "/").split("/")[-2:])


def identity(kind: HotspotKind, service: str | None, where: str, places: Iterable[str]) -> str:
    """The same for the same lines under the same entry from any profiler."""
    parts = (kind, service or "", where, *sorted(places))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def place_of(location: Location) -> str:
    """A location as identities name it: the line where it is exact, else the function."""
    at = location.line if location.precision == "exact_line" else location.function
    return f"{short(location.file)}:{at}"


def hotspot(  # noqa: PLR0913 - one parameter per part of the record
    kind: HotspotKind,
    export: Export,
    entry: Entry,
    locations: Sequence[Location],
    metrics: Metrics,
    trust: Trust,
    *,
    service: str | None = None,
    window: Window = (None, None),
    memory: dict[str, float] | None = None,
) -> Hotspot:
    """A hotspot without statements, identified by its entry and places."""
    return Hotspot(
        id=identity(kind, service, _where(kind, entry), map(place_of, locations)),
        kind=kind,
        source=Source(
            vendor=export.vendor,
            format=export.format,
            service=service,
            window_start=_time(window[0]),
            window_end=_time(window[1]),
        ),
        entry=entry,
        patterns=(),
        locations=tuple(locations),
        metrics=metrics,
        memory=memory,
        trust=trust,
    )


def _where(kind: HotspotKind, entry: Entry) -> str:
    if kind != "n_plus_one_db":  # a function that computes or a line that leaks is one problem, whoever calls it
        return ""
    if entry.route_canonical is not None:
        return f"{entry.method or ''} {entry.route_canonical}"
    handler = entry.handler
    return entry.transaction_name or (f"{short(handler.file or '')}:{handler.qualname}" if handler else "")


def _time(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else timestamp(min(max(0, nanoseconds), LATEST_NS))
