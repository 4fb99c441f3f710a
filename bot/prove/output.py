"""What the tests print: kept up to a limit, and shown so that it commands nothing."""

import os
import re
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from bot.prove.limits import MAX_OUTPUT_BYTES

_CHUNK = 64 << 10
_HEAD_BYTES = MAX_OUTPUT_BYTES // 4
_TAIL_BYTES = MAX_OUTPUT_BYTES - _HEAD_BYTES
_SEARCHED_BYTES = 64 << 10
_MAX_WORDS = 200
# Lines that say why; a summary such as "1 failed in 0.31s" says nothing and differs from run to run.
_ERROR_LINE = re.compile(
    r"(E\s+)?[\w.]*(Error|Exception)\b.*|.*(No module named|not found|No such file|error:|\*\*\*).*"
)


class Output:
    """Takes what a process writes; the middle is dropped when there is too much of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._source, self.sink = os.pipe()
        self._head, self._tail, self._tail_bytes, self._dropped = bytearray(), deque[bytes](), 0, 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def started(self) -> None:
        """The process has its own end of the pipe; ours would keep the reader waiting."""
        os.close(self.sink)

    def finish(self, seconds: float) -> None:
        """Write the file, at most `seconds` after the last byte: an escaped process may hold the pipe open."""
        self._reader.join(seconds)
        middle = f"\n[{self._dropped} bytes left out]\n".encode() if self._dropped else b""
        self._path.unlink(missing_ok=True)  # what ran may have put a link there
        with self._path.open("xb") as file:
            file.write(bytes(self._head) + middle + b"".join(list(self._tail)))

    def _read(self) -> None:
        with open(self._source, "rb", buffering=0) as source:  # noqa: PTH123 - a descriptor, not a path
            while chunk := source.read(_CHUNK):
                if len(self._head) < _HEAD_BYTES:
                    self._head += chunk
                    continue
                self._tail.append(chunk)
                self._tail_bytes += len(chunk)
                while self._tail_bytes - len(self._tail[0]) > _TAIL_BYTES:
                    self._dropped += len(self._tail[0])
                    self._tail_bytes -= len(self._tail.popleft())


def last_words(path: Path, names: Mapping[Path, str]) -> str:
    """The last error line: printable ASCII, at most 200 characters; `names` stand for paths of this machine."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _SEARCHED_BYTES))
            lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return ""
    chosen = next((line for line in reversed(lines) if _ERROR_LINE.fullmatch(line)), "")
    # Paths of this machine, and of this run, are nobody's business and differ every time.
    for place, word in names.items():
        chosen = chosen.replace(str(place), word)
    # Never a workflow command: "::" and "##[" mean something to the runner that shows this line.
    printable = re.sub(r"[^\x20-\x7e]", "", chosen).replace("::", ":").replace("##[", "[")
    return printable[:_MAX_WORDS]
