"""Order among spans whose start times are coarser than their durations."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from bot.hotspots.span import Span


def settled(spans: Iterable[Span], tick_ns: int) -> Iterator[Span]:
    """The spans, those under one parent moved apart within their tick where they may have run one after the other.

    A start that is cut to a tick may fall before the end of the span before it, although nothing overlapped; calls that
    really overlap do so by more than a tick.
    """
    siblings: dict[tuple[str, str | None], list[Span]] = defaultdict(list)
    for span in spans:
        siblings[span.trace_id, span.parent_id].append(span)
    for group in siblings.values():
        group.sort(key=lambda span: (span.start_ns, span.duration_ns, span.span_id))
        end = 0
        for span in group:
            moved = replace(span, start_ns=end) if span.start_ns < end < span.start_ns + tick_ns else span
            end = max(end, moved.start_ns + moved.duration_ns)
            yield moved
