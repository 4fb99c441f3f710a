"""`costmod record` on real applications: which entries it finds, how often what repeats, and on which line."""

import re
from pathlib import Path
from typing import Any

import pytest
from record_apps import DJANGO, FASTAPI, FLASK

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov")


def told(hotspots: list[dict[str, Any]]) -> dict[str, tuple[int, list[str]]]:
    """Entry -> repeats per request, exact lines."""
    found = {}
    for hotspot in hotspots:
        entry = hotspot["entry"]
        name = f"{entry['method']} {entry['route_raw']}" if entry["route_raw"] else entry["transaction_name"]
        lines = [f"{at['file']}:{at['line']}" for at in hotspot["locations"] if at["precision"] == "exact_line"]
        found[name] = (sum(pattern["count"]["max"] for pattern in hotspot["patterns"]), lines)
    return found


def test_flask_under_pytest(recorded: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hotspots = recorded(FLASK, *PYTEST)
    assert told(hotspots) == {
        "GET /shop/posts/<int:page>": (9, ["shop.py:29"]),
        "test_shop.py::test_function": (9, ["shop.py:29"]),
        "test_shop.py::OldTest::test_old": (9, ["shop.py:29"]),
    }
    assert {at["function"] for hotspot in hotspots for at in hotspot["locations"]} == {"names"}
    assert {(h["source"]["vendor"], h["source"]["format"], h["kind"]) for h in hotspots} == {
        ("costmod", "record", "n_plus_one_db")
    }
    assert all(h["trust"]["limits"][-1].startswith("recorded, not seen in production") for h in hotspots)
    written = (tmp_path / "hotspots.json").read_text()
    assert not any(secret in written for secret in ("hunter2", "secret-", "4711"))
    printed = capfd.readouterr()
    assert "1 failed, 2 passed" in printed.out
    assert printed.out.endswith("hotspots.json written; the command ended with exit status 1\n")


def test_flask_under_unittest(recorded: Any) -> None:
    tests = FLASK["test_shop.py"].replace("import pytest\n", "").replace("@pytest.fixture\n", "")
    hotspots = recorded({**FLASK, "test_shop.py": tests}, "-m", "unittest", "-q")
    assert told(hotspots) == {"test_shop.OldTest.test_old": (9, ["shop.py:29"])}


def test_django_under_its_own_runner(recorded: Any) -> None:
    assert told(recorded(DJANGO, "manage.py", "test")) == {
        "GET api/books/<int:page>/": (9, ["books/views.py:9"]),
        "books.tests.BookTest.test_direct": (9, ["books/views.py:9"]),
    }


def test_fastapi_in_threads_tasks_and_pools(recorded: Any) -> None:
    for library in ("fastapi", "httpx", "aiosqlite"):
        pytest.importorskip(library)
    assert told(recorded(FASTAPI, *PYTEST, "-W", "ignore")) == {
        "GET /api/v1/orders/{limit}": (9, ["service.py:19"]),
        "GET /api/v1/async/{limit}": (8, ["service.py:27"]),
        "GET /api/v1/pool": (7, ["service.py:36"]),
    }


SCRIPT = """
from sqlalchemy import create_engine, text
engine = create_engine("sqlite://")
with engine.connect() as connection:
    for n in range(7):
        connection.execute(text("SELECT :n"), {"n": n})
"""


@pytest.mark.parametrize(
    ("ending", "calls"),
    [
        pytest.param("", 7, id="end"),
        pytest.param("import os; os._exit(0)", 7, id="os._exit"),
        pytest.param("import os; os.fork() or os._exit(0); os.wait()", 7, id="a fork writes nothing twice"),
        pytest.param("raise SystemExit(3)", 7, id="failure"),
    ],
)
def test_a_script_is_an_entry(recorded: Any, ending: str, calls: int) -> None:
    assert told(recorded({"fill.py": SCRIPT + ending}, "fill.py", "s3cr3t")) == {"fill.py": (calls, ["fill.py:6"])}


TASKS = """
from celery import Celery
from sqlalchemy import create_engine, text
app = Celery("work", broker="memory://")
app.conf.task_always_eager = True
engine = create_engine("sqlite://")


@app.task
def send_all(count):
    with engine.connect() as connection:
        for n in range(count):
            connection.execute(text("SELECT :n"), {"n": n})


if __name__ == "__main__":
    send_all.delay(6)
    send_all.apply(args=(7,))
"""


def test_tasks_are_entries(recorded: Any) -> None:
    pytest.importorskip("celery")
    hotspots = recorded({"work.py": TASKS}, "work.py")
    assert told(hotspots) == {"work.send_all": (7, ["work.py:13"])}
    assert hotspots[0]["metrics"]["requests_in_window"] == 2


CALLS = """
import http.server, json, threading, urllib.request, http.client


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
port = server.server_port
base = f"http://127.0.0.1:{port}"
"""
CLIENTS = {
    "urllib": 'urllib.request.urlopen(f"{base}/items/{n}?token=hunter2").read()',
    "requests": 'requests.get(f"{base}/items/{n}?token=hunter2")',
    "urllib3": 'urllib3.PoolManager().request("GET", f"{base}/items/{n}?token=hunter2")',
    "httpx": 'httpx.get(f"{base}/items/{n}?token=hunter2")',
    "http": 'c = http.client.HTTPConnection(base[7:]); c.request("GET", f"/items/{n}?t=hunter2"); c.getresponse()',
}


@pytest.mark.parametrize("client", CLIENTS)
def test_outbound_requests_count_once(recorded: Any, client: str, tmp_path: Path) -> None:
    pytest.importorskip(client)
    code = f"import {client}\n{CALLS}\nfor n in range(6):\n    {CLIENTS[client]}\n"
    hotspots = recorded({"fetch.py": code}, "fetch.py")
    assert told(hotspots) == {"fetch.py": (6, [f"fetch.py:{code.count(chr(10))}"])}
    assert [h["kind"] for h in hotspots] == ["n_plus_one_http"]
    assert re.fullmatch(r"GET 127\.0\.0\.1:\d+/items/\{\}", hotspots[0]["patterns"][0]["statement"])
    assert "hunter2" not in (tmp_path / "hotspots.json").read_text()


def test_an_async_client_counts_once(recorded: Any) -> None:
    pytest.importorskip("httpx")
    code = (
        f"import asyncio, httpx\n{CALLS}\nasync def main():\n    async with httpx.AsyncClient() as client:\n"
        '        for n in range(6):\n            await client.get(f"{base}/items/{n}")\nasyncio.run(main())\n'
    )
    assert told(recorded({"fetch.py": code}, "fetch.py")) == {"fetch.py": (6, [f"fetch.py:{code.count(chr(10)) - 1}"])}
