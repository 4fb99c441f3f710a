"""The commands, and nothing else: arguments in, one room after the other, an exit code out.

Exit codes: 0 done or nothing to do, 1 refused or stopped, 2 wrong use or unreadable input (one line on stderr, nothing
changed), 3 a defect of costmod, 130 interrupted.
"""

import contextlib
import errno
import gc
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from bot import __version__
from bot.arguments import Argument, Option, Program
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.config import Config
    from bot.publish.forge import Forge
    from bot.records import Hotspot, Result, Scan, Verification

INTERRUPTED = 130
INTERRUPTION = "interrupted; temporary work trees are removed, and the same command picks up where it stopped."
LONGEST_MESSAGE = 4000  # characters: paths may be long
LISTS = ("--hotspots", "--before", "--after", "--series")  # options that take several files in a row
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}

program = Program(
    "costmod",
    __version__,
    "Turns what an APM knows into a proven, priced pull request. Deterministic, offline, no model.",
)

Repo = Annotated[Path, Argument("REPO", "A git repository, or a folder of one.", real=True)]
Hotspots = Annotated[
    list[str],
    Option("--hotspots", metavar="FILE...", help="APM exports; - is standard input."),
]
VendorName = Literal["datadog", "newrelic", "xray", "sentry", "jaeger", "prometheus"]
SandboxMode = Literal["off", "auto", "require"]
By = Literal["total", "p99", "cpu", "calls", "cost"]
Rank = Annotated[By, Option("--by", "What ranks first.")]
ReportFile = Annotated[Path | None, Option("--report", metavar="OUT.json", help="Write the JSON report here.")]

RepoOption = Annotated[Path, Option("--repo", real=True, help="The git repository.")]
Folder = Annotated[Path, Option("--out", metavar="FOLDER", help="The plan folder.")]
PlanFolder = Annotated[Path, Argument("FOLDER", "The plan folder.")]
Digest = Annotated[str | None, Option(help="Refuse a plan whose sha256 is another.")]
ForgeKind = Annotated[Literal["local", "github"] | None, Option("--forge", "Default: local without a token.")]
ForgeFolder = Annotated[Path | None, Option("--forge-folder", real=True, help="Where the local forge lives.")]
BillFiles = Annotated[
    list[str] | None, Option("--bill", metavar="FILE", help="FOCUS or CUR 2.0, CSV or Parquet; repeatable.")
]
Sandbox = Annotated[
    SandboxMode | None, Option("--sandbox", "How the tests are held; require: not without namespaces. Default: auto.")
]
MaxPullRequests = Annotated[int | None, Option("--max-pull-requests", least=1, help="Default 1: the most costly one.")]


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

    config = _with_bill(_config(repo, max_pull_requests, sandbox), bill)
    commit = head_commit(repo)
    _check_report(report, repo, hotspots)
    found = _read(hotspots, config, by)
    target = None if dry_run else _forge(forge, repo, forge_folder)
    screen = Screen()
    results = main_job(repo, found, config, target, screen)
    _write_report(report, "run", results, commit)
    screen.results(results)
    return _exit_code(results, done={"published", "planned"} if dry_run else {"published"})


@program.command
def hotspots_(  # noqa: PLR0913, PLR0917 - one parameter per option
    files: Annotated[list[str] | None, Argument("FILE", "APM exports; - is standard input.")] = None,
    vendor: Annotated[
        VendorName | None, Option("--from", "Ask the vendor; credentials come from the environment.")
    ] = None,
    service: Annotated[str | None, Option(help="With --from: only this service.")] = None,
    hours: Annotated[int, Option(least=1, help="With --from: how far back.")] = 24,
    record: Annotated[Path | None, Option(metavar="FOLDER", help="With --from: keep the answers as inputs.")] = None,
    max_calls: Annotated[int, Option(least=1, help="With --from: the most calls of one run.")] = 60,
    by: Rank = "total",
    top: Annotated[int | None, Option(least=1, help="Only the first N.")] = None,
    output: Annotated[Literal["table", "json"], Option("--format")] = "table",
) -> int:
    """What the APM saw: the ranked hotspots of its exports, or of what it answers."""
    config = _config(Path.cwd())
    if vendor is None:
        if service is not None or record is not None:
            raise UserError("--service and --record go with --from, which names the vendor to ask.")
        if not files:
            raise UserError("name the exports to read, or a vendor to ask with --from; see `costmod hotspots --help`.")
        found = _read(files, config, by)[:top]
    else:
        with _asked(vendor, config, (service, hours, max_calls), record) as answers:
            found = _read([*answers, *(files or ())], config, by)[:top]
    if output == "json":
        from bot.hotspots.document import dump

        _print(dump(found))
    else:
        from bot.show.console import Screen

        Screen().hotspots(found)
    return 0


