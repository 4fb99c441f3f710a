"""A byte stream with a limit, so that neither a huge file nor a decompression bomb fills the memory."""

import io
from typing import TYPE_CHECKING

from bot.errors import UserError
from bot.hotspots.compression import Readable
from bot.hotspots.losses import Losses

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEBIBYTE = 1 << 20


class Limited(io.RawIOBase):
    """Counts what passes and stops above the limit; `packing` names the compression that `inner` takes off."""

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
        """It is."""
        return True

    def head(self, size: int) -> bytes:
        """The first `size` bytes, which stay to be read."""
        while len(self._pending) < size and (chunk := self._take(size - len(self._pending))):
            self._pending += chunk
        return self._pending

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fills the buffer as far as one step gives."""
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
