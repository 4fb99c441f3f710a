"""Reads exports and adds their requests up, in bounded memory and, where a file is large, with every processor.

Up to `HELD_NODES` spans stay in memory. Beyond that they go to disk, bucket by bucket, and the detector takes them from
there; a large file of lines is read in as many parts as there are processors.
"""

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.errors import UserError
from bot.hotspots.focus import Alarm, Focus, focus_of
from bot.hotspots.loops import Limits, requests_in
from bot.hotspots.losses import Losses
from bot.hotspots.plaintraces import Plain
from bot.hotspots.profile import Profile
from bot.hotspots.readers import Reader, named, reader_for
from bot.hotspots.source import Source, opened, opened_part, parts_of
from bot.hotspots.span import Span
from bot.hotspots.spill import Spill, SpillFile, bucket_of
from bot.hotspots.totals import Totals, add_up, merged
from bot.hotspots.traces import Call, Export, Node, Traces, whole
from bot.hotspots.traffic import Traffic
from bot.hotspots.verdict import Verdict
from bot.records import Hotspot

if TYPE_CHECKING:
    from concurrent.futures import Executor

HELD_NODES = 100_000  # some 60 MB
BUCKETS = 64
BYTES_PER_PROCESS = 32 << 20  # below it another process does not pay for its start


@dataclass
class Seen:
    """What the spans of one export came to; `totals` when all is read, `nodes` and `files` before."""

    totals: Totals = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    start_ns: int | None = None
    end_ns: int = 0
    with_statement: int = 0
    without_statement: int = 0
    advice: str = ""
    nodes: dict[str, list[Node]] = field(default_factory=dict)
    files: list[SpillFile] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    plain: Totals = field(default_factory=dict)  # of traces that are added up already

    @property
    def held(self) -> int:
        """Nodes in memory."""
        return sum(map(len, self.nodes.values()))

    def merge(self, other: "Seen | Traces | Plain") -> None:
        """Takes in what another reading of the same export saw, in any order."""
        for fingerprint, call in other.calls.items():
            self.calls[fingerprint] = min(call, self.calls.get(fingerprint, call))
        starts = [start for start in (self.start_ns, other.start_ns) if start is not None]
        self.start_ns = min(starts, default=None)
        self.end_ns = max(self.end_ns, other.end_ns)
        self.with_statement += other.with_statement
        self.without_statement += other.without_statement
        if isinstance(other, Plain):
            self.plain = other.totals
            return
        for trace_id, nodes in other.nodes.items():
            self.nodes.setdefault(trace_id, []).extend(nodes)
        if isinstance(other, Seen):
            self.plain = merged([self.plain, other.plain])
            self.files += other.files
            self.losses.add(other.losses)
            self.advice = self.advice or other.advice

    def spill(self, path: Path) -> None:
        """Moves the nodes in memory to disk."""
        file = Spill(path, BUCKETS)
        file.write(self.nodes)
        self.files.append(file.finished())
        self.nodes = {}


