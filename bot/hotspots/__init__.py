"""From an APM export to ranked hotspots: one reader per source, one detector, one ranking."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what an export that was read before does not pay for
    from bot.config import Config
    from bot.records import Hotspot

__all__ = ["read"]

NANOSECONDS_PER_MS = 1_000_000


def read(paths: Sequence[str], config: "Config") -> "list[Hotspot]":
    """The hotspots in the files (`-` is standard input), dearest first.

    Files may be plain, gzip or zstd; a trace may be spread over them in any order. Nothing wrong in them is an empty
    list. What cannot be used of a file is counted on standard error and in the limits of the hotspots.

    Raises:
        UserError: an input that is not readable, of no known format, above `config.max_input_mb`, without any span,
            or whose database spans carry no SQL text.
    """
    from bot.errors import UserError
    from bot.hotspots.detect import detect
    from bot.hotspots.focus import in_focus
    from bot.hotspots.ingest import collect
    from bot.hotspots.loops import Limits
    from bot.hotspots.rank import rank
    from bot.hotspots.sampled import hotspots as of_profiles
    from bot.hotspots.vague import without_vague
    from bot.hotspots.verdict import confirmed
    from bot.hotspots.volume import with_traffic

    limits = Limits(config.minimum_repeats, config.slow_statement_ms * NANOSECONDS_PER_MS)
    found = collect(paths, limits, config.max_input_mb, config.alarm_services)
    for note in found.notes:
        sys.stderr.write("".join(c if c.isprintable() else "?" for c in f"costmod: {note}") + "\n")
    if found.alarms and not found.exports and not found.hotspots and not found.profiles:
        raise UserError("an alarm only tells when to look, and at which service; name an export of traces beside it.")
    if found.traffic and not (found.exports or found.hotspots or found.profiles):
        sys.stderr.write("costmod: only request counts are in the inputs; hotspots come from traces beside them.\n")
    hotspots = found.hotspots
    for export, profiles in sorted(found.profiles.items(), key=lambda item: item[0]):
        hotspots += of_profiles(profiles, export)
    hotspots = [h for h in hotspots if in_focus(found.focus, h.source.service, *_window(h))]
    for export, seen in sorted(found.exports.items()):
        detected = detect(seen.totals, seen.calls, (seen.start_ns or 0, seen.end_ns), export)
        if not detected and seen.without_statement and not seen.with_statement:
            raise UserError(seen.advice)
        hotspots += seen.losses.limit(detected)
    hotspots = list(without_vague(hotspots, config.minimum_repeats))
    return rank(with_traffic(confirmed(_distinct(hotspots), found.verdicts), found.traffic))


def _window(hotspot: "Hotspot") -> tuple[int | None, int | None]:
    """When a hotspot that a source gives whole was seen, in nanoseconds since 1970."""
    from bot.hotspots.moments import moment

    source = hotspot.source
    start, end = (moment(t, "the window") if t else None for t in (source.window_start, source.window_end))
    return start, end


def _distinct(hotspots: "Iterable[Hotspot]") -> "Iterable[Hotspot]":
    """One hotspot per id: of the same problem seen by two sources, the one seen at a line, then the dearer one."""
    best: dict[str, Hotspot] = {}
    for hotspot in sorted(hotspots, key=_evidence):
        best.setdefault(hotspot.id, hotspot)
    return best.values()


def _evidence(hotspot: "Hotspot") -> tuple[bool, int, str]:
    exact = any(place.precision == "exact_line" for place in hotspot.locations)
    return not exact, -hotspot.metrics.total_ns, repr(hotspot)
