"""From an APM export to ranked hotspots: one reader per source, one detector, one ranking."""

from collections.abc import Iterable, Sequence

from bot.config import Config
from bot.errors import UserError
from bot.hotspots.detect import detect
from bot.hotspots.ingest import collect
from bot.hotspots.loops import Limits
from bot.hotspots.profile import hotspots as of_profiles
from bot.hotspots.rank import rank
from bot.hotspots.volume import with_traffic
from bot.records import Hotspot

__all__ = ["read"]

NANOSECONDS_PER_MS = 1_000_000


def read(paths: Sequence[str], config: Config) -> list[Hotspot]:
    """The hotspots in the files (`-` is standard input), dearest first.

    Files may be plain, gzip or zstd; a trace may be spread over them in any order. Nothing wrong in them is an empty
    list. What cannot be used of a file is counted on standard error and in the limits of the hotspots.

    Raises:
        UserError: an input that is not readable, of no known format, above `config.max_input_mb`, without any span,
            or whose database spans carry no SQL text.
    """
    limits = Limits(config.minimum_repeats, config.slow_statement_ms * NANOSECONDS_PER_MS)
    found = collect(paths, limits, config.max_input_mb)
    hotspots = found.hotspots
    for export, profiles in sorted(found.profiles.items(), key=lambda item: item[0]):
        hotspots += of_profiles(profiles, export)
    for export, seen in sorted(found.exports.items()):
        detected = detect(seen.totals, seen.calls, (seen.start_ns or 0, seen.end_ns), export)
        if not detected and seen.without_statement and not seen.with_statement:
            raise UserError(seen.advice)
        hotspots += seen.losses.limit(detected)
    return rank(with_traffic(_distinct(hotspots), found.traffic))


def _distinct(hotspots: Iterable[Hotspot]) -> Iterable[Hotspot]:
    """One hotspot per id: of the same problem seen by two sources, the one seen at a line, then the dearer one."""
    best: dict[str, Hotspot] = {}
    for hotspot in sorted(hotspots, key=_evidence):
        best.setdefault(hotspot.id, hotspot)
    return best.values()


def _evidence(hotspot: Hotspot) -> tuple[bool, int, str]:
    exact = any(place.precision == "exact_line" for place in hotspot.locations)
    return not exact, -hotspot.metrics.total_ns, repr(hotspot)
