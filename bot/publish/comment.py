"""The comment on a merged pull request, verdict first."""

from bot.errors import UserError
from bot.publish import marker
from bot.publish.forge import BRANCH_PREFIX, Forge
from bot.publish.render import Budget, template
from bot.records import Verification

_METRICS = {"db_ms": "database CPU, ms", "cpu_ms": "application CPU, ms", "bytes": "bytes to the database"}


def comment_of(found: Verification) -> str:
    """The comment in Markdown; the same verification gives the same text."""
    return template("verification.md.j2").render(found=found, budget=Budget(), metrics=_METRICS).strip() + "\n"


def tell(forge: Forge, found: Verification) -> None:
    """One comment on the pull request of the patch, brought up to date by the next verification.

    Raises:
        UserError: no number is known, or the pull request of that number is another one.
    """
    if found.pull_request is None:
        raise UserError("--comment: the plan names no pull request; give the report of `costmod publish --report`.")
    request = forge.request(found.pull_request)
    said = marker.read(request.body)
    ours = request.ours and request.branch.startswith(BRANCH_PREFIX)
    if not ours or said is None or (said.codemod, said.hotspot) != (found.codemod, found.hotspot):
        raise UserError(
            f"--comment: pull request #{request.number} of this forge is not that of the patch; see --forge."
        )
    forge.comment(request.number, "verification", comment_of(found).strip())
