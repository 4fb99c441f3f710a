"""One patch to one pull request: look, decide, act, and say what happened."""

from pathlib import Path
from typing import Literal

import msgspec

import bot
from bot.config import Config
from bot.errors import UserError
from bot.publish import commit as commits
from bot.publish import marker, policy
from bot.publish.forge import Forge, NotPermittedError, Request, Seen, Wanted
from bot.publish.git import GitFailed, Repository, private_copy
from bot.publish.lifecycle import Action, Goal, Observation, decide, is_draft, why_unpublishable
from bot.publish.render import LONGEST_BODY, body_of
from bot.publish.sanitize import subject
from bot.records import Hotspot, Patch, Proof, PullRequest, Record, Saving

Operation = Literal["created", "updated", "unchanged", "skipped"]


class Job(Record, frozen=True, kw_only=True):
    """One patch on its way to the forge."""

    hotspot: Hotspot
    patch: Patch
    proof: Proof
    saving: Saving
    config: Config
    branch: str
    base: str
    commit: str  # of the base
    draft: bool


def publish(  # noqa: PLR0913, PLR0917  the five records of the pipeline, and where they go
    forge: Forge,
    repository: Path,
    hotspot: Hotspot,
    patch: Patch,
    proof: Proof,
    saving: Saving,
    config: Config,
    *,
    base: str,
    commit: str,
) -> PullRequest:
    """Open, update or leave alone the pull request of one patch; a second run with the same inputs changes nothing.

    `base` is a branch name, `commit` the full id of the commit on it that the patch was planned and proven on. The
    user's work tree, index, HEAD and branches are never touched.

    Raises:
        UserError: the repository or the forge cannot be used; nothing is left half done that a second run would not
            finish.
    """
    job = Job(
        hotspot=hotspot, patch=patch, proof=proof, saving=saving, config=config, branch=commits.branch_of(patch),
        base=base, commit=commit, draft=is_draft(patch, proof, config.publish.draft),
    )  # fmt: skip
    reason = why_unpublishable(proof) or policy.why_refused(patch.changes) or policy.why_not_worth(saving)
    if reason:
        return _result(forge, job, "skipped", reason=reason)
    try:
        forge.seed(str(repository), base, commit)
        with private_copy(repository, commit) as copy:
            return _publish(forge, copy, job)
    except GitFailed as error:
        raise UserError(
            f"{forge.remote().url}: git failed ({error}); check the address, the token and its rights."
        ) from error


def _publish(forge: Forge, copy: Repository, job: Job) -> PullRequest:
    # Requests first: a pull request that another run opens meanwhile then never seems to have no branch.
    shown = forge.observe(job.branch)
    heads = copy.heads(forge.remote(), job.base, job.branch)
    _check_base(forge, copy, job, heads.get(job.base))
    files = commits.files_of(job.patch, lambda path: copy.file_at(job.commit, path))
    if isinstance(files, str):
        return _result(forge, job, "skipped", reason=files)
    message = commits.message_of(job.patch, signoff=job.config.publish.signoff)
    head = copy.commit_on(job.commit, files, message)
    goal = Goal(
        fingerprint=job.patch.fingerprint,
        base=job.base,
        head=head,
        content=commits.content_hash(job.patch),
        most_open=job.config.publish.max_open_pull_requests,
    )
    seen = _observed(forge, copy, job, shown, heads.get(job.branch))
    action = decide(seen, goal)
    if action.step == "skip":
        return _result(forge, job, "skipped", reason=action.reason, request=seen.request, head=seen.head or head)
    if action.step in ("create", "resume"):
        return _open(forge, copy, job, goal, action)
    return _renew(forge, copy, job, goal, action.lease, seen)


def _check_base(forge: Forge, copy: Repository, job: Job, there: str | None) -> None:
    """Refuse to publish commits of the user's that are not on the forge yet."""
    if there is None:
        raise UserError(f"{job.base}: the forge has no such branch; push it, or set publish.base.")
    copy.bring(forge.remote(), job.base, there)
    if not copy.is_ancestor(job.commit, there):
        raise UserError(f"{job.base}: commit {job.commit[:12]} is not on the forge's branch; push it first.")


