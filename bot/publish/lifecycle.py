"""What to do about every finding and every pull request of the bot, given what the forge shows: pure, one state each.

People always win: a branch that holds their commits is never pushed and never closed, a pull request they closed is
never opened again before they say so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from bot.publish import marker
from bot.publish.boxes import SHORT
from bot.publish.forge import IGNORED, IGNORED_RULE, OBSOLETE, SUPERSEDED, Request
from bot.publish.marker import Marker
from bot.records import Patch, Proof, Record
from bot.words import counted

State = Literal[
    "NEW", "DEFERRED", "REJECTED", "PUSHED_NO_PR", "ORPHAN_FOREIGN", "OPEN_CURRENT", "OPEN_OUTDATED", "OPEN_HUMAN",
    "OPEN_FOREIGN", "OPEN_RETARGETED", "STALE_FIX", "EXPIRED", "MERGED", "REGRESSED", "CLOSED", "BASE_GONE", "REOPENED",
]  # fmt: skip
Step = Literal[
    "close", "tidy", "ignore", "supersede", "unignore", "reopen", "nudge", "note", "refresh", "rebuild", "resume",
    "create", "skip",
]  # fmt: skip
_ORDER: tuple[Step, ...] = (
    "close", "tidy", "ignore", "supersede", "unignore", "reopen", "nudge", "note", "refresh", "rebuild", "resume",
    "create", "skip",
)  # fmt: skip
ENDINGS: frozenset[Step] = frozenset({"tidy", "ignore", "supersede", "unignore", "reopen", "nudge"})
KEPT_DAYS = 14  # a branch whose pull request was closed as obsolete


class Tip(Record, frozen=True, kw_only=True):
    """What a branch of the bot is at."""

    commit: str
    by_bot: bool  # git says: exactly one commit of the bot on top of its parent
    in_base: bool = False  # git says: merging it into the base would change nothing


class Goal(Record, frozen=True, kw_only=True):
    """What should be there for one finding of this run; findings come dearest first."""

    fingerprint: str
    branch: str
    base: str
    head: str = ""  # commit id of the rebuilt commit
    content: str = ""  # hash of the edit, the base left out
    rejected: str = ""  # why it may not be published at all
    codemod: str = ""


class View(Record, frozen=True, kw_only=True):
    """What the forge shows now."""

    tips: Mapping[str, Tip]  # by branch, of the bot's prefix
    requests: tuple[Request, ...] = ()  # of those branches, every state, newest first
    landed: frozenset[int] = frozenset()  # merged ones whose merge is part of the commit that was planned on
    fixed: frozenset[str] = frozenset()  # hotspots of this run for which the code was found to be right already
    base: str = ""  # that was planned on
    gone: frozenset[str] = frozenset()  # bases of closed ones that the forge has no more
    reviewed: frozenset[int] = frozenset()
    ticked: frozenset[str] = frozenset()  # short fingerprints that people ask for on the dashboard
    today: date | None = None


class Limits(Record, frozen=True, kw_only=True):
    """How many pull requests there may be."""

    most_open: int
    most_new: int
    nudge_days: int | None = None  # without a review, until the dashboard says so


class Action(Record, frozen=True, kw_only=True):
    """One step for one finding or one pull request, and why.

    close: comment, label and close what is fixed; ignore: label what people closed, and say how to undo it; supersede:
    say and label that another one takes its place; unignore: take the label of ignore off; reopen: open again what
    people closed; tidy: delete the branch of what ended; nudge: the dashboard says how long it has been waiting; note:
    say once that people's commits hold an update back;
    refresh: rewrite the body where it differs; rebuild: push with a lease, then refresh; resume: open for a branch that
    is there (pushing `lease` away if it is older); create: push a new branch and open; skip: touch nothing.
    """

    state: State
    step: Step
    fingerprint: str
    number: int | None = None
    branch: str = ""
    reason: str = ""
    lease: str | None = None  # the head that the push replaces; None: no push, "": the branch must not exist


def reconcile(goals: Sequence[Goal], view: View, limits: Limits) -> tuple[Action, ...]:
    """The steps that lead from what is there to what should be: what ends first, then updates, then what is new."""
    wanted = {goal.branch for goal in goals}
    found = list(_leftovers(view, wanted, limits))
    ended = {action.number for action in found if action.step == "close"}
    open_ = {r.branch for r in view.requests if r.state == "open" and r.number not in ended}
    room = limits.most_new
    for goal in goals:
        action = decide(goal, view, others_open=len(open_ - {goal.branch}), limits=limits, room=room)
        found.append(action)
        if action.step in ("create", "resume"):
            open_.add(goal.branch)
            room -= 1
    return tuple(sorted(found, key=lambda action: _ORDER.index(action.step)))


def decide(goal: Goal, view: View, *, others_open: int, limits: Limits, room: int = 1) -> Action:
    """The one step for one finding."""
    request = request_of(view, goal.branch)
    if goal.rejected:
        return _act("REJECTED", "skip", goal, request, goal.rejected)
    if request is not None and request.state == "open":
        return _with_open(request, goal, view)
    ended = _ended(request, goal, view)
    return ended or _without(request, goal, view, others_open=others_open, limits=limits, room=room)


def request_of(view: View, branch: str) -> Request | None:
    """The pull request that speaks for a branch: an open one, else the newest."""
    here = [request for request in view.requests if request.branch == branch]
    return next((r for r in here if r.state == "open"), here[0] if here else None)


def refused_codemods(requests: Iterable[Request]) -> dict[str, int]:
    """The codemods whose every change people have said no to, with the pull request where they did."""
    said = ((request, marker.read(request.body)) for request in requests if IGNORED_RULE in request.labels)
    return {m.codemod: request.number for request, m in said if m and request.ours and request.state == "closed"}


def why_refused(codemod: str, refused: Mapping[str, int]) -> str:
    """Why a finding of a codemod is not proposed; empty when it may be."""
    number = refused.get(codemod)
    return f"no change of {codemod} is wanted; to undo that, reopen pull request #{number}" if number else ""


def why_closed(request: Request | None) -> str:
    """Why a finding is never proposed again; empty when it may be."""
    if request is None or request.state != "closed" or {OBSOLETE, SUPERSEDED} & set(request.labels):
        return ""
    return f"pull request #{request.number} was closed unmerged, which means no for good; reopen it to change that"


def why_unpublishable(proof: Proof) -> str:
    """Why a patch with this proof is never published; empty when it may be."""
    if proof.verdict in ("broken", "unprovable"):
        return f"the proof says {proof.verdict}: {proof.reason}"
    return ""


def is_draft(patch: Patch, proof: Proof, always: bool) -> bool:
    """Whether a reviewer has to look before it counts: unproven, tier C, or asked for."""
    return always or proof.verdict == "held" or patch.tier == "C"


# ---- one finding -----------------------------------------------------------------------------------------------------


def _ended(request: Request | None, goal: Goal, view: View) -> Action | None:
    """The state of a pull request that ended; None when the finding is free to get one."""
    if request is None or {OBSOLETE, SUPERSEDED} & set(request.labels):
        return None
    if request.state == "merged":
        if request.number in view.landed:
            return None  # the code has it, and the finding is back
        return _act("MERGED", "skip", goal, request, f"pull request #{request.number} was merged already")
    if _lost_its_base(request, view):
        return None
    if _is_asked(goal, view):
        return _act("REOPENED", "refresh", goal, request)
    return _act("CLOSED", "skip", goal, request, why_closed(request))


def _lost_its_base(request: Request, view: View) -> bool:
    """Whether the forge closed it, because its base branch was deleted: that is nobody's no."""
    return request.ours and request.state == "closed" and request.base in view.gone and IGNORED not in request.labels


