"""Collapsed stacks, one per line: `frame;frame;frame count`, root first (py-spy `-f raw`, Austin, perf)."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.errors import UserError
from bot.hotspots.frames import Frame
from bot.hotspots.profile import Measure, Profile, Sample
from bot.hotspots.source import Source
from bot.hotspots.values import LATEST_NS

TITLE = "collapsed stacks (py-spy raw, Austin, perf)"
VENDOR = "collapsed"
FORMAT = "collapsed"
NO_STATEMENT = ""

LINES_TO_JUDGE = 20
NS_PER_MICROSECOND = 1_000
SHORT_PATHS = "paths are shortened by the profiler; `py-spy --full-filenames` tells libraries apart for certain"
RUNNING = "only running threads are sampled; CPU time is not measured"
_VALUE = re.compile(r"(?P<value>\d{1,18})(?:,(?P<idle>[01]),-?\d+)?")
_PY_SPY = re.compile(r"(?P<function>.+) \((?P<file>[^()]+):(?P<line>\d{1,9})\)")
_PERF = re.compile(r"py::(?P<function>[^:]+):(?P<file>.+)")
_AUSTIN = re.compile(r"(?P<file>(?:[A-Za-z]:[\\/])?[^:]+):(?P<function>[^:]+):(?P<line>\d{1,9})(?::\d+){0,3}")
_AUSTIN_THREAD = re.compile(r"P\d+;T[\d:a-fx]+;")
_NOTE = re.compile(r"#\s*(?P<key>\w+):\s*(?P<value>.*)")


class Line(NamedTuple):
    """One line: frames as written, its number, and whether it is of the form that Austin writes."""

    frames: list[str]
    value: int
    idle: bool
    austin: bool


def sniff(head: bytes) -> bool:
    """Whether the first lines are stacks with a number, at least one frame of which names a Python file."""
    lines = head.decode("utf-8", "replace").splitlines()
    whole = lines[:-1] if len(lines) > 1 else lines
    stacks = [line for line in whole if line.strip() and not line.startswith("#")][:LINES_TO_JUDGE]
    read_ = [found for line in stacks if (found := _line(line))]
    return bool(stacks) and len(read_) == len(stacks) and any(_frame(f) for one in read_ for f in one.frames)


def read(source: Source) -> Iterator[Profile]:
    """The one profile of the stream.

    Raises:
        UserError: no line is a stack, or Austin measured memory.
    """
    samples, mode, austin, short = [], "wall", False, False
    for text in iter(source.readline, b""):
        line = text.decode("utf-8", "replace").rstrip("\r\n")
        if note := _NOTE.match(line):
            mode = note["value"].strip() if note["key"] == "mode" else mode
            continue
        found = _line(line)
        if found is None:
            if line.strip():
                source.drop("line that is no stack with a number")
            continue
        austin = austin or found.austin
        stack = tuple(_frame(text) or Frame("", text, None) for text in found.frames)
        short = short or any(frame.file.endswith(".py") and not _is_absolute(frame.file) for frame in stack)
        if stack and not found.idle:
            samples.append(_sample(stack, found, mode))
    if not samples:
        raise UserError(f"{source.label} holds no sample; record again while the application works.")
    if austin and mode not in ("wall", "cpu"):
        raise UserError(f"{source.label}: Austin measured {mode[:20]!r}; record again in its wall or CPU time mode.")
    measure: Measure = "running" if not austin else "cpu" if mode == "cpu" else "wall"
    limits = (*((SHORT_PATHS,) if short else ()), *((RUNNING,) if measure == "running" else ()))
    yield Profile(measure=measure, samples=tuple(samples), limits=limits)


def _line(text: str) -> Line | None:
    stack, _, value = text.strip().rpartition(" ")  # no stack: py-spy saw no Python frame
    found = _VALUE.fullmatch(value)
    if found is None:
        return None
    thread = _AUSTIN_THREAD.match(stack)
    frames = [frame for frame in stack[thread.end() if thread else 0 :].split(";") if frame]
    austin = thread is not None or found["idle"] is not None
    return Line(frames, int(found["value"]), found["idle"] == "1", austin)


def _sample(stack: tuple[Frame, ...], line: Line, mode: str) -> Sample:
    if not line.austin:
        return Sample(stack=stack, count=line.value)
    nanoseconds = min(line.value * NS_PER_MICROSECOND, LATEST_NS)
    if mode == "cpu":
        return Sample(stack=stack, count=1, cpu_ns=nanoseconds)
    return Sample(stack=stack, count=1, wall_ns=nanoseconds)


def _frame(text: str) -> Frame | None:
    for form in (_PY_SPY, _PERF, _AUSTIN):
        if found := form.fullmatch(text):
            line = found.groupdict().get("line")
            return Frame(found["file"], found["function"], int(line) or None if line else None)
    return None


def _is_absolute(file: str) -> bool:
    return file.startswith(("/", "<")) or file[1:3] in (":\\", ":/")
