"""Open a pull request again that people closed: by a command, or by a ticked box."""

from typing import Literal

from bot.publish.forge import IGNORED, IGNORED_RULE, SUPERSEDED, Forge, Request
from bot.publish.git import empty_copy
from bot.publish.marker import Marker

Reopened = Literal["open", "restored", "superseded"]


def reopen(forge: Forge, request: Request, said: Marker) -> Reopened:
    """Take the labels of no off and open it; "superseded" where the forge cannot, so that the next run opens another.

    Raises:
        GitFailed: the forge keeps no commit of the pull request.
    """
    for label in (IGNORED, IGNORED_RULE):
        if label in request.labels:
            forge.unlabel(request.number, label)
    if request.state == "open" or forge.reopen(request.number):
        return "open"
    with empty_copy() as copy:  # GitHub opens none whose branch is gone; the commit itself is kept
        kept = copy.take(forge.remote(), f"refs/pull/{request.number}/head")
        if kept in said.heads:
            copy.push(forge.remote(), kept, request.branch, lease="")
    if forge.reopen(request.number):
        return "restored"
    forge.label(request.number, (SUPERSEDED,))
    return "superseded"
