"""How many repeated statements a patch takes out of one request.

The trace gives the size (repeats per request, p50), the rewrite gives what stays: nothing for a join, one statement for
a separate select. A patch cannot avoid more of a statement than the hotspot repeats.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from bot.records import Hotspot, Load, Patch, Pattern

SQL_KINDS = frozenset({"n_plus_one_db", "repeated_identical"})
# Calls of AWS that have a batch form: the price row of one request, or "" where the items of a batch are metered.
METERED: Mapping[str, str] = MappingProxyType(
    {
        "sqs.send_message": "sqs-standard",
        "sqs.delete_message": "sqs-standard",
        "sqs.change_message_visibility": "sqs-standard",
        "dynamodb.get_item": "",
        "dynamodb.put_item": "",
        "dynamodb.delete_item": "",
    }
)
_JOINS = frozenset({"joinedload", "contains_eager"})  # select_related is to-one by definition
_COLLECTIONS = frozenset({"parameter_equals_column", "link_table", "other"})  # "other" is not known to be to-one
_NS_PER_MS = 1_000_000
NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Repeat:
    """One repeated statement of a request, before and after the patch."""

    before: int
    after: int
    span_ms: float | None  # mean as the client saw it; None when the source has no duration
    sequential: float  # share that did not overlap: only that part shortens the request
    joined_collection: bool = False  # then bytes on the wire rise
    server_ms: float | None = None  # mean as the database itself measured it
    sku: str | None = None  # of a call of an API: what it is metered by; "" when by nothing that a batch saves
    is_whole: bool = False  # all that it costs, and not what the one statement in its place leaves of that

    @property
    def remaining(self) -> str:
        """The constant for the share of database CPU that stays: the one statement still finds and sends the rows."""
        return "database-cpu-stays-" + ("10" if self.before < 30 else "50" if self.before < 120 else "200")

    @property
    def avoided(self) -> int:
        """Statements that no longer run."""
        return self.before - self.after


def repeats(hotspot: Hotspot, patch: Patch, server_ms: Mapping[str, float] = NOTHING) -> tuple[Repeat, ...]:
    """The repeated SQL statements of a hotspot, each with what the patch leaves of it."""
    return tuple(
        replace(_repeat(pattern, patch), server_ms=server_ms.get(pattern.fingerprint))
        for pattern in hotspot.patterns
        if pattern.shape != "call"
    )


def as_they_are(hotspot: Hotspot) -> tuple[Repeat, ...]:
    """The repeated SQL statements of a hotspot that nobody touches."""
    return tuple(_as_is(pattern) for pattern in hotspot.patterns if pattern.shape != "call")


def calls(hotspot: Hotspot, patch: Patch) -> tuple[Repeat, ...]:
    """The repeated calls of an API that the patch makes in batches, where it is known what a batch saves."""
    names = {load.fingerprint: load.path for load in patch.loads if load.batched and load.path in METERED}
    return tuple(
        replace(_repeat(pattern, patch), sku=METERED[names[pattern.fingerprint]])
        for pattern in hotspot.patterns
        if pattern.shape == "call" and pattern.fingerprint in names
    )


def unmatched(hotspot: Hotspot, patch: Patch) -> tuple[Load, ...]:
    """Loads whose statement (or call) the hotspot does not repeat: nothing can be attributed to them."""
    is_sql = hotspot.kind in SQL_KINDS
    known = {pattern.fingerprint for pattern in hotspot.patterns if (pattern.shape != "call") is is_sql}
    return tuple(load for load in patch.loads if load.fingerprint not in known)


def wall_after_ns(before_ns: int, repeated: tuple[Repeat, ...], own_ms: float) -> int:
    """The request's p50 without the avoided statements: not below the statements that stay, and the root one.

    A statement takes its span, as the driver saw it, and `own_ms` of the application's CPU around it; of the time in
    which no statement runs, at most half is taken for the latter, since the rows must still be read and answered.
    """
    spans = [(repeat, repeat.span_ms) for repeat in repeated if repeat.span_ms is not None]
    before = before_ns / _NS_PER_MS
    avoided = sum(repeat.avoided * repeat.sequential * span for repeat, span in spans)
    stays = sum(repeat.after * span for repeat, span in spans) + max((span for _, span in spans), default=0.0)
    around = sum(repeat.avoided * repeat.sequential * own_ms for repeat, _ in spans)
    around = min(around, max(0.0, before - avoided - stays) / 2)
    return round(max(min(before, stays), before - avoided - around) * _NS_PER_MS)


def _as_is(pattern: Pattern) -> Repeat:
    return Repeat(
        before=pattern.count.p50,
        after=pattern.count.p50,
        span_ms=pattern.mean_ns / _NS_PER_MS if pattern.mean_ns > 0 else None,
        sequential=min(1.0, max(0.0, pattern.sequential)),
    )


def _repeat(pattern: Pattern, patch: Patch) -> Repeat:
    loads = [load for load in patch.loads if load.fingerprint == pattern.fingerprint]
    before = pattern.count.p50
    removed = min(before, sum(load.statements_before for load in loads)) - sum(load.statements_after for load in loads)
    return replace(
        _as_is(pattern),
        after=before - max(0, removed),
        joined_collection=pattern.shape in _COLLECTIONS and any(load.strategy in _JOINS for load in loads),
    )
