"""From an APM export to ranked hotspots: one reader per source, one detector, one ranking."""

from collections.abc import Iterable, Sequence

from bot.config import Config
from bot.errors import UserError
from bot.hotspots.detect import Export, detect
from bot.hotspots.profile import Profile
from bot.hotspots.profile import hotspots as of_profiles
from bot.hotspots.rank import rank
from bot.hotspots.readers import reader_for
from bot.hotspots.source import opened
from bot.hotspots.span import Span
from bot.hotspots.traces import Traces
from bot.records import Hotspot

__all__ = ["read"]


def read(paths: Sequence[str], config: Config) -> list[Hotspot]:
    """The hotspots in the files (`-` is standard input), dearest first.

    Files may be plain or gzip; a trace may be spread over them in any order. Nothing wrong in them is an empty list.

    Raises:
        UserError: an input that is not readable, of no known format, above `config.max_input_mb`, without any span,
            or whose database spans carry no SQL text.
    """
    found: list[Hotspot] = []
    traces: dict[Export, Traces] = {}
    advice: dict[Export, str] = {}
    profiles: dict[Export, list[Profile]] = {}
    for path in paths:
        with opened(path, config.max_input_mb) as source:
            reader = reader_for(source)
            export = Export(reader.VENDOR, reader.FORMAT)
            spans = 0
            for item in reader.read(source):
                if isinstance(item, Span):
                    spans += 1
                    traces.setdefault(export, Traces()).add(item)
                elif isinstance(item, Profile):
                    profiles.setdefault(export, []).append(item)
                else:
                    found.append(item)
            if not spans and reader.NO_STATEMENT:
                raise UserError(f"{source.label} holds no span; export a window with traffic.")
            advice.setdefault(export, f"{source.label}: database spans carry no SQL text; {reader.NO_STATEMENT}.")
    for export in sorted(profiles):
        found += of_profiles(profiles[export], export)
    for export in sorted(traces):
        hotspots = detect(traces[export], export, config.minimum_repeats)
        if not hotspots and traces[export].without_statement and not traces[export].with_statement:
            raise UserError(advice[export])
        found += hotspots
    return rank(_distinct(found))


def _distinct(hotspots: Iterable[Hotspot]) -> Iterable[Hotspot]:
    """One hotspot per id: of the same problem seen by two sources, the one seen at a line, then the dearer one."""
    best: dict[str, Hotspot] = {}
    for hotspot in sorted(hotspots, key=_evidence):
        best.setdefault(hotspot.id, hotspot)
    return best.values()


def _evidence(hotspot: Hotspot) -> tuple[bool, int, str]:
    exact = any(place.precision == "exact_line" for place in hotspot.locations)
    return not exact, -hotspot.metrics.total_ns, repr(hotspot)
