"""What a vendor's own detector said about statements: a reason to believe ours, not a hotspot of its own."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from bot.records import Hotspot


class Verdict(NamedTuple):
    """The fingerprints that a vendor reported, and its finding in words."""

    fingerprints: frozenset[str]
    reason: str


SURER = 0.04  # added to the confidence: another pair of eyes on the same spans


def confirmed(hotspots: Iterable[Hotspot], verdicts: Sequence[Verdict]) -> list[Hotspot]:
    """The hotspots, those with a reason more that have a reported statement among their patterns."""
    return [_with_reasons(hotspot, _reasons(hotspot, verdicts)) for hotspot in hotspots]


def _reasons(hotspot: Hotspot, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    prints = {pattern.fingerprint for pattern in hotspot.patterns}
    return tuple(sorted({verdict.reason for verdict in verdicts if prints & verdict.fingerprints}))


def _with_reasons(hotspot: Hotspot, reasons: tuple[str, ...]) -> Hotspot:
    if not reasons:
        return hotspot
    trust = hotspot.trust
    confidence = min(0.99, round(trust.confidence + SURER, 2))
    return replace(hotspot, trust=replace(trust, confidence=confidence, reasons=(*trust.reasons, *reasons)))
