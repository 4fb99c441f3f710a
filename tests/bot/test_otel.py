"""The span processor in an application of its own, with the real SDK, instrumentation and file exporter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import bot
from bot.config import Config
from bot.hotspots import read

for package in ("opentelemetry.sdk", "opentelemetry.exporter.otlp.json.file", "opentelemetry.instrumentation.sqlite3"):
    pytest.importorskip(package)

SERVE = """
import asyncio, sys
import bot.otel
from opentelemetry import trace
from opentelemetry.exporter.otlp.json.file import FileSpanExporter
from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

assert not [name for name in sys.modules if name.startswith(("bot.", "codemods", "libcst")) and name != "bot.otel"]
provider = TracerProvider()
provider.add_span_processor(bot.otel.CodeOrigin())
provider.add_span_processor(BatchSpanProcessor(FileSpanExporter("spans.jsonl")))
trace.set_tracer_provider(provider)
SQLite3Instrumentor().instrument()
from shop import queries
tracer = trace.get_tracer("x")
with tracer.start_as_current_span("GET", kind=trace.SpanKind.SERVER, attributes={"http.route": "/names"}):
    queries.names()
with tracer.start_as_current_span("GET", kind=trace.SpanKind.SERVER, attributes={"http.route": "/later"}):
    asyncio.run(queries.later())
with tracer.start_as_current_span("inside"):
    pass
provider.shutdown()
"""
QUERIES = """
from sqlalchemy import create_engine, text
from sqlalchemy.util.concurrency import greenlet_spawn

engine = create_engine("sqlite://")


def names():
    with engine.connect() as connection:
        for n in range(6):
            connection.execute(text("SELECT :n"), {"n": n})  # line 11


async def later():
    connection = engine.connect()
    for n in range(7):
        await greenlet_spawn(connection.execute, text("SELECT :n"), {"n": n})  # line 17
"""


def test_outbound_spans_carry_the_exact_line(tmp_path: Path) -> None:
    pytest.importorskip("greenlet")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/queries.py").write_text(QUERIES)
    (tmp_path / "serve.py").write_text(SERVE)
    variables = {**os.environ, "PYTHONPATH": str(Path(bot.__file__).parents[1])}
    subprocess.run([sys.executable, "serve.py"], cwd=tmp_path, env=variables, check=True)
    hotspots = read([str(tmp_path / "spans.jsonl")], Config())
    found = {
        hotspot.entry.route_raw: [(at.file, at.line, at.function, at.precision) for at in hotspot.locations]
        for hotspot in hotspots
    }
    assert found == {
        "/names": [("shop/queries.py", 11, "shop.queries.names", "exact_line")],
        "/later": [("shop/queries.py", 17, "shop.queries.later", "exact_line")],
    }