@dataclass
class Ingested:
    """Everything that the inputs hold."""

    exports: dict[Export, Seen] = field(default_factory=dict)
    hotspots: list[Hotspot] = field(default_factory=list)
    traffic: list[Traffic] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    focus: tuple[Focus, ...] = ()
    notes: tuple[str, ...] = ()  # sentences for whoever reads
    profiles: dict[Export, list[Profile]] = field(default_factory=dict)
    losses: Losses = field(default_factory=Losses)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but spans, if that."""
        return not (self.hotspots or self.traffic or self.verdicts or self.alarms or self.profiles)

    def take(self, item: Hotspot | Profile | Traffic | Verdict | Alarm, export: Export) -> None:
        """Takes in what is no span."""
        match item:
            case Traffic():
                self.traffic.append(item)
            case Verdict():
                self.verdicts.append(item)
            case Alarm():
                self.alarms.append(item)
            case Profile():
                self.profiles.setdefault(export, []).append(item)
            case _:
                self.hotspots.append(item)

    def merge(self, other: "Ingested") -> None:
        """Takes in what another part or file holds."""
        self.hotspots += other.hotspots
        self.traffic += other.traffic
        self.verdicts += other.verdicts
        self.alarms += other.alarms
        for export, profiles in other.profiles.items():
            self.profiles.setdefault(export, []).extend(profiles)
        self.losses.add(other.losses)
        for export, seen in other.exports.items():
            self.exports.setdefault(export, Seen()).merge(seen)


def collect(paths: Sequence[str], limits: Limits, max_input_mb: int, alarm_services: Mapping[str, str]) -> Ingested:
    """Reads the inputs (`-` is standard input) and adds up the requests of every export.

    Alarms among them narrow that to the service that `alarm_services` names for a dimension, and to their time.

    Raises:
        UserError: see `bot.hotspots.read`.
    """
    with TemporaryDirectory(prefix="costmod-spans-") as folder, _Processes() as processes:
        found = Ingested()
        for number, path in enumerate(paths):
            alone = limits if len(paths) == 1 else None
            file = _read_path(path, max_input_mb, processes, Path(folder) / str(number), alone)
            _tell("standard input" if path == "-" else path, file.losses)
            found.merge(file)
            for place, seen in enumerate(found.exports.values()):
                if seen.held > HELD_NODES or (seen.held and seen.files):
                    seen.spill(Path(folder) / f"{number}-rest-{place}")
        found.focus, found.notes = focus_of(found.alarms, alarm_services)
        limits = limits._replace(focus=found.focus)
        for seen in found.exports.values():
            seen.totals = _totals(seen, limits, processes)
        return found


def _tell(label: str, losses: Losses) -> None:
    """Says on standard error what of an input could not be used."""
    if sentences := losses.sentences():
        line = f"costmod: {label}: {'; '.join(sentences)}."
        sys.stderr.write("".join(character if character.isprintable() else "?" for character in line) + "\n")


class _Processes:
    """A pool of processes that starts when it is first needed."""

    def __init__(self) -> None:
        self.count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._pool: Executor | None = None

    def pool(self) -> "Executor":
        """The pool, started."""
        import multiprocessing  # here, because few exports are that large
        from concurrent.futures import ProcessPoolExecutor

        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            # A worker keeps much and throws away little, and nothing of it in cycles: collecting costs a third.
            self._pool = ProcessPoolExecutor(self.count, context, initializer=gc.disable)
        return self._pool

    def __enter__(self) -> "_Processes":
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _read_path(path: str, limit_mb: int, processes: _Processes, spill: Path, alone: Limits | None) -> Ingested:
    """All items of an input; `alone` are the limits where it is the only one, and nothing else can change them."""
    with opened(path, limit_mb) as source:
        reader = reader_for(source)
        parts = parts_of(path, BYTES_PER_PROCESS, processes.count) if getattr(reader, "LINES", False) else []
        if len(parts) < 2:
            return _read_source(source, reader, spill, keep=True, alone=alone)
    found = Ingested()
    try:
        spills = [spill.with_name(f"{spill.name}-{number}") for number in range(len(parts))]
        for part in processes.pool().map(partial(_read_part, path, reader.FORMAT), parts, spills):
            found.merge(part)
    except UserError:  # an error in a part does not know its line
        with opened(path, limit_mb) as source:
            return _read_source(source, reader, spill, keep=True)
    return found


def _read_part(path: str, format_: str, part: tuple[int, int], spill: Path) -> Ingested:
    with opened_part(path, *part) as source:
        return _read_source(source, named(format_), spill, keep=False)


def _read_source(source: Source, reader: Reader, spill: Path, *, keep: bool, alone: Limits | None = None) -> Ingested:
    """All items of a source; with `keep`, the last `HELD_NODES` nodes stay in memory."""
    found, traces, file = Ingested(losses=source.losses), Traces(), None
    export = Export(reader.VENDOR, reader.FORMAT)
    plain: Plain | None = None
    whole_table = getattr(reader, "read_whole", None) if alone else None
    for item in whole_table(source, alone) if whole_table else reader.read(source):
        if isinstance(item, Plain):
            plain = item
        elif isinstance(item, Span):
            traces.add(item)
            if traces.held >= HELD_NODES:
                file = file or Spill(spill, BUCKETS)
                file.write(traces.nodes)
                traces.forget()
        else:
            found.take(item, export)
    empty = traces.start_ns is None and (plain is None or plain.start_ns is None)
    if empty and keep and found.is_empty:
        if source.losses.first:
            raise source.losses.first
        if reader.NO_STATEMENT:
            raise UserError(f"{source.label} holds no span; export a window with traffic.")
    found.hotspots = source.losses.limit(found.hotspots)
    if export in found.profiles:
        limits = source.losses.sentences()
        found.profiles[export] = [replace(p, limits=p.limits + limits) for p in found.profiles[export]]
    if not empty:
        seen = found.exports[export] = Seen(losses=source.losses)
        seen.advice = f"{source.label}: database spans carry no SQL text; {reader.NO_STATEMENT}."
        if file or not keep:
            file = file or Spill(spill, BUCKETS)
            file.write(traces.nodes)
            traces.forget()
            seen.files.append(file.finished())
        seen.merge(traces)
        if plain is not None:
            seen.merge(plain)
    return found


def _totals(seen: Seen, limits: Limits, processes: _Processes) -> Totals:
    if not seen.files:
        return merged([seen.plain, add_up(requests_in(whole(seen.nodes), limits))])
    work = partial(_bucket_totals, tuple(seen.files), limits)
    shares = [range(first, BUCKETS, processes.count * 2) for first in range(processes.count * 2)]
    return merged([seen.plain, *processes.pool().map(work, shares)])


def _bucket_totals(files: Sequence[SpillFile], limits: Limits, buckets: range) -> Totals:
    return merged([add_up(requests_in(whole(bucket_of(files, number)), limits)) for number in buckets])
