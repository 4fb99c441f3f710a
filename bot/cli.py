"""The command line: which commands there are, and how every one of them ends.

Exit codes: 0 done or nothing to do, 1 refused or stopped, 2 wrong use or unreadable input (one line on stderr, nothing
changed), 3 a defect of costmod, 130 interrupted.
"""

import errno
import gc
import importlib
import os
import sys
from pathlib import Path

from bot.commands.options import program
from bot.commands.output import drop_output, say
from bot.errors import UserError

INTERRUPTED = 130
INTERRUPTION = "interrupted; temporary work trees are removed, and the same command picks up where it stopped."
LISTS = ("--hotspots", "--before", "--after", "--series")  # options that take several files in a row
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
IN_ORDER = ("main", "look", "steps", "change", "after", "about")  # as `costmod --help` lists their commands

for module in IN_ORDER:
    importlib.import_module(f"bot.commands.{module}")


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
        return say(str(error), error.exit_code)
    except SystemExit as done:  # help was shown
        return int(done.code or 0)
    except KeyboardInterrupt:
        return say(INTERRUPTION, INTERRUPTED)
    except OSError as error:
        if error.errno not in DISK_FULL or os.environ.get("COSTMOD_DEBUG"):
            return _defect(error)
        drop_output()
        place = error.filename or "standard output or a temporary file"
        return say(f"{place}: cannot be written ({error.strerror}); make room and run the command again.", 2)
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
    return say(f"a defect of costmod ({type(error).__name__}: {error}); COSTMOD_DEBUG=1 shows where.", 3)


if __name__ == "__main__":
    main()
