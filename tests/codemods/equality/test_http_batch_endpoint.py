"""Before and after against a real server: the same things and errors, in a fraction of the requests."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import requests
from rig.edited import loaded
from rig.http_server import Server, serving

from codemods import http_batch_endpoint
from codemods.api import Proposal, Reached, Repeat, Sighting
from codemods.index import Index
from codemods.index.endpoints import Endpoint

CHECKED = """\
import {library}


def view(url, keys):
    found = []
    for key in keys:
        response = {library}.get(f"{{url}}/things/{{key}}", timeout=5)
        response.raise_for_status()
        found.append(response.json())
    return found
"""
UNCHECKED = """\
import {library}


def view(url, keys):
    return [{library}.get(f"{{url}}/things/{{key}}").json() for key in keys]
"""
KEYS: dict[str, Callable[[], Any]] = {
    "none": list,
    "known": lambda: list(range(12)),
    "repeated and unordered": lambda: [3, 1, 3, 2, 1],
    "missing": lambda: [1, 2, 95, 3],
    "text": lambda: ["1", "2"],
    "the list of many fails": lambda: [1, 66, 2],
    "a generator": lambda: (key for key in (2, 1)),
}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


@pytest.mark.parametrize(
    ("text", "library", "style"),
    [(CHECKED, "requests", "repeated"), (UNCHECKED, "requests", "comma"), (CHECKED, "httpx", "comma")],
)
def test_equal(
    tmp_path: Path, server: Server, text: str, library: str, style: Literal["repeated", "comma"]
) -> None:  # fmt: skip
    before = text.format(library=library)
    after = edited(tmp_path, before, Endpoint("/things/{}", "/things", "ids", style, "data.items", "id", 5))
    for name, keys in KEYS.items():
        was, asked = outcome(server, before, keys())
        now, asks = outcome(server, after, keys())
        assert now == was, name
        assert asks <= {"known": 3, "missing": 2}.get(name, asked + 1)


def outcome(server: Server, text: str, keys: Any) -> tuple[Any, int]:
    """What the function gives or raises, and the number of requests."""
    server.log.clear()
    try:
        found = loaded(text).view(server.url, keys)
    except (requests.RequestException, httpx.HTTPError) as error:
        found = type(error)
    return found, len(server.log)


def edited(folder: Path, text: str, endpoint: Endpoint) -> str:
    """The text after the codemod."""
    (folder / "app.py").write_text(text)
    subprocess.run("git init -q && git add -A", shell=True, cwd=folder, check=True)
    repeat = Repeat("f", (), (), 20, "call", "GET 127.0.0.1/things/{}")
    sighting = Sighting("n_plus_one_http", (repeat,), (Reached("app.py", "view", 0, "the entry"),))
    (found,) = http_batch_endpoint.find(Index(folder, endpoints=(endpoint,)), sighting)
    assert isinstance(found, Proposal), found
    assert found.tier == "C"
    return found.texts["app.py"]
