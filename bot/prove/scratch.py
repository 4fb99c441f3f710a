"""Temporary directories that go away however the program ends, short of SIGKILL."""

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from bot.errors import UserError

_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else (signal.SIGTERM,)


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A private directory, removed on return, exception, Ctrl-C, SIGTERM and SIGHUP.

    Raises:
        UserError: no temporary directory can be made.
    """
    with _ending_signals_raise():
        try:
            # Tests leave read-only directories behind; what still cannot be removed must not hide the verdict.
            # The short name keeps the paths of Unix sockets below their 108 bytes.
            directory = tempfile.TemporaryDirectory(prefix="costmod-", ignore_cleanup_errors=True)
        except OSError as error:
            raise UserError(
                f"No temporary directory can be made ({error.strerror}); set TMPDIR to a directory with write access."
            ) from error
        try:
            yield Path(directory.name).resolve()
        finally:
            with _uninterrupted():
                directory.cleanup()


@contextmanager
def _ending_signals_raise() -> Iterator[None]:
    """Turn signals that end the process at once into SystemExit, so that every `finally` runs."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    replaced = []
    if threading.current_thread() is threading.main_thread():
        replaced = [number for number in _ENDING_SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in replaced:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back a second Ctrl-C until the directory is gone."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *_ENDING_SIGNALS})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
