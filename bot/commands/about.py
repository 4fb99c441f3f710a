"""What is missing here, what can be fixed, and the example."""

import os
from pathlib import Path
from typing import Annotated, Literal

from bot.arguments import Argument, Option
from bot.commands.given import settings
from bot.commands.options import Repo, program
from bot.commands.output import show
from bot.errors import UserError


@program.command
def doctor(
    repo: Repo = Path(),
    output: Annotated[Literal["text", "json"], Option("--format")] = "text",
) -> int:
    """What is missing: APM switches for exact lines, tests, sandbox, token, price."""
    from bot.doctor import examine
    from bot.show.doctor import encode, text

    checks = examine(repo, settings(repo), os.environ)
    show(encode(checks) if output == "json" else text(checks))
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
        show(listing(known))
    elif codemod in known:
        show(explain(known[codemod]))
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
