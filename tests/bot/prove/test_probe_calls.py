"""What the probe counts of each library, as the library does it."""

import sys
from collections import Counter
from pathlib import Path

import pytest
from rig.moto import moto_python
from test_probe import start

from bot.prove.observe import Row

DRIVER = """
import sqlite3
def run():
    c = sqlite3.connect(":memory:")
    c.execute("CREATE TABLE t (a, b)")
    for n in range(3):
        c.execute("INSERT INTO t VALUES (?, ?)", (n, n))
    c.executemany("INSERT INTO t (a, b) VALUES (?, ?)", [(n, n) for n in range(5)])
    assert len(c.execute("SELECT * FROM t").fetchall()) == 8
    c.commit()
    assert type(c).__name__ == "Connection" and isinstance(c.cursor(), sqlite3.Cursor)
run()
"""


def summary(rows: tuple[Row, ...], *kinds: str) -> dict[tuple[str, str], tuple[int, int]]:
    found: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.kind in kinds:
            found[row.text, row.load] += row.count
            taken[row.text, row.load] += row.rows
    return {key: (count, taken[key]) for key, count in found.items()}


def test_sqlite3_without_an_orm(tmp_path: Path) -> None:
    rows = start(tmp_path, DRIVER)[1]
    assert summary(rows, "sql") == {
        ("CREATE TABLE t (a, b)", ""): (1, 0),
        ("INSERT INTO t VALUES (...)", ""): (3, 0),
        ("INSERT INTO t (a, b) VALUES (...)", ""): (1, 0),
        ("SELECT * FROM t", ""): (1, 8),
    }
    assert summary(rows, "write", "commit") == {("INSERT t", ""): (4, 8), ("COMMIT", ""): (1, 0)}
    assert rows[0].frames[0].function == "run"


SQLALCHEMY = """
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base, deferred, relationship, selectinload
Base = declarative_base()
class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    name = deferred(Column(String))
class Post(Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id"))
    author = relationship(Author)
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([Post(id=n, author=Author(id=n, name="a")) for n in range(5)])
    session.commit()
    for post in session.query(Post):
        post.author.name
    session.expunge_all()
    for post in session.query(Post).options(selectinload(Post.author)):
        post.author.id
"""
AUTHOR = "SELECT author.id AS author_id FROM author WHERE author.id {}"


def test_sqlalchemy(tmp_path: Path) -> None:
    rows = start(tmp_path, SQLALCHEMY)[1]
    selects = [row for row in rows if row.kind == "sql" and row.text.startswith("SELECT")]
    assert [(row.count, row.rows, row.load) for row in selects] == [
        (1, 5, ""),
        (5, 5, "lazy"),
        (5, 5, "deferred"),
        (1, 5, ""),
        (1, 5, ""),
    ]
    assert summary(rows, "commit") == {("COMMIT", ""): (2, 0)}
    assert {row.text: row.rows for row in rows if row.kind == "write"} == {"INSERT author": 5, "INSERT post": 5}


DJANGO = """
import django
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()
from django.db import connection, models, transaction
class Author(models.Model):
    name = models.CharField(max_length=9)
    class Meta: app_label = "x"
class Post(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="posts")
    class Meta: app_label = "x"
with connection.schema_editor() as editor:
    editor.create_model(Author)
    editor.create_model(Post)
def seed():
    with transaction.atomic():
        for n in range(4):
            with transaction.atomic():
                Post.objects.create(author=Author.objects.create(name="a"))
def forward():
    [post.author for post in Post.objects.all()]
def reverse():
    [list(author.posts.all()) for author in Author.objects.all()]
def prefetch():
    [list(author.posts.all()) for author in Author.objects.prefetch_related("posts")]
def defer():
    [author.name for author in Author.objects.defer("name")]
for work in (seed, forward, reverse, prefetch, defer):
    work()
"""


def test_django(tmp_path: Path) -> None:
    rows = start(tmp_path, DJANGO)[1]
    selects = [row for row in rows if row.kind == "sql" and row.text.startswith("SELECT")]
    assert [(row.frames[0].function.partition(".")[0], row.count, row.rows, row.load) for row in selects] == [
        ("forward", 1, 4, ""),
        ("forward", 4, 4, "lazy"),
        ("reverse", 1, 4, ""),
        ("reverse", 4, 4, "lazy"),
        ("prefetch", 1, 4, ""),
        ("prefetch", 1, 4, ""),
        ("defer", 1, 4, ""),
        ("defer", 4, 4, "deferred"),
    ]
    assert summary(rows, "commit")["RELEASE SAVEPOINT", ""] == (4, 0)


