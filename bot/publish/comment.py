"""The comment on a merged pull request, verdict first."""

from bot.publish.render import Budget, template
from bot.records import Verification

_METRICS = {"db_ms": "database CPU, ms", "cpu_ms": "application CPU, ms", "bytes": "bytes to the database"}


def comment_of(found: Verification) -> str:
    """The comment in Markdown; the same verification gives the same text."""
    return template("verification.md.j2").render(found=found, budget=Budget(), metrics=_METRICS).strip() + "\n"
