"""Billing modes: which work is billed, at which price, and whether less of it becomes cash by itself.

metered: every unit less is cash. elastic: a share of it is, the rest is freed capacity. stepped: all of it is freed
capacity until somebody picks a smaller size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.config import PriceConfig
from bot.price.billed import Account
from bot.price.factors import Factors
from bot.price.table import Table, too_old
from bot.price.units import AcuHour, Draws, GbHour, GbSecond, Gigabyte, Quantity, VcpuHour
from bot.price.work import Work


@dataclass(frozen=True)
class Mode:
    """One way to be billed for one kind of work."""

    name: str
    billing: Literal["metered", "elastic", "stepped"]
    skus: tuple[str, ...]
    factors: tuple[str, ...]  # those that its cost is made of
    cost: Callable[[Work, Factors], Draws]
    account: Account | None = None  # what the bill says, where there is one
    cpu: Callable[[Work], Quantity[VcpuHour]] | None = None  # of the account's resources that the work takes


def _fargate(work: Work, factors: Factors) -> Draws:
    memory = factors.row("fargate-linux-x86-memory").per(GbHour)
    task = factors.row("fargate-linux-x86-vcpu").per(VcpuHour) + memory.per(VcpuHour, factors.number("fargate-memory"))
    return task.of(work.application_cpu().over(factors["scaling-target"]))


def _lambda(work: Work, factors: Factors) -> Draws:
    return factors.row("lambda-x86-duration").per(GbSecond).of(work.duration())


def _ec2(work: Work, factors: Factors) -> Draws:
    node = factors.row("ec2-m7i.large").per_vcpu_hour()
    return node.of(work.application_cpu().over(factors["machine-utilisation"]))


def _aurora_serverless(work: Work, factors: Factors) -> Draws:
    capacity_unit = factors.row("aurora-serverless-v2").per(AcuHour)
    return capacity_unit.per(VcpuHour, factors.number("aurora-capacity")).of(work.database_cpu())


def _aurora(work: Work, factors: Factors) -> Draws:
    instance = factors.row("aurora-db.r6g.2xlarge").per_vcpu_hour()
    return instance.of(work.database_cpu().over(factors["machine-utilisation"]))


def _rds(work: Work, factors: Factors) -> Draws:
    instance = factors.row("rds-db.r6g.2xlarge").per_vcpu_hour()
    return instance.of(work.database_cpu().over(factors["machine-utilisation"]))


def _cross_zone(work: Work, factors: Factors) -> Draws:
    return crossing("inter-zone-transfer", work, factors)


APPLICATION = {
    "fargate": Mode(
        "application (Fargate)",
        "elastic",
        ("fargate-linux-x86-vcpu", "fargate-linux-x86-memory"),
        ("application-cpu", "scaling-target", "fargate-memory", "scaling-share"),
        _fargate,
    ),
    "lambda": Mode(
        "application (Lambda duration)",
        "metered",
        ("lambda-x86-duration",),
        ("application-cpu", "database-cpu", "round-trip", "lambda-memory"),
        _lambda,
    ),
    "ec2": Mode("application (EC2)", "stepped", ("ec2-m7i.large",), ("application-cpu", "machine-utilisation"), _ec2),
}
_DATABASE = {
    "aurora-serverless-v2": Mode(
        "database (Aurora Serverless v2)",
        "elastic",
        ("aurora-serverless-v2",),
        ("database-cpu", "aurora-capacity", "scaling-share"),
        _aurora_serverless,
    ),
    "aurora-provisioned": Mode(
        "database (Aurora)", "stepped", ("aurora-db.r6g.2xlarge",), ("database-cpu", "machine-utilisation"), _aurora
    ),
    "rds": Mode("database (RDS)", "stepped", ("rds-db.r6g.2xlarge",), ("database-cpu", "machine-utilisation"), _rds),
}
NETWORK = Mode(
    "traffic between zones",
    "metered",
    ("inter-zone-transfer",),
    ("bytes-separate", "bytes-joined-collection", "cross-zone-share", "zone-sides-billed"),
    _cross_zone,
)


def configured(config: PriceConfig, table: Table, today: date) -> tuple[tuple[Mode, ...], tuple[str, ...]]:
    """The modes that can be priced, and why the others are not counted."""
    chosen = (
        ("application CPU: price.application is not set", APPLICATION.get(config.application)),
        ("database CPU: price.database is not set", _DATABASE.get(config.database)),
        (
            "traffic between zones: price.cross-az-share is not set",
            NETWORK if config.cross_az_share is not None else None,
        ),
    )
    modes, missing = [], []
    for unset, mode in chosen:
        reasons = [reason for sku in mode.skus if (reason := too_old(table[sku], today))] if mode else [unset]
        if mode and not reasons:
            modes.append(mode)
        missing += [f"{mode.name}: {reason}" for reason in reasons] if mode else reasons
    return tuple(modes), tuple(missing)


def crossing(sku: str, work: Work, factors: Factors) -> Draws:
    """The cost of traffic that crosses zones, at the price of one row."""
    crossing = work.traffic().times(factors.share("cross-zone-share") * factors["zone-sides-billed"])
    return factors.row(sku).per(Gigabyte).of(crossing)
