"""All patches of a run to the forge: look once, decide once, act one by one, and say what happened."""

from collections.abc import Sequence
from pathlib import Path

from bot.config import Config
from bot.errors import UserError
from bot.publish import act, dashboard, lifecycle, policy
from bot.publish import commit as commits
from bot.publish.act import Candidate, Job
from bot.publish.forge import IGNORED, OBSOLETE, Forge
from bot.publish.git import GitFailed, Repository, private_copy
from bot.publish.lifecycle import Action, Goal, Limits, View, decide, reconcile, request_of
from bot.publish.observe import again, observe
from bot.records import Patch, PullRequest, Refusal

STALE = (
    "The base branch does what this pull request was for, so costmod closes it. The branch is kept; should the finding "
    "come back, a new pull request will say so."
)
IGNORED_NOTE = (
    "Understood: costmod will not propose this change again. To undo that, reopen this pull request, or comment "
    "`/costmod reopen`."
)


def publish(  # noqa: PLR0913  the candidates, where they go and what else is known
    forge: Forge,
    repository: Path,
    candidates: Sequence[Candidate],
    config: Config,
    *,
    base: str,
    commit: str,
    fixed: frozenset[str] = frozenset(),
    refused: Sequence[Refusal] = (),
    new: int | None = None,
) -> list[PullRequest]:
    """Open, update, close or leave alone; a second run with the same inputs changes nothing.

    `base` is a branch name, `commit` the full id of the commit on it that the patches were planned and proven on,
    `fixed` the hotspots for which its code was found to be right, `new` how many pull requests may be opened (default:
    one per candidate). The user's work tree, index, HEAD and branches are never touched.

    Raises:
        UserError: the repository or the forge cannot be used; nothing is left half done that a second run would not
            finish.
    """
    jobs = [act.job_of(candidate, config, base=base, commit=commit) for candidate in candidates]
    rejected = [_rejected(job) for job in jobs]
    if jobs and all(rejected) and not fixed and not config.publish.dashboard:
        return [act.result(forge, job, "skipped", reason=reason) for job, reason in zip(jobs, rejected, strict=True)]
    limits = Limits(most_open=config.publish.max_open_pull_requests, most_new=len(jobs) if new is None else new)
    try:
        forge.seed(str(repository), base, commit)
        with private_copy(repository, commit) as copy:
            goals = [_goal(copy, job, reason) for job, reason in zip(jobs, rejected, strict=True)]
            view = observe(forge, copy, base=base, commit=commit, wanted=[job.branch for job in jobs], fixed=fixed)
            actions = reconcile(goals, view, limits)
            _end(forge, copy, actions)
            done = [
                _one(act.Work(forge, copy, job, goal), view, actions, limits)
                for job, goal in zip(jobs, goals, strict=True)
            ]
            if config.publish.dashboard:
                forge.dashboard(dashboard.body_of(forge.survey(), candidates, done, refused, actions))
    except GitFailed as error:
        raise UserError(
            f"{forge.remote().url}: git failed ({error}); check the address, the token and its rights."
        ) from error
    return done


def why_no(forge: Forge, patch: Patch) -> str:
    """Why people want no pull request of this patch; empty when they have not said so."""
    here = forge.observe(commits.branch_of(patch))
    return lifecycle.why_closed(request_of(View(tips={}, requests=here), commits.branch_of(patch)))


def _rejected(job: Job) -> str:
    given = job.candidate
    reasons = (
        lifecycle.why_unpublishable(given.proof),
        policy.why_refused(given.patch.changes),
        policy.why_not_worth(given.saving),
    )
    return next(filter(None, reasons), "")


def _goal(copy: Repository, job: Job, rejected: str) -> Goal:
    patch = job.candidate.patch
    goal = Goal(fingerprint=patch.fingerprint, branch=job.branch, base=job.base, rejected=rejected)
    if rejected:
        return goal
    files = commits.files_of(patch, lambda path: copy.file_at(job.commit, path))
    if isinstance(files, str):
        return Goal(fingerprint=patch.fingerprint, branch=job.branch, base=job.base, rejected=files)
    message = commits.message_of(patch, signoff=job.config.publish.signoff)
    head = copy.commit_on(job.commit, files, message)
    content = commits.content_hash(patch)
    return Goal(fingerprint=patch.fingerprint, branch=job.branch, base=job.base, head=head, content=content)


def _one(work: act.Work, view: View, actions: Sequence[Action], limits: Limits) -> PullRequest:
    """The outcome of one finding; what is to be written to is looked at once more before."""
    goal = work.goal
    action = next(a for a in actions if a.branch == goal.branch and a.step not in ("tidy", "ignore", "unignore"))
    if action.step != "skip":
        view = again(work.forge, work.copy, view, goal.branch)
        fresh = decide(goal, view, others_open=0, limits=limits)
        action = fresh if fresh.step != action.step else action
    tip = view.tips.get(goal.branch)
    return act.carry_out(work, action, request_of(view, goal.branch), tip.commit if tip else None)


def _end(forge: Forge, copy: Repository, actions: Sequence[Action]) -> None:
    """What is over: comments before labels, labels before closing, so that a run that stops half way is taken up."""
    for action in actions:
        number = action.number
        if number is None:
            continue
        if action.step == "close":
            forge.comment(number, "obsolete", STALE)
            if not forge.label(number, (OBSOLETE,)):  # closed without it would mean that people said no
                forge.close(number)
        elif action.step == "ignore":
            forge.comment(number, "ignored", IGNORED_NOTE)
            forge.label(number, (IGNORED,))
        elif action.step == "unignore":
            forge.unlabel(number, IGNORED)
        elif action.step == "tidy" and action.lease:
            copy.delete(forge.remote(), action.branch, lease=action.lease)