def _observed(forge: Forge, copy: Repository, job: Job, shown: Seen, head: str | None) -> Observation:
    if head is not None:
        copy.bring(forge.remote(), job.branch, head)
    request = _most_relevant(shown)
    return Observation(
        head=head,
        head_by_bot=head is not None and copy.is_bot_commit(head, commits.fingerprint_trailer(job.patch)),
        request=request,
        marker=marker.read(request.body) if request else None,
        others_open=shown.others_open,
    )


def _most_relevant(seen: Seen) -> Request | None:
    open_ones = [request for request in seen.requests if request.state == "open"]
    return next(iter([*open_ones, *seen.requests]), None)


def _open(forge: Forge, copy: Repository, job: Job, goal: Goal, action: Action) -> PullRequest:
    """Push if needed, then create the pull request; a run that was faster is adopted."""
    pushed = action.lease is None or copy.push(forge.remote(), goal.head, job.branch, lease=action.lease)
    if not pushed and copy.head(forge.remote(), job.branch) != goal.head:  # equal: an identical run was faster
        return _raced(forge, copy, job)
    body = _body(job, _marker(job, goal, head=goal.head, base=job.commit))
    wanted = Wanted(branch=job.branch, base=job.base, title=subject(job.patch.title), body=body, draft=job.draft)
    try:
        request = forge.create(wanted)
    except NotPermittedError:
        if action.step == "create" and pushed:
            copy.delete(forge.remote(), job.branch, lease=goal.head)
        raise
    warnings = forge.label(request.number, job.config.publish.labels)
    return _result(forge, job, "created", reason="; ".join(warnings), request=request, head=goal.head)


def _renew(forge: Forge, copy: Repository, job: Job, goal: Goal, lease: str | None, seen: Observation) -> PullRequest:
    """Bring an open pull request up to date: the body first, since its marker must name a head before it is pushed."""
    request, old, head = seen.request, seen.marker, seen.head
    if request is None or old is None or head is None:
        raise AssertionError("decide() renews open pull requests with a marker and a branch only")
    new = _marker(job, goal, head=head, base=old.base, was=old.was)
    if lease or head == goal.head:
        new = _marker(job, goal, head=goal.head, base=job.commit, was=lease or old.was)
    title = subject(job.patch.title)
    if marker.digest(request.title) != old.title:  # people renamed it: remember our last title, keep theirs
        new, title = msgspec.structs.replace(new, title=old.title), request.title
    body = _body(job, new, marker.human_text(request.body))
    changed = title != request.title or marker.lines(body) != marker.lines(request.body)
    if changed:
        request = forge.update(request.number, title=title if title != request.title else None, body=body)
    if lease:
        if not copy.push(forge.remote(), goal.head, job.branch, lease=lease):
            return _raced(forge, copy, job, request)
        forge.pushed(request.number)
    return _result(forge, job, "updated" if changed or lease else "unchanged", request=request, head=new.head)


def _raced(forge: Forge, copy: Repository, job: Job, request: Request | None = None) -> PullRequest:
    there = copy.head(forge.remote(), job.branch) or ""
    return _result(forge, job, "skipped", "somebody pushed to the branch meanwhile", request=request, head=there)


def _marker(job: Job, goal: Goal, *, head: str, base: str, was: str | None = None) -> marker.Marker:
    return marker.Marker(
        fp=job.patch.fingerprint,
        codemod=job.patch.codemod,
        head=head,
        was=was,
        base=base,
        content=goal.content,
        title=marker.digest(subject(job.patch.title)),
        tool=bot.__version__,
    )


def _body(job: Job, new: marker.Marker, human: str = "") -> str:
    room = max(0, LONGEST_BODY - len(human))
    part = body_of(job.hotspot, job.patch, job.proof, job.saving, draft=job.draft, room=room)
    return marker.compose(part, human, new)


def _result(
    forge: Forge,
    job: Job,
    operation: Operation,
    reason: str = "",
    *,
    request: Request | None = None,
    head: str = "",
) -> PullRequest:
    return PullRequest(
        forge=forge.kind,
        operation=operation,
        reason=reason,
        number=request.number if request else None,
        url=request.url if request else None,
        branch=job.branch,
        base=job.base,
        head=head,
        title=request.title if request else subject(job.patch.title),
        body=request.body if request else "",
        draft=request.draft if request else job.draft,
    )
