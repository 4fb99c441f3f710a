"""Billing modes beside those of list prices: what a bill has paid for, and calls that are metered one by one."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Literal

from bot.config import PriceConfig
from bot.price.billed import Account, Billing
from bot.price.factors import Factors
from bot.price.modes import APPLICATION, NETWORK, Mode, crossing
from bot.price.repeats import Repeat
from bot.price.table import Table, too_old
from bot.price.units import AcuHour, Draws, GbSecond, Million, VcpuHour
from bot.price.work import CALL_CPU, Work


def for_calls(
    repeated: tuple[Repeat, ...], config: PriceConfig, table: Table, today: date
) -> tuple[tuple[Mode, ...], tuple[str, ...]]:
    """The modes of calls of an API at list prices: what they are metered by, and the CPU of the client."""
    skus = sorted({repeat.sku for repeat in repeated if repeat.sku})
    metered = [Mode(f"metered calls ({sku})", "metered", (sku,), (), partial(_calls, sku)) for sku in skus]
    application = APPLICATION.get(config.application) if config.application != "lambda" else None
    if application:
        names = tuple(CALL_CPU if name == "application-cpu" else name for name in application.factors)
        metered.append(replace(application, factors=names))
    modes, missing = [], [] if application else ["CPU of the client: price.application is not set, or is lambda"]
    for mode in metered if repeated else ():
        reasons = [reason for sku in mode.skus if (reason := too_old(table[sku], today))]
        missing += [f"{mode.name}: {reason}" for reason in reasons]
        modes += [] if reasons else [mode]
    return tuple(modes), tuple(missing)


def _calls(sku: str, work: Work, factors: Factors) -> Draws:
    return factors.row(sku).per(Million).of(work.calls(sku))


def billed(billing: Billing, today: date) -> tuple[tuple[Mode, ...], tuple[str, ...]]:
    """The modes of a service's resources at the prices that were paid, and why others are not counted."""
    modes, missing = [], list(billing.missing)
    for serves, account in billing.accounts.items():
        if reason := too_old(billing.rows[account.sku], today):
            missing.append(reason)
        else:
            modes.append(_billed(serves, account, billing.rows[account.sku].unit))
    return tuple(modes), tuple(missing)


def _billed(serves: str, account: Account, unit: str) -> Mode:
    sku = account.sku
    if serves == "duration":
        factors = APPLICATION["lambda"].factors
        name, cost = "application duration", lambda work, f: f.row(sku).per(GbSecond).of(work.duration())
        return Mode(f"{name} ({account.name})", "metered", (sku,), factors, cost, account)
    if serves == "traffic":
        return Mode(
            f"{NETWORK.name} ({account.name})", "metered", (sku,), NETWORK.factors, partial(crossing, sku), account
        )
    if serves == "database":
        elastic = unit == AcuHour.word
        factors = ("database-cpu", *(("aurora-capacity",) if elastic else ()))
        how = partial(_units if elastic else _cpu_in_use, sku)
        share = ("scaling-share",) if elastic and not account.is_replayed else ()
        kind: Literal["elastic", "stepped"] = "elastic" if elastic else "stepped"
        return Mode(f"database ({account.name})", kind, (sku,), (*factors, *share), how, account, Work.database_cpu)
    replicas = account.policy is not None or account.is_serverless
    share = ("scaling-target", *(() if account.is_replayed else ("scaling-share",))) if replicas else ()
    return Mode(
        f"application ({account.name})",
        "elastic" if replicas else "stepped",
        (sku,),
        ("application-cpu", *share),
        partial(_at_target if replicas else _application_in_use, sku),
        account,
        Work.application_cpu,
    )


def _cpu_in_use(sku: str, work: Work, factors: Factors) -> Draws:
    return factors.row(sku).per(VcpuHour).of(work.database_cpu())


def _units(sku: str, work: Work, factors: Factors) -> Draws:
    return factors.row(sku).per(AcuHour).per(VcpuHour, factors.number("aurora-capacity")).of(work.database_cpu())


def _application_in_use(sku: str, work: Work, factors: Factors) -> Draws:
    return factors.row(sku).per(VcpuHour).of(work.application_cpu())


def _at_target(sku: str, work: Work, factors: Factors) -> Draws:
    return factors.row(sku).per(VcpuHour).of(work.application_cpu().over(factors["scaling-target"]))
