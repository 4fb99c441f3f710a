"""`costmod check`: what the commit that is checked out introduces against a base."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bot.config import Config
from bot.errors import UserError
from bot.prove.checkout import head_commit, path_from_top
from bot.publish import fresh, git, remark
from bot.publish.forge import Forge
from bot.records import Hotspot

DONE = "What was found here is gone."
FOOT = "costmod read this change and ran nothing of it. It says nothing when it finds nothing new."


def remark_of(repository: Path, base: str, hotspots: Sequence[Hotspot], config: Config, today: date) -> str:
    """Markdown about what is new since `base` parted from HEAD; "" when nothing is.

    Raises:
        UserError: no such revision, or nothing in common with it.
    """
    head = head_commit(repository)
    try:
        with git.private_copy(repository, head) as copy:
            start = git.commit_of(repository, base)
            copy.borrow(repository, start)
            parted = copy.merge_base(start, head)
            if parted is None:
                raise UserError(f"--base {base}: has no commit in common with HEAD; fetch more history.")
            prefix = path_from_top(repository)
            found = fresh.introduced(copy, parted, head, config, prefix=prefix, hotspots=hotspots, today=today)
    except git.GitFailed as error:
        raise UserError(f"{repository}: git failed ({error}); run `git fsck`.") from error
    return remark.remark_on(found, remark.lead_of(found), FOOT) if found else ""


def tell(forge: Forge, number: int, said: str) -> None:
    """One comment per pull request, brought up to date; none when there never was anything to say."""
    forge.comment(number, "check", said or DONE, first=bool(said))
