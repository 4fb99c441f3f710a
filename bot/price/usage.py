"""Hours of one resource, from a CSV that a monitoring system exports: what it used, how high it went."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from math import ceil, isfinite
from pathlib import Path

from bot.errors import UserError
from bot.words import counted

COLUMNS = ("hour", "vcpu", "peak_vcpu", "memory_gib", "connections", "requests")
FEWEST_HOURS = 72
HIGH = 0.995


@dataclass(frozen=True)
class Usage:
    """One value per hour, in the order of time; what is not measured is empty. `requests` are those of the entry."""

    start: datetime
    vcpu: tuple[float, ...]
    peak_vcpu: tuple[float, ...] = ()
    memory_gib: tuple[float, ...] = ()
    connections: tuple[float, ...] = ()
    requests: tuple[float, ...] = ()

    @property
    def mean_vcpu(self) -> float:
        """Mean of the vCPUs in use."""
        return sum(self.vcpu) / len(self.vcpu)

    @cached_property
    def high_vcpu(self) -> float:
        """The 99.5th percentile (nearest rank) of the hours' peaks, or of their means where no peak is measured."""
        ordered = sorted(self.peak_vcpu or self.vcpu)
        return ordered[ceil(HIGH * len(ordered)) - 1]

    @cached_property
    def profile(self) -> tuple[float, ...]:
        """How much of the entry's work falls into each hour, 1 on average: by its requests, or else as the CPU goes."""
        shape = self.requests if sum(self.requests) > 0 else self.vcpu
        total = sum(shape)
        return tuple(value * len(shape) / total for value in shape) if total else (1.0,) * len(shape)

    @property
    def digest(self) -> str:
        """sha256 of the values."""
        return sha256(repr((self.start.isoformat(), *(getattr(self, n) for n in COLUMNS[1:]))).encode()).hexdigest()


def read_usage(path: Path) -> Usage:
    """The hours in a CSV with the columns `hour` and `vcpu`, and any others of `COLUMNS`.

    Raises:
        UserError: it cannot be read, lacks a column, holds a value that is no number, is no row per hour, or is short.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: the usage cannot be read ({error}).") from error
    names = rows[0].keys() if rows else set()
    if missing := [name for name in COLUMNS[:2] if name not in names]:
        raise UserError(f"{path}: the usage has no column {', '.join(missing)}.")
    hours = [_hour(row["hour"], path) for row in rows]
    if any((later - earlier).total_seconds() != 3600 for earlier, later in pairwise(hours)):
        raise UserError(f"{path}: the usage should have one row for each hour, in the order of time.")
    if len(rows) < FEWEST_HOURS:
        raise UserError(f"{path}: the usage covers {counted(len(rows), 'hour')}; at least {FEWEST_HOURS} are needed.")
    return Usage(hours[0], *(_numbers(rows, name, path) for name in COLUMNS[1:]))


def _hour(text: str | None, path: Path) -> datetime:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        raise UserError(f"{path}: {text!r} is no hour such as 2026-11-01T13:00:00Z.") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _numbers(rows: Sequence[dict[str, str]], name: str, path: Path) -> tuple[float, ...]:
    if name not in rows[0]:
        return ()
    try:
        values = tuple(float(row[name]) for row in rows)
    except (TypeError, ValueError):
        raise UserError(f"{path}: the column {name} holds a value that is no number.") from None
    if any(not isfinite(value) or value < 0 for value in values):
        raise UserError(f"{path}: the column {name} holds a value below nothing or without end.")
    return values
