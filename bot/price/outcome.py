"""From a model to what is said: the three amounts, the lines, the inputs by what they move, the change of a request."""

import msgspec

from bot.config import PriceConfig
from bot.price import grade, wording
from bot.price.amounts import amount, two_digits
from bot.price.model import Model
from bot.price.repeats import SQL_KINDS, Repeat, wall_after_ns
from bot.records import Hotspot, Input, Saving, SavingLine


def with_money(
    saving: Saving,
    change: wording.Change,
    month: Model,
    inputs: dict[str, Input],
    item: grade.Item,
    settings: PriceConfig,
) -> Saving:
    """The saving with its three amounts, lines and ranked inputs."""
    kinds = {line.kind for line in month.lines}
    cash = month.total("cash_now")
    after = month.total("cash_after_action") if "cash_after_action" in kinds else None
    headroom = month.total("headroom") if "headroom" in kinds else None
    step = next((line.step for line in month.lines if line.step), None)
    action = f"{step.action} (fits with {step.chance:.0%})" if step else None
    return msgspec.structs.replace(
        saving,
        grade=item[0],
        grade_reason=item[1],
        cash_now=cash,
        cash_after_action=after,
        action=action,
        headroom=headroom,
        valued="paid" if all(mode.account for mode in month.modes) else "list",
        lines=tuple(
            SavingLine(
                name=line.name, amount=amount(line.draws, line.certain), kind=line.kind, cash_when=line.cash_when
            )
            for line in month.lines
        ),
        inputs=_ranked(inputs, month),
        attributed=month.attributed(),
        headline=wording.with_money(
            change, wording.Money(cash, headroom, after, action, _at(month)), settings.minimum_monthly, saving.currency
        ),
    )


def _at(month: Model) -> str:
    """How freed capacity is valued: at what was paid where the bill is known for all of it."""
    return " at the price paid" if all(mode.account for mode in month.modes) else " at list price"


def _ranked(inputs: dict[str, Input], month: Model) -> tuple[Input, ...]:
    """The inputs with what 20 % more or less of each does, the strongest first."""
    # The sample's error is that of the requests, which are in the list themselves.
    moved = {name: 0.0 if name == "sampling-error" else month.effect(name) for name in inputs}
    order = sorted(inputs, key=lambda name: -moved[name])
    return tuple(msgspec.structs.replace(inputs[name], effect=two_digits(moved[name])) for name in order)


def change_of(hotspot: Hotspot, repeated: tuple[Repeat, ...], own_ms: float) -> wording.Change:
    """Statements and p50 of one request; the root statement is in both counts, unless no SQL repeats at all."""
    is_sql = hotspot.kind in SQL_KINDS
    root = 1 if repeated and is_sql else 0
    before = max(0, hotspot.metrics.p50_ns)
    return wording.Change(
        queries_before=sum(repeat.before for repeat in repeated) + root,
        queries_after=sum(repeat.after for repeat in repeated) + root,
        wall_before_ns=before,
        wall_after_ns=wall_after_ns(before, repeated, own_ms),
        counted=not grade.is_uncounted(hotspot),
        what="SQL statement" if is_sql else "call",
    )