def _is_asked(goal: Goal, view: View) -> bool:
    return goal.fingerprint[:SHORT] in view.ticked


def _without(request: Request | None, goal: Goal, view: View, *, others_open: int, limits: Limits, room: int) -> Action:
    tip = view.tips.get(goal.branch)
    if tip is not None and tip.commit != goal.head and not tip.by_bot:
        reason = "the branch exists and is not the bot's; rename or delete it to get this pull request"
        return _act("ORPHAN_FOREIGN", "skip", goal, None, reason)
    if unwanted := why_refused(goal.codemod, refused_codemods(view.requests)):
        return _act("CLOSED", "skip", goal, None, unwanted)
    asked = _is_asked(goal, view)
    if others_open >= limits.most_open and not asked:
        there = f"{counted(others_open, 'pull request')} of the bot {'is' if others_open == 1 else 'are'} open already"
        reason = f"{there}; merge or close one first"
        return _act("DEFERRED", "skip", goal, None, reason)
    if room <= 0 and not asked:
        return _act("DEFERRED", "skip", goal, None, "one run opens no more; the next one goes on")
    back = f"#{request.number} was merged; the finding is back" if request and request.state == "merged" else ""
    state: State = "REGRESSED" if back else "NEW"
    if request is not None and _lost_its_base(request, view):
        state, back = "BASE_GONE", f"supersedes #{request.number}, whose base branch is gone"
    if tip is None:
        return _act(state, "create", goal, None, back, lease="")
    lease = None if tip.commit == goal.head else tip.commit
    return _act(state if back else "PUSHED_NO_PR", "resume", goal, None, back, lease=lease)


