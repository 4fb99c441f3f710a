"""How far to believe a figure. The worst item wins; A and B need a bill, which this calculation does not read."""

from bot.price.modes import Mode
from bot.price.repeats import SQL_KINDS, Repeat, unmatched
from bot.price.table import REGION
from bot.records import Hotspot, Patch, Proof, Volume

_RAISES = (
    "a bill, 14 days of unsampled request counts, database CPU evidence and the scaling policy would raise the grade"
)
SLOW_MS = 5


def gaps(hotspot: Hotspot, patch: Patch, modes: tuple[Mode, ...], volume: Volume | None) -> tuple[str, ...]:
    """What is missing for any figure in money: each one is enough for grade D."""
    found = []
    if hotspot.kind not in SQL_KINDS:
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


def reason_for_c(modes: tuple[Mode, ...], proof: Proof | None) -> str:
    """Why a figure is not better than a C."""
    held = [f"list prices ({REGION}) and default constants instead of a bill"]
    if any(mode.billing == "elastic" for mode in modes):
        held.append("unknown scaling policy -> cash shown as range from 0")
    if proof is None or proof.verdict != "proven":
        held.append("statements after: from the rewrite, not from a test")
    return f"{'; '.join(held)}; {_RAISES}"


def not_counted(hotspot: Hotspot, patch: Patch, repeated: tuple[Repeat, ...]) -> tuple[str, ...]:
    """What the figures leave out, besides the modes that are not priced."""
    out = [
        "cash after an action (a smaller size, a lower minimum): no evidence of sizes, peaks and working set",
        "commitments, discounts and free tiers: list prices only",
    ]
    if not is_uncounted(hotspot):
        out += [f"{load.path}: its statement is not one that the hotspot repeats" for load in unmatched(hotspot, patch)]
    if any((repeat.span_ms or 0) > SLOW_MS for repeat in repeated):
        out.append(
            f"statements slower than {SLOW_MS} ms may burn more database CPU than the indexed lookups of the constants"
        )
    return tuple(out)
