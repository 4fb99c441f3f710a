"""Files that ship with costmod: beside the packages in a checkout, under bot/shipped in an installed wheel."""

from pathlib import Path

from bot.errors import UserError


def shipped(name: str) -> Path:
    """The folder of that name, for example "templates" or "examples/blog".

    Raises:
        UserError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "shipped" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise UserError(f"{package}: the folder {name} is missing; install costmod again.")
