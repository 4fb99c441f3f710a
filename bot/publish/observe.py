"""What the forge shows now, as the pure decisions want it: pull requests, branches, and what git says of them."""

from collections.abc import Iterable

from bot.errors import UserError
from bot.publish.forge import BRANCH_PREFIX, Forge
from bot.publish.git import Repository
from bot.publish.lifecycle import Tip, View


def observe(
    forge: Forge, copy: Repository, *, base: str, commit: str, wanted: Iterable[str], fixed: frozenset[str]
) -> View:
    """Everything that the bot has on the forge; `wanted` are the branches of this run's findings.

    Raises:
        UserError: the forge has no such base branch, or the commit is not on it.
    """
    # Requests first: a pull request that another run opens meanwhile then never seems to have no branch.
    requests = {request.number: request for request in forge.survey()}
    for branch in wanted:
        if branch not in {request.branch for request in requests.values()}:
            requests |= {request.number: request for request in forge.observe(branch)}
    heads = copy.bot_heads(forge.remote(), base)
    tip = check_base(forge, copy, base, commit, heads.pop(base, None))
    asked = {*wanted, *(r.branch for r in requests.values() if r.state != "closed")}
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
    """The view with one branch looked at anew, right before it is written to."""
    fresh = forge.observe(branch)
    heads = copy.heads(forge.remote(), branch)
    tips = {name: tip for name, tip in view.tips.items() if name != branch}
    if branch in heads:
        tips[branch] = tip_of(forge, copy, branch, heads[branch])
    others = tuple(request for request in view.requests if request.branch != branch)
    return View(tips=tips, requests=(*fresh, *others), landed=view.landed, fixed=view.fixed, base=view.base)
