"""After the merge: whether the saving was real, and what all of them add up to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from bot.arguments import Argument, Option
from bot.commands.given import forge_of, results_in, settings
from bot.commands.options import ForgeFolder, ForgeKind, RepoOption, program
from bot.commands.output import show
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.records import Verification


@program.command
def verify(  # noqa: PLR0913, PLR0917 - one parameter per option
    before: Annotated[list[str] | None, Option(metavar="FILE...", help="APM exports of a window before.")] = None,
    after: Annotated[list[str] | None, Option(metavar="FILE...", help="APM exports of a window after.")] = None,
    plan: Annotated[Path, Option("--plan", "A plan folder, or a JSON report.")] = Path("costmod-plan"),
    patch: Annotated[str | None, Option(help="The patch of the plan, by its fingerprint.")] = None,
    baseline: Annotated[Path | None, Option(metavar="FILE", help="What was frozen, in place of the plan.")] = None,
    freeze: Annotated[Path | None, Option(metavar="FILE", help="Only write down what is known before.")] = None,
    series: Annotated[list[str] | None, Option(metavar="FILE...", help="Hours of entries: CSV or JSON lines.")] = None,
    control: Annotated[str | None, Option(help="An entry of the series that the patch does not touch.")] = None,
    deployed: Annotated[str | None, Option(metavar="TIME", help="When it was deployed, RFC 3339.")] = None,
    incident: Annotated[
        list[str] | None, Option(metavar="NAME=START/END", help="Hours to leave out; repeatable.")
    ] = None,
    merge: Annotated[str | None, Option(metavar="COMMIT", help="The merge commit.")] = None,
    ledger: Annotated[Path | None, Option(metavar="FILE", help="Append the verdict to this ledger.")] = None,
    output: Annotated[Literal["text", "json", "markdown"], Option("--format")] = "text",
    comment: Annotated[bool, Option("--comment", "Tell it on the pull request, in one comment.")] = False,
    forge: ForgeKind = None,
    forge_folder: ForgeFolder = None,
    repo: RepoOption = Path(),
) -> int:
    """After the merge: was the saving real? Statements and resources per request, before and after."""
    from bot.price.after import baseline as baselines
    from bot.price.after.ledger import append, entry_of
    from bot.price.after.series import read_series
    from bot.price.after.verify import verify as compare
    from bot.price.after.window import after_of
    from bot.price.sources import read_sources
    from bot.show.report import write_bytes

    config = settings(repo)
    hours = read_series(series or (), config.max_input_mb)
    if baseline is not None and (before or control or freeze):
        raise UserError("--baseline holds what was before already: leave out --before, --control and --freeze.")
    if freeze is not None and after:
        raise UserError("--freeze only writes down what was before: leave out --after, or --freeze.")
    if baseline is not None:
        frozen = baselines.read(baseline)
    else:
        results = results_in(plan)
        chosen = baselines.chosen(results, patch)
        frozen = baselines.freeze(chosen, results, before or (), hours, control, config)
    if freeze is not None:
        write_bytes(baselines.encode(frozen), freeze, "--freeze")
        return 0
    measured = after_of(after or (), hours, deployed, incident or (), merge)
    found = compare(frozen, measured, config, read_sources(frozen.settings, repo))
    if ledger is not None:
        append(ledger, entry_of(found))
    if comment:
        from bot.publish.comment import tell

        tell(forge_of(forge, repo, forge_folder), found)
    show(_verification(found, output))
    return int(found.verdict in ("not realised", "regressed"))


def _verification(found: "Verification", output: Literal["text", "json", "markdown"]) -> str:
    from bot.publish.comment import comment_of
    from bot.show.verification import encode, text

    if output == "markdown":
        return comment_of(found)
    return encode(found) if output == "json" else text(found)


@program.command
def ledger(
    file: Annotated[Path, Argument("FILE", "What `verify --ledger` wrote.")] = Path("costmod-ledger.jsonl"),
    on: Annotated[str | None, Option(metavar="DATE", help="The day that decides what has expired; today.")] = None,
    repo: Annotated[
        Path | None, Option("--repo", "Do not count patches whose code is gone from this checkout.")
    ] = None,
    output: Annotated[Literal["text", "json"], Option("--format")] = "text",
) -> int:
    """What the merged patches have saved, each counted once, and how often the estimates were right."""
    from datetime import UTC, date, datetime

    from bot.price.after.calibration import summary
    from bot.price.after.kept import is_there
    from bot.price.after.ledger import read
    from bot.show.verification import encode, ledger_text

    try:
        day = datetime.now(UTC).date() if on is None else date.fromisoformat(on)
    except ValueError:
        raise UserError(f"--on: {on!r} is no date; write for example 2026-11-25.") from None
    found = summary(read(file), day, lambda e: repo is None or not e.file or is_there(repo, e.file, e.lines))
    show(encode(found) if output == "json" else ledger_text(found))
    return 0
