"""Before and after against a real redis: the same answers, errors and data, in one round trip."""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rig.edited import edited, loaded
from rig.redis_server import binary, server

from codemods import redis_batch
from codemods.api import Proposal, Repeat

redis = pytest.importorskip("redis")
IDS = [3, 1, 1, "1", 404, b"3", -7]


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    program = binary()
    if program is None:
        reason = "no redis server is installed (redis-server was not found)"
        pytest.fail(reason) if os.environ.get("COSTMOD_REQUIRE_GUARDS") else pytest.skip(reason)
    assert program
    with server(program) as path:
        yield path


@pytest.fixture(params=[True, False], ids=["text", "bytes"])
def client(request: pytest.FixtureRequest, socket: str) -> Iterator[Any]:
    found = redis.Redis(unix_socket_path=socket, decode_responses=request.param)
    yield found
    found.close()  # the server counts the end of a connection as a read


def seed(client: Any) -> None:
    client.flushall()
    for n in (1, 3, -7):
        client.set(f"u:{n}", f"user {n}")
    client.set("u:empty", "")
    client.zadd("api:v3", {"7": 3, "8": 4.5})
    client.hset("h", mapping={"1": "one", "3": "three"})


def reads(client: Any) -> int:
    """Requests that the server has read so far: a pipeline that fits a packet is one."""
    return int(client.info("stats")["total_reads_processed"])


def commands(client: Any) -> dict[str, int]:
    found = client.info("commandstats")
    return {name.removeprefix("cmdstat_"): row["calls"] for name, row in found.items() if name != "cmdstat_info"}


def dump(client: Any) -> list[tuple[Any, ...]]:
    """All that the server holds."""
    return sorted((repr(key), repr(client.dump(key)), client.ttl(key) > 0) for key in client.scan_iter())


def outcome(module: Any, client: Any, *args: Any, more: Callable[[Any], object] = bool) -> tuple[Any, ...]:
    """What a call gives or raises, the round trips that it took, and what the server holds then."""
    seed(client)
    more(client)
    client.config_resetstat()
    client.ping()
    before = reads(client)
    try:
        answer = ("gives", module.view(client, *args))
    except (redis.RedisError, ValueError, TypeError) as error:
        answer = ("raises", type(error))
    trips = reads(client) - before - 1
    return answer, trips, dump(client)


def both(folder: Path, text: str, command: str) -> tuple[Any, Any, Proposal]:
    repeat = Repeat("f", (), (), 20, "call", f"{command} ?", "redis")
    proposal = edited(redis_batch, folder, text, repeat)
    return loaded(text), loaded(proposal.texts["app.py"]), proposal


VALUES = """\
import redis


def view(r: redis.Redis, ids: list):
    found = []
    for user_id in ids:
        name = r.get(f"u:{user_id}")
        found.append((user_id, name))
    return found
"""


@pytest.mark.parametrize("ids", [IDS, [], [404], ["empty", 1, "empty"], list(range(-20, 200))])
def test_values(tmp_path: Path, client: Any, ids: list[Any]) -> None:
    before, after, _ = both(tmp_path, VALUES, "GET")
    old, new = outcome(before, client, ids), outcome(after, client, ids)
    assert (old[0], old[2]) == (new[0], new[2])
    assert (old[1], new[1]) == (len(ids), min(1, len(ids)))


def test_a_value_of_another_type_raises_as_before(tmp_path: Path, client: Any) -> None:
    before, after, _ = both(tmp_path, VALUES, "GET")
    old, new = (outcome(m, client, [1, 5, 3], more=lambda c: c.lpush("u:5", "x")) for m in (before, after))
    assert old[0] == new[0] == ("raises", redis.ResponseError)
    assert old[2] == new[2]


LISTED = """\
import redis


def view(r: redis.Redis, pattern):
    found = {}
    for key in r.scan_iter(pattern):
        if isinstance(key, bytes):
            key = key.decode()
        found[key.removeprefix("u:")] = r.get(key) or "nothing"
    return found
"""


@pytest.mark.parametrize("pattern", ["u:*", "none:*", "u:empty"])
def test_listed_keys(tmp_path: Path, client: Any, pattern: str) -> None:
    before, after, proposal = both(tmp_path, LISTED, "GET")
    old, new = outcome(before, client, pattern), outcome(after, client, pattern)
    assert (old[0], old[2]) == (new[0], new[2])
    assert proposal.loads[0].strategy == "mget"
    keys = len(old[0][1])
    empty = pattern != "none:*" and client.get("u:empty") is not None  # asked again: it can be of another type
    assert (old[1], new[1]) == (1 + keys, 1 + (keys > 0) + empty)


