"""The main job step by step, through a plan folder: plan, prove, price, publish."""

import os
from pathlib import Path
from typing import Annotated, Literal

from bot.arguments import Argument, Option
from bot.commands.given import forge_of, hotspots_in, settings, with_bill
from bot.commands.options import (
    BillFiles,
    Digest,
    Folder,
    ForgeFolder,
    ForgeKind,
    Hotspots,
    MaxPullRequests,
    PlanFolder,
    Rank,
    Repo,
    RepoOption,
    ReportFile,
    Sandbox,
    program,
)
from bot.commands.output import LONGEST_MESSAGE, check_report, exit_code, save_plan, show, write_report
from bot.errors import UserError


@program.command
def plan(  # noqa: PLR0913, PLR0917 - one parameter per option
    hotspots: Hotspots,
    repo: Repo = Path(),
    folder: Folder = Path("costmod-plan"),
    by: Rank = "total",
    forge: Annotated[
        Literal["local", "github"] | None, Option("--forge", "Leave out what people closed there.")
    ] = None,
    forge_folder: ForgeFolder = None,
    max_pull_requests: MaxPullRequests = None,
) -> int:
    """Step 1 of 4: plan every hotspot on the commit that is checked out, into a plan folder."""
    from bot.pipeline import plan_all, without_closed
    from bot.prove.checkout import checkout
    from bot.show.console import Screen
    from codemods.index import Index

    config = settings(repo, max_pull_requests)
    found = hotspots_in(hotspots, config, by)
    target = forge_of(forge, repo, forge_folder) if forge else None
    with checkout(repo) as tree:
        results = plan_all(found, Index(tree.path, config.exclude, endpoints=config.endpoints()), stacked=False)
    if target is not None:
        results = without_closed(results, target, repo, config)
    Screen().results(results)
    save_plan(folder, "plan", tree.commit, results)
    return exit_code(results, done={"planned"})


@program.command
def prove(
    folder: PlanFolder,
    repo: RepoOption = Path(),
    digest: Digest = None,
    max_pull_requests: MaxPullRequests = None,
    sandbox: Sandbox = None,
    out: Annotated[Path | None, Option("--out", metavar="FOLDER", help="Default: the plan folder itself.")] = None,
) -> int:
    """Step 2 of 4: run the tests before and after the most costly patch; needs no token."""
    from bot.folder import read
    from bot.pipeline import prove_most_costly
    from bot.prove.checkout import checkout
    from bot.show.console import Screen

    config = settings(repo, max_pull_requests, sandbox)
    report = read(folder, digest)
    screen = Screen()
    with checkout(repo, report.commit or "HEAD") as tree:
        results = prove_most_costly(report.results, tree, repo, config, screen.step)
    screen.results(results)
    save_plan(out or folder, "prove", tree.commit, results)
    proven = {r.proof.verdict for r in results if r.proof}
    return 0 if proven <= {"proven", "held"} else 1


@program.command
def price(  # noqa: PLR0913, PLR0917 - one parameter per option
    folder: Annotated[Path | None, Argument("FOLDER", "The plan folder.")] = None,
    repo: RepoOption = Path(),
    digest: Digest = None,
    explain: Annotated[bool, Option("--explain", "Print every formula, input and amount.")] = False,
    bill: BillFiles = None,
    export_focus: Annotated[
        Path | None, Option("--export-focus", metavar="OUT.csv", help="Split the bill: FOCUS 1.3 rows.")
    ] = None,
    calibrate: Annotated[
        bool, Option("--calibrate", "Measure the constants on your database instead; see docs/verify.md.")
    ] = False,
    out: Annotated[Path, Option("--out", metavar="FILE", help="With --calibrate.")] = Path("costmod-constants.toml"),
) -> int:
    """Step 3 of 4: what each proven patch is worth a month."""
    if calibrate:
        return _calibrate(repo, out)
    if folder is None:
        raise UserError("name the plan folder; see `costmod price --help`.")
    from datetime import UTC, datetime

    from msgspec.structs import replace

    from bot.folder import FILE, read
    from bot.pipeline import priced_all
    from bot.price import explain as explained
    from bot.price.sources import read_sources
    from bot.show.console import Screen
    from bot.show.plain import plain_lines

    config = with_bill(settings(repo), bill)
    if export_focus is not None:
        from bot.show.report import require_writable

        if not config.price.bill:
            raise UserError("--export-focus splits a bill; name one with --bill or price.bill.")
        require_writable(export_focus, repo, [folder / FILE, *config.price.bill], "--export-focus")
    report = read(folder, digest)
    sources = read_sources(config.price, repo, (r.hotspot for r in report.results))
    priced = priced_all(report.results, config, datetime.now(UTC).date(), sources)
    for saving in (one.saving for _, one in priced if one):
        if explain:
            show(plain_lines(explained(saving)))
        else:
            Screen().saving(saving)
    save_plan(folder, "price", report.commit, [replace(r, saving=one.saving) if one else r for r, one in priced])
    if sources.bill is not None and (explain or export_focus is not None):
        from bot.price.export import export, report_of
        from bot.show.report import write_bytes

        split = export(sources.bill, config.price, priced)
        show(plain_lines(report_of(sources.bill, split)))
        if export_focus is not None:
            from bot.price.split_rows import split_rows

            write_bytes(split_rows(sources.bill, split).encode(), export_focus, "--export-focus")
    return 0


def _calibrate(repo: Path, out: Path) -> int:
    from datetime import UTC, datetime

    from bot.price.calibrate import Target, calibrate
    from bot.show.console import Screen
    from bot.show.plain import plain
    from bot.show.report import require_writable, write_bytes

    config, target = settings(repo), Target.of(os.environ)
    require_writable(out, repo, [], "--out")
    with Screen().step("measuring statements on the database"):
        text = calibrate(target, repo, config, datetime.now(UTC).date())
    write_bytes(text.encode(), out, "--out")
    show(f"{plain(out, LONGEST_MESSAGE)}: name it as constants in [tool.costmod.price]\n")
    return 0


@program.command
def publish(  # noqa: PLR0913, PLR0917 - one parameter per option
    folder: PlanFolder,
    repo: RepoOption = Path(),
    digest: Digest = None,
    plan: Annotated[
        Path | None, Option(metavar="FOLDER", help="The folder of `plan`: only proofs are taken from the other one.")
    ] = None,
    plan_digest: Annotated[str | None, Option(help="As --digest, of --plan.")] = None,
    forge: ForgeKind = None,
    forge_folder: ForgeFolder = None,
    report: ReportFile = None,
) -> int:
    """Step 4 of 4: open or update the pull request; runs none of the repository's code."""
    from datetime import UTC, datetime

    from bot.folder import FILE, bind, read
    from bot.pipeline import price_all, publish_all
    from bot.price.sources import read_sources
    from bot.prove.checkout import current_branch
    from bot.show.console import Screen

    config = settings(repo)
    check_report(report, repo, [folder / FILE])
    plan_ = read(folder, digest)
    given = plan_.results
    if plan is not None:
        given = bind(read(plan, plan_digest), plan_)
        sources = read_sources(config.price, repo, (r.hotspot for r in given))
        given = tuple(price_all(given, config, datetime.now(UTC).date(), sources))
    base = config.publish.base or current_branch(repo)
    target = forge_of(forge, repo, forge_folder)
    results = publish_all(given, target, repo, config, base=base, commit=plan_.commit or "")
    write_report(report, "publish", results, plan_.commit)
    for request in (r.pull_request for r in results if r.pull_request):
        Screen().pull_request(request)
    return exit_code(results, done={"published"})
