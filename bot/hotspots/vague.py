"""Hotspots of which only the number of calls is known: a hint, as long as nobody shows the calls themselves."""

from collections.abc import Iterable, Iterator

from bot.records import Hotspot

_DATABASE = frozenset({"n_plus_one_db", "repeated_identical", "slow_query"})


def without_vague(hotspots: Iterable[Hotspot], minimum_repeats: int) -> Iterator[Hotspot]:
    """All but those without any statement that stay below the minimum, or whose entry another one shows better."""
    everything = list(hotspots)
    shown = {key for hotspot in everything if not _is_vague(hotspot) for key in _entries(hotspot)}
    for hotspot in everything:
        enough = any(pattern.count.p50 >= minimum_repeats for pattern in hotspot.patterns)
        if not _is_vague(hotspot) or (enough and not shown.intersection(_entries(hotspot))):
            yield hotspot


def _is_vague(hotspot: Hotspot) -> bool:
    return bool(hotspot.patterns) and not any(pattern.statement for pattern in hotspot.patterns)


def _entries(hotspot: Hotspot) -> Iterator[tuple[object, ...]]:
    """The names under which two sources can speak of one entry; a service is not known to every source."""
    entry, database = hotspot.entry, hotspot.kind in _DATABASE
    if entry.route_canonical is not None:
        yield database, entry.method, entry.route_canonical
    if entry.transaction_name:
        yield database, entry.transaction_name
