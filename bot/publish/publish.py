"""All patches of a run to the forge: look once, decide once, act one by one, and say what happened."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from bot.config import Config
from bot.errors import UserError
from bot.publish import act, dashboard, lifecycle, marker, policy
from bot.publish import commit as commits
from bot.publish.act import Candidate, Job
from bot.publish.boxes import SHORT, Ticks
from bot.publish.forge import IGNORED, IGNORED_RULE, OBSOLETE, SUPERSEDED, Forge, NotPermittedError, Request
from bot.publish.git import GitFailed, Repository, private_copy
from bot.publish.lifecycle import ENDINGS, KEPT_DAYS, Action, Goal, Limits, View, decide, reconcile, request_of
from bot.publish.observe import again, observe
from bot.publish.reopen import reopen
from bot.records import Patch, PullRequest, Record, Refusal

STALE = (
    "The base branch does what this pull request was for, so costmod closes it. The branch is kept for "
    f"{KEPT_DAYS} days; should the finding come back, a new pull request will say so."
)
IGNORED_NOTE = (
    "Understood: costmod will not propose this change again. To undo that, reopen this pull request, or comment "
    "`/costmod reopen`."
)
BASE_GONE_NOTE = (
    "The base branch of this pull request was deleted, which closed it; costmod does not take that for a no. If the "
    "finding is still there, a new pull request takes its place. To say no, close that one."
)


class People(Record, frozen=True, kw_only=True):
    """What people have said so far, beyond the pull request of one finding."""

    asked: frozenset[str] = frozenset()  # short fingerprints that they want next
    refused: Mapping[str, int]  # codemods that they want nothing of, and the pull request that says so


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
    deferred: Sequence[Patch] = (),
    new: int | None = None,
    today: date | None = None,
) -> list[PullRequest]:
    """Open, update, close or leave alone; a second run with the same inputs changes nothing.

    `base` is a branch name, `commit` the full id of the commit on it that the patches were planned and proven on,
    `fixed` the hotspots for which its code was found to be right, `new` how many pull requests may be opened (default:
    one per candidate), `deferred` the patches that have to wait for their turn. Without `today` nothing is found to be
    old. The user's work tree, index, HEAD and branches are never touched.

    Raises:
        UserError: the repository or the forge cannot be used; nothing is left half done that a second run would not
            finish.
    """
    jobs = [act.job_of(candidate, config, base=base, commit=commit) for candidate in candidates]
    rejected = [_rejected(job) for job in jobs]
    if jobs and all(rejected) and not fixed and not config.publish.dashboard:
        return [act.result(forge, job, "skipped", reason=reason) for job, reason in zip(jobs, rejected, strict=True)]
    settings = config.publish
    limits = Limits(
        most_open=settings.max_open_pull_requests,
        most_new=len(jobs) if new is None else new,
        nudge_days=settings.nudge_after_days,
    )
    try:
        ticks = forge.ticks() if settings.dashboard else Ticks()
        forge.seed(str(repository), base, commit)
        with private_copy(repository, commit) as copy:
            goals = [_goal(copy, job, reason) for job, reason in zip(jobs, rejected, strict=True)]
            view = observe(
                forge, copy, base=base, commit=commit, wanted=[job.branch for job in jobs], fixed=fixed,
                ticked=ticks.asked, today=today, reviews=settings.nudge_after_days is not None,
            )  # fmt: skip
            if settings.commits == "verified":
                goals = [_made_before(copy, goal, view) for goal in goals]
            actions = reconcile(goals, view, limits)
            _end(forge, copy, view, actions)
            done, denied = _all(
                [act.Work(forge, copy, *pair) for pair in zip(jobs, goals, strict=True)], view, actions, limits
            )
            if settings.dashboard:
                there = forge.survey()
                body = dashboard.body_of(there, candidates, done, refused, actions, deferred)
                forge.dashboard(body, ticks.seen - _still_to_do(ticks.asked, deferred, there))
            if denied is not None:
                raise denied
    except GitFailed as error:
        raise UserError(
            f"{forge.remote().url}: git failed ({error}); check the address, the token and its rights."
        ) from error
    return done


def people_said(forge: Forge, config: Config) -> People:
    """What people have ticked on the dashboard, and which codemods they want nothing of."""
    ticks = forge.ticks() if config.publish.dashboard else Ticks()
    return People(asked=ticks.asked, refused=lifecycle.refused_codemods(forge.labelled(IGNORED_RULE)))


def is_wanted(forge: Forge, patch: Patch, said: People) -> bool:
    """Whether people ask for this one and have not got it yet."""
    asked = patch.fingerprint[:SHORT] in said.asked
    return asked and not any(request.state == "open" for request in forge.observe(commits.branch_of(patch)))


def why_no(forge: Forge, patch: Patch, said: People) -> str:
    """Why people want no pull request of this patch; empty when they have not said so."""
    if patch.fingerprint[:SHORT] in said.asked:
        return ""
    request = request_of(View(tips={}, requests=forge.observe(commits.branch_of(patch))), commits.branch_of(patch))
    if request is not None and request.state == "open":
        return ""
    return lifecycle.why_closed(request) or lifecycle.why_refused(patch.codemod, said.refused)


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
    goal = Goal(
        fingerprint=patch.fingerprint, branch=job.branch, base=job.base, rejected=rejected, codemod=patch.codemod
    )
    if rejected:
        return goal
    files = commits.files_of(patch, lambda path: copy.file_at(job.commit, path))
    if isinstance(files, str):
        return replace(goal, rejected=files)
    message = commits.message_of(patch, signoff=job.config.publish.signoff)
    head = copy.commit_on(job.commit, files, message)
    return replace(goal, head=head, content=commits.content_hash(patch))


def _made_before(copy: Repository, goal: Goal, view: View) -> Goal:
    """The goal with the commit that is on its branch, where that is the same but for who made it and when."""
    tip = view.tips.get(goal.branch)
    same = tip is not None and tip.by_bot and goal.head and copy.is_same(tip.commit, goal.head)
    return replace(goal, head=tip.commit) if tip is not None and same else goal


def _still_to_do(asked: frozenset[str], deferred: Sequence[Patch], there: Sequence[Request]) -> frozenset[str]:
    """What people ask for and this run knew of, but had no turn for: the next one has to find it ticked."""
    open_ = {request.branch for request in there if request.state == "open"}
    waiting = {patch.fingerprint[:SHORT] for patch in deferred if commits.branch_of(patch) not in open_}
    return asked & waiting


def _all(
    works: Sequence[act.Work], view: View, actions: Sequence[Action], limits: Limits
) -> tuple[list[PullRequest], NotPermittedError | None]:
    """The outcome of every finding; from the first that the forge does not permit on, nothing more is tried."""
    done: list[PullRequest] = []
    denied: NotPermittedError | None = None
    for work in works:
        try:
            if denied is None:
                done.append(_one(work, view, actions, limits))
                continue
        except NotPermittedError as error:
            denied = error
        done.append(act.result(work.forge, work.job, "skipped", reason=str(denied)))
    return done, denied


def _one(work: act.Work, view: View, actions: Sequence[Action], limits: Limits) -> PullRequest:
    """The outcome of one finding; what is to be written to is looked at once more before."""
    goal = work.goal
    action = next(a for a in actions if a.branch == goal.branch and a.step not in ENDINGS)
    if action.step != "skip":
        view = again(work.forge, work.copy, view, goal.branch)
        fresh = decide(goal, view, others_open=0, limits=limits)
        action = fresh if fresh.step != action.step else action
    tip = view.tips.get(goal.branch)
    return act.carry_out(work, action, request_of(view, goal.branch), tip.commit if tip else None)


def _end(forge: Forge, copy: Repository, view: View, actions: Sequence[Action]) -> None:
    """What is over: comments before labels, labels before closing, so that a run that stops half way is taken up."""
    requests = {request.number: request for request in view.requests}
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
        elif action.step == "supersede":
            forge.comment(number, "base-gone", BASE_GONE_NOTE)
            forge.label(number, (SUPERSEDED,))
        elif action.step in ("unignore", "reopen"):
            said = marker.read(requests[number].body)
            if said is not None:
                reopen(forge, requests[number], said)
        elif action.step == "tidy" and action.lease:
            copy.delete(forge.remote(), action.branch, lease=action.lease)
