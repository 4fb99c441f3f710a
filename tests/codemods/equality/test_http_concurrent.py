"""Before and after against a real server: the same answers and errors in their order, eight requests at once."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from rig.edited import loaded
from rig.http_server import Server, serving

from codemods import http_concurrent
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index

CHECKED = """\
import requests

done = []


def view(url, keys):
    for key in keys:
        response = requests.get(f"{url}/things/{key}", timeout=5)
        response.raise_for_status()
        done.append(response.json())
    return len(done)
"""
CAUGHT = """\
import requests

done = []


def view(url, keys):
    for key in keys:
        address = f"{url}/things/{key}"
        try:
            done.append(requests.get(address, timeout=5).status_code)
        except requests.RequestException as error:
            done.append(type(error))
"""
CLIENT = """\
import httpx

done = []


def view(url, keys):
    with httpx.Client() as client:
        done.extend([client.get(f"{url}/things/{key}").text for key in keys])
"""
TRACED = """\
from contextvars import ContextVar

import requests

span = ContextVar("span", default="none")
done = []


def signed(request):
    request.headers["X-Who"] = span.get()
    return request


def view(url, keys):
    span.set("the request")
    for key in keys:
        done.append(requests.get(f"{url}/echo/{key}", auth=signed).text)
"""
KEYS: dict[str, Any] = {
    "none": [],
    "many": list(range(12)),
    "repeated": [3, 1, 3, 2, 1],
    "missing midway": [1, 2, 95, 3, 96],
    "an error midway": [1, "x", 2],  # what is no number closes the connection
}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


@pytest.mark.parametrize("text", [CHECKED, CAUGHT, CLIENT, TRACED], ids=["checked", "caught", "client", "traced"])
def test_equal(tmp_path: Path, server: Server, text: str) -> None:
    after = edited(tmp_path, text)
    for name, keys in KEYS.items():
        was, asked = outcome(server, text, keys)
        now, asks = outcome(server, after, keys)
        assert now == was, name
        sent = keys if isinstance(was[0], type) else asked  # after an error the later ones were sent all the same
        assert len(asks) == len(sent), name
        assert set(asked) <= set(asks), name


def test_eight_at_once(tmp_path: Path, server: Server) -> None:
    server.latency = 0.01
    after = edited(tmp_path, CHECKED)
    outcome(server, CHECKED, range(24))
    assert (server.most, server.connections) == (1, 24)
    outcome(server, after, range(24))
    assert server.most <= 8
    assert server.most > 2
    assert server.connections == 48


def outcome(server: Server, text: str, keys: Any) -> tuple[Any, list[str]]:
    """What the function gives or raises and what it did by then, and the paths that were asked for."""
    server.log.clear()
    module = loaded(text)
    try:
        found = module.view(server.url, list(keys))
    except (requests.RequestException, httpx.HTTPError, ValueError) as error:
        found = type(error)
    return (found, module.done), [path for _, path, _ in server.log]


def edited(folder: Path, text: str) -> str:
    """The text after the codemod."""
    (folder / "app.py").write_text(text)
    subprocess.run("git init -q && git add -A", shell=True, cwd=folder, check=True)
    repeat = Repeat("f", (), (), 20, "call", "GET 127.0.0.1/things/{}")
    sighting = Sighting("n_plus_one_http", (repeat,), (Reached("app.py", "view", 0, "the entry"),))
    (found,) = http_concurrent.find(Index(folder), sighting)
    assert isinstance(found, Proposal), found
    assert found.tier == "C"
    return found.texts["app.py"]
