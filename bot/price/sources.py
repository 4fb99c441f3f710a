"""What is looked at besides hotspot, patch and proof: the bill, hours of its resources, statements on the server."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import PriceConfig
from bot.errors import UserError
from bot.price.bill.charges import Bill
from bot.price.usage import Usage, read_usage
from bot.records import Hotspot

_SERVER_SIDE = frozenset({"postgresql", "mysql"})
_NS_PER_MS = 1_000_000


@dataclass(frozen=True)
class Sources:
    """All of it may be missing; then constants and list prices stand in, and the grade says so."""

    bill: Bill | None = None
    usage: Mapping[str, Usage] = field(default_factory=dict)  # by the `id` of the setting
    statements: Mapping[str, float] = field(default_factory=dict)  # fingerprint -> mean ms, as the server measured it


def read_sources(config: PriceConfig, repository: Path, hotspots: Iterable[Hotspot] = ()) -> Sources:
    """What the settings name, relative to the repository.

    Raises:
        UserError: a file that is missing or cannot be used.
    """
    bill = None
    if config.bill:
        from bot.price.bill.read import read_bill  # loads DuckDB

        bill = read_bill([path for pattern in config.bill for path in _matching(repository, pattern)])
    usage = {known.id: read_usage(repository / known.usage) for known in config.resources if known.usage}
    return Sources(bill, usage, server_side(hotspots))


def server_side(hotspots: Iterable[Hotspot]) -> dict[str, float]:
    """Mean milliseconds of statements as a database has measured them, by fingerprint; the slowest report counts."""
    found: dict[str, float] = {}
    for hotspot in hotspots:
        if hotspot.source.vendor in _SERVER_SIDE:
            for pattern in hotspot.patterns:
                if pattern.mean_ns > 0:
                    known = found.get(pattern.fingerprint, 0.0)
                    found[pattern.fingerprint] = max(known, pattern.mean_ns / _NS_PER_MS)
    return found


def _matching(repository: Path, pattern: str) -> list[Path]:
    if not any(sign in pattern for sign in "*?["):
        return [repository / pattern]
    found = sorted(repository.glob(pattern)) if not Path(pattern).is_absolute() else []
    if not found:
        raise UserError(f"price.bill: no file matches {pattern!r} in {repository}.")
    return found
