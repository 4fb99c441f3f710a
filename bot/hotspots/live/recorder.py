"""Keeps the answers as numbered files; those in the folder itself are inputs that `costmod hotspots FOLDER/*` reads.

Answers that only lead to others, or in which there is nothing, go to `.steps` in it, which a shell's `*` leaves out.
"""

from pathlib import Path

from bot.errors import UserError
from bot.hotspots.live.exchange import Request
from bot.hotspots.readers import reader_for
from bot.hotspots.source import opened

STEPS = ".steps"
PRIVATE = 0o700  # answers hold statements with their values


class Recorder:
    """A folder of answers; `inputs` are the files that a reader reads, in the order of the calls."""

    def __init__(self, folder: Path, limit_mb: int) -> None:
        self.folder = folder
        self.inputs: list[str] = []
        self._limit_mb = limit_mb
        self._count = 0

    def keep(self, request: Request, body: bytes) -> None:
        """Writes an answer."""
        self._count += 1
        file = self.folder / f"{self._count:04}-{request.name}.json"
        file.write_bytes(body)
        if request.keep and self._holds_something(file):
            self.inputs.append(str(file))
            return
        steps = self.folder / STEPS
        steps.mkdir(PRIVATE, exist_ok=True)
        file.replace(steps / file.name)

    def _holds_something(self, file: Path) -> bool:
        try:
            with opened(str(file), self._limit_mb) as source:
                return next(iter(reader_for(source).read(source)), None) is not None
        except UserError:
            return False


def prepared(folder: Path) -> Path:
    """A folder to record into, made if it is not there.

    Raises:
        UserError: there is something in it already, or it cannot be made.
    """
    try:
        folder.mkdir(PRIVATE, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UserError(f"{folder} is not empty; record into a new folder.")
    except OSError as error:
        raise UserError(f"{folder} cannot be a folder to record into ({error.strerror}); name another.") from None
    return folder
