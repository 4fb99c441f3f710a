"""What a command line means to the function behind it, and what is said when it means nothing."""

from pathlib import Path
from typing import Annotated, Literal

import pytest

from bot.arguments import Argument, Option, Program
from bot.errors import UserError

program = Program("tool", "1.2", "What it is for.")
given: list[object] = []


@program.command
def sort_(
    files: Annotated[list[str], Argument("FILE", "What to sort.")],
    by: Annotated[Literal["size", "name"], Option(help="What ranks first.")] = "size",
    top: Annotated[int | None, Option(least=1)] = None,
    more: Annotated[list[str] | None, Option(metavar="WORD")] = None,
) -> int:
    """Sort files; by size or name."""
    given[:] = [files, by, top, more]
    return 0


@program.command
def show(
    keys: Annotated[list[str], Option("--keys")],
    place: Annotated[Path, Argument("PLACE", real=True)] = Path(),
    count: Annotated[int, Option()] = 0,
    write: Annotated[bool, Option("--write/--diff", "Write it.")] = False,
    quiet: Annotated[bool, Option()] = False,
    to: Annotated[Path | None, Option()] = None,
) -> int:
    """Show keys."""
    given[:] = [keys, place, count, write, quiet, to]
    return 1


@pytest.mark.parametrize(
    ("line", "code", "expected"),
    [
        ("sort a", 0, [["a"], "size", None, None]),
        ("sort a - --by name b --top 3 c", 0, [["a", "-", "b", "c"], "name", 3, None]),
        ("sort --more x a --more=y", 0, [["a"], "size", None, ["x", "y"]]),
        ("show --keys k", 1, [["k"], Path.cwd(), 0, False, False, None]),
        ("show / --keys k --keys - --write --count 4", 1, [["k", "-"], Path("/"), 4, True, False, None]),
        ("show --write --diff --keys k /usr/.. --quiet", 1, [["k"], Path("/"), 0, False, True, None]),
        ("show --keys k --to ../x", 1, [["k"], Path.cwd(), 0, False, False, Path("../x")]),
    ],
)
def test_parameters_are_given_what_their_annotations_say(line: str, code: int, expected: list[object]) -> None:
    assert program.run(line.split()) == code
    assert given == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("srot a", "argument COMMAND: invalid choice: 'srot' (choose from 'sort', 'show'); see `tool --help`."),
        ("--version=1", "argument --version: ignored explicit argument '1'; see `tool --help`."),
        ("-- show --keys k", "argument COMMAND: invalid choice: '--' (choose from 'sort', 'show'); see `tool --help`."),
        ("sort", "the following arguments are required: FILE; see `tool sort --help`."),
        ("sort a --b name", "unrecognized arguments: --b name; see `tool sort --help`."),
        (
            "sort a --by age",
            "argument --by: invalid choice: 'age' (choose from 'size', 'name'); see `tool sort --help`.",
        ),
        ("sort a --top 0", "argument --top: '0' is no number from 1 on; see `tool sort --help`."),
        ("sort a --top x", "argument --top: 'x' is no number from 1 on; see `tool sort --help`."),
        ("show", "the following arguments are required: --keys; see `tool show --help`."),
        ("show --keys k --count x", "argument --count: invalid int value: 'x'; see `tool show --help`."),
        ("show --keys k a b", "unrecognized arguments: b; see `tool show --help`."),
        ("show --keys k a - ", "unrecognized arguments: -; see `tool show --help`."),
    ],
)
def test_what_no_command_takes_is_one_sentence(line: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        program.run(line.split())
    assert plainly(str(error.value)) == plainly(message)


def plainly(message: str) -> str:
    return message.replace("'", "")  # argparse quotes choices, or not, by the version of Python


HELP = """\
usage: tool sort [-h] [--by {size,name}] [--top N] [--more WORD] FILE [FILE ...]

Sort files; by size or name.

positional arguments:
  FILE              What to sort.

options:
  -h, --help        show this help message and exit
  --by {size,name}  What ranks first. (default: size)
  --top N
  --more WORD
"""


def test_help_shows_names_choices_and_defaults(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as done:
        program.run(["sort", "--help"])
    assert (done.value.code, capsys.readouterr().out) == (0, HELP)


LISTING = """\
usage: tool [-h] [--version] COMMAND ...

What it is for.

options:
  -h, --help  show this help message and exit
  --version   show program's version number and exit

commands:
  COMMAND
    sort      Sort files; by size or name.
    show      Show keys.
"""


def test_without_arguments_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run([]) == 2
    assert capsys.readouterr().err == LISTING
    with pytest.raises(SystemExit) as done:
        program.run(["--help"])
    assert (done.value.code, capsys.readouterr().out) == (0, LISTING)
    with pytest.raises(SystemExit) as done:
        program.run(["--version"])
    assert (done.value.code, capsys.readouterr().out) == (0, "tool 1.2\n")
