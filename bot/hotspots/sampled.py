"""Profiles of one format to hotspots."""

from collections.abc import Sequence

from bot.hotspots.computing import computing
from bot.hotspots.growth import series
from bot.hotspots.lazyloads import lazy_loads
from bot.hotspots.profile import Profile
from bot.hotspots.running import running
from bot.hotspots.traces import Export
from bot.records import Hotspot


def hotspots(profiles: Sequence[Profile], export: Export) -> list[Hotspot]:
    """The hotspots in profiles of one format, in no particular order; several files are parts of one profile."""
    found = series([(p.start_ns, p.end_ns, p.held) for p in profiles], export)
    for measure in sorted({profile.measure for profile in profiles}):
        parts = [profile for profile in profiles if profile.measure == measure]
        seen = running([sample for part in parts for sample in part.samples], measure)
        found += lazy_loads(seen, parts, export) + computing(seen, parts, export)
    return found
