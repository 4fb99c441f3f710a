"""The commands, and nothing else: arguments in, one room after the other, an exit code out.

Exit codes: 0 done or nothing to do, 1 refused or stopped, 2 wrong use or unreadable input (one line on stderr, nothing
changed), 3 a defect of costmod, 130 interrupted.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot import __version__
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.config import Config
    from bot.records import Hotspot, Result

app = typer.Typer(
    name="costmod",
    help="Turns what an APM knows into a proven, priced pull request. Deterministic, offline, no model.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Repo = Annotated[Path, typer.Argument(metavar="[REPO]", help="A git repository, or a folder of one.")]
Hotspots = Annotated[
    list[str],
    typer.Option("--hotspots", metavar="FILE...", help="APM exports; - is standard input.", show_default=False),
]
By = Literal["total", "p99", "cpu", "calls", "cost"]
Rank = Annotated[By, typer.Option("--by", help="What ranks first.")]
ReportFile = Annotated[Path | None, typer.Option("--report", metavar="OUT.json", help="Write the JSON report here.")]


@app.command()
def run(  # noqa: PLR0913, PLR0917 - one parameter per option
    hotspots: Hotspots,
    repo: Repo = Path(),
    forge: Annotated[Literal["local", "github"] | None, typer.Option(help="Default: local without a token.")] = None,
    forge_folder: Annotated[Path | None, typer.Option(help="Where the local forge lives.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Everything but publishing.")] = False,
    max_pull_requests: Annotated[int | None, typer.Option(min=1, help="Default 1: the most costly one.")] = None,
    by: Rank = "total",
    report: ReportFile = None,
) -> int:
    """The main job: find, fix, prove, price and publish the most costly hotspot."""
    from bot.pipeline import run as main_job
    from bot.prove.checkout import head_commit
    from bot.publish.choose import forge_for
    from bot.show.console import Screen

    config = _config(repo, max_pull_requests)
    commit = head_commit(repo)
    found = _read(hotspots, config, by)
    token = os.environ.get("COSTMOD_TOKEN") or os.environ.get("GITHUB_TOKEN")
    target = None if dry_run else forge_for(forge, repo, token, environment=os.environ, folder=forge_folder)
    results = main_job(repo, found, config, target, Screen())
    _write_report(report, "run", results, commit)
    return _exit_code(results, done={"published", "planned"} if dry_run else {"published"})


@app.command(name="hotspots")
def hotspots_(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="APM exports; - is standard input.")],
    by: Rank = "total",
    top: Annotated[int | None, typer.Option(min=1, help="Only the first N.")] = None,
    output: Annotated[Literal["table", "json"], typer.Option("--format")] = "table",
) -> int:
    """What the APM saw: the ranked hotspots of its exports."""
    from bot.config import Config

    found = _read(files, Config(), by)[:top]
    if output == "json":
        from bot.hotspots.document import dump

        sys.stdout.write(dump(found))
    else:
        from bot.show.console import Screen

        Screen().hotspots(found)
    return 0


@app.command()
def fix(
    hotspots: Hotspots,
    repo: Repo = Path(),
    write: Annotated[bool, typer.Option("--write/--diff", help="Edit the work tree, or only show the diff.")] = False,
    report: ReportFile = None,
) -> int:
    """Plan every hotspot, then show the diff or edit the work tree."""
    from msgspec.structs import replace

    from bot.pipeline import plan_all
    from bot.plan.apply import apply, combined
    from bot.prove.checkout import head_commit, require_clean
    from bot.show.console import Screen
    from codemods.index import Index

    config = _config(repo)
    commit = head_commit(repo)
    if write:
        require_clean(repo)
    index = Index(repo.resolve(), config.exclude)
    results = plan_all(_read(hotspots, config, "total"), index, stacked=True)
    if write:
        apply(repo.resolve(), combined(r.patch for r in results if r.patch))
        results = [replace(r, outcome="fixed") if r.outcome == "planned" else r for r in results]
    _write_report(report, "fix", results, commit)
    screen = Screen()
    screen.results(results)
    return _exit_code(results, done={"fixed", "planned"})


@app.command()
def codemods(
    codemod: Annotated[str | None, typer.Argument(metavar="[ID]", help="Explain one.")] = None,
) -> int:
    """List the codemods, or explain one from its own docstring, cases and limits."""
    from bot.show.codemods import explain, listing
    from codemods import discover

    known = discover()
    if codemod is None:
        sys.stdout.write(listing(known))
    elif codemod in known:
        sys.stdout.write(explain(known[codemod]))
    else:
        raise UserError(f"{codemod}: no codemod has this id; `costmod codemods` lists them.")
    return 0


@app.command()
def demo(
    out: Annotated[Path | None, typer.Option(help="Folder for the example; default: a new temporary one.")] = None,
) -> int:
    """The main job on the bundled example, end to end."""
    from bot.demo import play

    return play(out)


@app.callback(invoke_without_command=True)
def _options(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    if version:
        sys.stdout.write(f"costmod {__version__}\n")
        raise typer.Exit


def main() -> None:
    """Run the command line; every error ends in one line."""
    sys.exit(_main(sys.argv[1:]))


def _main(arguments: list[str]) -> int:
    try:
        return int(app(args=spread(arguments), standalone_mode=False) or 0)
    except UserError as error:
        return _say(str(error), 2)
    except typer.TyperException as error:
        return _say(f"{str(error).rstrip('.')}; see `costmod --help`.", 2)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted; nothing was published and temporary work trees are removed.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("COSTMOD_DEBUG"):
            raise
        return _say(f"a defect of costmod ({type(error).__name__}: {error}); COSTMOD_DEBUG=1 shows where.", 3)


def spread(arguments: list[str]) -> list[str]:
    """`--hotspots A B` as `--hotspots A --hotspots B`; a folder among them is the repository."""
    out: list[str] = []
    listing = False
    for argument in arguments:
        if argument == "--hotspots":
            listing = True
            out.append(argument)
        elif listing and (argument == "-" or not argument.startswith("-")) and not Path(argument).is_dir():
            out += [argument] if out[-1] == "--hotspots" else ["--hotspots", argument]
        else:
            listing = False
            out.append(argument)
    return out


def _say(message: str, code: int) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"costmod: {message}\n".replace("\n", " ").rstrip() + "\n")
    return code


def _config(repo: Path, max_pull_requests: int | None = None) -> "Config":
    from bot.config import load

    if not repo.is_dir():
        raise UserError(f"{repo}: no such folder; name a git repository.")
    config = load(repo)
    if max_pull_requests is None:
        return config
    publish = config.publish.model_copy(update={"max_pull_requests": max_pull_requests})
    return config.model_copy(update={"publish": publish})


def _read(files: list[str], config: "Config", by: By) -> "list[Hotspot]":
    from bot.hotspots import read
    from bot.hotspots.rank import rank

    return rank(read(files, config), by)


def _write_report(path: Path | None, command: str, results: "list[Result]", commit: str) -> None:
    from bot.records import Report
    from bot.show.report import write

    if path is not None:
        write(Report(version=__version__, command=command, commit=commit, results=tuple(results)), path)


def _exit_code(results: "list[Result]", done: set[str]) -> int:
    """0 when something was done or nothing was to do, 1 when all there was is refused or stopped."""
    if any(r.outcome in done for r in results):
        return 0
    return int(any(r.outcome not in ("nothing_to_do", "deferred") for r in results))


if __name__ == "__main__":
    main()
