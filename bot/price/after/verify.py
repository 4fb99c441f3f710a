"""From a baseline and what came after to a verification: counts, resources, money, one word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot import __version__
from bot.config import Config
from bot.price.after.baseline import Baseline, digest, hours_of
from bot.price.after.counts import Counts, of_exports, require_after
from bot.price.after.decide import decide
from bot.price.after.effects import Window, effects
from bot.price.after.kept import added
from bot.price.after.series import Hour, moment_of
from bot.price.after.structure import structure
from bot.price.after.worth import basis, expected, realised
from bot.price.estimate import NO_SOURCES
from bot.price.sources import Sources
from bot.records import Effect, Verification


@dataclass(frozen=True)
class After:
    """What is known after the merge."""

    exports: Sequence[str] = ()
    hours: Sequence[Hour] = ()
    deployed: str | None = None  # RFC 3339
    window: Window | None = None  # the same as seconds, with the incidents
    merge: str | None = None  # commit id
    left_out: Sequence[str] = ()  # incidents, in words


def verify(baseline: Baseline, after: After, config: Config, sources: Sources = NO_SOURCES) -> Verification:
    """Whether the saving of a merged patch was real, priced by what the baseline's settings name in `sources`.

    Nothing but the inputs counts: not the time of day either.

    Raises:
        UserError: an export that cannot be read, begins before the deployment, or a series without the entry.
    """
    counts = of_exports(after.exports, baseline.hotspot, config) if after.exports else None
    if counts is not None:
        require_after(counts, after.deployed, after.window.deployed if after.window else None)
    counted = structure(baseline.hotspot, baseline.patch, baseline.counts, counts) if after.exports else None
    found, last_hour = _effects(baseline, after)
    until = max((end for end in (counts.end if counts else None, last_hour) if end), default=None)
    worth = realised(baseline, counted, found, date.fromisoformat(until[:10]), sources) if until else None
    verdict, reason = decide(counted, found, worth)
    saving = baseline.saving
    return Verification(
        version=__version__,
        patch=baseline.patch.fingerprint,
        codemod=baseline.patch.codemod,
        title=baseline.patch.title,
        hotspot=baseline.hotspot.id,
        entry=_entry(baseline),
        file=baseline.patch.site.file,
        lines=added(baseline.patch),
        pull_request=baseline.pull_request,
        merge=after.merge,
        baseline=digest(baseline),
        deployed=after.deployed,
        measured_until=until,
        verdict=verdict,
        reason=reason,
        structure=counted,
        effects=found,
        control=baseline.control,
        expected=expected(baseline),
        realised=worth if verdict != "pending" else None,
        basis=basis(baseline, found) if worth is not None and verdict != "pending" else None,
        action=saving.action if saving else None,
        price_date=saving.price_date if saving else None,
        notes=(
            *_notes(baseline, counts, found, is_priced=worth is not None),
            *(f"left out: {incident}" for incident in after.left_out),
        ),
    )


def _effects(baseline: Baseline, after: After) -> tuple[tuple[Effect, ...], str | None]:
    if after.window is None:
        return (), None
    fresh = hours_of(after.hours, baseline.hotspot, baseline.control)
    deployed = after.window.deployed // 3600
    # Hours that were frozen stay as they were, whatever a later export says of them.
    hours = (*(h for h in baseline.hours if h.at < deployed), *_later(baseline, fresh, deployed))
    target = [hour for hour in hours if hour.entry != baseline.control]
    control = [hour for hour in hours if hour.entry == baseline.control]
    last = max((hour.at for hour in target if hour.at >= deployed), default=None)
    return effects(target, control, after.window), None if last is None else moment_of(last + 1)


def _later(baseline: Baseline, fresh: Sequence[Hour], deployed: int) -> Sequence[Hour]:
    frozen = {(hour.entry, hour.at) for hour in baseline.hours if hour.at < deployed}
    return [hour for hour in fresh if (hour.entry, hour.at) not in frozen]


def _entry(baseline: Baseline) -> str:
    entry = baseline.hotspot.entry
    if entry.route_raw:
        return f"{entry.method} {entry.route_raw}" if entry.method else entry.route_raw
    return entry.transaction_name or baseline.hotspot.id


def _notes(baseline: Baseline, after: Counts | None, found: Sequence[Effect], *, is_priced: bool) -> list[str]:
    notes = []
    before = baseline.counts
    if after and after.releases and after.releases == before.releases:
        notes.append(f"the exports before and after name the same release ({', '.join(after.releases)})")
    if after and after.start and before.end and after.start < before.end:  # both as the readers write them
        notes.append(f"the window after begins at {after.start}, before the other one ends at {before.end}")
    if after and (after.every is None or before.every is None):
        notes.append("the exports count only statements that repeat, so others that run in their place are not seen")
    if found and baseline.control is None:
        notes.append("no control entry: resources are not compared, since load and neighbours change from week to week")
    if found:
        notes.append(
            "resources change with everything that was deployed to the entry in these days, not this patch alone"
        )
    if expected(baseline) is not None and (after or found) and not is_priced:
        notes.append("nothing could be priced: too little was measured, or the settings are not those of the estimate")
    return notes
