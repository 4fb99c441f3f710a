"""Before and after against a real server: the same answers, errors and cookies, on connections that stay open."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from rig.edited import edited, loaded
from rig.http_server import Server, serving

from codemods import http_session
from codemods.api import Repeat

ERRORS = (requests.RequestException, httpx.HTTPError, httpx.InvalidURL)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


def both(folder: Path, text: str, method: str = "GET") -> tuple[Any, Any]:
    repeat = Repeat("f", (), (), 20, "call", f"{method} 127.0.0.1/users/{{}}")
    return loaded(text), loaded(edited(http_session, folder, text, repeat).texts["app.py"])


def outcome(server: Server, work: Callable[[], Any]) -> tuple[Any, list[Any], int]:
    """What the work gives or raises, what the server was sent, and how many connections that took."""
    server.log.clear()
    opened = server.connections
    try:
        answer = ("gives", work())
    except ERRORS as error:
        answer = ("raises", type(error))
    return answer, [*server.log], server.connections - opened


LOOP = """\
import {library}


def view(urls):
    found = []
    for url in urls:
        response = {library}.get(url, headers={{"X-Who": "me"}}, timeout=5{more})
        found.append((response.status_code, response.text, dict(response.cookies)))
    return found
"""
PATHS = ["/users/1", "/users/2", "/users/1", "/broken", "/hop", "/users/3?a=b", "/close", "/users/4"]


@pytest.mark.parametrize(("library", "more"), [("requests", ""), ("httpx", ""), ("httpx", ", follow_redirects=True")])
@pytest.mark.parametrize("paths", [PATHS, [], ["/users/1"] * 10], ids=["mixed", "none", "many"])
def test_a_loop(tmp_path: Path, server: Server, library: str, more: str, paths: list[str]) -> None:
    before, after = both(tmp_path, LOOP.format(library=library, more=more))
    urls = [server.url + path for path in paths]
    old, new = outcome(server, lambda: before.view(urls)), outcome(server, lambda: after.view(urls))
    assert old[:2] == new[:2]
    follows = library == "requests" or bool(more)
    closes = paths.count("/close")
    assert old[2] == len(paths)
    assert new[2] == bool(paths) + closes
    assert any(cookie for _, _, cookie in new[1]) == (follows and "/hop" in paths)  # only within one redirect


@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_an_error_midway(tmp_path: Path, server: Server, library: str) -> None:
    before, after = both(tmp_path, LOOP.format(library=library, more=""))
    urls = [f"{server.url}/users/1", "http://127.0.0.1:1/refused", f"{server.url}/users/2"]
    old, new = outcome(server, lambda: before.view(urls)), outcome(server, lambda: after.view(urls))
    assert old[0] == new[0]
    assert old[0][0] == "raises"
    assert old[1] == new[1]


CALL = """\
import {library}


def view(url, value):
    return {library}.post(url, data={{"v": value}}, headers={{"X-Who": value}}, timeout=5).text
"""


@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_a_function_that_is_called_often(tmp_path: Path, server: Server, library: str) -> None:
    before, after = both(tmp_path, CALL.format(library=library), "POST")

    def work(module: Any) -> Callable[[], list[str]]:
        return lambda: [module.view(f"{server.url}/users/{n}", str(n)) for n in range(20)]

    old, new = outcome(server, work(before)), outcome(server, work(after))
    assert old[:2] == new[:2]
    assert (old[2], new[2]) == (20, 1)
    assert all(cookie is None for _, _, cookie in new[1])


MADE = """\
import {library}


def view(url, value):
    with {library}.{client}() as client:
        answer = client.post(url, data={{"v": value}}, timeout=5)
        return answer.text
"""


@pytest.mark.parametrize(("library", "client"), [("requests", "Session"), ("httpx", "Client")])
def test_a_client_for_each_request(tmp_path: Path, server: Server, library: str, client: str) -> None:
    before, after = both(tmp_path, MADE.format(library=library, client=client), "POST")

    def work(module: Any) -> Callable[[], list[str]]:
        return lambda: [module.view(f"{server.url}/users/{n}", str(n)) for n in range(5)]

    old, new = outcome(server, work(before)), outcome(server, work(after))
    assert old[:2] == new[:2]
    assert (old[2], new[2]) == (5, 1)


@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_each_thread_and_each_process_has_its_own(tmp_path: Path, server: Server, library: str) -> None:
    _, after = both(tmp_path, CALL.format(library=library), "POST")
    answers: dict[int, list[str]] = {}

    def work(n: int) -> None:
        answers[n] = [after.view(f"{server.url}/users/{n}", str(n)) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: set(found) for n, found in answers.items()} == {
        n: {f"POST /users/{n} {n} {f'v={n}'.encode()!r}"} for n in range(8)
    }
    assert server.connections == 8
    after.view(f"{server.url}/parent", "1")
    child = os.fork()
    if not child:
        found = after.view(f"{server.url}/child", "2")
        os._exit(0 if found.startswith("POST /child") else 1)
    assert os.waitpid(child, 0)[1] == 0
    after.view(f"{server.url}/parent", "1")
    assert server.connections == 10  # the parent's, and one of the child


def test_a_test_suite_that_answers_for_requests_still_does(tmp_path: Path) -> None:
    responses = pytest.importorskip("responses")
    _, after = both(tmp_path, CALL.format(library="requests"), "POST")
    with responses.RequestsMock() as mock:
        mock.post("http://example.org/users/1", body="mocked")
        assert after.view("http://example.org/users/1", "1") == "mocked"