def test_a_listed_key_of_another_type_raises_as_before(tmp_path: Path, client: Any) -> None:
    before, after, _ = both(tmp_path, LISTED, "GET")
    old, new = (outcome(m, client, "u:*", more=lambda c: c.sadd("u:set", "x")) for m in (before, after))
    assert old[0] == new[0] == ("raises", redis.ResponseError)


@pytest.mark.parametrize(
    ("command", "call"),
    [
        ("ZSCORE", 'r.zscore("api:v3", item)'),
        ("HGET", 'r.hget("h", item)'),
        ("HGETALL", "r.hgetall(item)"),
        ("EXISTS", "r.exists(item)"),
        ("SCARD", "r.scard(item)"),
        ("TTL", "r.ttl(item)"),
        ("SMEMBERS", "r.smembers(item)"),
        ("ZRANGE", "r.zrange(item, 0, -1, withscores=True)"),
        ("TYPE", "r.type(item)"),
        ("LRANGE", "r.lrange(item, 0, 1)"),
    ],
)
@pytest.mark.parametrize("items", [["1", "missing", "1"], ["h"], ["api:v3"], []])
def test_other_reads(tmp_path: Path, client: Any, command: str, call: str, items: list[str]) -> None:
    text = f"import redis\n\n\ndef view(r: redis.Redis, items: list):\n    return [{call} for item in items]\n"
    before, after, _ = both(tmp_path, text, command)
    old, new = outcome(before, client, items), outcome(after, client, items)
    assert (old[0], old[2]) == (new[0], new[2])
    assert new[1] == min(1, len(items))


WRITES = """\
import redis


def view(r: redis.Redis, ids: list):
    for user_id in ids:
        r.set(f"seen:{user_id}", "1", ex=60)
        r.delete(f"u:{user_id}")
"""


@pytest.mark.parametrize("ids", [IDS, []])
def test_writes(tmp_path: Path, client: Any, ids: list[Any]) -> None:
    before, after, proposal = both(tmp_path, WRITES, "SET")
    assert proposal.tier == "B"
    old, new = outcome(before, client, ids), outcome(after, client, ids)
    assert (old[0], old[2]) == (new[0], new[2])
    assert (old[1], new[1]) == (2 * len(ids), min(1, len(ids)))
    assert "multi" not in commands(client)


def test_listed_keys_are_deleted(tmp_path: Path, client: Any) -> None:
    text = "import redis\n\n\ndef view(r: redis.Redis):\n    for key in r.scan_iter('u:*'):\n        r.delete(key)\n"
    _, after, proposal = both(tmp_path, text, "DEL")
    assert proposal.tier == "B"
    new = outcome(after, client)
    assert new[1] == 2
    assert not client.keys("u:*")


def test_a_draft_says_what_an_error_midway_leaves(tmp_path: Path, client: Any) -> None:
    text = "import redis\n\n\ndef view(r: redis.Redis, keys: list):\n    for key in keys:\n        r.incr(f'n:{key}')\n"
    before, after, proposal = both(tmp_path, text, "INCRBY")
    assert proposal.tier == "C"
    assert "still carried out" in proposal.notes[0]

    def spoil(client: Any) -> None:
        client.set("n:b", "no number")

    assert outcome(before, client, ["a", "b", "c"], more=spoil)[0] == ("raises", redis.ResponseError)
    assert not client.exists("n:c")
    assert outcome(after, client, ["a", "b", "c"], more=spoil)[0] == ("raises", redis.ResponseError)
    assert client.exists("n:c")  # where the loop stopped before


def test_an_asynchronous_client(tmp_path: Path, socket: str, client: Any) -> None:
    text = (
        "import redis.asyncio\n\n\nasync def view(r: redis.asyncio.Redis, ids: list):\n"
        '    return [(i, await r.get(f"u:{i}")) for i in ids]\n'
    )
    before, after, _ = both(tmp_path, text, "GET")

    async def run(module: Any) -> Any:
        async with redis.asyncio.Redis(unix_socket_path=socket) as other:
            return await module.view(other, [1, 1, 404])

    assert asyncio.run(run(before)) == asyncio.run(run(after))
