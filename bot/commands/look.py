"""What is there: hotspots of an APM, candidates of the code, what a command does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from bot import __version__
from bot.arguments import Argument, Option
from bot.commands.given import asked, hotspots_in, settings
from bot.commands.options import Rank, Repo, VendorName, program
from bot.commands.output import show
from bot.errors import UserError
from bot.words import counted

if TYPE_CHECKING:
    from bot.records import Scan


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
    config = settings(Path.cwd())
    if vendor is None:
        if service is not None or record is not None:
            raise UserError("--service and --record go with --from, which names the vendor to ask.")
        if not files:
            raise UserError("name the exports to read, or a vendor to ask with --from; see `costmod hotspots --help`.")
        found = hotspots_in(files, config, by)[:top]
    else:
        with asked(vendor, config, (service, hours, max_calls), record) as answers:
            found = hotspots_in([*answers, *(files or ())], config, by)[:top]
    if output == "json":
        from bot.hotspots.document import dump

        show(dump(found))
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
    show(grouping(dialect, store, table, settings(Path.cwd()).minimum_repeats, hours=hours))
    return 0


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

    config = settings(repo)
    commit = head_commit(repo)
    if out is not None:
        require_writable(out, repo, [], "--out")
    index = Index(repo, (*config.exclude, *(exclude or ())))
    with Screen().step(f"scanning {counted(len(index.tree.files), 'file')}"):
        findings = tuple(find_all(index))
    listed = {*index.tree.files, *index.tree.templates}
    skipped = {path: why for path, why in index.tree.skipped.items() if path in listed}
    shown = _shown(Scan(version=__version__, commit=commit, findings=findings, skipped=skipped), output, repo, diff)
    if out is None:
        show(shown)
    else:
        write_bytes(shown.encode(), out, "--out")
    return int(fail_on_findings and bool(findings))


def _shown(found: "Scan", output: Literal["text", "json", "sarif"], repo: Path, diff: bool) -> str:
    from bot.prove.checkout import path_from_top
    from bot.show.findings import encode, text
    from bot.show.sarif import sarif
    from codemods import discover

    if output == "sarif":
        return sarif(found, discover(), path_from_top(repo))
    return encode(found) if output == "json" else text(found, diff=diff)


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
    recorded = run_recorded(command, Path.cwd(), settings(Path.cwd()))
    found = rank(recorded.hotspots, by)
    write_bytes(dump(found).encode(), out, "--out")
    Screen().recorded(found, out, recorded.exit_status)
    return 0
