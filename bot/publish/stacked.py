"""Pull requests against the branch of somebody's pull request: drafts, since nothing of it was run.

They have the branch and the hidden line that a run would give them, so when their base is merged and GitHub points them
at its base, the next run goes on with them.
"""

from dataclasses import dataclass

import bot
from bot.config import Config
from bot.publish import commit as commits
from bot.publish import fresh, marker, policy, remark
from bot.publish.act import labels_of
from bot.publish.forge import CannotSignError, Forge, Wanted
from bot.publish.git import Repository
from bot.publish.lifecycle import View, request_of, why_closed
from bot.publish.sanitize import code, subject, text

MOST = 3  # per command
FOOT = "costmod has read this change and run nothing of it; the checks of this pull request run the tests."


@dataclass(frozen=True)
class Place:
    """The branch that is built on, as it was seen."""

    forge: Forge
    copy: Repository
    branch: str
    head: str  # commit id
    config: Config


def open_one(place: Place, one: fresh.Introduced) -> str:
    """One line of Markdown on what became of a finding; a second call opens nothing more."""
    patch = fresh.patch_of(one.finding)
    name, branch = code(f"{one.finding.function} in {one.finding.file}"), commits.branch_of(patch)
    request = request_of(View(tips={}, requests=place.forge.observe(branch)), branch)
    if request is not None and request.state == "open":
        return f"- {name}: #{request.number} is open already."
    files = commits.files_of(patch, lambda path: place.copy.file_at(place.head, path))
    reason = policy.why_refused(patch.changes) or (files if isinstance(files, str) else "") or why_closed(request)
    if reason or isinstance(files, str):
        return f"- {name}: {text(reason)}."
    message = commits.message_of(patch, signoff=place.config.publish.signoff)
    made = place.copy.commit_on(place.head, files, message)
    try:
        pushed = _pushed(place, branch, made)
    except CannotSignError as error:
        return f"- {name}: {text(error)}."
    if pushed is None:
        return f"- {name}: the branch {code(branch)} is there already; delete it and give the command again."
    said = marker.Marker(
        fp=patch.fingerprint, codemod=patch.codemod, head=pushed, base=place.head, content=commits.content_hash(patch),
        title=marker.digest(subject(patch.title)), tool=bot.__version__,
    )  # fmt: skip
    body = marker.compose(remark.remark_on([one], remark.lead_of([one]), FOOT), "", said)
    title = subject(patch.title)
    wanted = Wanted(branch=branch, base=place.branch, title=title, body=body, draft=True)
    number = place.forge.create(wanted).number
    place.forge.label(number, labels_of(place.config, patch.codemod))
    return f"- {name}: #{number} has the change."


def _pushed(place: Place, branch: str, made: str) -> str | None:
    """The commit that is on the branch now, this one or what an earlier call made of it; None where another is."""
    remote = place.forge.remote()
    there = place.copy.head(remote, branch)
    if there is not None:
        place.copy.bring(remote, branch, there)
        return there if place.copy.is_same(there, made) else None
    if place.config.publish.commits == "verified":
        made = place.forge.sign(place.copy, made)
    return made if place.copy.push(remote, made, branch, lease="") else None
