"""The cases of `redis_batch`."""

from codemods.api import Case, Repeat


def _sent(statement: str) -> tuple[Repeat, ...]:
    return (Repeat("f", (), (), 20, "call", statement, "redis"),)


CASES = (
    Case(
        "writes in a file of DOS",
        """\
import redis

r = redis.Redis()


def view(ids: list[int]):
    for user_id in ids:
        r.delete(f"user:{user_id}")
    return ids
""".replace("\n", "\r\n"),
        """\
import redis

r = redis.Redis()


def view(ids: list[int]):
    pipe = r.pipeline(transaction=False)
    for user_id in ids:
        pipe.delete(f"user:{user_id}")
    pipe.execute()
    return ids
""".replace("\n", "\r\n"),
        _sent("DEL ?"),
    ),
    Case(
        "a sum",
        """\
import redis

r = redis.Redis()


def view(names: list[str]):
    return sum(r.llen(name) for name in names)
""",
        """\
import redis

r = redis.Redis()


def view(names: list[str]):
    pipe = r.pipeline(transaction=False)
    for name in names:
        pipe.llen(name)
    return sum(pipe.execute())
""",
        _sent("LLEN ?"),
    ),
    Case(
        "a value per round",
        """\
import redis

r = redis.Redis()


def view(ids: list[int]):
    total = 0
    for user_id in ids:
        count = r.get(f"visits:{user_id}")
        if count:
            total += int(count)
    return total
""",
        """\
import redis

r = redis.Redis()


def view(ids: list[int]):
    total = 0
    pipe = r.pipeline(transaction=False)
    for user_id in ids:
        pipe.get(f"visits:{user_id}")
    for user_id, count in zip(ids, pipe.execute()):
        if count:
            total += int(count)
    return total
""",
        _sent("GET ?"),
    ),
    Case(
        "a literal loop over a parameter of the function's client",
        """\
import redis

r = redis.Redis()


def view(client: redis.Redis, member):
    total = 0
    for version in ("v3", "v4"):
        count = client.zscore(f"api:{version}", member)
        if count:
            total += int(count)
    return total
""",
        """\
import redis

r = redis.Redis()


def view(client: redis.Redis, member):
    total = 0
    versions = ("v3", "v4")
    pipe = client.pipeline(transaction=False)
    for version in versions:
        pipe.zscore(f"api:{version}", member)
    for version, count in zip(versions, pipe.execute()):
        if count:
            total += int(count)
    return total
""",
        _sent("ZSCORE ? ?"),
    ),
    Case(
        "keys that redis lists",
        """\
import redis

r = redis.Redis()


def view():
    found = {}
    for key in r.scan_iter("stat:*"):
        if isinstance(key, bytes):
            key = key.decode()
        name = key.removeprefix("stat:")
        found[name] = int(r.get(key) or 0)
    return found
""",
        """\
import redis

r = redis.Redis()


def view():
    found = {}
    keys = list(r.scan_iter("stat:*"))
    # None is also what mget() says of a key that holds no string: get() below tells.
    values = r.mget(keys) if keys else []
    for key, stored in zip(keys, values):
        if isinstance(key, bytes):
            key = key.decode()
        name = key.removeprefix("stat:")
        found[name] = int(stored or r.get(key) or 0)
    return found
""",
        _sent("GET ?"),
    ),
    Case(
        "a value alone, in a loop over listed keys",
        """\
import redis

r = redis.Redis()


def view():
    for key in r.keys("stat:*"):
        value = r.get(key)
        print(key, value)
""",
        """\
import redis

r = redis.Redis()


def view():
    keys = list(r.keys("stat:*"))
    # None is also what mget() says of a key that holds no string: get() below tells.
    values = r.mget(keys) if keys else []
    for key, stored in zip(keys, values):
        value = stored or r.get(key)
        print(key, value)
""",
        _sent("GET ?"),
    ),
    Case(
        "a list comprehension",
        """\
import redis

r = redis.Redis()


def view(ids: list[int]):
    return [r.get(f"u:{i}") for i in ids]
""",
        """\
import redis

r = redis.Redis()


def view(ids: list[int]):
    pipe = r.pipeline(transaction=False)
    for i in ids:
        pipe.get(f"u:{i}")
    return pipe.execute()
""",
        _sent("GET ?"),
    ),
    Case(
        "a comprehension that does more",
        """\
import redis

r = redis.Redis()


def view(ids):
    return {i: int(r.get(f"u:{i}") or 0) for i in ids}
""",
        """\
import redis

r = redis.Redis()


def view(ids):
    items = list(ids)
    pipe = r.pipeline(transaction=False)
    for i in items:
        pipe.get(f"u:{i}")
    values = pipe.execute()
    return {i: int(stored or 0) for i, stored in zip(items, values)}
""",
        _sent("GET ?"),
        tier="C",
    ),
    Case(
        "a key that is built in the round, with enumerate",
        '''\
import redis

r = redis.Redis()


PREFIX = "user:"


def user_key(user):
    """The key of a user."""
    return (PREFIX + str(user.id)).lower()


def view(users: list):
    rows = []
    for n, user in enumerate(users):
        key = user_key(user)
        ttl = r.ttl(key)
        rows.append((n, user, ttl))
    return rows
''',
        '''\
import redis

r = redis.Redis()


PREFIX = "user:"


def user_key(user):
    """The key of a user."""
    return (PREFIX + str(user.id)).lower()


def view(users: list):
    rows = []
    pipe = r.pipeline(transaction=False)
    for user in users:
        pipe.ttl(user_key(user))
    for (n, user), stored in zip(enumerate(users), pipe.execute()):
        key = user_key(user)
        ttl = stored
        rows.append((n, user, ttl))
    return rows
''',
        _sent("TTL ?"),
    ),
    Case(
        "pairs of a dictionary",
        """\
import redis

r = redis.Redis()


def view(names: dict):
    out = []
    for key, field in names.items():
        out.append(r.hget(key, field))
    return out
""",
        """\
import redis

r = redis.Redis()


def view(names: dict):
    out = []
    pipe = r.pipeline(transaction=False)
    for key, field in names.items():
        pipe.hget(key, field)
    for (key, field), stored in zip(names.items(), pipe.execute()):
        out.append(stored)
    return out
""",
        _sent("HGET ? ?"),
    ),
    Case(
        "the client of an instance",
        """\
import redis

r = redis.Redis()


class Counts:
    def __init__(self):
        self.redis = redis.from_url("redis://localhost")

    def all(self, keys: list[str]):
        found = {}
        for key in keys:
            found[key] = self.redis.llen(name=key)
        return found


def view():
    return Counts().all(["a"])
""",
        """\
import redis

r = redis.Redis()


class Counts:
    def __init__(self):
        self.redis = redis.from_url("redis://localhost")

    def all(self, keys: list[str]):
        found = {}
        pipe = self.redis.pipeline(transaction=False)
        for key in keys:
            pipe.llen(name=key)
        for key, stored in zip(keys, pipe.execute()):
            found[key] = stored
        return found


def view():
    return Counts().all(["a"])
""",
        _sent("LLEN ?"),
    ),
    Case(
        "an asynchronous client",
        """\
import redis

r = redis.Redis()


async def view(client: redis.asyncio.Redis, keys: list[str]):
    found = []
    for key in keys:
        found.append(await client.get(key))
    return found
""",
        """\
import redis

r = redis.Redis()


async def view(client: redis.asyncio.Redis, keys: list[str]):
    found = []
    pipe = client.pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    for key, stored in zip(keys, await pipe.execute()):
        found.append(stored)
    return found
""",
        _sent("GET ?"),
    ),
    Case(
        "a long loop header",
        """\
import redis

r = redis.Redis()


def view(organisation_identifiers_of_the_month: list[str]):
    found = []
    for organisation_identifier, _ in organisation_identifiers_of_the_month:
        found.append(r.get(f"organisation:{organisation_identifier}"))
    return found
""",
        """\
import redis

r = redis.Redis()


def view(organisation_identifiers_of_the_month: list[str]):
    found = []
    pipe = r.pipeline(transaction=False)
    for organisation_identifier, _ in organisation_identifiers_of_the_month:
        pipe.get(f"organisation:{organisation_identifier}")
    values = pipe.execute()
    for (organisation_identifier, _), stored in zip(organisation_identifiers_of_the_month, values):
        found.append(stored)
    return found
""",
        _sent("GET ?"),
    ),
    Case(
        "a client made in the round",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        client = redis.Redis()
        print(client.get(key))
""",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    pipe = redis.Redis().pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    for key, stored in zip(keys, pipe.execute()):
        client = redis.Redis()
        print(stored)
""",
        _sent("GET ?"),
    ),
    Case(
        "a client of a function that says so",
        """\
import redis

r = redis.Redis()


from stores import get_store


def view(keys: list[str]):
    return [get_store("stats").exists(key) for key in keys]
""",
        """\
import redis

r = redis.Redis()


from stores import get_store


def view(keys: list[str]):
    pipe = get_store("stats").pipeline(transaction=False)
    for key in keys:
        pipe.exists(key)
    return pipe.execute()
""",
        _sent("EXISTS ?"),
        files={
            "stores.py": """\
from redis import Redis


def get_store(name) -> Redis:
    return CLIENTS[name]
"""
        },
    ),
    Case(
        "a client of another file",
        """\
import redis

r = redis.Redis()


from stores import store


def view(keys: list[str]):
    found = []
    for key in keys:
        found.append(store.get(key))
    return found
""",
        """\
import redis

r = redis.Redis()


from stores import store


def view(keys: list[str]):
    found = []
    pipe = store.pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    for key, stored in zip(keys, pipe.execute()):
        found.append(stored)
    return found
""",
        _sent("GET ?"),
        files={
            "stores.py": """\
from redis import Redis

store = Redis.from_url("redis://localhost")
"""
        },
    ),
    Case(
        "what only its name calls redis",
        """\
import redis

r = redis.Redis()


def view(app, keys: list[str]):
    found = []
    for key in keys:
        found.append(app.redis.get(key))
    return found
""",
        """\
import redis

r = redis.Redis()


def view(app, keys: list[str]):
    found = []
    pipe = app.redis.pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    for key, stored in zip(keys, pipe.execute()):
        found.append(stored)
    return found
""",
        _sent("GET ?"),
        tier="C",
    ),
    Case(
        "some rounds only",
        """\
import redis

r = redis.Redis()


def view(keys: list[str], seen):
    found = []
    for key in keys:
        if key in seen:
            continue
        found.append(r.get(key))
    return found
""",
        """\
import redis

r = redis.Redis()


def view(keys: list[str], seen):
    found = []
    pipe = r.pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    for key, stored in zip(keys, pipe.execute()):
        if key in seen:
            continue
        found.append(stored)
    return found
""",
        _sent("GET ?"),
        tier="C",
    ),
    Case(
        "what may depend on the loop",
        """\
import redis

r = redis.Redis()


def view(source):
    for key in source.pending():
        source.done(r.get(key))
""",
        """\
import redis

r = redis.Redis()


def view(source):
    keys = list(source.pending())
    pipe = r.pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    for key, stored in zip(keys, pipe.execute()):
        source.done(stored)
""",
        _sent("GET ?"),
        tier="C",
    ),
    Case(
        "a loop that hands the client on",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        remember(r, r.get(key))


def remember(client, value):
    client.rpush("seen", value)
""",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    pipe = r.pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    for key, stored in zip(keys, pipe.execute()):
        remember(r, stored)


def remember(client, value):
    client.rpush("seen", value)
""",
        _sent("GET ?"),
        tier="C",
    ),
    Case(
        "writes with sure arguments",
        """\
import redis

r = redis.Redis()


def view(ids: list[int]):
    for user_id in ids:
        r.set(f"seen:{user_id}", "1", ex=60)
""",
        """\
import redis

r = redis.Redis()


def view(ids: list[int]):
    pipe = r.pipeline(transaction=False)
    for user_id in ids:
        pipe.set(f"seen:{user_id}", "1", ex=60)
    pipe.execute()
""",
        _sent("SET ? ?"),
    ),
    Case(
        "keys that are deleted",
        """\
import redis

r = redis.Redis()


def view():
    for key in r.scan_iter("old:*"):
        r.delete(key)
    return True
""",
        """\
import redis

r = redis.Redis()


def view():
    pipe = r.pipeline(transaction=False)
    for key in r.scan_iter("old:*"):
        pipe.delete(key)
    pipe.execute()
    return True
""",
        _sent("DEL ?"),
    ),
    Case(
        "writes that can fail, and other work",
        """\
import redis

r = redis.Redis()


def view(rows: list):
    for row in rows:
        r.incr(f"n:{row.id}", row.count)
        r.expire(f"n:{row.id}", 60)
        row.save()
""",
        """\
import redis

r = redis.Redis()


def view(rows: list):
    pipe = r.pipeline(transaction=False)
    for row in rows:
        pipe.incr(f"n:{row.id}", row.count)
        pipe.expire(f"n:{row.id}", 60)
        row.save()
    pipe.execute()
""",
        _sent("INCRBY ? ?"),
        tier="C",
    ),
    Case(
        "awaited writes",
        """\
import redis

r = redis.Redis()


async def view(client: redis.asyncio.Redis, keys: list[str]):
    for key in keys:
        await client.delete(f"x:{key}")
""",
        """\
import redis

r = redis.Redis()


async def view(client: redis.asyncio.Redis, keys: list[str]):
    pipe = client.pipeline(transaction=False)
    for key in keys:
        pipe.delete(f"x:{key}")
    await pipe.execute()
""",
        _sent("DEL ?"),
    ),
    Case(
        "a read between saves",
        """\
import redis

r = redis.Redis()


def view(rows: list):
    for row in rows:
        row.count = r.get(f"n:{row.id}")
        row.save()
""",
        """\
import redis

r = redis.Redis()


def view(rows: list):
    pipe = r.pipeline(transaction=False)
    for row in rows:
        pipe.get(f"n:{row.id}")
    for row, stored in zip(rows, pipe.execute()):
        row.count = stored
        row.save()
""",
        _sent("GET ?"),
        tier="C",
    ),
    Case(
        "keys of several kinds",
        """\
import redis

r = redis.Redis()


class Counts:
    def __init__(self, client: "redis.Redis | None", other=None):
        self.client = client
        self.other = other

    @property
    def store(self):
        return self.client

    def of(self, users: list):
        for n, ((first, last), user) in enumerate(users):
            print(self.store.hmget("u:%s" % str(user.id), [first, "{}:{}".format(last, n)]))


def view(app):
    Counts(app).of([])
""",
        """\
import redis

r = redis.Redis()


class Counts:
    def __init__(self, client: "redis.Redis | None", other=None):
        self.client = client
        self.other = other

    @property
    def store(self):
        return self.client

    def of(self, users: list):
        items = list(enumerate(users))
        pipe = self.store.pipeline(transaction=False)
        for n, ((first, last), user) in items:
            pipe.hmget("u:%s" % str(user.id), [first, "{}:{}".format(last, n)])
        for (n, ((first, last), user)), stored in zip(items, pipe.execute()):
            print(stored)


def view(app):
    Counts(app).of([])
""",
        _sent("HMGET ?"),
    ),
    Case(
        "targets of targets",
        """\
import redis

r = redis.Redis()


def view(users: list):
    for (first, last), user in users:
        print(r.hget(first + last, user))
    for user in users:
        print(r.ttl("a"))
""",
        """\
import redis

r = redis.Redis()


def view(users: list):
    pipe = r.pipeline(transaction=False)
    for (first, last), user in users:
        pipe.hget(first + last, user)
    for ((first, last), user), stored in zip(users, pipe.execute()):
        print(stored)
    for user in users:
        print(r.ttl("a"))
""",
        _sent("HGET ?"),
    ),
    Case(
        "a client that is waited for",
        """\
import redis

r = redis.Redis()


async def view(keys: list[str]):
    client = await redis.asyncio.from_url("redis://localhost")
    for key in keys:
        print(await client.get(key))
""",
        """\
import redis

r = redis.Redis()


async def view(keys: list[str]):
    client = await redis.asyncio.from_url("redis://localhost")
    pipe = client.pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    for key, stored in zip(keys, await pipe.execute()):
        print(stored)
""",
        _sent("GET ?"),
    ),
    Case(
        "a client of a context",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    with redis.Redis() as client, open("x") as file:
        for key in keys:
            print(client.get(key), file)
""",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    with redis.Redis() as client, open("x") as file:
        pipe = client.pipeline(transaction=False)
        for key in keys:
            pipe.get(key)
        for key, stored in zip(keys, pipe.execute()):
            print(stored, file)
""",
        _sent("GET ?"),
    ),
    Case(
        "a function behind a function writes",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        note(r.get(key))


def note(value):
    keep(value)


def keep(value):
    redis_store().set("last", value)
""",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    pipe = r.pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    for key, stored in zip(keys, pipe.execute()):
        note(stored)


def note(value):
    keep(value)


def keep(value):
    redis_store().set("last", value)
""",
        _sent("GET ?"),
        tier="C",
    ),
    Case(
        "writes of other values",
        """\
import redis

r = redis.Redis()


import json


def view(keys: list[str], values):
    for key in keys:
        r.set("k:" + key, json.dumps(values))
        r.set("l:%s" % key, 1)
""",
        """\
import redis

r = redis.Redis()


import json


def view(keys: list[str], values):
    pipe = r.pipeline(transaction=False)
    for key in keys:
        pipe.set("k:" + key, json.dumps(values))
        pipe.set("l:%s" % key, 1)
    pipe.execute()
""",
        _sent("SET ? ?"),
        tier="C",
    ),
    Case(
        "tests with a server that stands in",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    return [get_client().get(key) for key in keys]


def get_client():
    return r
""",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    pipe = get_client().pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    return pipe.execute()


def get_client():
    return r
""",
        _sent("GET ?"),
        files={
            "tests/test_app.py": """\
import fakeredis


def test_view(mocker):
    mocker.patch("app.get_client", return_value=fakeredis.FakeRedis())
""",
            "tests/test_other.py": """\
def test_view(mocker):
    mocker.patch("other.get_client")
""",
        },
    ),
    Case(
        "tests with a mock of the client",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    return [get_client().get(key) for key in keys]


def get_client():
    return r
""",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    pipe = get_client().pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    return pipe.execute()


def get_client():
    return r
""",
        _sent("GET ?"),
        tier="C",
        files={
            "tests/test_app.py": """\
def test_view(mocker):
    mocker.patch("app.get_client")
"""
        },
    ),
    Case(
        "tests with a mock on an instance",
        """\
import redis

r = redis.Redis()


class Counts:
    def __init__(self):
        self.redis = redis.Redis()

    def all(self, keys: list[str]):
        return [self.redis.get(key) for key in keys]


def view():
    return Counts().all([])
""",
        """\
import redis

r = redis.Redis()


class Counts:
    def __init__(self):
        self.redis = redis.Redis()

    def all(self, keys: list[str]):
        pipe = self.redis.pipeline(transaction=False)
        for key in keys:
            pipe.get(key)
        return pipe.execute()


def view():
    return Counts().all([])
""",
        _sent("GET ?"),
        tier="C",
        files={
            "tests/test_app.py": """\
from unittest import mock

from app import Counts


def test_all():
    counts = Counts()
    counts.redis = mock.MagicMock()
"""
        },
    ),
    Case(
        "values of a dictionary that are replaced",
        """\
import redis

r = redis.Redis()


def view(found: dict):
    for key in found:
        found[key] = r.get(key)
    return found
""",
        """\
import redis

r = redis.Redis()


def view(found: dict):
    pipe = r.pipeline(transaction=False)
    for key in found:
        pipe.get(key)
    for key, stored in zip(found, pipe.execute()):
        found[key] = stored
    return found
""",
        _sent("GET ?"),
    ),
    Case(
        "writes of items that may come one by one",
        """\
import redis

r = redis.Redis()


def view(source):
    for key in source.pending():
        r.delete(f"k:{key}")
""",
        """\
import redis

r = redis.Redis()


def view(source):
    pipe = r.pipeline(transaction=False)
    for key in source.pending():
        pipe.delete(f"k:{key}")
    pipe.execute()
""",
        _sent("DEL ?"),
        tier="C",
    ),
    Case(
        "an earlier statement asks for all",
        """\
import redis

r = redis.Redis()


def view():
    keys = r.keys("a:*")
    values = dict(zip(keys, r.mget(keys)))
    return [values[key] or r.get(key) for key in keys]
""",
        None,
        _sent("GET ?"),
        code="R-BATCHED",
    ),
    Case(
        "a pipeline does it",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    with r.pipeline() as pipe:
        for key in keys:
            pipe.get(key)
        return pipe.execute()
""",
        None,
        _sent("GET ?"),
        code="R-BATCHED",
    ),
    Case(
        "no redis in the evidence",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    return [r.get(key) for key in keys]
""",
        None,
        (Repeat("f", ("user",), ("user.id",), 20),),
        code="R-UNRESOLVED",
    ),
    Case(
        "no loop",
        """\
import redis

r = redis.Redis()


def view(key):
    return r.get(key)
""",
        None,
        _sent("GET ?"),
        code="R-UNRESOLVED",
    ),
    Case(
        "something else with a get",
        """\
import redis

r = redis.Redis()


def view(options, keys: list[str]):
    found = {}
    for key in keys:
        found[key] = options.get(key), made().get(key), [].get(key)
    return found
""",
        None,
        _sent("GET ?"),
        code="R-UNRESOLVED",
    ),
    Case(
        "two loops",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    a = [r.get(key) for key in keys]
    b = [r.get(f"b:{key}") for key in keys]
    return a, b
""",
        None,
        _sent("GET ?"),
        code="R-AMBIGUOUS",
    ),
    Case(
        "two reads in a loop",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        print(r.get(f"a:{key}"), r.get(f"b:{key}"))
""",
        None,
        _sent("GET ?"),
        code="R-AMBIGUOUS",
    ),
    Case(
        "a cluster",
        """\
import redis

r = redis.Redis()


cluster = redis.RedisCluster()


def view(keys: list[str]):
    return [cluster.get(key) for key in keys]
""",
        None,
        _sent("GET ?"),
        code="R-CLUSTER",
    ),
    Case(
        "a cluster by its annotation",
        """\
import redis

r = redis.Redis()


def view(client: "redis.RedisCluster", keys: list[str]):
    return [client.get(key) for key in keys]
""",
        None,
        _sent("GET ?"),
        code="R-CLUSTER",
    ),
    Case(
        "a loop until something changes",
        """\
import redis

r = redis.Redis()


def view():
    while r.get("lock"):
        pass
""",
        None,
        _sent("GET ?"),
        code="R-SHAPE",
    ),
    Case(
        "a loop that waits",
        """\
import redis

r = redis.Redis()


import time


def view(keys: list[str]):
    for key in keys:
        print(r.get(key))
        time.sleep(1)
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "errors handled per round",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        try:
            print(r.get(key))
        except redis.RedisError:
            print(key)
""",
        None,
        _sent("GET ?"),
        code="R-PARTIAL",
    ),
    Case(
        "a stream of keys",
        """\
import redis

r = redis.Redis()


def view(rows):
    for row in rows.iterator():
        print(r.get(row.key))
""",
        None,
        _sent("GET ?"),
        code="R-STREAM",
    ),
    Case(
        "a loop that ends early",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        if r.exists(key):
            return key
""",
        None,
        _sent("EXISTS ?"),
        code="R-COND",
    ),
    Case(
        "a condition on a value that may be missing",
        """\
import redis

r = redis.Redis()


def view(users: list):
    for user in users:
        if user.profile:
            print(r.get(f"p:{user.profile.id}"))
""",
        None,
        _sent("GET ?"),
        code="R-COND",
    ),
    Case(
        "a condition in an expression",
        """\
import redis

r = redis.Redis()


def view(users: list):
    for user in users:
        print(user.key and r.get(user.key), r if user else 1)
""",
        None,
        _sent("GET ?"),
        code="R-COND",
    ),
    Case(
        "a condition of a comprehension",
        """\
import redis

r = redis.Redis()


def view(users: list):
    return [r.get(user.key) for user in users if user.key]
""",
        None,
        _sent("GET ?"),
        code="R-COND",
    ),
    Case(
        "a key that another key leads to",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    last = "start"
    for key in keys:
        last = r.get(f"{key}:{last}")
    return last
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a key from a service",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        print(r.get(resolve(key)))
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a key that is set in some rounds",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        if key:
            name = f"n:{key}"
        print(r.get(name))
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a key that the loop changes",
        """\
import redis

r = redis.Redis()


def view(self, keys: list[str]):
    for key in keys:
        self.last = key
        print(r.get(f"{key}:{self.last}"))
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "text of a key that may be bytes",
        """\
import redis

r = redis.Redis()


def view():
    for key in r.scan_iter("a:*"):
        if isinstance(key, bytes):
            key = key.decode()
        print(r.get(f"x:{key}"))
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a key decoded in a way of its own",
        """\
import redis

r = redis.Redis()


def view():
    for key in r.scan_iter("a:*"):
        key = key.decode("latin-1")
        print(r.get(key))
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a key that its round cuts",
        """\
import redis

r = redis.Redis()


def view():
    for key in r.scan_iter("a:*"):
        key = key[2:]
        print(r.get(key))
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "the same key in every round",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        print(key, r.get("one"))
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a client per round",
        """\
import redis

r = redis.Redis()


def view(names: list[str]):
    for name in names:
        print(redis.Redis(host=name).get(name))
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a loop that also writes",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        print(r.get(key))
        r.delete(key)
""",
        None,
        _sent("GET ?"),
        code="R-WRITE",
    ),
    Case(
        "no line before it",
        """\
import redis

r = redis.Redis()


def view(keys: list[str], done):
    while [r.get(key) for key in keys]:
        done()
""",
        None,
        _sent("GET ?"),
        code="R-SHAPE",
    ),
    Case(
        "a written answer that is used",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        if r.set(key, "1", nx=True):
            print(key)
""",
        None,
        _sent("SET ? ?"),
        code="R-CARRY",
    ),
    Case(
        "writes between reads",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        r.set(key, "1")
        print(r.ttl(key))
""",
        None,
        _sent("SET ? ?"),
        code="R-WRITE",
    ),
    Case(
        "writes that something else follows",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        r.set(key, "1")
        r.lock(key)
""",
        None,
        _sent("SET ? ?"),
        code="R-WRITE",
    ),
    Case(
        "writes in a loop that returns",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        r.set(key, "1")
        if key == "x":
            return
""",
        None,
        _sent("SET ? ?"),
        code="R-COND",
    ),
    Case(
        "writes in a comprehension",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    [r.set(key, "1") for key in keys]
""",
        None,
        _sent("SET ? ?"),
        code="R-SHAPE",
    ),
    Case(
        "writes through two clients",
        """\
import redis

r = redis.Redis()


other = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        r.set(key, "1")
        other.set(key, "1")
""",
        None,
        _sent("SET ? ?"),
        code="R-SHAPE",
    ),
    Case(
        "writes of which some are awaited",
        """\
import redis

r = redis.Redis()


async def view(client: redis.asyncio.Redis, keys: list[str]):
    for key in keys:
        await client.set(key, "1")
        client.set(key, "2")
""",
        None,
        _sent("SET ? ?"),
        code="R-SHAPE",
    ),
    Case(
        "writes on one line",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys: r.set(key, "1"); print()  # all
""",
        None,
        _sent("SET ? ?"),
        code="R-SHAPE",
    ),
    Case(
        "what only looks like redis",
        """\
import redis

r = redis.Redis()


from stores import RedisStore

own = RedisStore()


def view(redis_options, keys: list[str]):
    return [(own.get(key), redis_options.get(key), redis.get(key)) for key in keys]
""",
        None,
        _sent("GET ?"),
        code="R-UNRESOLVED",
        files={
            "stores.py": """\
class RedisStore:
    def get(self, key):
        return key
"""
        },
    ),
    Case(
        "a case of a match",
        """\
import redis

r = redis.Redis()


def view(users: list):
    for user in users:
        match user:
            case {"key": key}:
                print(r.get(user["key"]))
""",
        None,
        _sent("GET ?"),
        code="R-COND",
    ),
    Case(
        "a read that some rounds come to by another way",
        """\
import redis

r = redis.Redis()


def view(users: list):
    for user in users:
        for part in [r.get(user.key)] if user else []:
            print(part)
""",
        None,
        _sent("GET ?"),
        code="R-COND",
    ),
    Case(
        "names that lead nowhere",
        """\
import redis

r = redis.Redis()


first = second
second = first


class Holder:
    other = None


def view(keys: list[str], given, *, holder: Holder):
    for key in keys:
        print(first.get(key), given.get(key), holder.other.get(key), missing(1).get(key), made.cluster().get(key))
        print(Cluster().get(key), helper().get(key), both(key).get(key), redis.get(key))


def helper():
    return None


def both(key):
    if key:
        return redis.Redis()
    return {}
""",
        None,
        _sent("GET ?"),
        code="R-UNRESOLVED",
    ),
    Case(
        "a key bound in the expression",
        """\
import redis

r = redis.Redis()


def view(users: list):
    return [((key := user.key), r.get(key)) for user in users]
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "attributes and makers that lead nowhere",
        """\
import redis

r = redis.Redis()


make = partial(dict)


class Other:
    def __init__(self):
        self.store = redis.Redis()


class Shop:
    def __init__(self, store):
        self.name = "shop"
        self.store = store
        self.cache: dict = {}

    def all(self, keys: list[str]):
        return [(self.store.get(key), self.cache.get(key), make().get(key)) for key in keys]


def view(self, keys: list[str]):
    Shop(make()).all(keys)
    return [self.store.get(key) for key in keys]
""",
        None,
        _sent("GET ?"),
        code="R-UNRESOLVED",
    ),
    Case(
        "a key from a function that does more",
        """\
import redis

r = redis.Redis()


def key_of(name):
    count(name)
    return name


def view(keys: list[str]):
    return [r.get(key_of(key)) for key in keys]
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a list that grows in its loop",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        keys.append(r.get(key))
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a list whose later items change",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for n, key in enumerate(keys):
        keys[n + 1] = r.get(key)
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a dictionary that loses a key",
        """\
import redis

r = redis.Redis()


def view(found: dict):
    for key in found.values():
        if not r.get(key):
            del found[key]
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
    Case(
        "a list that is extended",
        """\
import redis

r = redis.Redis()


def view(keys: list[str]):
    for key in keys:
        keys += [r.get(key)]
""",
        None,
        _sent("GET ?"),
        code="R-CARRY",
    ),
)
