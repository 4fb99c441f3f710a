"""A loopback HTTP server that counts connections, keeps them open, sets cookies and redirects."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class Server(ThreadingHTTPServer):
    """`connections` is how many were opened; `log` holds method, path and the cookies that came, per request.

    `most` is how many requests it had at once. It waits `latency` seconds for a new connection, and as long for a
    request.
    """

    daemon_threads = True
    request_queue_size = 128  # fewer, and a client whose connections come together waits a second for some

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = 0
        self.latency = 0.0
        self.log: list[tuple[str, str, str | None]] = []
        self.busy = self.most = 0
        self.counting = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def finish_request(self, request: object, client_address: object) -> None:
        """Counts a connection before it is served."""
        self.connections += 1
        time.sleep(self.latency)
        super().finish_request(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def _answer(self) -> None:
        with self.server.counting:
            self.server.busy += 1
            self.server.most = max(self.server.most, self.server.busy)
        try:
            self._write()
        finally:
            with self.server.counting:
                self.server.busy -= 1

    def _write(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(size)
        time.sleep(self.server.latency)
        self.server.log.append((self.command, self.path, self.headers.get("Cookie")))
        if self.path.startswith("/things"):
            body = self._things()
        elif self.path.startswith("/hop"):
            self.send_response(302)
            self.send_header("Location", "/landed")
            self.send_header("Set-Cookie", "hop=1")
            body = b""
        elif self.path.startswith("/broken"):
            self.send_response(500)
            body = b"broken"
        else:
            self.send_response(200)
            self.send_header("Set-Cookie", f"last={len(self.server.log)}")
            body = f"{self.command} {self.path} {self.headers.get('X-Who')} {sent!r}".encode()
        if self.path.startswith("/close"):
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815 - the names are the library's

    def _things(self) -> bytes:
        """`/things/3`, or `/things?ids=3&ids=4`, or with commas: none above 89, none for many keys with a 66."""
        path, _, query = self.path.partition("?")
        keys = parse_qs(query).get("ids", [])
        wanted = [int(part) for key in keys for part in key.split(",")] if query else [int(path.rsplit("/", 1)[1])]
        found = [{"id": key, "name": f"thing {key}"} for key in sorted(set(wanted)) if key < 90]
        self.send_response(500 if query and 66 in wanted else 200 if query or found else 404)
        return json.dumps({"data": {"items": found}} if query else found[0] if found else {"error": "none"}).encode()

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serving() -> Iterator[Server]:
    """The server, in a thread of its own."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