@program.command
def sql(
    store: Annotated[
        Literal["rows", "clickhouse-otel"],
        Option(help="rows: our Parquet columns; clickhouse-otel: the table of the OpenTelemetry Collector."),
    ] = "rows",
    dialect: Annotated[str, Option(help="As sqlglot names it: duckdb, clickhouse, postgres, bigquery, ...")] = "",
    table: Annotated[str, Option(help="What FROM names.")] = "",
    hours: Annotated[int, Option(least=1, help="How far back clickhouse-otel looks.")] = 24,
) -> int:
    """The detector as one SQL statement, for spans that stay in their warehouse; feed its rows to `hotspots`."""
    from bot.hotspots.warehouse import grouping

    dialect = dialect or ("clickhouse" if store == "clickhouse-otel" else "duckdb")
    table = table or ("otel_traces" if store == "clickhouse-otel" else "otel_spans")
    _print(grouping(dialect, store, table, _config(Path.cwd()).minimum_repeats, hours=hours))
    return 0


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

    config = _config(repo)
    commit = head_commit(repo)
    _check_report(report, repo, hotspots)
    if write:
        require_clean(repo)
    index = Index(repo, config.exclude, endpoints=config.endpoints())
    results = plan_all(_read(hotspots, config, "total"), index, stacked=True)
    if write:
        from msgspec.structs import replace

        from bot.plan.apply import apply, combined

        apply(repo, combined(r.patch for r in results if r.patch))
        results = [replace(r, outcome="fixed") if r.outcome == "planned" else r for r in results]
    _write_report(report, "fix", results, commit)
    screen = Screen()
    screen.results(results)
    return _exit_code(results, done={"fixed", "planned"})


@program.command
def scan(
    repo: Repo = Path(),
    output: Annotated[Literal["text", "json", "sarif"], Option("--format")] = "text",
    out: Annotated[Path | None, Option("--out", metavar="FILE", help="Write there, not to the screen.")] = None,
    diff: Annotated[bool, Option("--diff", "As text: show the suggested edits.")] = False,
    exclude: Annotated[
        list[str] | None, Option(metavar="PREFIX", help="Leave out paths that begin so; repeatable.")
    ] = None,
    fail_on_findings: Annotated[bool, Option("--fail-on-findings", "Exit 1 when there are any.")] = False,
) -> int:
    """No APM: queries whose every row is seen to issue statements of its own; edits nothing."""
    from bot.plan.scan import scan as find_all
    from bot.prove.checkout import head_commit
    from bot.records import Scan
    from bot.show.console import Screen
    from bot.show.report import require_writable, write_bytes
    from codemods.index import Index

    config = _config(repo)
    commit = head_commit(repo)
    if out is not None:
        require_writable(out, repo, [], "--out")
    index = Index(repo, (*config.exclude, *(exclude or ())))
    with Screen().step(f"scanning {len(index.tree.files)} files"):
        findings = tuple(find_all(index))
    listed = {*index.tree.files, *index.tree.templates}
    skipped = {path: why for path, why in index.tree.skipped.items() if path in listed}
    shown = _shown(Scan(version=__version__, commit=commit, findings=findings, skipped=skipped), output, repo, diff)
    if out is None:
        _print(shown)
    else:
        write_bytes(shown.encode(), out, "--out")
    return int(fail_on_findings and bool(findings))


@program.command
def slash(
    event: Annotated[Path, Option("--event", metavar="FILE", help="The issue_comment event, as GitHub sends it.")],
) -> int:
    """Answer a `/costmod` comment on a pull request; needs no checkout and runs nothing of the repository."""
    from datetime import UTC, datetime

    from bot.publish.answer import answer
    from bot.publish.choose import github_for
    from bot.publish.github_talk import GithubTalk
    from bot.publish.slash import read_event

    given = read_event(event)
    if isinstance(given, str):
        _print(f"ignored: {given}\n")
        return 0
    forge = github_for(given.repository, _token(), os.environ)
    outcome, why = answer(forge, GithubTalk(forge), given, datetime.now(UTC))
    from bot.show.plain import plain

    _print(f"{outcome}: {plain(why)}\n")
    return int(outcome == "refused")


