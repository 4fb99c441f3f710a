"""From an APM export to ranked hotspots: one reader per source, one detector, one ranking."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from bot.config import Config
from bot.errors import UserError
from bot.hotspots.detect import Export, detect
from bot.hotspots.losses import Losses
from bot.hotspots.rank import rank
from bot.hotspots.readers import reader_for
from bot.hotspots.source import Source, opened
from bot.hotspots.span import Span
from bot.hotspots.traces import Traces
from bot.records import Hotspot

__all__ = ["read"]


def read(paths: Sequence[str], config: Config) -> list[Hotspot]:
    """The hotspots in the files (`-` is standard input), dearest first.

    Files may be plain, gzip or zstd; a trace may be spread over them in any order. Nothing wrong in them is an empty
    list. What cannot be used of a file is counted on standard error and in the limits of the hotspots.

    Raises:
        UserError: an input that is not readable, of no known format, above `config.max_input_mb`, without any span,
            or whose database spans carry no SQL text.
    """
    found: list[Hotspot] = []
    traces: dict[Export, Traces] = {}
    advice: dict[Export, str] = {}
    losses: dict[Export, Losses] = defaultdict(Losses)
    for path in paths:
        with opened(path, config.max_input_mb) as source:
            reader = reader_for(source)
            export = Export(reader.VENDOR, reader.FORMAT)
            items = 0
            for item in reader.read(source):
                items += 1
                if isinstance(item, Span):
                    traces.setdefault(export, Traces()).add(item)
                else:
                    found.append(item)
            if source.losses.first and not items:
                raise source.losses.first
            _tell(source)
            losses[export].add(source.losses)
            if not items and reader.NO_STATEMENT:
                raise UserError(f"{source.label} holds no span; export a window with traffic.")
            advice.setdefault(export, f"{source.label}: database spans carry no SQL text; {reader.NO_STATEMENT}.")
    for export in sorted(traces):
        hotspots = detect(traces[export], export, config.minimum_repeats)
        if not hotspots and traces[export].without_statement and not traces[export].with_statement:
            raise UserError(advice[export])
        found += [_limited(hotspot, losses[export].sentences()) for hotspot in hotspots]
    return rank(_distinct(found))


def _tell(source: Source) -> None:
    """Says on standard error what of an input could not be used."""
    if sentences := source.losses.sentences():
        line = f"costmod: {source.label}: {'; '.join(sentences)}."
        sys.stderr.write("".join(character if character.isprintable() else "?" for character in line) + "\n")


def _limited(hotspot: Hotspot, limits: tuple[str, ...]) -> Hotspot:
    trust = msgspec.structs.replace(hotspot.trust, limits=hotspot.trust.limits + limits)
    return msgspec.structs.replace(hotspot, trust=trust) if limits else hotspot


def _distinct(hotspots: Iterable[Hotspot]) -> Iterable[Hotspot]:
    """One hotspot per id: of the same problem seen by two sources, the one seen at a line, then the dearer one."""
    best: dict[str, Hotspot] = {}
    for hotspot in sorted(hotspots, key=_evidence):
        best.setdefault(hotspot.id, hotspot)
    return best.values()


def _evidence(hotspot: Hotspot) -> tuple[bool, int, str]:
    exact = any(place.precision == "exact_line" for place in hotspot.locations)
    return not exact, -hotspot.metrics.total_ns, repr(hotspot)
