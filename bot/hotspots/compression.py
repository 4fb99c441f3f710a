"""Takes gzip and zstd off a byte stream, in steps of bounded size, so that a bomb meets the limit before the memory."""

import gzip
import io
import zlib
from typing import Protocol

from bot.errors import UserError

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
LARGEST_WINDOW = 1 << 27  # what the zstd command takes without an option
STEP = 512  # compressed bytes a step: a block of 4 bytes gives at most 128 KiB, so a step at most 16 MiB


class Readable(Protocol):
    """All that the layers of an input need of one another."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none is the end."""


def unpacked(file: io.RawIOBase, head: bytes, name: str) -> tuple[Readable, str] | None:
    """The decompressed stream and the name of its format, None where the first bytes show none."""
    if head.startswith(GZIP_MAGIC):
        return Gzip(file, name), "gzip"
    return (Zstd(file, name), "zstd") if head.startswith(ZSTD_MAGIC) else None


def is_compressed(head: bytes) -> bool:
    """Whether the first bytes are those of gzip or zstd."""
    return head.startswith((GZIP_MAGIC, ZSTD_MAGIC))


class Gzip:
    """The bytes in a gzip file.

    Raises while reading:
        EOFError: the file is truncated.
        UserError: it is damaged.
    """

    def __init__(self, file: io.RawIOBase, name: str) -> None:
        self._inner = gzip.GzipFile(fileobj=file)
        self._name = name

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none is the end."""
        try:
            return self._inner.read(size)
        except (zlib.error, gzip.BadGzipFile):
            raise UserError(f"{self._name} is a damaged gzip file; export it again.") from None


class Zstd:
    """The bytes in one or more zstd frames; raises while reading as `Gzip` does, and for a window above 128 MiB."""

    def __init__(self, file: Readable, name: str) -> None:
        import zstandard  # here, because few inputs need it

        self._decompressor = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
        self._damage = zstandard.ZstdError
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._file = file
        self._name = name
        self._packed = b""
        self._ready = memoryview(b"")

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none is the end."""
        while not self._ready:
            chunk = self._packed or self._file.read(STEP)
            if not chunk:
                if self._frame is not None:
                    raise EOFError
                return b""
            self._step(chunk)
        piece, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return piece

    def _step(self, chunk: bytes) -> None:
        if self._frame is None:
            self._frame = self._decompressor.decompressobj()
        try:
            self._ready = memoryview(self._frame.decompress(chunk))
        except self._damage as error:
            if "too much memory" in str(error):
                problem = f"needs a zstd window above {LARGEST_WINDOW >> 20} MiB; compress it without --ultra --long"
            else:
                problem = "is a damaged zstd file; export it again"
            raise UserError(f"{self._name} {problem}.") from None
        self._packed = self._frame.unused_data
        if self._frame.eof:
            self._frame = None