@program.command
def check(
    base: Annotated[str, Option("--base", metavar="REV", help="What the change is compared with.")],
    repo: Repo = Path(),
    hotspots: Annotated[
        list[str] | None, Option("--hotspots", metavar="FILE...", help="APM exports that price what is found.")
    ] = None,
    pull_request: Annotated[
        int | None, Option("--pull-request", metavar="N", least=1, help="Comment there, once, on GitHub.")
    ] = None,
    fail_on_findings: Annotated[bool, Option("--fail-on-findings", "Exit 1 when there are any.")] = False,
) -> int:
    """What the commit that is checked out introduces: new N+1 queries, their cost, an edit; silent without any."""
    from datetime import UTC, datetime

    from bot.publish.check import remark_of

    config = _config(repo)
    found = _read(hotspots, config, "total") if hotspots else []
    remark = remark_of(repo, base, found, config, datetime.now(UTC).date())
    _print(f"{remark}\n" if remark else "")
    if pull_request is not None:
        from bot.publish.check import tell

        tell(_forge("github", repo, None), pull_request, remark)
    return int(fail_on_findings and bool(remark))


@program.command
def record(
    command: Annotated[
        list[str], Argument("COMMAND...", "Tests, a script, or a server to stop by Ctrl-C.", verbatim=True)
    ],
    out: Annotated[Path, Option("--out", metavar="FILE", help="The hotspots.")] = Path("costmod-hotspots.json"),
    by: Rank = "total",
) -> int:
    """No APM: run COMMAND under the probe; its requests and tests become hotspots with exact lines."""
    from bot.hotspots.document import dump
    from bot.hotspots.rank import rank
    from bot.record import record as run_recorded
    from bot.show.console import Screen
    from bot.show.report import require_writable, write_bytes

    require_writable(out, Path.cwd(), [], "--out")
    recorded = run_recorded(command, Path.cwd(), _config(Path.cwd()))
    found = rank(recorded.hotspots, by)
    write_bytes(dump(found).encode(), out, "--out")
    Screen().recorded(found, out, recorded.exit_status)
    return 0


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

    config = _config(repo, max_pull_requests)
    found = _read(hotspots, config, by)
    target = _forge(forge, repo, forge_folder) if forge else None
    with checkout(repo) as tree:
        results = plan_all(found, Index(tree.path, config.exclude, endpoints=config.endpoints()), stacked=False)
    if target is not None:
        results = without_closed(results, target, repo, config.publish.max_pull_requests)
    Screen().results(results)
    _save(folder, "plan", tree.commit, results)
    return _exit_code(results, done={"planned"})


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

    config = _config(repo, max_pull_requests, sandbox)
    report = read(folder, digest)
    screen = Screen()
    with checkout(repo, report.commit or "HEAD") as tree:
        results = prove_most_costly(report.results, tree, repo, config, screen.step)
    screen.results(results)
    _save(out or folder, "prove", tree.commit, results)
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

    config = _with_bill(_config(repo), bill)
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
            _print(plain_lines(explained(saving)))
        else:
            Screen().saving(saving)
    _save(folder, "price", report.commit, [replace(r, saving=one.saving) if one else r for r, one in priced])
    if sources.bill is not None and (explain or export_focus is not None):
        from bot.price.export import export, report_of
        from bot.show.report import write_bytes

        split = export(sources.bill, config.price, priced)
        _print(plain_lines(report_of(sources.bill, split)))
        if export_focus is not None:
            from bot.price.split_rows import split_rows

            write_bytes(split_rows(sources.bill, split).encode(), export_focus, "--export-focus")
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

    config = _config(repo)
    _check_report(report, repo, [folder / FILE])
    plan_ = read(folder, digest)
    given = plan_.results
    if plan is not None:
        given = bind(read(plan, plan_digest), plan_)
        sources = read_sources(config.price, repo, (r.hotspot for r in given))
        given = tuple(price_all(given, config, datetime.now(UTC).date(), sources))
    base = config.publish.base or current_branch(repo)
    target = _forge(forge, repo, forge_folder)
    results = publish_all(given, target, repo, config, base=base, commit=plan_.commit or "")
    _write_report(report, "publish", results, plan_.commit)
    for request in (r.pull_request for r in results if r.pull_request):
        Screen().pull_request(request)
    return _exit_code(results, done={"published"})


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

    config = _config(repo)
    hours = read_series(series or (), config.max_input_mb)
    if baseline is not None and (before or control or freeze):
        raise UserError("--baseline holds what was before already: leave out --before, --control and --freeze.")
    if freeze is not None and after:
        raise UserError("--freeze only writes down what was before: leave out --after, or --freeze.")
    if baseline is not None:
        frozen = baselines.read(baseline)
    else:
        results = _results(plan)
        chosen = baselines.chosen(results, patch)
        frozen = baselines.freeze(chosen, results, before or (), hours, control, config)
    if freeze is not None:
        write_bytes(baselines.encode(frozen), freeze, "--freeze")
        return 0
    measured = after_of(after or (), hours, deployed, incident or (), merge)
    found = compare(frozen, measured, config, read_sources(frozen.settings, repo))
    if ledger is not None:
        append(ledger, entry_of(found))
    _print(_verification(found, output))
    return int(found.verdict in ("not realised", "regressed"))


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
    _print(encode(found) if output == "json" else ledger_text(found))
    return 0


