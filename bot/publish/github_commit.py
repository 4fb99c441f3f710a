"""Commits that GitHub makes and signs itself, so that it shows them as verified (mutation `createCommitOnBranch`).

The commit is made on a branch of its own name, brought here and pushed to the real branch with a lease like every
other: the pull request never shows a branch without its change, and people's commits are as safe as without.
"""

import base64
from typing import TYPE_CHECKING

from bot.publish import retry
from bot.publish.forge import BRANCH_PREFIX, CannotSignError, NotFoundError
from bot.publish.git import GitFailed

if TYPE_CHECKING:
    from bot.publish.git import Repository
    from bot.publish.github import GithubForge

MUTATION = """\
mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) {
    commit { oid }
  }
}"""


def signed(forge: "GithubForge", copy: "Repository", commit: str) -> str:
    """GitHub's own commit with the tree, the parent and the message of this one; brought into the copy.

    `expectedHeadOid` is the parent, so a second call after a lost answer finds the branch moved and makes nothing.

    Raises:
        CannotSignError: an executable file, which the mutation would make a plain one, or a branch in the way.
    """
    made = copy.made_of(commit)
    if made.removed or any(base.mode != "100644" for base in made.files.values()):
        raise CannotSignError("GitHub makes verified commits of plain files only; set publish.commits to plain")
    branch, remote = f"{BRANCH_PREFIX}sign/{commit[:12]}", forge.remote()
    headline, _, body = made.message.partition("\n\n")
    given = {
        "branch": {"repositoryNameWithOwner": forge.slug, "branchName": branch},
        "message": {"headline": headline, "body": body},
        "expectedHeadOid": made.parent,
        "fileChanges": {
            "additions": [
                {"path": path, "contents": base64.b64encode(base.content).decode()} for path, base in made.files.items()
            ]
        },
    }

    def there() -> str | None:
        head = copy.head(remote, branch)
        if head is None or head == made.parent:
            return None
        try:
            copy.bring(remote, branch, head)
        except GitFailed:  # another run was done with it, and has deleted it
            return None
        if not copy.is_same(head, commit):
            raise CannotSignError(f"the branch {branch} is not the bot's; delete it to get verified commits")
        return head

    def write() -> str:
        copy.push(remote, made.parent, branch, lease="")  # no matter if it is there: then its head decides
        try:
            forge.graphql("a verified commit", MUTATION, {"input": given})
        except NotFoundError as error:  # another run was done with it
            raise retry.AnswerLost("the branch is gone") from error
        found = there()
        if found is None:
            raise retry.AnswerLost("the commit is not on its branch")
        return found

    found = there() or forge.apply("a verified commit", there, write)
    copy.delete(remote, branch, lease=found)
    return found
