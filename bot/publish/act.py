"""Carry out one action for one finding: push, open, renew; each write is repeatable."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import msgspec

import bot
from bot.config import Config
from bot.publish import commit as commits
from bot.publish import marker
from bot.publish.forge import LONGEST_LABEL, RULE_PREFIX, CannotSignError, Forge, NotPermittedError, Request, Wanted
from bot.publish.git import Repository
from bot.publish.lifecycle import Action, Goal, is_draft
from bot.publish.render import LONGEST_BODY, body_of, worth
from bot.publish.sanitize import subject
from bot.records import Hotspot, Patch, Proof, PullRequest, Record, Saving

Operation = Literal["created", "updated", "unchanged", "skipped"]


class Candidate(Record, frozen=True, kw_only=True):
    """One patch with what is known of it, on its way to the forge."""

    hotspot: Hotspot
    patch: Patch
    proof: Proof
    saving: Saving


class Job(Record, frozen=True, kw_only=True):
    """A candidate and where it goes."""

    candidate: Candidate
    config: Config
    branch: str
    base: str
    commit: str  # of the base
    draft: bool

    @property
    def title(self) -> str:
        """As it goes into the commit and the pull request."""
        return subject(self.candidate.patch.title)


@dataclass(frozen=True)
class Work:
    """A job with all that it takes to carry it out."""

    forge: Forge
    copy: Repository
    job: Job
    goal: Goal


def carry_out(work: Work, action: Action, request: Request | None, head: str | None) -> PullRequest:
    """Do what was decided; `head` is where the branch is now."""
    if action.lease is not None and work.job.config.publish.commits == "verified":
        try:
            signed = work.forge.sign(work.copy, work.goal.head)
        except CannotSignError as error:
            return result(work.forge, work.job, "skipped", reason=str(error), request=request, head=head or "")
        work = replace(work, goal=msgspec.structs.replace(work.goal, head=signed))
    if action.step in ("create", "resume"):
        return _open(work, action)
    if action.step in ("refresh", "rebuild") and request is not None and head is not None:
        return _renew(work, action.lease, request, head)
    if action.step == "note" and request is not None:
        work.forge.comment(request.number, "held-back", HELD_BACK)
    head = head or work.goal.head
    return result(work.forge, work.job, "skipped", reason=action.reason, request=request, head=head)


RACED = "somebody pushed to the branch meanwhile"
_KEY_DIGITS = 8  # of the hash of a label or a reviewer
_MOST_KEYS = 120  # 100 labels are the most on GitHub; the hidden line must stay short enough to be read
HELD_BACK = (
    "The base has moved under this change, but the branch holds commits that costmod did not make, so it is left as "
    "it is. Comment `/costmod rebase --discard` to have it made anew without those commits, or go on by hand."
)


def _open(work: Work, action: Action) -> PullRequest:
    """Push if needed, then create the pull request; a run that was faster is adopted."""
    forge, copy, job, goal = work.forge, work.copy, work.job, work.goal
    pushed = action.lease is None or copy.push(forge.remote(), goal.head, job.branch, lease=action.lease)
    if not pushed:
        there = _same_head(work)
        if there is None:
            return _raced(work)
        goal = msgspec.structs.replace(goal, head=there)
    template = copy.pull_request_template(job.commit)
    body = _body(job, _marker(job, goal, head=goal.head, base=job.commit), marker.human_text(template))
    wanted = Wanted(branch=job.branch, base=job.base, title=job.title, body=body, draft=job.draft)
    try:
        request = forge.create(wanted)
    except NotPermittedError:
        if action.step == "create" and pushed:
            copy.delete(forge.remote(), job.branch, lease=goal.head)
        raise
    given, warnings = _give(work, request)  # remembered only now: a run that dies before leaves it to the next one
    said = msgspec.structs.replace(_marker(job, goal, head=goal.head, base=job.commit), given=given)
    request = forge.update(request.number, title=None, body=_body(job, said, marker.human_text(request.body)))
    reason = "; ".join((*((action.reason,) if action.reason else ()), *warnings))
    return result(forge, job, "created", reason=reason, request=request, head=goal.head)


def _same_head(work: Work) -> str | None:
    """Where the branch is, if an identical run was faster; None when it holds something else."""
    there = work.copy.head(work.forge.remote(), work.job.branch)
    if there is None:
        return None
    work.copy.bring(work.forge.remote(), work.job.branch, there)
    return there if work.copy.is_same(there, work.goal.head) else None


def _give(work: Work, request: Request, before: tuple[str, ...] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Set the labels and ask the reviewers that were never set before; all that ever were, and warnings.

    Nobody is asked to review a draft. Each is a call of its own, so that a wrong name spoils no other.
    """
    job, number = work.job, request.number
    steps = [
        ("label", name, partial(work.forge.label, number, (name,)))
        for name in labels_of(job.config, job.candidate.patch.codemod)
    ]
    if not request.draft:
        steps += [("reviewer", name, partial(work.forge.ask, number, name)) for name in job.config.publish.reviewers]
    given, warnings = list(before), list[str]()
    for kind, name, step in steps:
        key = marker.digest(kind, name)[:_KEY_DIGITS]
        if key not in before:
            failed = step()
            warnings += failed
            given += [] if failed else [key]
    return tuple(given[-_MOST_KEYS:]), tuple(warnings)