def _with_open(request: Request, goal: Goal, view: View) -> Action:
    tip, said = view.tips.get(goal.branch), marker.read(request.body)
    what = f"pull request #{request.number}"
    if not request.ours:
        return _act("OPEN_FOREIGN", "skip", goal, request, f"{what} was opened by somebody else")
    if said is None or said.fp != goal.fingerprint:
        reason = f"{what} has lost the bot's marker; the bot leaves it to its reviewers"
        return _act("OPEN_FOREIGN", "skip", goal, request, reason)
    if request.base != goal.base:
        reason = f"{what} was pointed at {request.base}; run with that base to update it"
        return _act("OPEN_RETARGETED", "skip", goal, request, reason)
    if tip is None:
        return _act("OPEN_FOREIGN", "skip", goal, request, f"{what} has lost its branch")
    if not (tip.commit == goal.head or is_untouched(tip, said)):
        reason = f"{what} holds commits that the bot did not make; they are never overwritten"
        return _act("OPEN_HUMAN", "skip" if said.content == goal.content else "note", goal, request, reason)
    if tip.commit == goal.head or (said.content == goal.content and tip.commit == said.head):
        return _act("OPEN_CURRENT", "refresh", goal, request)
    return _act("OPEN_OUTDATED", "rebuild", goal, request, lease=tip.commit)


def is_untouched(tip: Tip, said: Marker) -> bool:
    """Whether the branch is where the bot left it: what the marker claims, and git confirms."""
    return tip.by_bot and tip.commit in said.heads


# ---- pull requests without a finding in this run ---------------------------------------------------------------------


def _leftovers(view: View, wanted: set[str], limits: Limits) -> Iterator[Action]:
    """What ended, is fixed or was reopened, whether this run has found it again or not."""
    for request in view.requests:
        said = marker.read(request.body)
        if not request.ours or said is None or not request.branch.endswith(said.fp[:12]):
            continue
        if request_of(view, request.branch) != request:
            continue
        action = _leftover(request, said, view, limits)
        if action is not None and not (action.state == "STALE_FIX" and request.branch in wanted):
            yield action


def _leftover(request: Request, said: Marker, view: View, limits: Limits) -> Action | None:
    """The step for one pull request, the finding left out."""
    tip = view.tips.get(request.branch)
    untouched = tip is not None and is_untouched(tip, said)
    goal = Goal(fingerprint=said.fp, branch=request.branch, base=request.base)
    tidy = tip.commit if tip is not None and untouched else None
    if request.state == "merged":
        return _act("MERGED", "tidy", goal, request, lease=tidy) if tidy else None
    if request.state == "closed":
        return _closed(request, goal, view, tidy)
    if IGNORED in request.labels:
        return _act("REOPENED", "unignore", goal, request)
    fixed = tip is not None and request.base == view.base and (tip.in_base or said.hotspot in view.fixed)
    if not fixed:
        days = _days(request.created, view)
        if limits.nudge_days is None or days < limits.nudge_days or request.number in view.reviewed:
            return None
        return _act("EXPIRED", "nudge", goal, request, f"open for {counted(days, 'day')} without a review")
    if not untouched:
        reason = f"pull request #{request.number} is fixed on {request.base}, but holds commits of people"
        return _act("STALE_FIX", "skip", goal, request, reason)
    return _act("STALE_FIX", "close", goal, request, f"{request.base} has this fix already")


def _closed(request: Request, goal: Goal, view: View, tidy: str | None) -> Action | None:
    """The step for what was closed unmerged; `tidy` is the head of a branch that nobody else has pushed to."""
    labels = set(request.labels)
    if IGNORED in labels and SUPERSEDED not in labels and _is_asked(goal, view):
        return _act("REOPENED", "reopen", goal, request, "asked for on the dashboard")
    if OBSOLETE in labels and tidy and _days(request.ended, view) >= KEPT_DAYS:
        return _act("STALE_FIX", "tidy", goal, request, lease=tidy)
    if {IGNORED, OBSOLETE, SUPERSEDED} & labels:
        return None
    if _lost_its_base(request, view):
        return _act("BASE_GONE", "supersede", goal, request, f"its base branch {request.base} is gone")
    return _act("CLOSED", "ignore", goal, request, "closed unmerged: ignored from now on")


def _days(since: str, view: View) -> int:
    """Whole days up to today; 0 where one of them is not known."""
    return max(0, (view.today - datetime.fromisoformat(since).date()).days) if since and view.today else 0


def _act(
    state: State, step: Step, goal: Goal, request: Request | None, reason: str = "", *, lease: str | None = None
) -> Action:
    return Action(
        state=state,
        step=step,
        fingerprint=goal.fingerprint,
        number=request.number if request else None,
        branch=goal.branch,
        reason=reason,
        lease=lease,
    )
