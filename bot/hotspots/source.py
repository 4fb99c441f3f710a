"""Opens an input: a file or standard input, plain, gzip or zstd, never more than the size limit."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.errors import UserError
from bot.hotspots.compression import is_compressed, unpacked
from bot.hotspots.framing import Unframed, is_framed_zstd
from bot.hotspots.limited import MEBIBYTE, Limited
from bot.hotspots.losses import Losses

HEAD_BYTES = 1 << 16
MOST_LAYERS = 2  # a compressed file, compressed once more when it was rotated
LONGEST_LINE = 16 << 20  # of a file that is read in parts


class Source(io.BufferedReader):
    """A byte stream that knows what to call itself in an error message, and what of it could not be used.

    `path` is the file itself where the stream is nothing but its bytes, for libraries that want a file.
    """

    def __init__(self, layer: "Limited", name: str, losses: Losses, path: str | None) -> None:
        super().__init__(layer, HEAD_BYTES)
        self.label = name
        self.losses = losses
        self.path = path
        self.head = layer.head(HEAD_BYTES)

    def drop(self, reason: str, error: UserError | None = None) -> None:
        """Leaves one part out and counts it; the first error is raised should nothing in the input be good.

        `reason` says what is wrong with the part in a few words, without values of it ("span without an id").
        """
        self.losses.drop(reason, error)

    def note(self, limit: str) -> None:
        """Remembers a limit of the whole input ("the trace was cut by the backend")."""
        self.losses.note(limit)


@contextmanager
def opened(path: str, limit_mb: int) -> Iterator[Source]:
    """The decompressed bytes of `path` ("-" is standard input) as a stream; a truncated file ends early, and says so.

    Raises:
        UserError: nothing readable there, a damaged compressed file, or more than `limit_mb` MiB before or after
            decompression (also while reading).
    """
    name = "standard input" if path == "-" else path
    file: IO[bytes] = sys.stdin.buffer if path == "-" else _open(path, limit_mb)
    losses = Losses()
    try:
        plain = layer = Limited(file, name, limit_mb, losses)
        for _ in range(MOST_LAYERS):
            if (found := unpacked(layer, layer.head(4), name)) is None:
                break
            layer = Limited(found[0], name, limit_mb, losses, found[1])
        if is_framed_zstd(layer.head(8)):
            layer = Limited(Unframed(layer, name, limit_mb * MEBIBYTE, losses), name, limit_mb, losses, "zstd")
        yield Source(layer, name, losses, path if layer is plain and path != "-" else None)
    finally:
        if path != "-":
            file.close()


def parts_of(path: str, least: int, most: int) -> list[tuple[int, int]]:
    """A file of lines in up to `most` parts of at least `least` bytes, as (start, end) offsets where lines start.

    No parts where the file is small, compressed, no file at all, or where its first two lines are not short ones.
    """
    file = Path(path)
    if path == "-" or not file.is_file() or file.stat().st_size < 2 * least:
        return []
    size = file.stat().st_size
    count = min(most, size // least)
    with file.open("rb") as stream:
        head = stream.read(8)
        if is_compressed(head) or is_framed_zstd(head) or len(stream.readline(LONGEST_LINE)) == LONGEST_LINE:
            return []
        edges = [0]
        for number in range(1, count):
            stream.seek(size * number // count)
            stream.readline(LONGEST_LINE)
            edges.append(stream.tell())
    return [(start, end) for start, end in zip(edges, [*edges[1:], size], strict=True) if start < end]


@contextmanager
def opened_part(path: str, start: int, end: int) -> Iterator[Source]:
    """The bytes of `path` from `start` up to `end`."""
    with Path(path).open("rb") as file:
        file.seek(start)
        losses = Losses()
        yield Source(Limited(_Window(file, end - start), path, end // MEBIBYTE + 1, losses), path, losses, None)


class _Window(io.RawIOBase):
    """The next bytes of a file, and not more."""

    def __init__(self, inner: IO[bytes], size: int) -> None:
        self._inner = inner
        self._left = size

    def read(self, size: int = -1) -> bytes:
        chunk = self._inner.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        return chunk


def _open(path: str, limit_mb: int) -> IO[bytes]:
    file = Path(path)
    try:
        if file.is_dir():
            raise UserError(f"{path} is a directory; name the export files in it.")
        size = file.stat().st_size
        if size > limit_mb * MEBIBYTE:
            raise UserError(
                f"{path} has {size / MEBIBYTE:.1f} MiB, the limit is {limit_mb} MiB; export a shorter window or raise "
                "`max-input-mb`."
            )
        return file.open("rb")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; check the path.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(f"{path!r} is not readable ({reason}); check the path and its permissions.") from None
