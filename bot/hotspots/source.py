"""Opens an input: a file or standard input, plain, gzip or zstd, never more than the size limit."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bot.errors import UserError
from bot.hotspots.compression import Readable, unpacked
from bot.hotspots.framing import Unframed, is_framed_zstd
from bot.hotspots.losses import Losses

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 1 << 16
MEBIBYTE = 1 << 20
MOST_LAYERS = 2  # a compressed file, compressed once more when it was rotated


class Source(io.BufferedReader):
    """A byte stream that knows what to call itself in an error message, and what of it could not be used.

    `path` is the file itself where the stream is nothing but its bytes, for libraries that want a file.
    """

    def __init__(self, layer: "_Limited", name: str, losses: Losses, path: str | None) -> None:
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
        plain = layer = _Limited(file, name, limit_mb, losses)
        for _ in range(MOST_LAYERS):
            if (found := unpacked(layer, layer.head(4), name)) is None:
                break
            layer = _Limited(found[0], name, limit_mb, losses, found[1])
        if is_framed_zstd(layer.head(8)):
            layer = _Limited(Unframed(layer, name, limit_mb * MEBIBYTE, losses), name, limit_mb, losses, "zstd")
        yield Source(layer, name, losses, path if layer is plain and path != "-" else None)
    finally:
        if path != "-":
            file.close()


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
    """Counts what passes and stops above the limit, so that neither a huge file nor a bomb fills the memory."""

    def __init__(self, inner: Readable, name: str, limit_mb: int, losses: Losses, packing: str = "") -> None:
        self._inner = inner
        self._name = name
        self._limit_mb = limit_mb
        self._losses = losses
        self._packing = packing
        self._passed = 0
        self._pending = b""
        self._ended = False

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
        if self._ended:
            return b""
        try:
            chunk = self._inner.read(size)
        except EOFError:
            self._ended = True
            error = UserError(f"{self._name} is a truncated {self._packing} file; export it again.")
            self._losses.drop(f"end of the {self._packing} file, which is truncated", error)
            return b""
        except OSError as error:
            raise UserError(f"{self._name} is not readable ({error.strerror}); check the file.") from None
        self._passed += len(chunk)
        if self._passed > self._limit_mb * MEBIBYTE:
            verb = "decompresses to more" if self._packing else "is larger"
            raise UserError(
                f"{self._name} {verb} than {self._limit_mb} MiB, the limit; export a shorter window or raise "
                "`max-input-mb`."
            )
        return chunk
