"""The two GraphQL calls of the fake GitHub: who edited an issue, and a commit that GitHub makes itself."""

import base64
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from rig.github_state import State


def answer(state: State, document: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The body of the answer: GitHub sends status 200 with errors as well."""
    if document.startswith("mutation"):
        return _commit(state, variables["input"])
    nodes = [
        {"editedAt": when, "editor": {"__typename": kind, "login": login} if login else None}
        for number, login, kind, when in reversed(state.edits)
        if number == variables["number"]
    ]
    return {"data": {"repository": {"issue": {"userContentEdits": {"nodes": nodes[: variables["most"]]}}}}}


def _commit(state: State, given: dict[str, Any]) -> dict[str, Any]:
    branch, parent = given["branch"]["branchName"], given["expectedHeadOid"]
    if state.head_of(branch) is None:
        said = f"No ref named {branch} in {state.slug}"
        return {"data": {"createCommitOnBranch": None}, "errors": [{"type": "NOT_FOUND", "message": said}]}
    if state.head_of(branch) != parent:
        said = f'Expected branch to point to "{state.head_of(branch)}" but it did not. Pull and try again.'
        return {"data": {"createCommitOnBranch": None}, "errors": [{"type": "STALE_DATA", "message": said}]}
    with tempfile.TemporaryDirectory() as folder:
        extra = {"GIT_INDEX_FILE": str(Path(folder) / "index"), "GIT_AUTHOR_NAME": f"{state.login}[bot]",
                 "GIT_AUTHOR_EMAIL": "1+app[bot]@users.noreply.github.com", "GIT_COMMITTER_NAME": "GitHub",
                 "GIT_COMMITTER_EMAIL": "noreply@github.com"}  # fmt: skip
        _git(state.bare, extra, "read-tree", parent)
        for file in given["fileChanges"]["additions"]:
            blob = _git(state.bare, extra, "hash-object", "-w", "--stdin", stdin=base64.b64decode(file["contents"]))
            _git(state.bare, extra, "update-index", "--add", "--cacheinfo", f"100644,{blob},{file['path']}")
        tree = _git(state.bare, extra, "write-tree")
        message = f"{given['message']['headline']}\n\n{given['message']['body']}".encode()
        made = _git(state.bare, extra, "commit-tree", tree, "-p", parent, "-F", "-", stdin=message)
    _git(state.bare, {}, "update-ref", f"refs/heads/{branch}", made, parent)
    return {"data": {"createCommitOnBranch": {"commit": {"oid": made}}}}


def _git(folder: Path, extra: dict[str, str], *command: str, stdin: bytes = b"") -> str:
    environment = os.environ | extra
    done = subprocess.run(["git", *command], cwd=folder, env=environment, input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()
