"""The places in the code that the spans themselves name, best first."""

from collections import Counter
from collections.abc import Iterable

from bot.hotspots.span import Code
from bot.hotspots.totals import CallTotals
from bot.records import Handler, Location, Precision

ORDER: tuple[Precision, ...] = ("exact_line", "function", "handler", "inferred")


def locations(calls: Iterable[CallTotals], handler: Handler | None) -> tuple[Location, ...]:
    """Candidates by precision, then by how many spans name them."""
    weights: Counter[Location] = Counter()
    for call in calls:
        for code, spans in call.lines.items():
            _add(weights, code, "exact_line" if code.line else "function", spans)
        for code, spans in call.callers.items():
            _add(weights, code, "function" if code.function else "inferred", spans)
    if handler is not None and handler.file:
        weights[
            Location(
                file=handler.file,
                line=handler.line,
                function=handler.qualname,
                precision="handler",
                provenance="entry span",
            )
        ] += 1
    return tuple(sorted(weights, key=lambda place: (ORDER.index(place.precision), -weights[place], repr(place))))


def _add(weights: Counter[Location], code: Code, precision: Precision, spans: int) -> None:
    if code.file:
        place = Location(
            file=code.file, line=code.line, function=code.function, precision=precision, provenance=code.provenance
        )
        weights[place] += spans
