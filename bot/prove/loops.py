"""Calls of a loop at two numbers of rounds: two tests that reached the site and made a different number of them."""

from bot.prove.slope import Measured
from bot.records import OPERATION_NAMES, OperationCount, OperationKind, Slope

_MADE_FIRST: tuple[OperationKind, ...] = ("connection", "client")  # what a call needs; the calls themselves tell more


def between_tests(counts: tuple[OperationCount, ...]) -> Measured:
    """What the tests that made the fewest and the most calls before the patch make with it.

    The rows that drive such a loop are not known, so they cannot be multiplied: what the tests do themselves counts.
    """
    fell = [count for count in counts if count.after < count.before]
    if not fell:
        return Measured(None, "Not measured at two sizes: no test makes fewer calls.")
    kind = min(fell, key=lambda count: (count.kind in _MADE_FIRST, count.after - count.before)).kind
    of_kind = sorted((count for count in counts if count.kind == kind and count.before), key=lambda c: c.before)
    few, many = of_kind[0], of_kind[-1]
    name = OPERATION_NAMES[kind]
    if many.before == few.before:
        return Measured(None, f"Not measured at two sizes: no two tests make a different number of {name}.")
    seen = f"{few.before} -> {few.after} {name} in {few.test}, {many.before} -> {many.after} in {many.test}"
    if many.after <= few.after:
        said = "O(N) -> O(1) between two tests"
    elif many.after - few.after < many.before - few.before:
        said = "Grows less with the rounds of the loop, but still grows, between two tests"
    else:
        said = "No slower growth was seen between two tests"
    slope = Slope(
        test=f"{few.test} and {many.test}", kind=kind, rows=(few.before, many.before),
        before=(few.before, many.before), after=(few.after, many.after),
    )  # fmt: skip
    return Measured(slope, f"{said}: {seen}.")