@program.command
def doctor(
    repo: Repo = Path(),
    output: Annotated[Literal["text", "json"], Option("--format")] = "text",
) -> int:
    """What is missing: APM switches for exact lines, tests, sandbox, token, price."""
    from bot.doctor import examine
    from bot.show.doctor import encode, text

    checks = examine(repo, _config(repo), os.environ)
    _print(encode(checks) if output == "json" else text(checks))
    return 0


@program.command
def codemods(
    codemod: Annotated[str | None, Argument("ID", "Explain one.")] = None,
) -> int:
    """List the codemods, or explain one from its own docstring, cases and limits."""
    from bot.show.codemods import explain, listing
    from codemods import discover

    known = discover()
    if codemod is None:
        _print(listing(known))
    elif codemod in known:
        _print(explain(known[codemod]))
    else:
        raise UserError(f"{codemod}: no codemod has this id; `costmod codemods` lists them.")
    return 0


@program.command
def demo(
    out: Annotated[Path | None, Option(help="Folder for the example; default: a new temporary one.")] = None,
) -> int:
    """The main job on the bundled example, end to end."""
    from bot.demo import play

    return play(out)


def main() -> None:
    """Run the command line; every error ends in one line."""
    gc.set_threshold(20_000)  # imports make many objects and little garbage
    sys.exit(_main(sys.argv[1:]))


def main_with(arguments: list[str]) -> int:
    """The exit status of one command line; every error ends in one line."""
    return _main(arguments)


def _main(arguments: list[str]) -> int:
    try:
        return program.run(spread(arguments))
    except UserError as error:
        return _say(str(error), 2)
    except SystemExit as done:  # help was shown
        return int(done.code or 0)
    except KeyboardInterrupt:
        return _say(INTERRUPTION, INTERRUPTED)
    except OSError as error:
        if error.errno not in DISK_FULL or os.environ.get("COSTMOD_DEBUG"):
            return _defect(error)
        _drop_output()
        place = error.filename or "standard output or a temporary file"
        return _say(f"{place}: cannot be written ({error.strerror}); make room and run the command again.", 2)
    except Exception as error:
        return _defect(error)


def spread(arguments: list[str]) -> list[str]:
    """`--hotspots A B` as `--hotspots A --hotspots B`; a folder among them is the repository."""
    out: list[str] = []
    listing = ""
    for position, argument in enumerate(arguments):
        if argument == "--":  # what follows is a command of its own
            return out + arguments[position:]
        if argument in LISTS:
            listing = argument
            out.append(argument)
        elif listing and (argument == "-" or not argument.startswith("-")) and not Path(argument).is_dir():
            out += [argument] if out[-1] == listing else [listing, argument]
        else:
            listing = ""
            out.append(argument)
    return out


def _defect(error: Exception) -> int:
    if os.environ.get("COSTMOD_DEBUG"):
        raise error
    return _say(f"a defect of costmod ({type(error).__name__}: {error}); COSTMOD_DEBUG=1 shows where.", 3)


def _say(message: str, code: int) -> int:
    from bot.show.plain import plain

    with contextlib.suppress(OSError):  # nobody reads it; the exit code still tells
        sys.stderr.write(f"costmod: {plain(message, LONGEST_MESSAGE)}\n")
        sys.stderr.flush()
    return code


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, but the command is not done yet
        _drop_output()