SERVER = """
import http.server, threading
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/items/"
"""
ITEM = ("GET http://127.0.0.1:{}/items/{}", "")
LOCAL = ("http://127.0.0.1:{}", "")
HTTP = {
    "requests": ("import requests\nfor n in range(4):\n    requests.get(URL + str(n))\n", 4, 4),
    "one session": (
        "import requests\nwith requests.Session() as s:\n    for n in range(4):\n        s.get(URL + str(n))\n", 4, 1,
    ),
    "httpx": ("import httpx\nwith httpx.Client() as c:\n    for n in range(3):\n        c.get(URL + str(n))\n", 3, 1),
    "httpx, asynchronous": (
        "import asyncio, httpx\nasync def main():\n    async with httpx.AsyncClient() as c:\n"
        "        for n in range(3):\n            await c.get(URL + str(n))\nasyncio.run(main())\n", 3, 1,
    ),
    "urllib": ("import urllib.request\nurllib.request.urlopen(URL + '7').read()\n", 1, 0),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("code", "calls", "connections"), HTTP.values(), ids=HTTP)
def test_http(tmp_path: Path, code: str, calls: int, connections: int) -> None:
    rows = start(tmp_path, SERVER + code)[1]
    assert summary(rows, "http") == {ITEM: (calls, 0)}
    assert summary(rows, "connection") == ({LOCAL: (connections, 0)} if connections else {})


REDIS = """
import redis
class Answering(redis.connection.Connection):
    def connect(self): super().connect() if False else None
    def send_packed_command(self, command, check_health=True): self.held = getattr(self, "held", 0) + 1
    def send_command(self, *args, **kwargs): pass
    def read_response(self, *args, **kwargs): return b"OK"
    def can_read(self, *args, **kwargs): return False
client = redis.Redis(connection_pool=redis.ConnectionPool(connection_class=Answering))
for n in range(3):
    client.get(f"k{n}")
with client.pipeline(transaction=False) as pipe:
    pipe.get("a").set("b", 1)
    pipe.execute()
"""


def test_redis(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    rows = start(tmp_path, REDIS)[1]
    assert summary(rows, "redis") == {("GET", ""): (3, 0), ("PIPELINE GET SET", ""): (1, 0)}


BOTOCORE = """
import botocore.session
from botocore.stub import Stubber
client = botocore.session.get_session().create_client(
    "sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
)
with Stubber(client) as stub:
    for n in range(3):
        stub.add_response("delete_message", {})
        client.delete_message(QueueUrl="https://sqs.us-east-1.amazonaws.com/1/q", ReceiptHandle=str(n))
"""


@pytest.mark.slow
def test_botocore(tmp_path: Path) -> None:
    rows = start(tmp_path, BOTOCORE, python=moto_python())[1]
    assert summary(rows, "aws", "client", "http") == {("SQS.DeleteMessage", ""): (3, 0), ("sqs", ""): (1, 0)}


def test_the_same_writes_give_the_same_sum_in_any_order_and_batching() -> None:
    sys.path.insert(0, str(Path(__file__).parents[3] / "bot/prove/probe"))
    from costmod_probe import writes

    insert = "INSERT INTO post (a, b) VALUES (?, ?)"
    one = [writes.of(insert, (n, "x"), many=False) for n in range(4)]
    many = writes.of(insert, [(n, "x") for n in (3, 1, 0, 2)], many=True)
    together = writes.of(insert + ", (?, ?)" * 3, (0, "x", 1, "x", 2, "x", 3, "x"), many=False)
    assert many == together == ("INSERT post", 4, sum(total for _, _, total in one) % (1 << 64))
    assert writes.of('UPDATE "post" SET a = ?', (1,), many=False)[:2] == ("UPDATE post", 1)
    assert writes.of(insert, (0, "y"), many=False) != one[0]


def test_statements_that_are_no_text() -> None:
    sys.path.insert(0, str(Path(__file__).parents[3] / "bot/prove/probe"))
    from costmod_probe.calls.sql import statement_call

    class Composed:
        def as_string(self, _context: object) -> str:
            return "select 2"

    told = [statement_call(given, "postgresql", None, many=False) for given in (b"insert into t", Composed(), "x")]
    assert [(call.name, call.text) for call in told] == [
        ("INSERT", "insert into t"),
        ("SELECT", "select 2"),
        ("X", "x"),
    ]
