"""What is missing for exact lines, for a proof, a price and a pull request; nothing is run or changed."""

from collections.abc import Mapping
from pathlib import Path

from bot.config import Config
from bot.doctor.check import Check
from bot.doctor.evidence import gather
from bot.doctor.machine import forge, price, repository, sandbox, tests
from bot.doctor.tools import extras
from bot.doctor.vendors import vendors

__all__ = ["Check", "examine"]


def examine(folder: Path, config: Config, environ: Mapping[str, str]) -> list[Check]:
    """The checks of a repository: each APM that it uses, then what the steps after it need.

    Raises:
        UserError: the folder cannot be read.
    """
    evidence = gather(folder)
    checks = [check for vendor in vendors() if vendor.is_used(evidence) for check in vendor.examine(evidence)]
    if not checks:
        advice = "record the tests or a served app: `costmod record -- pytest`; or look without it: `costmod scan`"
        checks = [Check("apm", "missing", "no APM was found in the dependencies, start commands or code", advice)]
    return [*checks, repository(folder), tests(folder, config), sandbox(), forge(environ), price(config), *extras()]
