"""The length-prefixed framing of the OpenTelemetry Collector's file exporter: 4 bytes, big-endian, then the message.

With its older compression each message is a zstd frame of its own, whether it holds JSON or protobuf. Source: the
Collector's fileexporter.
"""

import io
from collections.abc import Iterator

from bot.errors import UserError
from bot.hotspots.compression import ZSTD_MAGIC, Readable, Zstd
from bot.hotspots.losses import Losses

PREFIX_BYTES = 4
PIECE = 1 << 20  # a prefix may claim 4 GiB: memory is taken only for what is really there


def is_framed_zstd(head: bytes) -> bool:
    """Whether a stream opens with a length and a zstd frame."""
    return head[PREFIX_BYTES : PREFIX_BYTES + len(ZSTD_MAGIC)] == ZSTD_MAGIC and head[:1] < b"\x20"


def messages(file: Readable) -> Iterator[bytes]:
    """Every message without its length.

    Raises:
        EOFError: the last message is truncated.
    """
    while prefix := _exactly(file, PREFIX_BYTES):
        length = int.from_bytes(prefix, "big")
        message = _exactly(file, length)
        if len(prefix) < PREFIX_BYTES or len(message) < length:
            raise EOFError
        yield message


class Unframed:
    """Framed zstd messages as one plain stream: JSON messages become lines, protobuf ones keep their length.

    A message that does not decompress is dropped: the next length is known.
    """

    def __init__(self, file: Readable, name: str, limit: int, losses: Losses) -> None:
        self._messages = messages(file)
        self._name = name
        self._limit = limit
        self._losses = losses
        self._ready = memoryview(b"")

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none is the end.

        Raises:
            EOFError: the last message is truncated.
            UserError: a message larger than the limit.
        """
        while not self._ready:
            frame = next(self._messages, None)
            if frame is None:
                return b""
            self._ready = memoryview(self._plain(frame))
        piece, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return piece

    def _plain(self, frame: bytes) -> bytes:
        unpacked = Zstd(io.BytesIO(frame), f"{self._name}: a message")
        message = bytearray()
        try:
            while piece := unpacked.read(PIECE):
                message += piece
                if len(message) > self._limit:
                    return bytes(message)  # who counts the bytes will say so
        except (UserError, EOFError):
            error = UserError(f"{self._name}: a message is a damaged zstd frame; export it again.")
            self._losses.drop("damaged zstd frame", error)
            return b""
        if message.lstrip().startswith((b"{", b"[")):
            return bytes(message).replace(b"\n", b" ") + b"\n"  # a line end in JSON is only white space
        return len(message).to_bytes(PREFIX_BYTES, "big") + message


def _exactly(file: Readable, size: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < size and (piece := file.read(min(PIECE, size - len(pieces)))):
        pieces += piece
    return bytes(pieces)
