"""What the forge shows now, as the pure decisions want it: pull requests, branches, and what git says of them."""

from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

from bot.errors import UserError
from bot.publish.forge import BRANCH_PREFIX, IGNORED, IGNORED_RULE, OBSOLETE, SUPERSEDED, Forge
from bot.publish.git import Repository
from bot.publish.lifecycle import Tip, View


def observe(  # noqa: PLR0913  what a run knows that the forge does not
    forge: Forge,
    copy: Repository,
    *,
    base: str,
    commit: str,
    wanted: Iterable[str],
    fixed: frozenset[str],
    ticked: frozenset[str] = frozenset(),
    today: date | None = None,
    reviews: bool = False,
) -> View:
    """Everything that the bot has on the forge; `wanted` are the branches of this run's findings.

    `ticked` are the short fingerprints of findings that people ask for; `reviews` asks which ones people looked at.

    Raises:
        UserError: the forge has no such base branch, or the commit is not on it.
    """
    # Requests first: a pull request that another run opens meanwhile then never seems to have no branch.
    requests = {request.number: request for request in (*forge.labelled(IGNORED_RULE), *forge.survey())}
    for branch in wanted:
        if branch not in {request.branch for request in requests.values()}:
            requests |= {request.number: request for request in forge.observe(branch)}
    heads = copy.bot_heads(forge.remote(), base)
    tip = check_base(forge, copy, base, commit, heads.pop(base, None))
    asked = {*wanted, *(r.branch for r in requests.values() if r.state != "closed" or OBSOLETE in r.labels)}
    undecided = {
        r.base
        for r in requests.values()
        if r.ours and r.state == "closed" and not {IGNORED, OBSOLETE, SUPERSEDED} & set(r.labels)
    }
    landed = (r for r in requests.values() if r.state == "merged" and r.merge_commit)
    open_ = {r.branch for r in requests.values() if r.state == "open"}
    return View(
        tips={
            branch: tip_of(forge, copy, branch, head, tip if branch in open_ else "")
            for branch, head in heads.items()
            if branch in asked
        },
        requests=tuple(sorted(requests.values(), key=lambda request: request.number, reverse=True)),
        landed=frozenset(r.number for r in landed if copy.is_ancestor(r.merge_commit or "", commit)),
        fixed=fixed,
        base=base,
        gone=copy.missing(forge.remote(), undecided - {base}),
        reviewed=frozenset(
            r.number
            for r in requests.values()
            if reviews and r.ours and r.state == "open" and forge.is_reviewed(r.number)
        ),
        ticked=ticked,
        today=today,
    )


def tip_of(forge: Forge, copy: Repository, branch: str, head: str, base: str = "") -> Tip:
    """What git says of a branch; with a base also whether that has it already."""
    copy.bring(forge.remote(), branch, head)
    fingerprint = branch.rpartition("/")[2] if branch.startswith(BRANCH_PREFIX) else ""
    by_bot = copy.is_bot_commit(head, f"Costmod-Fingerprint: {fingerprint}")
    return Tip(commit=head, by_bot=by_bot, in_base=bool(base) and by_bot and copy.is_contained(head, base))


def check_base(forge: Forge, copy: Repository, base: str, commit: str, there: str | None) -> str:
    """The commit that the base is at on the forge; refuses to publish commits of the user's that are not there yet."""
    if there is None:
        raise UserError(f"{base}: the forge has no such branch; push it, or set publish.base.")
    copy.bring(forge.remote(), base, there)
    if not copy.is_ancestor(commit, there):
        raise UserError(f"{base}: commit {commit[:12]} is not on the forge's branch; push it first.")
    return there


def again(forge: Forge, copy: Repository, view: View, branch: str) -> View:
    """The view with one branch looked at anew, right before it is written to; what was ticked is done by then."""
    fresh = forge.observe(branch)
    heads = copy.heads(forge.remote(), branch)
    tips = {name: tip for name, tip in view.tips.items() if name != branch}
    if branch in heads:
        tips[branch] = tip_of(forge, copy, branch, heads[branch])
    others = tuple(request for request in view.requests if request.branch != branch)
    return replace(view, tips=tips, requests=(*fresh, *others), ticked=frozenset())