def labels_of(config: Config, codemod: str) -> tuple[str, ...]:
    """The labels of the settings and, with any, one that names the codemod."""
    rule = f"{RULE_PREFIX}{codemod}"[:LONGEST_LABEL]
    return tuple(dict.fromkeys((*config.publish.labels, rule))) if config.publish.labels else ()


def _renew(work: Work, lease: str | None, request: Request, head: str) -> PullRequest:
    """Bring an open pull request up to date: the body first, since its marker must name a head before it is pushed."""
    forge, copy, job, goal = work.forge, work.copy, work.job, work.goal
    old = marker.read(request.body)
    if old is None:
        raise AssertionError("decide() renews pull requests with a marker only")
    new = _marker(job, goal, head=head, base=old.base, was=old.was)
    if lease or head == goal.head:
        new = _marker(job, goal, head=goal.head, base=job.commit, was=lease or old.was)
    given, warnings = _give(work, request, old.given)
    new = msgspec.structs.replace(new, given=given)
    title = job.title
    if marker.digest(request.title) != old.title:  # people renamed it: remember our last title, keep theirs
        new, title = msgspec.structs.replace(new, title=old.title), request.title
    body = _body(job, new, marker.human_text(request.body))
    changed = title != request.title or marker.lines(body) != marker.lines(request.body)
    if changed:
        request = forge.update(request.number, title=title if title != request.title else None, body=body)
    if lease:
        if not copy.push(forge.remote(), goal.head, job.branch, lease=lease):
            return _raced(work, request)
        forge.pushed(request.number)
    operation: Operation = "updated" if changed or lease else "unchanged"
    return result(forge, job, operation, reason="; ".join(warnings), request=request, head=new.head)


def _raced(work: Work, request: Request | None = None) -> PullRequest:
    there = work.copy.head(work.forge.remote(), work.job.branch) or ""
    return result(
        work.forge, work.job, "skipped", "somebody pushed to the branch meanwhile", request=request, head=there
    )


def _marker(job: Job, goal: Goal, *, head: str, base: str, was: str | None = None) -> marker.Marker:
    patch = job.candidate.patch
    return marker.Marker(
        fp=patch.fingerprint,
        codemod=patch.codemod,
        head=head,
        was=was,
        base=base,
        content=goal.content,
        title=marker.digest(job.title),
        tool=bot.__version__,
        hotspot=job.candidate.hotspot.id,
        worth=worth(job.candidate.saving),
    )


def _body(job: Job, new: marker.Marker, human: str = "") -> str:
    room = max(0, LONGEST_BODY - len(human))
    given = job.candidate
    part = body_of(given.hotspot, given.patch, given.proof, given.saving, draft=job.draft, room=room)
    return marker.compose(part, human, new)


def job_of(candidate: Candidate, config: Config, *, base: str, commit: str) -> Job:
    """The job of a candidate."""
    draft = is_draft(candidate.patch, candidate.proof, config.publish.draft)
    branch = commits.branch_of(candidate.patch)
    return Job(candidate=candidate, config=config, branch=branch, base=base, commit=commit, draft=draft)


def result(
    forge: Forge,
    job: Job,
    operation: Operation,
    reason: str = "",
    *,
    request: Request | None = None,
    head: str = "",
) -> PullRequest:
    """The record of what stands on the forge now."""
    return PullRequest(
        forge=forge.kind,
        operation=operation,
        reason=reason,
        number=request.number if request else None,
        url=request.url if request else None,
        branch=job.branch,
        base=job.base,
        head=head,
        title=request.title if request else job.title,
        body=request.body if request else "",
        draft=request.draft if request else job.draft,
    )
