"""Rows of `bench/loops.py` for redis and HTTP, against a real redis-server and a server on the loopback interface.

A row is (codemod, operations before and after, before, after); these two take the seconds that a round trip costs
on top: each packet to redis waits that long, an HTTP server once for a new connection and once for each request.
"""

import atexit
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import redis
import requests
from rig.http_server import Server, serving
from rig.redis_server import binary, server

N = 100
_OPEN = ExitStack()
atexit.register(_OPEN.close)
KEYS = [f"user:{n}" for n in range(N)]


class _Slow(redis.UnixDomainSocketConnection):
    """A connection whose every packet waits first."""

    latency = 0.0

    def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
        """Waits, and sends."""
        time.sleep(self.latency)
        super().send_packed_command(*args, **kwargs)


@cache
def _redis() -> redis.Redis:
    program = binary()
    if program is None:
        raise SystemExit("no redis server is installed (redis-server was not found)")
    path = _OPEN.enter_context(server(program))
    client = redis.Redis(connection_pool=redis.ConnectionPool(connection_class=_Slow, path=path))
    for key in KEYS:
        client.set(key, "x" * 20)
    return client


@cache
def _http() -> Server:
    return _OPEN.enter_context(serving())


_APART = """\
import sys
from rig.http_server import serving
with serving() as server:
    server.latency = float(sys.argv[1])
    print(server.url, flush=True)
    sys.stdin.read()
"""


@cache
def _http_apart(latency: float) -> str:
    """A server in a process of its own: threads of this one must not compete with it."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {sys.path[0]!r})\n{_APART}", str(latency)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    _OPEN.callback(process.kill)
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _with_http_apart(work: Callable[[str], object]) -> Callable[[float], None]:
    def run(latency: float) -> None:
        work(_http_apart(latency))

    return run


def _with_redis(work: Callable[[redis.Redis], object]) -> Callable[[float], None]:
    def run(latency: float) -> None:
        client, _Slow.latency = _redis(), latency
        work(client)

    return run


def _with_http(work: Callable[[str], object]) -> Callable[[float], None]:
    def run(latency: float) -> None:
        found = _http()
        found.latency = latency
        work(found.url)

    return run


def _one_by_one(client: redis.Redis) -> list[object]:
    return [client.get(key) for key in KEYS]


def _piped(client: redis.Redis) -> list[object]:
    pipe = client.pipeline(transaction=False)
    for key in KEYS:
        pipe.get(key)
    return pipe.execute()


def _many(client: redis.Redis) -> list[object]:
    return [value or client.get(key) for key, value in zip(KEYS, client.mget(KEYS), strict=True)]


def _set_one_by_one(client: redis.Redis) -> None:
    for key in KEYS:
        client.set(key, "y", ex=60)


def _set_piped(client: redis.Redis) -> None:
    pipe = client.pipeline(transaction=False)
    for key in KEYS:
        pipe.set(key, "y", ex=60)
    pipe.execute()


def _each_connects(url: str) -> None:
    for n in range(N):
        requests.get(f"{url}/users/{n}", timeout=5)


def _one_connection(url: str) -> None:
    session = requests.Session()
    for n in range(N):
        session.cookies.clear()
        session.get(f"{url}/users/{n}", timeout=5)
    session.close()


def _together(url: str) -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [pool.submit(copy_context().run, requests.get, f"{url}/users/{n}", timeout=5) for n in range(N)]
    for future in futures:
        future.result()


def _things_each(url: str) -> None:
    for key in range(20):
        requests.get(f"{url}/things/{key}", timeout=5).json()


def _things(url: str) -> None:
    batch = requests.get(f"{url}/things", params={"ids": [*range(20)]}, timeout=5)
    things = {thing["id"]: thing for thing in batch.json()["data"]["items"]}
    for key in range(20):
        things.get(key)


Run = Callable[[float], None]
ROWS: list[tuple[Any, ...]] = [
    ("redis-batch", (N, 1), _with_redis(_one_by_one), _with_redis(_piped)),
    ("redis-batch (mget)", (N, 1), _with_redis(_one_by_one), _with_redis(_many)),
    ("redis-batch (writes)", (N, 1), _with_redis(_set_one_by_one), _with_redis(_set_piped)),
    ("http-batch-endpoint", (20, 1), _with_http(_things_each), _with_http(_things)),
    # Threads share no CPU: what is answered within a millisecond gains nothing, and no draft is made for it.
    (
        "http-concurrent (8 at a time)",
        (N, -(-N // 8)),
        _with_http_apart(_each_connects),
        _with_http_apart(_together),
        (0.005, 0.02),
    ),
    ("http-session", (N, 1), _with_http(_each_connects), _with_http(_one_connection)),
]

if __name__ == "__main__":
    for name, (many, few), *runs in (row[:4] for row in ROWS):
        print(f"{name}: {many} -> {few} round trips or connections")
        for latency in (0.0, 0.0005):
            walls, cpus = [], []
            for run in runs:
                run(0.0)
                times = []
                for _ in range(5):
                    wall, cpu = time.perf_counter(), time.process_time()
                    run(latency)
                    times.append((time.perf_counter() - wall, time.process_time() - cpu))
                walls.append(min(t[0] for t in times) * 1e3)
                cpus.append(min(t[1] for t in times) * 1e3)
            print(
                f"  {latency * 1e3} ms: wall {walls[0]:.1f} -> {walls[1]:.1f} ms, CPU {cpus[0]:.1f} -> {cpus[1]:.1f} ms"
            )
