"""What is known before the deployment, frozen: nothing that happens later can move the yardstick."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from bot import __version__
from bot.config import Config, PriceConfig
from bot.errors import UserError
from bot.price.after.counts import Counts, of_exports, of_hotspot
from bot.price.after.series import Hour
from bot.price.factors import Factor, constants
from bot.price.sources import server_side
from bot.price.volume import names, requests_per_month
from bot.records import Hotspot, Patch, Proof, Record, Result, Saving


class Baseline(Record, frozen=True, kw_only=True):
    """The patch, its estimate with all that it was made of, and the counts and hours before."""

    schema: Literal["costmod.baseline/1"] = "costmod.baseline/1"
    version: str  # of costmod
    hotspot: Hotspot
    patch: Patch  # without whole file texts
    proof: Proof | None = None
    saving: Saving | None = None
    pull_request: int | None = None
    settings: PriceConfig
    constants: dict[str, Factor]
    statements: dict[str, float]  # mean milliseconds as the database measured them, by fingerprint
    counts: Counts
    control: str | None = None
    hours: tuple[Hour, ...] = ()  # of the entry and of the control


class Frozen(Record, frozen=True, kw_only=True):
    """The file: a baseline and the sha256 of its bytes."""

    baseline: Baseline
    sha256: str


def chosen(results: Sequence[Result], patch: str | None) -> Result:
    """The result to follow: the one with that fingerprint (or its beginning), else the only one that was published.

    Raises:
        UserError: there is no such one, or several.
    """
    patched = [r for r in results if r.patch is not None]
    if patch is not None:
        patched = [r for r in patched if r.patch and r.patch.fingerprint.startswith(patch)]
    if not patched:
        raise UserError("the plan holds no such patch; name its folder or report with --plan.")
    published = [r for r in patched if r.pull_request and r.pull_request.number is not None]
    ranked = published or [r for r in patched if r.saving] or patched
    if len(ranked) > 1:
        known = ", ".join(r.patch.fingerprint[:12] for r in ranked if r.patch)
        raise UserError(f"the plan holds several patches; choose one with --patch: {known}.")
    return ranked[0]


def freeze(
    result: Result,
    others: Iterable[Result],
    before: Sequence[str],
    hours: Sequence[Hour],
    control: str | None,
    config: Config,
) -> Baseline:
    """The baseline of one result; counts come from the exports before, else from the hotspot itself.

    `others` are the results of the same plan: databases among their sources say how long a statement takes there.

    Raises:
        UserError: an export that cannot be read or does not show the entry, or hours of another one.
    """
    assert result.patch is not None
    hotspot, settings = result.hotspot, config.price
    counts = of_exports(before, hotspot, config) if before else of_hotspot(hotspot)
    if counts is None:
        raise UserError("the exports before do not show the entry of the patch; export a window with its traffic.")
    volume = requests_per_month(hotspot, settings)
    metrics = replace(hotspot.metrics, requests_per_month=volume)
    return Baseline(
        version=__version__,
        hotspot=replace(hotspot, metrics=metrics),
        patch=replace(result.patch, changes=()),
        proof=result.proof,
        saving=result.saving,
        pull_request=result.pull_request.number if result.pull_request else None,
        settings=settings,
        constants=constants(settings.constants),
        statements=server_side(other.hotspot for other in others),
        counts=counts,
        control=control,
        hours=hours_of(hours, hotspot, control),
    )


def hours_of(hours: Sequence[Hour], hotspot: Hotspot, control: str | None) -> tuple[Hour, ...]:
    """The hours of the entry and of its control.

    Raises:
        UserError: there are hours, but not of these two.
    """
    if not hours:
        return ()
    own = sorted({hour.entry for hour in hours if names(hour.entry, hotspot.entry)})
    if len(own) != 1:
        what = (
            f"several entries that mean the hotspot's: {', '.join(own)}" if own else "no hours of the hotspot's entry"
        )
        raise UserError(f"the series holds {what}; name it as the APM does, once.")
    if control is not None and (control == own[0] or all(hour.entry != control for hour in hours)):
        raise UserError(
            f"the series holds no hours of another entry {control!r}; --control names one as it stands there."
        )
    return tuple(hour for hour in hours if hour.entry in (own[0], control))


def digest(baseline: Baseline) -> str:
    """sha256 of the baseline."""
    return hashlib.sha256(msgspec.json.encode(baseline, order="sorted")).hexdigest()


def encode(baseline: Baseline) -> bytes:
    """The file."""
    frozen = Frozen(baseline=baseline, sha256=digest(baseline))
    return msgspec.json.format(msgspec.json.encode(frozen, order="sorted"), indent=1) + b"\n"


def read(path: Path) -> Baseline:
    """The baseline in a file.

    Raises:
        UserError: it cannot be read, or somebody changed it.
    """
    try:
        frozen = msgspec.json.decode(path.read_bytes(), type=Frozen)
    except OSError as error:
        raise UserError(
            f"{path}: no baseline to read ({error.strerror}); `costmod verify --freeze` writes it."
        ) from error
    except msgspec.DecodeError as error:
        raise UserError(f"{path}: no baseline of this version of costmod ({error}).") from error
    if digest(frozen.baseline) != frozen.sha256:
        raise UserError(f"{path}: its content is not what was frozen; somebody changed it, so nothing is compared.")
    return frozen.baseline
