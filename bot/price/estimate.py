"""From a patch to a saving: what the avoided statements are worth in a month."""

from collections.abc import Callable
from datetime import date

import msgspec

from bot.config import Config, PriceConfig
from bot.price import evidence, grade, wording
from bot.price.amounts import amount, two_digits
from bot.price.factors import Factor, Factors, constants, draw
from bot.price.model import Model
from bot.price.modes import configured
from bot.price.repeats import Repeat, repeats, wall_after_ns
from bot.price.table import shipped
from bot.price.volume import requests_per_month
from bot.records import Hotspot, Input, Patch, Proof, Saving, SavingLine


def price(
    hotspot: Hotspot,
    patch: Patch,
    proof: Proof | None,
    config: Config,
    *,
    today: date,
    adjust: Callable[[Factor], Factor] = lambda factor: factor,
) -> Saving:
    """What a patch is worth per month of 730 hours, with every input shown; the same evidence gives the same bytes.

    `adjust` puts what was measured after the merge in the place of constants.

    Raises:
        UserError: price.requests-per-month has no usable number for the entry.
    """
    settings = config.price
    volume = requests_per_month(hotspot, settings)
    modes, unpriced = configured(settings, shipped(), today)
    repeated = repeats(hotspot, patch)
    seed = evidence.seed(hotspot, patch, proof, settings)
    known = evidence.factors(modes, settings, adjust)
    rows = {sku: shipped()[sku] for mode in modes for sku in mode.skus}
    model = Model(modes, repeated, Factors({factor.name: draw(factor, seed) for factor in known}, rows))
    inputs = evidence.inputs(repeated, proof, volume, known) | evidence.price_inputs(rows, today)
    own_ms = constants(settings.constants)[f"application-cpu-{settings.access_layer}"].mid
    change = _change(hotspot, repeated, own_ms)
    gaps = grade.gaps(hotspot, patch, modes, volume)
    unpriced_saving = Saving(
        grade="D",
        grade_reason="; ".join(gaps),
        currency=next((row.currency for row in rows.values()), "USD"),
        inputs=tuple(inputs.values()),
        not_counted=unpriced + grade.not_counted(hotspot, patch, repeated),
        per_million=model.per_million(),
        queries_before=change.queries_before,
        queries_after=change.queries_after,
        wall_before_ns=change.wall_before_ns,
        wall_after_ns=change.wall_after_ns,
        headline=wording.without_money(change, gaps),
        seed=seed,
        price_date=max((row.stated.isoformat() for row in rows.values()), default=None),
    )
    if gaps or volume is None:
        return unpriced_saving
    month = model.moved("requests", volume.value)
    return _with_money(unpriced_saving, month, inputs, grade.reason_for_c(modes, proof), settings)


def _with_money(saving: Saving, month: Model, inputs: dict[str, Input], reason: str, settings: PriceConfig) -> Saving:
    cash = month.total("cash_now")
    headroom = month.total("headroom") if any(line.kind == "headroom" for line in month.lines) else None
    change = wording.Change(saving.queries_before, saving.queries_after, saving.wall_before_ns, saving.wall_after_ns)
    return msgspec.structs.replace(
        saving,
        grade="C",
        grade_reason=reason,
        cash_now=cash,
        headroom=headroom,
        lines=tuple(
            SavingLine(
                name=line.name, amount=amount(line.draws, line.certain), kind=line.kind, cash_when=line.cash_when
            )
            for line in month.lines
        ),
        inputs=_ranked(inputs, month),
        attributed=month.attributed(),
        headline=wording.with_money(change, cash, headroom, settings.minimum_monthly, saving.currency),
    )


def _ranked(inputs: dict[str, Input], month: Model) -> tuple[Input, ...]:
    """The inputs with what 20 % more or less of each does, the strongest first."""
    moved = {name: month.effect(name) for name in inputs}
    order = sorted(inputs, key=lambda name: -moved[name])
    return tuple(msgspec.structs.replace(inputs[name], effect=two_digits(moved[name])) for name in order)


def _change(hotspot: Hotspot, repeated: tuple[Repeat, ...], own_ms: float) -> wording.Change:
    """Statements and p50 of one request; the root statement is in both counts, unless no SQL repeats at all."""
    root = 1 if repeated else 0
    before = max(0, hotspot.metrics.p50_ns)
    return wording.Change(
        queries_before=sum(repeat.before for repeat in repeated) + root,
        queries_after=sum(repeat.after for repeat in repeated) + root,
        wall_before_ns=before,
        wall_after_ns=wall_after_ns(before, repeated, own_ms),
        counted=not grade.is_uncounted(hotspot),
    )
