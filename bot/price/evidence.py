"""The numbers of one calculation and where each comes from; their hash is the seed."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from math import sqrt

import msgspec

from bot.config import PriceConfig
from bot.price.billed import Billing
from bot.price.factors import Factor, constants
from bot.price.modes import Mode
from bot.price.repeats import Repeat
from bot.price.sources import Sources
from bot.price.table import PriceRow
from bot.records import Hotspot, Input, Patch, Proof, Volume

_VOLUME_ORIGIN = {
    "config": "config (price.requests-per-month)",
    "metric": "metric of the APM (not sampled)",
    "span-weighted": "spans x their sampling weights",
}
_SEEDING = frozenset({"application", "database", "access_layer", "round_trip_ms", "cross_az_share"})
_PER_MONTH = "requests per month of 730 h"


def seed(hotspot: Hotspot, patch: Patch, proof: Proof | None, config: PriceConfig, sources: Sources) -> str:
    """sha256 of what was looked at; of files their content counts, not where they lie.

    Volumes are left out on purpose: with the same draws twice the traffic is exactly twice the amount, and the volume
    of one entry does not move the digits of another.
    """
    settings = {name: value for name, value in asdict(config).items() if name in _SEEDING}
    looked_at: list[object] = [hotspot.id, patch.fingerprint, proof.commit if proof else "", settings]
    if sources.bill is not None:
        usage = [sources.usage[name].digest for name in sorted(sources.usage)]
        looked_at += [sources.bill.digest, usage, [asdict(known) | {"usage": None} for known in config.resources]]
    return sha256(msgspec.json.encode(looked_at, order="sorted")).hexdigest()


def factors(
    modes: tuple[Mode, ...],
    config: PriceConfig,
    adjust: Callable[[Factor], Factor] = lambda factor: factor,
    *,
    repeated: tuple[Repeat, ...] = (),
    volume: Volume | None = None,
    billing: Billing | None = None,
) -> tuple[Factor, ...]:
    """Every constant and setting that these modes use; `adjust` puts what was measured in their place."""
    names = dict.fromkeys(name for mode in modes for name in mode.factors)
    if "database-cpu" in names and (measured := [repeat for repeat in repeated if repeat.server_ms is not None]):
        names |= dict.fromkeys(["database-call-overhead", *sorted({repeat.remaining for repeat in measured})])
        if len(measured) == len(repeated):
            del names["database-cpu"]
    fixed = billing.fixed if billing else {}
    found = [fixed[name] if name in fixed else adjust(_factor(name, config)) for name in names]
    if volume and volume.cv:
        found.append(_sampling_error(volume.cv))
    return tuple(found)


def inputs(
    repeated: tuple[Repeat, ...], proof: Proof | None, volume: Volume | None, known: tuple[Factor, ...]
) -> dict[str, Input]:
    """The inputs as finance reads them, by the name of the factor that each one is."""
    count = sum(repeat.before for repeat in repeated)
    what = "calls" if any(repeat.sku is not None for repeat in repeated) else "statements"
    found = {
        "repeated": Input(name=f"{what} repeated", value=str(count), unit="per request", origin="trace (p50)"),
        "statements": _avoided(sum(repeat.avoided for repeat in repeated), proof, what),
    }
    if volume:
        origin = _VOLUME_ORIGIN[volume.basis]
        found["requests"] = Input(name="requests", value=plain(volume.value), unit=_PER_MONTH, origin=origin)
    measured = [f"{repeat.server_ms:.3f}" for repeat in repeated if repeat.server_ms is not None]
    if measured and any(factor.name == "database-call-overhead" for factor in known):
        found["server-time"] = Input(
            name="time of a statement on the server",
            value=" / ".join(measured),
            unit="ms, mean",
            origin="the database's own statistics",
        )
    joins = any(repeat.joined_collection for repeat in repeated)
    used = [factor for factor in known if joins or factor.name != "bytes-joined-collection"]
    return found | {factor.name: _shown(factor) for factor in used}


def price_inputs(rows: dict[str, PriceRow], today: date) -> dict[str, Input]:
    """The price rows that were used, with source, date and age."""
    return {sku: _row(row, today) for sku, row in rows.items()}


def plain(value: float) -> str:
    """A number without an exponent, thousands separated."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.6f}".rstrip("0")


def _factor(name: str, config: PriceConfig) -> Factor:
    if name == "application-cpu":
        constant = constants(config.constants)[f"application-cpu-{config.access_layer}"]
        return Factor(name, constant.low, constant.mid, constant.high, constant.unit, constant.origin)
    if name == "round-trip" and config.round_trip_ms is not None:
        return Factor.fixed(name, config.round_trip_ms, "ms per avoided statement", "config (price.round-trip-ms)")
    if name == "cross-zone-share":
        share = config.cross_az_share or 0.0
        return Factor.fixed(name, share, "share of database traffic", "config (price.cross-az-share)")
    return constants(config.constants)[name]


def _sampling_error(cv: float) -> Factor:
    """A triangle around 1 with the standard deviation of the sample, never below nothing."""
    half = min(1.0, cv * sqrt(6))
    return Factor("sampling-error", 1 - half, 1.0, 1 + half, "of the requests", "weights of the sampled spans")


def _avoided(count: int, proof: Proof | None, what: str) -> Input:
    origin = "rewrite"
    if proof is not None and proof.verdict == "proven":
        tested = proof.queries[0] if proof.queries else None
        origin = "trace -> tests" + (f" ({tested.before} -> {tested.after} in {tested.test})" if tested else "")
    return Input(name=f"{what} avoided", value=str(count), unit="per request", origin=origin)


def _shown(factor: Factor) -> Input:
    values = (factor.low,) if factor.low == factor.high else (factor.low, factor.mid, factor.high)
    return Input(
        name=factor.name.replace("-", " "),
        value=" / ".join(plain(value) for value in values),
        unit=factor.unit,
        origin=factor.origin,
    )


def _row(row: PriceRow, today: date) -> Input:
    if row.billed:
        return Input(name=row.sku, value=f"{row.price:.6g}", unit=f"{row.currency} per {row.unit}", origin=row.source)
    machine = f" of {row.vcpu} vCPU" if row.vcpu else ""
    origin = f"price table ({row.region}, stated {row.stated}, {row.age_days(today)} days old: {row.source})"
    return Input(name=row.sku, value=str(row.price), unit=f"{row.currency} per {row.unit}{machine}", origin=origin)
