"""What entries consumed hour by hour, from files of one small format: CSV with a header, or JSON lines.

Columns: `hour` (RFC 3339, a full hour, UTC where no offset is given), `entry` (as the APM names it), `requests`, and,
as sums over the hour, `db_ms` (CPU of the database), `cpu_ms` (CPU of the application), `bytes` (between the two). A
resource that is not measured is left out or empty.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import msgspec

from bot.errors import UserError
from bot.hotspots.source import Source, opened
from bot.records import Metric, Record

RESOURCES: tuple[Metric, ...] = ("db_ms", "cpu_ms", "bytes")
_NEEDED = ("hour", "entry", "requests")
_LINE = msgspec.json.Decoder(dict[str, object])
LARGEST = 1e18


class Hour(Record, frozen=True, kw_only=True):
    """One hour of one entry; `at` counts hours since 1970, the amounts are sums."""

    at: int
    entry: str
    requests: float
    db_ms: float | None = None
    cpu_ms: float | None = None
    bytes: float | None = None


def read_series(paths: Sequence[str], max_input_mb: int) -> tuple[Hour, ...]:
    """The hours of all files (`-` is standard input), by entry and time.

    Raises:
        UserError: a file that cannot be read, a line that is no such hour, or two of one entry for the same hour.
    """
    found: dict[tuple[str, int], Hour] = {}
    for path in paths:
        with opened(path, max_input_mb) as source:
            for line, row in _rows(source):
                hour = _hour(row, f"{source.label}: line {line}")
                if found.setdefault((hour.entry, hour.at), hour) != hour:
                    raise UserError(
                        f"{source.label}: line {line}: {hour.entry!r} has two different rows for "
                        f"{moment_of(hour.at)}; keep one, or add them up."
                    )
    return tuple(found[key] for key in sorted(found))


def hour_of(text: str, where: str) -> int:
    """Hours since 1970 of a full hour.

    Raises:
        UserError: no time, or one within an hour.
    """
    moment = instant(text, where)
    if moment % 3600:
        raise UserError(f"{where}: {text[:40]!r} is no full hour; write for example 2026-11-01T13:00:00Z.")
    return moment // 3600


def instant(text: str, where: str) -> int:
    """Seconds since 1970 of an RFC 3339 time, UTC where it has no offset.

    Raises:
        UserError: no such time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UserError(f"{where}: {text[:40]!r} is no time; write for example 2026-11-01T13:00:00Z.") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def moment_of(at: int) -> str:
    """An hour since 1970 as RFC 3339."""
    return datetime.fromtimestamp(at * 3600, UTC).isoformat().replace("+00:00", "Z")


def _rows(source: Source) -> Iterator[tuple[int, dict[str, object]]]:
    text = io.TextIOWrapper(source, "utf-8-sig", errors="replace", newline="")
    try:
        yield from _json_lines(source, text) if source.head.lstrip()[:1] == b"{" else _csv(source, text)
    finally:
        text.detach()


def _json_lines(source: Source, lines: Iterable[str]) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, _LINE.decode(line)
            except msgspec.DecodeError as error:
                raise UserError(f"{source.label}: line {number}: no JSON object ({error}).") from error


def _csv(source: Source, lines: Iterable[str]) -> Iterator[tuple[int, dict[str, object]]]:
    rows: csv.DictReader[str] = csv.DictReader(lines)
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise UserError(f"{source.label}: no column {', '.join(missing)}; see docs/verify.md for the format.")
    for row in rows:
        yield rows.line_num, {name: cell for name, cell in row.items() if cell not in ("", None)}


def _hour(row: dict[str, Any], where: str) -> Hour:
    entry = row.get("entry")
    if not isinstance(entry, str) or not entry.strip():
        raise UserError(f"{where}: it names no entry; write for example GET /posts.")
    requests = _number(row, "requests", where)
    if requests is None:
        raise UserError(f"{where}: it has no requests.")
    amounts = {name: _number(row, name, where) for name in RESOURCES}
    return Hour(at=hour_of(str(row.get("hour", "")), where), entry=entry.strip(), requests=requests, **amounts)


def _number(row: dict[str, Any], name: str, where: str) -> float | None:
    value = row.get(name)
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(value, bool) or not isfinite(number) or not 0 <= number <= LARGEST:
        raise UserError(f"{where}: {name} is {str(value)[:40]!r}, expected a number from 0 on.")
    return number
