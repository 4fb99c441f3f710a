"""Settings of the interpreter while a repository is read: no garbage collection, and a stack of a known depth."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

READING = 900  # frames: what nests deeper than they hold is skipped
LINKING = 4_000  # frames: whatever could be read can be unparsed and visited


@contextmanager
def frames(most: int) -> Iterator[None]:
    """Let Python functions nest `most` frames deeper than here, and raise RecursionError beyond."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_depth() + most)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def planning() -> Iterator[None]:
    """Facts hold no cycles, so that looking for some only costs time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        with frames(LINKING):
            yield
    finally:
        if collects:
            gc.freeze()  # what lives now is looked at no more: else the next collection would visit every fact
            gc.enable()


def _depth() -> int:
    frame, depth = sys._getframe(), 0  # inspect.stack() reads source files
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth
