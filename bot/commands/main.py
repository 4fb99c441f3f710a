"""The main job, and editing the work tree alone."""

from pathlib import Path
from typing import Annotated

from bot.arguments import Option
from bot.commands.given import forge_of, hotspots_in, settings, with_bill
from bot.commands.options import (
    BillFiles,
    ForgeFolder,
    ForgeKind,
    Hotspots,
    MaxPullRequests,
    Rank,
    Repo,
    ReportFile,
    Sandbox,
    program,
)
from bot.commands.output import check_report, exit_code, write_report


@program.command
def run(  # noqa: PLR0913, PLR0917 - one parameter per option
    hotspots: Hotspots,
    repo: Repo = Path(),
    forge: ForgeKind = None,
    forge_folder: ForgeFolder = None,
    dry_run: Annotated[bool, Option("--dry-run", "Everything but publishing.")] = False,
    max_pull_requests: MaxPullRequests = None,
    sandbox: Sandbox = None,
    by: Rank = "total",
    bill: BillFiles = None,
    report: ReportFile = None,
) -> int:
    """The main job: find, fix, prove, price and publish the most costly hotspot."""
    from bot.pipeline import run as main_job
    from bot.prove.checkout import head_commit
    from bot.show.console import Screen

    config = with_bill(settings(repo, max_pull_requests, sandbox), bill)
    commit = head_commit(repo)
    check_report(report, repo, hotspots)
    found = hotspots_in(hotspots, config, by)
    target = None if dry_run else forge_of(forge, repo, forge_folder)
    screen = Screen()
    results = main_job(repo, found, config, target, screen)
    write_report(report, "run", results, commit)
    screen.results(results)
    return exit_code(results, done={"published", "planned"} if dry_run else {"published"})


@program.command
def fix(
    hotspots: Hotspots,
    repo: Repo = Path(),
    write: Annotated[bool, Option("--write/--diff", "Edit the work tree, or only show the diff.")] = False,
    report: ReportFile = None,
) -> int:
    """Plan every hotspot, then show the diff or edit the work tree."""
    from bot.pipeline import plan_all
    from bot.prove.checkout import head_commit, require_clean
    from bot.show.console import Screen
    from codemods.index import Index

    config = settings(repo)
    commit = head_commit(repo)
    check_report(report, repo, hotspots)
    if write:
        require_clean(repo)
    index = Index(repo, config.exclude, endpoints=config.endpoints())
    results = plan_all(hotspots_in(hotspots, config, "total"), index, stacked=True)
    if write:
        from msgspec.structs import replace

        from bot.plan.apply import apply, combined

        apply(repo, combined(r.patch for r in results if r.patch))
        results = [replace(r, outcome="fixed") if r.outcome == "planned" else r for r in results]
    write_report(report, "fix", results, commit)
    screen = Screen()
    screen.results(results)
    return exit_code(results, done={"fixed", "planned"})
