"""Statements per request: are those gone that the patch was to take out? Pure: counts in, a state out."""

from collections import Counter
from math import ceil, log

from bot.price.after.counts import Counts
from bot.records import Hotspot, Patch, Realisation, StatementCount, Structure
from bot.words import counted

ROOM = 1.1  # of the statements that are expected after, the query itself counted
WORSE = 1.5  # times as many as before: rows per request vary, the change of code must not be taken for that
PART = 0.5  # of what was to go, from which something was realised
DOUBT = 0.05
LEAST_REQUESTS = 3


def structure(hotspot: Hotspot, patch: Patch, before: Counts, after: Counts | None) -> Structure:
    """The statements of the patch before and after, and what they come to."""
    counts = _counts(hotspot, patch, before, after)
    state, reason = _state(counts, before, after)
    return Structure(
        state=state,
        reason=reason,
        counts=counts if after else (),
        requests_before=before.requests,
        requests_after=after.requests if after else 0,
        all_before=_rounded(before.every) if after else None,
        all_after=_rounded(after.every) if after else None,
    )


def requests_needed(share: float) -> int:
    """Requests after which code that shows itself in that share of them would have been seen with 95 % certainty."""
    if share >= 1:
        return LEAST_REQUESTS
    return max(LEAST_REQUESTS, ceil(log(DOUBT) / log(1 - share))) if share > 0 else LEAST_REQUESTS


def _counts(hotspot: Hotspot, patch: Patch, before: Counts, after: Counts | None) -> tuple[StatementCount, ...]:
    stays: Counter[str] = Counter()
    for load in patch.loads:
        stays[load.fingerprint] += load.statements_after
    statements = {pattern.fingerprint: pattern.statement for pattern in hotspot.patterns}
    return tuple(
        StatementCount(
            fingerprint=fingerprint,
            statement=statements[fingerprint],
            before=round(before.calls.get(fingerprint, 0.0), 4),
            expected=round(min(before.calls.get(fingerprint, 0.0), left), 4),
            after=round(after.calls.get(fingerprint, 0.0), 4) if after else 0.0,
        )
        for fingerprint, left in stays.items()
        if fingerprint in statements
    )


def _state(counts: tuple[StatementCount, ...], before: Counts, after: Counts | None) -> tuple[Realisation, str]:
    if not counts:
        return "pending", "the patch names no statement that the hotspot counts"
    if after is None:
        return "pending", "the exports after do not show the entry"
    was, expected, now = (sum(getattr(c, name) for c in counts) for name in ("before", "expected", "after"))
    if not was:
        return "pending", "the exports before do not show the statement"
    needed = requests_needed(max(before.seen.get(c.fingerprint, 0.0) for c in counts))
    if after.requests < needed:
        return "pending", f"{counted(after.requests, 'request')} after, at least {needed} are needed"
    moved = f"{was:,.4g} -> {now:,.4g} per request (expected at most {expected:,.4g})"
    if now > WORSE * was:
        return "regressed", f"more of the statement than before: {moved}"
    if now + 1 > ROOM * (expected + 1):
        part = was - now >= PART * (was - expected)
        return ("partly", f"part of the statement is gone: {moved}") if part else (
            "not realised", f"the statement still runs: {moved}"
        )  # fmt: skip
    if before.every is not None and after.every is not None and before.every - after.every < PART * (was - now):
        every = f"{before.every:,.4g} -> {after.every:,.4g}"
        return "not realised", f"the statement is gone, but others run in its place: all calls {every} per request"
    return "realised", moved


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
