"""Files that the tests left: read as what a stranger may have put there."""

import os
import stat
from pathlib import Path


def read_bounded(path: Path, limit: int) -> bytes | None:
    """The content; None when it is no regular file (a link, a pipe, a device) or has more than `limit` bytes."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(file, "rb") as content:  # noqa: PTH123 - a descriptor, not a path
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        read = content.read(limit + 1)
    return read if len(read) <= limit else None