def _drop_output() -> None:
    """Let what is still buffered go nowhere, or the interpreter would try once more as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _config(repo: Path, max_pull_requests: int | None = None, sandbox: SandboxMode | None = None) -> "Config":
    from bot.config import load

    if not repo.is_dir():
        raise UserError(f"{repo}: no such folder; name a git repository.")
    config = load(repo)
    if max_pull_requests is None and sandbox is None:
        return config
    from dataclasses import replace

    publish = (
        config.publish if max_pull_requests is None else replace(config.publish, max_pull_requests=max_pull_requests)
    )
    return replace(config, publish=publish, sandbox=sandbox or config.sandbox)


def _with_bill(config: "Config", bill: list[str] | None) -> "Config":
    """The settings with the bill of the command line, whose paths start where the command does."""
    if not bill:
        return config
    from dataclasses import replace

    paths = tuple(os.path.realpath(path) for path in bill)
    return replace(config, price=replace(config.price, bill=paths))


def _read(files: list[str], config: "Config", by: By) -> "list[Hotspot]":
    from bot.hotspots import read
    from bot.hotspots.again import read_again
    from bot.hotspots.rank import rank

    found = rank(read_again(files, config, read), by)
    if by != "cost":
        return found
    from datetime import UTC, datetime

    from bot.price.attributed import attributed

    today = datetime.now(UTC).date()
    costs = {hotspot.id: attributed(hotspot, config, today=today) for hotspot in found}
    return sorted(found, key=lambda hotspot: -cost.expected if (cost := costs[hotspot.id]) else 0)


@contextlib.contextmanager
def _asked(
    vendor: VendorName, config: "Config", what: tuple[str | None, int, int], record: Path | None
) -> Iterator[list[str]]:
    """The files with what a vendor answers, in the folder `record` or for as long as they are read."""
    from tempfile import TemporaryDirectory

    from bot.hotspots.live import fetch
    from bot.hotspots.live.recorder import prepared

    service, hours, most = what
    with TemporaryDirectory(prefix="costmod-live-") if record is None else contextlib.nullcontext(record) as folder:
        got = fetch(vendor, prepared(Path(folder)), os.environ, service=service, hours=hours, most_calls=most,
                    limit_mb=config.max_input_mb, say=_say_so)  # fmt: skip
        yield got


def _say_so(message: str) -> None:
    _say(message, 0)


def _forge(kind: Literal["local", "github"] | None, repo: Path, folder: Path | None) -> "Forge":
    from bot.publish.choose import forge_for

    return forge_for(kind, repo, _token(), environment=os.environ, folder=folder)


def _token() -> str | None:
    return os.environ.get("COSTMOD_TOKEN") or os.environ.get("GITHUB_TOKEN")


def _save(folder: Path, command: str, commit: str | None, results: "list[Result]") -> None:
    from bot.folder import save
    from bot.records import Report
    from bot.show.plain import plain

    digest = save(folder, Report(version=__version__, command=command, commit=commit, results=tuple(results)))
    _print(f"{plain(folder, LONGEST_MESSAGE)} sha256 {digest}\n")


def _calibrate(repo: Path, out: Path) -> int:
    from datetime import UTC, datetime

    from bot.price.calibrate import Target, calibrate
    from bot.show.console import Screen
    from bot.show.plain import plain
    from bot.show.report import require_writable, write_bytes

    config, target = _config(repo), Target.of(os.environ)
    require_writable(out, repo, [], "--out")
    with Screen().step("measuring statements on the database"):
        text = calibrate(target, repo, config, datetime.now(UTC).date())
    write_bytes(text.encode(), out, "--out")
    _print(f"{plain(out, LONGEST_MESSAGE)}: name it as constants in [tool.costmod.price]\n")
    return 0


def _results(plan: Path) -> "tuple[Result, ...]":
    """The results in a plan folder or a report."""
    from bot.folder import read, read_file

    return (read(plan) if plan.is_dir() else read_file(plan)).results


def _verification(found: "Verification", output: Literal["text", "json", "markdown"]) -> str:
    from bot.publish.comment import comment_of
    from bot.show.verification import encode, text

    if output == "markdown":
        return comment_of(found)
    return encode(found) if output == "json" else text(found)


def _shown(found: "Scan", output: Literal["text", "json", "sarif"], repo: Path, diff: bool) -> str:
    from bot.prove.checkout import path_from_top
    from bot.show.findings import encode, text
    from bot.show.sarif import sarif
    from codemods import discover

    if output == "sarif":
        return sarif(found, discover(), path_from_top(repo))
    return encode(found) if output == "json" else text(found, diff=diff)


def _check_report(path: Path | None, repo: Path, inputs: Iterable[str | Path]) -> None:
    if path is not None:
        from bot.show.report import require_writable

        require_writable(path, repo, inputs)


def _write_report(path: Path | None, command: str, results: "list[Result]", commit: str | None) -> None:
    if path is not None:
        from bot.records import Report
        from bot.show.report import write

        write(Report(version=__version__, command=command, commit=commit, results=tuple(results)), path)


def _exit_code(results: "list[Result]", done: set[str]) -> int:
    """0 when something was done or nothing was to do, 1 when all there was is refused or stopped."""
    proven = [r for r in results if r.proof is None or r.proof.verdict in ("proven", "held")]
    if any(r.outcome in done for r in proven):
        return 0
    return int(any(r.outcome not in ("nothing_to_do", "deferred") for r in results))


if __name__ == "__main__":
    main()
