"""Where the templates are, in a checkout and in an installed package."""

from pathlib import Path

from bot.errors import UserError


def template_folder() -> Path:
    """The folder with the Jinja2 templates.

    Raises:
        UserError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "shipped" / "templates", package.parent / "templates"):
        if (folder / "pull_request.md.j2").is_file():
            return folder
    raise UserError(f"{package}: its templates are missing; install costmod again.")
