"""A stateful GitHub on this machine: REST judged by GitHub's OpenAPI description, git by git itself."""

import base64
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from rig import fake_graphql, fake_issues, git_http
from rig.contract import Contract, graphql_violations
from rig.fake_issues import Answer, error, invalid
from rig.github_state import Pull, State

TOKEN = "ghp_canaryTokenThatMustNotLeak0123456789"


@dataclass
class Fault:
    """One answer that goes wrong. `after`: the operation is done, then its answer is lost."""

    method: str
    path: str  # regular expression
    status: int  # 0: the connection is closed
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    times: int = 1


class FakeGithub:
    """`with FakeGithub(root) as github:` serves `github.url` over root/OWNER/NAME.git."""

    def __init__(self, root: Path, slug: str = "acme/blog") -> None:
        self.root = root
        self.state = State(slug=slug, bare=root / f"{slug}.git")
        self.contract = Contract()
        self.faults: list[Fault] = []
        self.calls: list[str] = []
        self.before_create: Callable[[], None] = lambda: None
        self.before_comment: Callable[[], None] = lambda: None
        self.before_graphql: Callable[[], None] = lambda: None
        self.lock = threading.Lock()
        self._server = Server(self)

    @property
    def url(self) -> str:
        """The server, which is also the REST address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "FakeGithub":
        self.state.url = self.url
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, verb: str, path: str, query: str, body: Any) -> Answer:
        """One REST call: judged, possibly spoilt, routed, judged."""
        with self.lock:
            self.calls.append(f"{verb} {path}")
            fault = self._fault(verb, path)
        if fault and not fault.after:
            return fault.status, fault.body, fault.headers
        if path == "/graphql":
            self.contract.violations += graphql_violations(body["query"], body["variables"])
            self.before_graphql()
            with self.lock:
                told = fake_graphql.answer(self.state, body["query"], body["variables"])
            return (fault.status, fault.body, fault.headers) if fault else (200, told, {})
        operation = self.contract.request(verb, path, query, body)
        if verb == "POST" and path.endswith("/pulls"):
            self.before_create()
        if verb == "POST" and path.endswith("/comments"):
            self.before_comment()
        with self.lock:
            status, answer, headers = _route(
                self.state, verb, path, {k: v[0] for k, v in parse_qs(query).items()}, body
            )
        if operation is not None:
            self.contract.response(verb, path, operation, status, answer)
        return (fault.status, fault.body, fault.headers) if fault else (status, answer, headers)

    def _fault(self, verb: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == verb and re.search(fault.path, path):
                fault.times -= 1
                return fault
        return None


def _route(state: State, verb: str, path: str, query: dict[str, str], body: Any) -> Answer:
    if (verb, path) == ("GET", "/user"):
        return (200, state.private_user(), {}) if state.kind == "User" else error(403, "Resource not accessible")
    inside = path.removeprefix(f"/repos/{state.slug}")
    if inside == path:
        return error(404, "Not Found")
    answer = fake_issues.route(state, verb, inside, query, body)
    if answer is not None:
        return answer
    number = re.search(r"/(\d+)", inside)
    pull = next((pull for pull in state.pulls if number and pull.number == int(number[1])), None)
    if number and pull is None:
        return error(404, "Not Found")
    match verb, re.sub(r"\d+", "N", inside, count=1):
        case "GET", "/pulls":
            return _page(state, path, query)
        case "POST", "/pulls":
            return _create(state, body)
        case "GET", "/pulls/N":
            return 200, state.pull(pull), {}
        case "POST", "/pulls/N/requested_reviewers":
            return _ask(state, pull, body)
        case "PATCH", "/pulls/N":
            return _edit(state, pull, body)
        case "POST", "/labels":
            if body["name"] in state.labels:
                return invalid("Label", "already_exists", "name")
            state.labels.add(body["name"])
            return 201, state.label(body["name"]), {}
    return error(404, "Not Found")


def _ask(state: State, pull: Pull, body: dict[str, Any]) -> Answer:
    unknown = [name for name in body.get("reviewers", ()) if name not in state.roles]
    if unknown:
        said = f"Reviews may only be requested from collaborators. {unknown[0]} is not a collaborator of {state.slug}."
        return 422, {"message": said, "documentation_url": "https://docs.github.com"}, {}
    asked = [*body.get("reviewers", ()), *(f"team:{team}" for team in body.get("team_reviewers", ()))]
    pull.reviewers += [name for name in asked if name not in pull.reviewers]
    return 201, state.pull(pull, "pull-request-simple"), {}


def _edit(state: State, pull: Pull, body: dict[str, Any]) -> Answer:
    if body.get("state") == "open" and pull.state == "closed" and state.head_of(pull.head) is None:
        return custom("state cannot be changed. The branch was deleted.")
    pull.title, pull.body = body.get("title", pull.title), body.get("body", pull.body)
    pull.state = body.get("state", pull.state)
    return 200, state.pull(pull), {}


def _page(state: State, path: str, query: dict[str, str]) -> Answer:
    """A list, newest first, in pages that are linked by the Link header."""
    wanted, owner = query.get("state", "open"), state.slug.partition("/")[0]
    found = [
        pull
        for pull in reversed(state.pulls)
        if wanted in ("all", pull.state)
        and not (pull.fork and "head" in query)
        and query.get("head", f"{owner}:{pull.head}") == f"{owner}:{pull.head}"
    ]
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    more = {"Link": f'<{state.url}{path}?{urlencode(query | {"page": page + 1})}>; rel="next"'}
    shown = [state.pull(pull, "pull-request-simple") for pull in found[(page - 1) * size : page * size]]
    return 200, shown, more if len(found) > page * size else {}


def _create(state: State, body: dict[str, Any]) -> Answer:
    head, base = state.head_of(body["head"]), state.head_of(body["base"])
    if head is None or base is None:
        return invalid("PullRequest", "invalid", "base" if base is None else "head")
    if head == base:
        return custom(f"No commits between {body['base']} and {body['head']}")
    if any(p.state == "open" and not p.fork and (p.head, p.base) == (body["head"], body["base"]) for p in state.pulls):
        return custom(f"A pull request already exists for {state.slug.partition('/')[0]}:{body['head']}.")
    if len(body.get("body", "")) > 65_536 or len(body["title"]) > 255:
        return custom("body is too long (maximum is 65536 characters)")
    pull = Pull(
        number=state.next_number(),
        title=body["title"],
        body=body.get("body", ""),
        head=body["head"],
        base=body["base"],
        draft=body.get("draft", False),
        author=state.login,
    )
    state.pulls.append(pull)
    return 201, state.pull(pull), {}


def custom(message: str) -> Answer:
    """GitHub's 422 with a sentence."""
    failure = {"resource": "PullRequest", "code": "custom", "message": message}
    return (
        422,
        {"message": "Validation Failed", "errors": [failure], "documentation_url": "https://example.invalid"},
        {},
    )


