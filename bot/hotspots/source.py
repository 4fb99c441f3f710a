"""Opens an input: a file or standard input, plain or gzip, never more than the size limit."""

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bot.errors import UserError
from bot.hotspots.losses import Losses

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP_MAGIC = b"\x1f\x8b"
HEAD_BYTES = 1 << 16
MEBIBYTE = 1 << 20
LONGEST_LINE = 16 << 20  # of a file that is read in parts


class Source(io.BufferedReader):
    """A byte stream that knows what to call itself in an error message."""

    def __init__(self, layer: "_Limited", name: str) -> None:
        super().__init__(layer, HEAD_BYTES)
        self.label = name
        self.losses = Losses()
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
    """The decompressed bytes of `path` ("-" is standard input) as a stream.

    Raises:
        UserError: nothing readable there, a damaged gzip file, or more than `limit_mb` MiB before or after
            decompression (also while reading).
    """
    name = "standard input" if path == "-" else path
    file: IO[bytes] = sys.stdin.buffer if path == "-" else _open(path, limit_mb)
    try:
        layer = _Limited(file, name, limit_mb, "is larger than")
        if layer.head(2) == GZIP_MAGIC:
            layer = _Limited(gzip.GzipFile(fileobj=layer), name, limit_mb, "decompresses to more than")
        yield Source(layer, name)
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
        if stream.read(2) == GZIP_MAGIC or len(stream.readline(LONGEST_LINE)) == LONGEST_LINE:
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
        yield Source(_Limited(_Window(file, end - start), path, end // MEBIBYTE + 1, "is larger than"), path)


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


class _Limited(io.RawIOBase):
    """Counts what passes and stops above the limit, so that neither a huge file nor a gzip bomb fills the memory."""

    def __init__(self, inner: IO[bytes] | gzip.GzipFile | io.RawIOBase, name: str, limit_mb: int, verb: str) -> None:
        self._inner = inner
        self._name = name
        self._limit_mb = limit_mb
        self._verb = verb
        self._passed = 0
        self._pending = b""

    def readable(self) -> bool:
        return True

    def head(self, size: int) -> bytes:
        """The first `size` bytes, which stay to be read."""
        while len(self._pending) < size and (chunk := self._take(size - len(self._pending))):
            self._pending += chunk
        return self._pending

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        if self._pending:
            chunk, self._pending = self._pending[: len(view)], self._pending[len(view) :]
        else:
            chunk = self._take(len(view))
        view[: len(chunk)] = chunk
        return len(chunk)

    def _take(self, size: int) -> bytes:
        try:
            chunk = self._inner.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise UserError(f"{self._name} is a damaged or truncated gzip file; export it again.") from None
        except OSError as error:
            raise UserError(f"{self._name} is not readable ({error.strerror}); check the file.") from None
        self._passed += len(chunk)
        if self._passed > self._limit_mb * MEBIBYTE:
            raise UserError(
                f"{self._name} {self._verb} {self._limit_mb} MiB, the limit; export a shorter window or raise "
                "`max-input-mb`."
            )
        return chunk
