"""When it was deployed and what is left out, as the command line says it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.errors import UserError
from bot.price.after.effects import Window
from bot.price.after.series import Hour, instant
from bot.price.after.verify import After


def after_of(
    exports: Sequence[str], hours: Sequence[Hour], deployed: str | None, incidents: Sequence[str], merge: str | None
) -> After:
    """What is known after the merge; an incident is NAME=START/END.

    Raises:
        UserError: neither exports nor hours, hours without a deployment, or something that is no time.
    """
    if not exports and not hours:
        raise UserError("name what came after: exports with --after, or hours with --series and --deployed.")
    if hours and deployed is None:
        raise UserError("--series needs --deployed, the time that parts the hours before from those after.")
    if deployed is None:
        return After(exports=exports, merge=merge)
    window = Window(instant(deployed, "--deployed"), tuple(_incident(text) for text in incidents))
    moment = datetime.fromtimestamp(window.deployed, UTC).isoformat().replace("+00:00", "Z")
    return After(exports=exports, hours=hours, deployed=moment, window=window, merge=merge, left_out=incidents)


def _incident(text: str) -> tuple[int, int]:
    name, _, span = text.rpartition("=")
    start, found, end = span.partition("/")
    if not name or not found:
        raise UserError(
            f"--incident: {text[:80]!r} is not NAME=START/END, for example outage=2026-11-01T10:00Z/...T12:00Z."
        )
    first, last = (instant(one, f"--incident {name}") for one in (start, end))
    if first >= last:
        raise UserError(f"--incident {name}: it ends before it starts.")
    return first, last
