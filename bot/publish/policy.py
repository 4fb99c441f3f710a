"""Which files a pull request may touch: plain Python inside the tree, never what builds, tests or ships it."""

import unicodedata
from pathlib import PurePosixPath

from bot.records import Change, Saving

MOST_FILES = 100
MOST_BYTES = 1 << 20
_PROTECTED_FOLDERS = {".github", ".git", ".circleci", ".gitlab", ".devcontainer"}
_PROTECTED_NAMES = {"conftest.py", "setup.py", "noxfile.py", "sitecustomize.py", "usercustomize.py", "hatch_build.py"}


def why_not_worth(saving: Saving) -> str | None:
    """Why nobody should be asked to review this; None when there is money or latency in it."""
    return f"not worth a pull request: {saving.grounds_reason}" if saving.grounds == "none" else None


def why_refused(changes: tuple[Change, ...]) -> str | None:
    """Why this edit may not be published; None when it may."""
    if not changes:
        return "the patch changes no file"
    if len(changes) > MOST_FILES:
        return f"the patch changes {len(changes)} files; at most {MOST_FILES} are published"
    if sum(len(change.after.encode(errors="surrogatepass")) for change in changes) > MOST_BYTES:
        return "the changed files are larger than 1 MiB"
    if len({change.path.casefold() for change in changes}) < len(changes):
        return "the patch names the same file twice"
    return next((reason for change in changes if (reason := _why_path_refused(change.path))), None)


def _why_path_refused(path: str) -> str | None:
    names = [name.casefold() for name in path.split("/")]
    hidden = any(unicodedata.category(letter).startswith("C") for letter in path)
    ambiguous = any(name.startswith("git~") or name != name.rstrip(". ") for name in names)
    reasons = {
        "is no plain repository path": hidden or path.startswith(("-", "~")) or "\\" in path or ":" in path,
        "leaves the tree, or names a part of it ambiguously": "" in names or ambiguous,
        "is in a protected folder": bool(_PROTECTED_FOLDERS & set(names)),
        "is not a Python file": PurePosixPath(names[-1]).suffix != ".py",
        "is a protected file: it builds or tests the project": names[-1] in _PROTECTED_NAMES,
    }
    return next((f"{path!r} {reason}" for reason, applies in reasons.items() if applies), None)
