"""Builders of the records that pricing reads; every test states only what it is about."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bot.config import Config, PriceConfig
from bot.price import price
from bot.price.estimate import NO_SOURCES
from bot.price.sources import Sources
from bot.records import (
    Count,
    Entry,
    Hotspot,
    Load,
    Metrics,
    Patch,
    Pattern,
    Proof,
    QueryCount,
    Saving,
    Site,
    Source,
    Trust,
    Volume,
)

TODAY = date(2026, 11, 24)


def pattern(fingerprint: str = "author", count: int = 50, span_ms: float = 1.2, **fields: Any) -> Pattern:
    known = {
        "fingerprint": fingerprint,
        "statement": "SELECT * FROM author WHERE author.id = ?",
        "shape": "column_equals_parameter",
        "count": Count(p50=count, p95=count, max=count),
        "traces": 10,
        "spans": 10 * count,
        "total_ns": int(10 * count * span_ms * 1e6),
        "mean_ns": int(span_ms * 1e6),
        "sequential": 1.0,
    }
    return Pattern(**(known | fields))


def load(fingerprint: str = "author", before: int = 50, after: int = 0, strategy: str = "joinedload") -> Load:
    return Load(
        path=f"Post.{fingerprint}",
        strategy=strategy,
        why="",
        fingerprint=fingerprint,
        statements_before=before,
        statements_after=after,
    )


def hotspot(*patterns: Pattern, volume: Volume | None = None, p50_ms: float = 66, **fields: Any) -> Hotspot:
    p50 = int(p50_ms * 1e6)
    known = {
        "id": "h1",
        "kind": "n_plus_one_db",
        "source": Source(vendor="otel", format="otlp-json"),
        "entry": Entry(type="http", method="GET", route_raw="/posts/<int:id>", route_canonical="posts/{}"),
        "patterns": patterns or (pattern(),),
        "metrics": Metrics(
            requests_in_window=10,
            requests_per_month=volume,
            p50_ns=p50,
            p95_ns=p50,
            p99_ns=p50,
            total_ns=10 * p50,
        ),
        "trust": Trust(confidence=1.0),
    }
    return Hotspot(**(known | fields))


def patch(*loads: Load, fingerprint: str = "f1") -> Patch:
    return Patch(
        hotspot="h1",
        codemod="sqlalchemy-eager-load",
        tier="B",
        fingerprint=fingerprint,
        title="perf: load authors with the posts",
        site=Site(file="app.py", function="posts", line=1, query="select(Post)", loads=("Post.author",), located_by=()),
        loads=loads,
        changes=(),
        diff="",
    )


def proof(verdict: str = "proven", *queries: QueryCount) -> Proof:
    return Proof(verdict=verdict, reason="", commit="c0ffee", queries=queries)


def config(requests: float | dict[str, float] | None = None, **fields: Any) -> Config:
    volumes = {"GET /posts/{id}": requests} if isinstance(requests, int | float) else requests or {}
    return Config(price=PriceConfig(requests_per_month=volumes, **fields))


def saving(
    settings: Config,
    seen: Hotspot | None = None,
    edit: Patch | None = None,
    proven: Proof | None = None,
    today: date = TODAY,
    sources: Sources = NO_SOURCES,
) -> Saving:
    return price(seen or hotspot(), edit or patch(load()), proven, settings, today=today, sources=sources)


class Build:
    """The builders in one place."""

    pattern = staticmethod(pattern)
    load = staticmethod(load)
    hotspot = staticmethod(hotspot)
    patch = staticmethod(patch)
    proof = staticmethod(proof)
    config = staticmethod(config)
    saving: Callable[..., Saving] = staticmethod(saving)
    source: Callable[..., Source] = staticmethod(
        lambda **fields: Source(**({"vendor": "otel", "format": "otlp-json"} | fields))
    )
    today = TODAY


@pytest.fixture(scope="session")
def build() -> type[Build]:
    return Build
