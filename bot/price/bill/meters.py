"""What a charge is driven by: CPU of a database or an application, duration, traffic or calls; or none of these."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.price.bill.charges import Charge
from bot.price.units import AcuHour, GbSecond, Gigabyte, Hour, Million, Unit, VcpuHour

Serves = Literal["database", "application", "duration", "traffic", "calls"]


@dataclass(frozen=True)
class Meter:
    """So many of a unit for one of what the bill counts; 0 where a cost goes with another meter's units."""

    serves: Serves
    unit: type[Unit]
    each: Decimal = Decimal(1)


@dataclass(frozen=True)
class _Rule:
    meter: Meter
    unit: str
    what: str = ""  # searched in meter, service and category


_HOURS = r"^(hours?|hrs?|instance hours?|1 hour)$"
_NO_MACHINE = r"natgateway|vpce|vpcendpoint|publicipv4|elasticip|loadbalancer|lcu|proxy|ebs|backup|storage|t\dcpucredit"
_DATABASES = r"database|\brds\b|amazonrds|aurora|sql|postgres|instanceusage|multi-azusage"
_RULES = (
    _Rule(Meter("database", AcuHour), r"acu"),
    _Rule(Meter("duration", GbSecond), r"gb[- /]?s"),
    _Rule(Meter("duration", GbSecond), r"sec", r"gb-second"),
    _Rule(Meter("application", VcpuHour), r"vcpu"),
    _Rule(Meter("application", VcpuHour), r"hours?|hrs?", r"vcpu-hours"),
    _Rule(Meter("application", VcpuHour, Decimal(0)), r"hours?|hrs?", r"fargate-gb-hours"),
    _Rule(Meter("traffic", Gigabyte), r"^(gb|gib|gigabytes?)$", r"regional-bytes|inter-?zone|inter-?az"),
    _Rule(Meter("database", Hour), _HOURS, _DATABASES),
    _Rule(Meter("application", Hour), _HOURS, r"compute|boxusage|virtual machines"),
    _Rule(Meter("calls", Million, Decimal("0.000001")), r"^(api )?(requests?|calls|messages|count)$"),
)


def meter(charge: Charge) -> Meter | None:
    """What drives a charge; None for storage, licences and everything else that code does not use per request."""
    unit = charge.unit.lower()
    what = f"{charge.meter} {charge.service} {charge.service_category}".lower()
    for rule in _RULES:
        if re.search(rule.unit, unit) and re.search(rule.what, what):
            machine = rule.meter.unit is Hour
            return None if machine and re.search(_NO_MACHINE, charge.meter.lower()) else rule.meter
    return None
