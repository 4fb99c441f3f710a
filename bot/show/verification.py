"""A verification and the state of a ledger as text and as JSON, with the JSON Schema of both."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from bot.records import Effect, Structure, Verification, Worth
from bot.show.plain import plain
from bot.words import counted

if TYPE_CHECKING:
    from bot.price.after.calibration import Summary

AMOUNTS = (
    ("cash now", "cash_now"),
    ("cash after one action", "cash_after_action"),
    ("freed capacity, not cash", "headroom"),
)
METRICS = {"db_ms": "database CPU", "cpu_ms": "application CPU", "bytes": "traffic"}


def text(found: Verification) -> str:
    """The verdict first, then what it stands on."""
    lines = [f"{found.verdict}: {found.reason}", f"{found.entry} [{found.codemod} {found.patch[:12]}]"]
    if found.deployed or found.measured_until:
        lines.append(f"deployed {found.deployed or 'unknown'}, measured until {found.measured_until or 'unknown'}")
    details = [
        *_structure(found.structure),
        *map(_effect, found.effects),
        *_money(found.expected, found.realised),
        *(f"note: {note}" for note in found.notes),
    ]
    return "".join([*(f"{plain(line)}\n" for line in lines), *(f"  {plain(line)}\n" for line in details)])


def _structure(structure: Structure | None) -> Iterable[str]:
    if structure is None:
        return
    requests = f"{counted(structure.requests_before, 'request')} before, {structure.requests_after} after"
    yield f"statements, {requests}: {structure.state}"
    for count in structure.counts:
        yield (
            f"{count.before:,.4g} -> {count.after:,.4g} per request, expected at most {count.expected:,.4g}: "
            f"{count.statement}"
        )
    if structure.all_before is not None and structure.all_after is not None:
        yield f"{structure.all_before:,.4g} -> {structure.all_after:,.4g} per request: all calls"


def _effect(effect: Effect) -> str:
    days = f"{counted(effect.days_before, 'day')} before, {effect.days_after} after"
    if effect.change is None:
        return f"{METRICS[effect.metric]}: pending ({days}; seven and seven are needed)"
    return (
        f"{METRICS[effect.metric]}: {effect.state}, {effect.change:+.1%} [{effect.low or 0:+.1%} to "
        f"{effect.high or 0:+.1%}] of {effect.before or 0:,.4g} per request ({days})"
    )


def _money(expected: Worth | None, realised: Worth | None) -> Iterable[str]:
    for name, field in AMOUNTS:
        said, got = getattr(expected, field, None), getattr(realised, field, None)
        if expected is not None and (said is not None or got is not None):
            now = "not measured yet" if got is None else f"{got.expected:,f} [{got.low:,f} to {got.high:,f}]"
            was = "none" if said is None else f"{said.expected:,f} [{said.low:,f} to {said.high:,f}]"
            yield f"{name}: realised {now}, expected {was} {expected.currency} a month"


def ledger_text(found: "Summary") -> str:
    """Totals and calibration in a few lines."""
    status = ", ".join(f"{count} {name}" for name, count in found.status.items()) or "none counted"
    lines = [f"{counted(found.pull_requests, 'pull request')} on {found.day}: {status}{_gone(found)}"]
    expected = {total.currency: total for total in found.expected}
    for total in found.realised:
        said = expected.get(total.currency)
        for name, field in AMOUNTS:
            value: Decimal = getattr(total, field)
            of = f" (expected {getattr(said, field):,f})" if said else ""
            lines.append(f"realised, {name}: {value:,f} {total.currency} a month{of}")
    alone = f"; {found.by_counts} by counts of statements alone" if found.by_counts else ""
    if found.judged:
        share = f"{found.in_range} of {found.judged} in range ({found.in_range / found.judged:.0%}; the aim is 80 %)"
        ratio = "" if found.ratio is None else f", median expected / realised {found.ratio}"
        lines.append(f"calibration: {share}{ratio}{alone}")
    else:
        lines.append(f"calibration: no estimated amount was measured by resources yet{alone}")
    return "".join(f"{plain(line)}\n" for line in lines)


def _gone(found: "Summary") -> str:
    expired = f"; {found.expired} expired after 12 months" if found.expired else ""
    return expired + (f"; {found.rewritten} rewritten since" if found.rewritten else "")


def encode(document: "Verification | Summary") -> str:
    """A document as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a verification."""
    found = msgspec.json.schema(Verification)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "costmod.verification/1", **found}


def schema_text() -> str:
    """The schema as the file that ships with the package."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"
