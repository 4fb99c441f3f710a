"""The calculation as lines of arithmetic with their numbers, every factor at its median: to be followed by hand.

The medians of factors do not multiply to the median of their products, so the last lines put both side by side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Context, Decimal

from bot.price.billed import Account
from bot.price.evidence import plain
from bot.price.factors import Factor, Factors
from bot.price.model import Model
from bot.price.modes import Mode
from bot.price.repeats import Repeat
from bot.price.replay import standing_units
from bot.price.work import CALL_CPU, Work, avoided
from bot.records import Volume

_SIX = Context(prec=6, rounding=ROUND_HALF_EVEN)


def worked(month: Model, known: Sequence[Factor], volume: Volume) -> tuple[str, ...]:
    """One line for each step, in the order in which one follows from the other."""
    point = _at_medians(month, known)
    numbers = {name: float(draws[0]) for name, draws in point.factors.drawn.items()}
    lines = [f"requests = {plain(volume.value)} a month of 730 h ({volume.basis})"]
    lines += [f"price of {account.name}: {account.arithmetic}" for account in _accounts(month)]
    lines += _bills(month)
    names = {name for mode in month.modes for name in mode.factors}
    repeated = [repeat for repeat in month.repeated if repeat.avoided]
    if "database-cpu" in names:
        lines += _cpu("database", repeated, volume, point, numbers)
    if names & {"application-cpu", CALL_CPU}:
        lines += _cpu("application", repeated, volume, point, numbers)
    for mode in month.modes:
        lines += _mode(mode, point, numbers)
    return (*lines, *_totals(month, point))


def _at_medians(month: Model, known: Sequence[Factor]) -> Model:
    import numpy as np

    drawn = {f.name: np.full_like(month.factors.drawn[f.name], np.median(month.factors.drawn[f.name])) for f in known}
    return replace(month, factors=Factors(drawn, month.factors.rows, month.factors.moved))


def _accounts(month: Model) -> list[Account]:
    return [mode.account for mode in month.modes if mode.account]


def _bills(month: Model) -> Iterator[str]:
    for account in _accounts(month):
        busy = "an unknown part in use" if account.busy is None else f"{account.busy:.1%} of it in use"
        yield f"bill of {account.name}: {account.monthly:,.2f} a month of 730 h, {busy}"
        if account.committed:
            yield f"bill of {account.name}: {account.committed:.0%} of it is committed"


def _cpu(
    what: str, repeated: Sequence[Repeat], volume: Volume, point: Model, numbers: dict[str, float]
) -> Iterator[str]:
    terms = []
    for repeat in repeated:
        if what == "application":
            each = float(Work((), point.factors).application_ms(repeat)[0])
        else:
            each = float(Work((), point.factors).database_ms(repeat)[0])
            if repeat.server_ms is not None:
                yield (
                    f"database CPU of a statement = ({number(repeat.server_ms)} ms on the server + "
                    f"{number(numbers['database-call-overhead'])} ms around it) x (1 - "
                    f"{number(numbers[repeat.remaining])} that stays) = {number(each)} ms"
                )
        terms.append(f"{repeat.avoided} x {number(each)} ms")
    per_request = " + ".join(terms)
    work = Work(avoided(tuple(repeated)), point.factors)
    hours = (work.application_cpu() if what == "application" else work.database_cpu()).draws
    error = " x 1 (sampling)" if "sampling-error" in numbers else ""
    yield (
        f"{what} CPU = ({per_request}) x {plain(volume.value)} requests{error} / 3,600,000 ms per h = "
        f"{number(hours[0])} vCPU-h a month"
    )


def _mode(mode: Mode, point: Model, numbers: dict[str, float]) -> Iterator[str]:
    work = Work(avoided(point.repeated), point.factors)
    rows = [point.factors.row(sku) for sku in mode.skus]
    value = float(mode.cost(work, point.factors)[0])
    prices = " + ".join(f"{number(row.price)}" for row in rows)
    if "lambda-memory" in mode.factors:
        left = f"{number(work.duration().draws[0])} GB-s"
    elif "cross-zone-share" in mode.factors:
        left = (
            f"{number(work.traffic().draws[0])} GB x {number(numbers['cross-zone-share'])} across zones x "
            f"{number(numbers['zone-sides-billed'])} sides"
        )
    elif not mode.factors:
        left = f"{number(work.calls(mode.skus[0]).draws[0])} million calls"
    elif {"application-cpu", CALL_CPU} & set(mode.factors):
        left = f"{number(work.application_cpu().draws[0])} vCPU-h"
    else:
        left = f"{number(work.database_cpu().draws[0])} vCPU-h"
    steps = [left]
    if "aurora-capacity" in mode.factors:
        steps.append(f"x {number(numbers['aurora-capacity'])} ACU per vCPU")
    if "fargate-memory" in mode.factors:
        prices = f"({number(rows[0].price)} + {number(numbers['fargate-memory'])} GB x {number(rows[1].price)})"
    elif rows[0].vcpu:
        prices = f"{number(rows[0].price)} / {rows[0].vcpu} vCPU"
    steps.append(f"x {prices}")
    for name, word in (("scaling-target", "of the target"), ("machine-utilisation", "in use")):
        if name in mode.factors:
            steps.append(f"/ {number(numbers[name])} {word}")
    yield f"{mode.name}: {' '.join(steps)} = {number(value)} {rows[0].currency} a month"
    yield from _scaling(mode, point, value)


def _scaling(mode: Mode, point: Model, value: float) -> Iterator[str]:
    account, freed = mode.account, point.freed(mode)
    lines = [line for line in point.lines if line.name.startswith(mode.name)]
    for line in lines:
        if line.step and account and account.smaller and account.usage and freed is not None:
            usage, smaller = account.usage, account.smaller
            yield (
                f"{line.step.action}: {number(usage.high_vcpu)} vCPU at the worst hour - "
                f"{number(freed[0])} vCPU-h / 730 h x {number(usage.high_vcpu)} / {number(usage.mean_vcpu)} = "
                f"{number(usage.high_vcpu - freed[0] / 730 * usage.high_vcpu / usage.mean_vcpu)}, to be at most 0.8 x "
                f"{number(smaller.vcpu)} vCPU = {number(0.8 * smaller.vcpu)}"
            )
            yield (
                f"{line.step.action}: {account.monthly:,.2f} x (1 - {number(smaller.cost_share)}) x "
                f"{1 - float(account.committed):.4g} not committed = "
                f"{float(line.step.monthly) * (1 - float(account.committed)):,.2f} a month where it fits"
            )
    if mode.billing == "elastic" and account and account.policy and account.usage and account.policy.kind != "fixed":
        policy, cash = account.policy, sum(float(line.draws.mean()) for line in lines if line.kind == "cash_now")
        each = "replica-hours" if policy.kind == "replicas" else "ACU-hours"
        standing = standing_units(account.usage, policy)
        gone = cash / float(account.monthly) / (1 - float(account.committed) or 1) * standing
        yield (
            f"{mode.name}, replayed: for each of {len(account.usage.vcpu)} hours max({number(policy.minimum)}, "
            f"{_needed(account)}), before and after: "
            f"{number(standing)} {each} a month, of which {number(gone)} fall away, on average over the drawn days"
        )
        yield (
            f"{mode.name}, scaled in: {account.monthly:,.2f} x (1 - {float(account.committed):.4g}) x {number(gone)} / "
            f"{number(standing)} = {number(cash)}, of {number(value)} freed"
        )
    elif mode.billing == "elastic" and "scaling-share" in mode.factors:
        share = float(point.factors["scaling-share"][0])
        yield f"{mode.name}, scaled in: {number(value)} x {number(share)} = {number(value * share)}"


def _needed(account: Account) -> str:
    policy = account.policy
    assert policy is not None
    if policy.kind == "acu":
        return f"{number(policy.units_per_vcpu)} x vCPU in use, memory / {number(policy.gib_per_unit)} GiB"
    return f"round up(vCPU in use / ({number(policy.target)} x {number(policy.replica_vcpu)}))"


def _totals(month: Model, point: Model) -> Iterator[str]:
    for kind, word in (
        ("cash_now", "cash now"), ("cash_after_action", "cash after one action"), ("headroom", "headroom")
    ):  # fmt: skip
        if any(line.kind == kind for line in month.lines):
            single, drawn = point.expected(kind), month.expected(kind)  # type: ignore[arg-type]
            yield f"{word}: {number(single)} at the medians; {number(drawn)} as the median of 10,000 draws"


def number(value: float | Decimal) -> str:
    """Six significant digits, no exponent, thousands separated."""
    found = _SIX.create_decimal(repr(float(value)))
    text = f"{found:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
