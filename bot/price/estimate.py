"""From a patch to a saving: what the avoided statements are worth in a month."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import msgspec

from bot.config import Config
from bot.price import evidence, formulas, grade, wording
from bot.price.bill.resources import Resource, resources
from bot.price.billed import billing
from bot.price.carbon import carbon
from bot.price.exchange import converted
from bot.price.factors import Factor, Factors, constants, draw
from bot.price.grounds import grounds
from bot.price.model import Model
from bot.price.modes import Mode, configured
from bot.price.modes_paid import billed, for_calls
from bot.price.outcome import change_of, with_money
from bot.price.repeats import SQL_KINDS, calls, repeats
from bot.price.sources import Sources
from bot.price.split import not_taken
from bot.price.table import shipped
from bot.price.volume import requests_per_month
from bot.records import Hotspot, Patch, Proof, Saving

NO_SOURCES = Sources()


@dataclass(frozen=True)
class Priced:
    """A saving, and the model that gave it where there is money."""

    saving: Saving
    month: Model | None


def price(  # noqa: PLR0913  the records of the pipeline, and what is looked at beside them
    hotspot: Hotspot,
    patch: Patch,
    proof: Proof | None,
    config: Config,
    *,
    today: date,
    adjust: Callable[[Factor], Factor] = lambda factor: factor,
    sources: Sources = NO_SOURCES,
) -> Saving:
    """What a patch is worth per month of 730 hours, with every input shown; the same evidence gives the same bytes.

    `adjust` puts what was measured after the merge in the place of constants.

    Raises:
        UserError: price.requests-per-month has no usable number for the entry.
    """
    found = resources(sources.bill, config.price) if sources.bill else ()
    return calculate(hotspot, patch, proof, config, today=today, adjust=adjust, sources=sources, found=found).saving


def calculate(  # noqa: PLR0913  the same
    hotspot: Hotspot,
    patch: Patch,
    proof: Proof | None,
    config: Config,
    *,
    today: date,
    adjust: Callable[[Factor], Factor] = lambda factor: factor,
    sources: Sources,
    found: tuple[Resource, ...],
) -> Priced:
    """The same with the resources of the bill already found, and with the model for what several patches are worth."""
    settings = config.price
    volume = requests_per_month(hotspot, settings)
    is_sql = hotspot.kind in SQL_KINDS
    repeated = repeats(hotspot, patch, sources.statements) if is_sql else calls(hotspot, patch)
    own = None if not is_sql else billing(hotspot.source.service or settings.service, sources, found, settings)
    if own:
        modes, unpriced = billed(own, today)
    elif repeated and not is_sql:
        modes, unpriced = for_calls(repeated, settings, shipped(), today)
    else:
        modes, unpriced = configured(settings, shipped(), today)
    if is_sql and own is None and sources.bill is not None:
        service = hotspot.source.service or settings.service or "unknown"
        unpriced = (f"the bill: none of its resources belongs to the service {service} (see price.services)", *unpriced)
    seed = evidence.seed(hotspot, patch, proof, settings, sources)
    known = evidence.factors(modes, settings, adjust, repeated=repeated, volume=volume, billing=own)
    table = {**shipped(), **(own.rows if own else {})}
    rows = {sku: table[sku] for mode in modes for sku in mode.skus}
    model = Model(modes, repeated, Factors({factor.name: draw(factor, seed) for factor in known}, rows), seed)
    inputs = evidence.inputs(repeated, proof, volume, known) | evidence.price_inputs(rows, today)
    own_ms = constants(settings.constants)[f"application-cpu-{settings.access_layer}"].mid
    change = change_of(hotspot, repeated, own_ms)
    gaps = grade.gaps(hotspot, patch, modes, volume, repeated)
    month = None if gaps or volume is None else model.moved("requests", volume.value)
    untaken = _untaken(modes, month)
    unpriced_saving = Saving(
        grade="D",
        grade_reason="; ".join(gaps),
        currency=next((row.currency for row in rows.values()), "USD"),
        inputs=tuple(inputs.values()),
        not_counted=unpriced + grade.not_counted(hotspot, patch, repeated, sources.bill if own else None, untaken),
        per_million=model.per_million(),
        queries_before=change.queries_before if is_sql else 0,
        queries_after=change.queries_after if is_sql else 0,
        wall_before_ns=change.wall_before_ns,
        wall_after_ns=change.wall_after_ns,
        headline=wording.without_money(change, gaps),
        seed=seed,
        price_date=max((row.stated.isoformat() for row in rows.values()), default=None),
    )
    if month is None or volume is None:
        return Priced(grounds(unpriced_saving, settings), None)
    item = grade.grade(grade.Evidence(modes, proof, repeated, volume, sources.bill if own else None, known))
    saving = with_money(unpriced_saving, change, month, inputs, item, settings)
    worked = formulas.worked(month, known, volume)
    return Priced(
        msgspec.structs.replace(
            grounds(saving, settings),
            formulas=worked,
            converted=converted(saving, settings.exchange),
            carbon=carbon(month, settings),
        ),
        month,
    )


def _untaken(modes: tuple[Mode, ...], month: Model | None) -> tuple[str, ...]:
    """Why there is no action: one sentence for all that have no bill, one each for those that have."""
    every = [reason for mode in modes for reason in not_taken(mode, month.freed(mode) if month else None)]
    if any(mode.account for mode in modes):
        return tuple(dict.fromkeys(every))
    return ("cash after an action (a smaller size, a lower minimum): no evidence of sizes, peaks and working set",)
