"""What to do about one patch, given what the forge shows: pure decisions, one table.

People always win: a branch that holds their commits is never pushed, a pull request they closed is never opened again.
"""

from typing import Literal

from bot.publish.forge import Request
from bot.publish.marker import Marker
from bot.records import Patch, Proof, Record

Step = Literal["create", "resume", "rebuild", "refresh", "skip"]


class Observation(Record, frozen=True, kw_only=True):
    """What is there now."""

    head: str | None  # commit id of the branch on the forge
    head_by_bot: bool  # git says: exactly one commit of the bot for this fingerprint on top of its parent
    request: Request | None  # open one first, else the newest
    marker: Marker | None  # of that request's body
    others_open: int


class Goal(Record, frozen=True, kw_only=True):
    """What should be there."""

    fingerprint: str
    base: str
    head: str  # commit id of the rebuilt commit
    content: str  # hash of the edit, the base left out
    most_open: int


class Action(Record, frozen=True, kw_only=True):
    """One step, and why.

    create: push a new branch and open; resume: open for a branch that is there (pushing `lease` away if it is older);
    rebuild: push with a lease, then refresh; refresh: rewrite the body where it differs; skip: touch nothing.
    """

    step: Step
    reason: str = ""
    lease: str | None = None  # the head that the push replaces; None: no push, "": the branch must not exist


def decide(seen: Observation, goal: Goal) -> Action:
    """The one step that leads from what is there to what should be."""
    if seen.request is None:
        return _without_request(seen, goal)
    if seen.request.state != "open":
        return _skip(_ended(seen.request))
    return _with_open_request(seen.request, seen, goal)


def why_unpublishable(proof: Proof) -> str | None:
    """Why a patch with this proof is never published; None when it may be."""
    if proof.verdict in ("broken", "unprovable"):
        return f"the proof says {proof.verdict}: {proof.reason}"
    return None


def is_draft(patch: Patch, proof: Proof, always: bool) -> bool:
    """Whether a reviewer has to look before it counts: unproven, tier C, or asked for."""
    return always or proof.verdict == "held" or patch.tier == "C"


def _without_request(seen: Observation, goal: Goal) -> Action:
    if seen.head is not None and seen.head != goal.head and not seen.head_by_bot:
        return _skip("the branch exists and is not the bot's; rename or delete it to get this pull request")
    if seen.others_open >= goal.most_open:
        return _skip(f"{seen.others_open} pull requests of the bot are open already; merge or close one first")
    if seen.head is None:
        return Action(step="create", lease="")
    return Action(step="resume", lease=None if seen.head == goal.head else seen.head)


def _with_open_request(request: Request, seen: Observation, goal: Goal) -> Action:
    reason = _why_left_alone(request, seen, goal)
    if reason or seen.marker is None:
        return _skip(f"pull request #{request.number} {reason}")
    if seen.head in (goal.head, None):
        return Action(step="refresh")
    if seen.marker.content == goal.content and seen.head == seen.marker.head:
        return Action(step="refresh")
    return Action(step="rebuild", lease=seen.head)


def _why_left_alone(request: Request, seen: Observation, goal: Goal) -> str | None:
    """Why an open pull request belongs to people now; None when the bot may write to it."""
    marked = seen.marker if seen.marker is not None and seen.marker.fp == goal.fingerprint else None
    known = seen.head == goal.head or (marked is not None and seen.head in marked.heads and seen.head_by_bot)
    reasons = {
        "was opened by somebody else": not request.ours,
        "has lost the bot's marker; the bot leaves it to its reviewers": marked is None,
        f"was pointed at {request.base}; run with that base to update it": request.base != goal.base,
        "has lost its branch": seen.head is None,
        "holds commits that the bot did not make; they are never overwritten": not known,
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def _ended(request: Request) -> str:
    if request.state == "merged":
        return f"pull request #{request.number} was merged already"
    return f"pull request #{request.number} was closed unmerged, which means no for good; reopen it to change that"


def _skip(reason: str) -> Action:
    return Action(step="skip", reason=reason)
