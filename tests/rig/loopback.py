"""A server on this machine that answers as a test says and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def document(self) -> Any:
        """The JSON in the body."""
        return json.loads(self.body)


class Says(NamedTuple):
    """One answer; `cut` bytes are announced and not sent, `slow_s` is waited before the body."""

    body: Any = b"{}"
    status: int = 200
    headers: Mapping[str, str] = {}
    cut: int = 0
    slow_s: float = 0.0


@dataclass
class Server:
    """Where it listens, and the requests so far."""

    url: str
    asked: list[Asked] = field(default_factory=list)

    def paths(self) -> list[str]:
        """The paths in the order of the requests."""
        return [one.path for one in self.asked]


@contextmanager
def serving(answer: Callable[[Asked], Says]) -> Iterator[Server]:
    """A server for as long as the block runs."""
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(Asked(self.command, parts.path, parse_qs(parts.query), headers, body))
            says = answer(server.asked[-1])
            content = says.body if isinstance(says.body, bytes) else json.dumps(says.body).encode()
            self.send_response(says.status)
            for name, value in says.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) + says.cut))
            self.end_headers()
            done.wait(says.slow_s)
            try:
                self.wfile.write(content)
            except OSError:
                return

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        done.set()
        http.shutdown()
        http.server_close()


class StoppedClock:
    """A clock that only waiting moves; `slept` are the waits."""

    def __init__(self, now_s: float) -> None:
        self.at = now_s
        self.slept: list[float] = []

    def now_s(self) -> float:
        """Seconds since 1970."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move the clock, and let a moment pass for the server."""
        self.slept.append(seconds)
        self.at += seconds
        time.sleep(0)
