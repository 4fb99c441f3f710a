"""What was realised in money: the model of the estimate with measured deltas, at the traffic of the baseline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import msgspec

from bot.config import Config
from bot.price.after.baseline import Baseline
from bot.price.estimate import price
from bot.price.factors import Factor
from bot.price.repeats import SQL_KINDS, Repeat, calls, repeats
from bot.price.sources import Sources
from bot.records import Amount, Basis, Effect, Saving, Structure, Worth

# Which factors of the model, per avoided statement, a measured resource replaces.
_OF_METRIC = {
    "db_ms": ("database-cpu",),
    "cpu_ms": ("application-cpu",),
    "bytes": ("bytes-separate", "bytes-joined-collection"),
}
_PER_STATEMENT = (
    "database-cpu", "database-call-overhead", "application-cpu", "round-trip", "bytes-separate",
    "bytes-joined-collection",
)  # fmt: skip
_SURE = ("fell", "rose", "unchanged")


def basis(baseline: Baseline, effects: Sequence[Effect]) -> Basis:
    """What realised amounts are made of; constants alone say nothing about the constants."""
    is_measured = baseline.hotspot.kind in SQL_KINDS and any(effect.state in _SURE for effect in effects)
    return "resources" if is_measured else "statements"


def expected(baseline: Baseline) -> Worth | None:
    """What the pull request said; None where it named no amount."""
    return None if baseline.saving is None else _worth(baseline.saving)


def realised(
    baseline: Baseline, structure: Structure | None, effects: Sequence[Effect], until: date, sources: Sources
) -> Worth | None:
    """The same amounts from what was measured; None where nothing was estimated, or nothing was measured yet.

    Growth or loss of traffic since is neither gain nor loss. Prices are those of the bill, or of the list on the last
    day measured.
    """
    if baseline.hotspot.kind not in SQL_KINDS:
        return _of_calls(baseline, structure, until, sources)
    repeated = repeats(baseline.hotspot, baseline.patch)
    share = _share(structure, repeated)
    measured = {name: effect for effect in effects if effect.state in _SURE for name in _OF_METRIC[effect.metric]}
    if expected(baseline) is None or not sum(repeat.avoided for repeat in repeated) or (share is None and not measured):
        return None
    config = Config(price=replace(baseline.settings, constants=None))
    adjust = _adjust(baseline, repeated, share, measured)
    known = {} if "database-cpu" in measured else baseline.statements  # what was measured says more than the server
    scale = 1.0 if share is None else share
    sources = replace(sources, statements={name: ms * scale for name, ms in known.items()})
    saving = price(
        baseline.hotspot, baseline.patch, baseline.proof, config, today=until, adjust=adjust, sources=sources
    )
    return _worth(saving)


def _of_calls(baseline: Baseline, structure: Structure | None, until: date, sources: Sources) -> Worth | None:
    """The same of calls that are metered: a part of them costs what all of them cost for that part of the requests."""
    repeated, volume = calls(baseline.hotspot, baseline.patch), baseline.hotspot.metrics.requests_per_month
    share = _share(structure, repeated)
    if expected(baseline) is None or share is None or volume is None:
        return None
    fewer = msgspec.structs.replace(volume, value=volume.value * abs(share))
    metrics = msgspec.structs.replace(baseline.hotspot.metrics, requests_per_month=fewer)
    hotspot = msgspec.structs.replace(baseline.hotspot, metrics=metrics)
    config = Config(price=replace(baseline.settings, constants=None, requests_per_month={}))
    adjust = _adjust(baseline, repeated, None, {})
    found = _worth(price(hotspot, baseline.patch, baseline.proof, config, today=until, adjust=adjust, sources=sources))
    return found if share >= 0 or found is None else _negative(found)


def _negative(worth: Worth) -> Worth:
    amounts = {kind: getattr(worth, kind) for kind in ("cash_now", "cash_after_action", "headroom")}
    turned = {
        kind: amount and Amount(low=-amount.high, expected=-amount.expected, high=-amount.low)
        for kind, amount in amounts.items()
    }
    return msgspec.structs.replace(worth, **turned)


def _share(structure: Structure | None, repeated: Sequence[Repeat]) -> float | None:
    """The part of the estimate's avoided statements that are gone; below zero where there are more."""
    avoided = sum(repeat.avoided for repeat in repeated)
    if structure is None or structure.state == "pending" or not avoided:
        return None
    # What the rewrite leaves runs under another fingerprint, so it is taken off although it is not counted.
    gone = sum(count.before - max(count.after, count.expected) for count in structure.counts)
    if structure.state == "not realised" and structure.all_before is not None and structure.all_after is not None:
        gone = min(gone, structure.all_before - structure.all_after)  # others may run in its place
    return gone / avoided


def _adjust(
    baseline: Baseline, repeated: Sequence[Repeat], share: float | None, measured: Mapping[str, Effect]
) -> Callable[[Factor], Factor]:
    avoided, before = (sum(getattr(repeat, name) for repeat in repeated) for name in ("avoided", "before"))
    # The model takes the smaller of what is avoided and of all that repeats, which for a loss is the latter.
    loss = avoided / before
    frozen, layer = baseline.constants, f"-{baseline.settings.access_layer}"

    def adjusted(factor: Factor) -> Factor:
        if (effect := measured.get(factor.name)) is not None:
            each = (effect.before or 0.0) / avoided
            values = [-each * (value or 0.0) for value in (effect.low, effect.change, effect.high)]
            return _of(factor, values, loss, "measured after the merge")
        own = frozen.get(f"{factor.name}{layer if factor.name == 'application-cpu' else ''}")
        if own is None or not factor.origin.startswith("constant"):  # a setting, which the baseline holds itself
            own = factor
        scale = share if factor.name in _PER_STATEMENT and share is not None else 1.0
        return _of(factor, [scale * value for value in (own.low, own.mid, own.high)], loss, own.origin)

    return adjusted


def _of(factor: Factor, values: Sequence[float], loss: float, origin: str) -> Factor:
    low, mid, high = sorted(values)
    if high < 0:
        low, mid, high = low * loss, mid * loss, high * loss
    return replace(factor, low=low, mid=mid, high=high, origin=origin)


def _worth(saving: Saving) -> Worth | None:
    if saving.grade == "D" or not (saving.cash_now or saving.cash_after_action or saving.headroom):
        return None
    return Worth(
        currency=saving.currency, grade=saving.grade, cash_now=saving.cash_now,
        cash_after_action=saving.cash_after_action, headroom=saving.headroom,
    )  # fmt: skip
