"""How often the entry is called: the setting first, then a metric; unknown stays unknown."""

from bot.config import PriceConfig
from bot.errors import UserError
from bot.hotspots.route import canonical
from bot.records import Entry, Hotspot, Volume

MOST = 1e15  # a year of the busiest sites; beyond it a number is a slip


def requests_per_month(hotspot: Hotspot, config: PriceConfig) -> Volume | None:
    """Requests per month of 730 hours.

    Raises:
        UserError: the setting has two different numbers for this entry.
    """
    given = {key: value for key, value in config.requests_per_month.items() if names(key, hotspot.entry)}
    if len(set(given.values())) > 1:
        keys = " and ".join(f'"{key}"' for key in sorted(given))
        raise UserError(f"settings: price.requests-per-month: {keys} name the same entry; keep one of them.")
    if given:
        return Volume(value=float(next(iter(given.values()))), basis="config")
    measured = hotspot.metrics.requests_per_month
    return measured if measured and 0 <= measured.value <= MOST else None


def names(key: str, entry: Entry) -> bool:
    """Whether a key such as "GET /posts/<int:id>" means this entry, in any framework's way to write a route."""
    if key == entry.transaction_name:
        return True
    route = entry.route_raw if entry.route_canonical is None else entry.route_canonical
    if route is None:
        return False
    method, _, path = key.strip().partition(" ")
    if not path:
        method, path = "", method
    return canonical(path) == canonical(route) and method.upper() in ("", (entry.method or "").upper())