class Server(ThreadingHTTPServer):
    """Threads for one fake, on a free port."""

    daemon_threads = True

    def __init__(self, github: FakeGithub) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.github = github


class Handler(BaseHTTPRequestHandler):
    """Reads one request, hands it to the fake or to git, writes one answer."""

    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body in one packet
    disable_nagle_algorithm = True

    def handle_method(self) -> None:
        parts = urlsplit(self.path)
        content = self._read()
        if ".git/" in parts.path:
            return self._git(parts.path, parts.query, content)
        if TOKEN not in self.headers.get("Authorization", ""):
            return self._send(401, {"message": "Bad credentials"}, {})
        path = unquote(parts.path).removeprefix("/api/v3")
        body = json.loads(content) if content else None
        return self._send(*self.server.github.answer(self.command, path, parts.query, body))

    do_GET = do_POST = do_PATCH = do_DELETE = handle_method  # noqa: N815  names that http.server looks up

    def _git(self, path: str, query: str, content: bytes) -> None:
        basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {basic}":
            return self._send(401, {}, {"WWW-Authenticate": 'Basic realm="git"'})
        with self.server.github.lock:
            self.server.github.calls.append(f"git {path.rpartition('/')[2]}")
        status, headers, answer = git_http.serve(
            self.server.github.root, self.command, path, query, self.headers, content
        )
        return self._bytes(status, answer, headers)

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return content
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _send(self, status: int, body: Any, headers: dict[str, str]) -> None:
        if status == 0:
            self.close_connection = True
            return
        self._bytes(status, json.dumps(body).encode(), {"Content-Type": "application/json"} | headers)

    def _bytes(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Quiet."""
