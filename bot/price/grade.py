"""How far to believe a figure. The worst item wins."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.price.bill.charges import Bill
from bot.price.bill.rules import quality
from bot.price.factors import Factor, constants
from bot.price.modes import Mode
from bot.price.repeats import SQL_KINDS, Repeat, unmatched
from bot.price.table import REGION
from bot.records import Grade, Hotspot, Patch, Proof, Volume

_RAISES = (
    "a bill, 14 days of unsampled request counts, database CPU evidence and the scaling policy would raise the grade"
)
SLOW_MS = 5
WIDE_SAMPLE = 0.20  # coefficient of variation above which a sample is worth one grade less
_BEST_FIRST: tuple[Grade, ...] = ("A", "B", "C", "D")

Item = tuple[Grade, str]  # what one part of the evidence allows, and why not more


def gaps(
    hotspot: Hotspot, patch: Patch, modes: tuple[Mode, ...], volume: Volume | None, repeated: tuple[Repeat, ...]
) -> tuple[str, ...]:
    """What is missing for any figure in money: each one is enough for grade D."""
    found = []
    if hotspot.kind not in SQL_KINDS and not repeated:
        found.append(f"the constants are measured for repeated SQL statements, not for {hotspot.kind}")
    elif is_uncounted(hotspot):
        found.append("only the line is known, and not how often it repeats")
    elif len(unmatched(hotspot, patch)) == len(patch.loads):
        found.append("the patch names no statement that the hotspot repeats")
    if not modes:
        found.append("nothing that is billed can be priced (see what is not counted)")
    if volume is None:
        found.append("the requests per month are unknown (set price.requests-per-month)")
    return tuple(found)


def is_uncounted(hotspot: Hotspot) -> bool:
    """Whether a hotspot has a line in place of statements: profiles and other detectors count none."""
    return hotspot.kind in SQL_KINDS and not hotspot.patterns


@dataclass(frozen=True)
class Evidence:
    """What a figure rests on."""

    modes: tuple[Mode, ...]
    proof: Proof | None
    repeated: tuple[Repeat, ...]
    volume: Volume
    bill: Bill | None
    factors: tuple[Factor, ...]

    def is_default(self, name: str) -> bool:
        """Whether a factor is used, and is that of the package."""
        defaults = {factor.origin for key, factor in constants().items() if key.startswith(name)}
        return any(factor.name == name and factor.origin in defaults for factor in self.factors)


def grade(seen: Evidence) -> Item:
    """The grade of a figure and what holds it down.

    A: a bill of 14 days matched by resource, every request counted, database CPU measured by the database, statements
    counted by tests, scaling known. B: one of these is weaker. C: list prices, default constants, unknown scaling.
    """
    bill, modes = seen.bill, seen.modes
    if bill is None or not any(mode.account for mode in modes):
        return _sampled(("C", reason_for_c(modes, seen.proof)), seen.volume)
    items = [_bill(bill, modes), _volume(seen.volume), _tests(seen.proof), *_work(seen), *_scaling(modes)]
    worst = max((item[0] for item in items), key=_BEST_FIRST.index)
    reasons = [reason for found, reason in items if found != "A" and reason]
    whole = f"bill of {bill.days:.0f} days ({bill.format}), matched by ResourceId"
    return _sampled((worst, "; ".join([whole, *reasons])), seen.volume)


def _sampled(item: Item, volume: Volume) -> Item:
    found, reason = item
    if volume.cv is None or volume.cv <= WIDE_SAMPLE or found == "D":
        return item
    lower = max(found, "B") if found == "A" else "C"
    return lower, f"{reason}; the sample of requests strays by {volume.cv:.0%}"  # type: ignore[return-value]


def _bill(bill: Bill, modes: Iterable[Mode]) -> Item:
    found, reason = quality(bill)
    columns = {column for mode in modes if mode.account for column in mode.account.columns}
    others = sorted(columns - {"EffectiveCost"})
    if not others:
        return ("A" if found == "A" else "B" if found == "B" else "C"), reason
    fallback = f"{' and '.join(others)} in place of EffectiveCost, which is wrong in this bill"
    return ("C" if found == "C" else "B"), "; ".join(part for part in (reason, fallback) if part)


def _volume(volume: Volume) -> Item:
    if volume.basis == "metric":
        return "A", ""
    return "B", "requests from weighted spans" if volume.basis == "span-weighted" else "requests as configured"


def _tests(proof: Proof | None) -> Item:
    if proof is not None and proof.verdict == "proven":
        return "A", ""
    return "B", "statements after: from the rewrite, not from a test"


def _work(seen: Evidence) -> list[Item]:
    found: list[Item] = []
    if seen.is_default("database-cpu") and any(repeat.server_ms is None for repeat in seen.repeated):
        found.append(("C", "database CPU by default constants (pg_stat_statements beside the traces would measure it)"))
    if seen.is_default("application-cpu"):
        found.append(("C", "application CPU by default constants"))
    return found


def _scaling(modes: tuple[Mode, ...]) -> list[Item]:
    known = all(mode.account and mode.account.is_replayed for mode in modes if mode.billing == "elastic")
    return [] if known else [("C", "unknown scaling policy -> cash shown as range from 0")]


def reason_for_c(modes: tuple[Mode, ...], proof: Proof | None) -> str:
    """Why a figure at list prices is not better than a C."""
    held = [f"list prices ({REGION}) and default constants instead of a bill"]
    if any(mode.billing == "elastic" for mode in modes):
        held.append("unknown scaling policy -> cash shown as range from 0")
    if proof is None or proof.verdict != "proven":
        held.append("statements after: from the rewrite, not from a test")
    return f"{'; '.join(held)}; {_RAISES}"


def not_counted(
    hotspot: Hotspot, patch: Patch, repeated: tuple[Repeat, ...], bill: Bill | None, actions: Iterable[str]
) -> tuple[str, ...]:
    """What the figures leave out, besides the modes that are not priced and the `actions` that cannot be named."""
    out = list(actions)
    if bill is None:
        out.append("commitments, discounts and free tiers: list prices only")
    else:
        aside = {name: value for name, value in bill.set_aside.items() if value != Decimal(0)}
        if aside:
            sums = ", ".join(f"{name} {value:,.2f}" for name, value in aside.items())
            out.append(f"of the bill, in {bill.currency}: {sums}")
    if not is_uncounted(hotspot):
        out += [f"{load.path}: its statement is not one that the hotspot repeats" for load in unmatched(hotspot, patch)]
    if any((repeat.span_ms or 0) > SLOW_MS and repeat.server_ms is None for repeat in repeated):
        out.append(
            f"statements slower than {SLOW_MS} ms may burn more database CPU than the indexed lookups of the constants"
        )
    return tuple(out)
