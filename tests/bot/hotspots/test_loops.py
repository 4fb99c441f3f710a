"""The detector on synthetic OTLP traces: what is a loop, and what only looks like one."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.config import Config
from bot.hotspots import read
from bot.records import Hotspot

Json = dict[str, Any]
MS = 1_000_000
START = 1_760_000_000_000_000_000
SQL = "SELECT * FROM t WHERE id = ?"


def attributes(**values: str | int) -> list[Json]:
    return [
        {
            "key": key.replace("__", "."),
            "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
        }
        for key, value in values.items()
    ]


def span(
    number: int,
    parent: int | None,
    start_ms: int,
    length_ms: int,
    kind: int,
    *,
    trace: int = 1,
    name: str = "x",
    state: str = "",
    **values: str | int,
) -> Json:
    start = START + start_ms * MS
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{trace:08x}{number:08x}",
        "name": name,
        "kind": kind,
        "traceState": state,
        "parentSpanId": f"{trace:08x}{parent:08x}" if parent is not None else "",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + length_ms * MS),
        "attributes": attributes(**values),
    }


def server(trace: int = 1, route: str | None = "/a", **values: str | int) -> Json:
    routed: Json = {"http__route": route} if route is not None else {}
    return span(0, None, 0, 500, 2, trace=trace, name="GET", http__request__method="GET", **routed, **values)


def statement(
    number: int,
    text: str = SQL,
    parent: int | None = 0,
    start_ms: int | None = None,
    *,
    trace: int = 1,
    **values: str | int,
) -> Json:
    at = number * 4 if start_ms is None else start_ms
    return span(
        number,
        parent,
        at,
        2,
        3,
        trace=trace,
        name="SELECT",
        db__system__name="postgresql",
        db__query__text=text,
        **values,
    )


def http(number: int, url: str, method: str = "GET") -> Json:
    return span(number, 0, number * 4, 2, 3, http__request__method=method, url__full=url)


def hotspots(tmp_path: Path, spans: Sequence[Json]) -> list[Hotspot]:
    resource = {"attributes": attributes(service__name="shop")}
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}))
    return read([str(path)], Config())


def summary(found: Sequence[Hotspot]) -> list[tuple[str, list[tuple[str, int]]]]:
    return [(h.kind, [(p.statement, p.count.max) for p in h.patterns]) for h in found]


def loop(count: int, text: str = SQL, **kwargs: Any) -> list[Json]:
    return [statement(number, text.format(number), **kwargs) for number in range(1, count + 1)]


NESTED = [
    server(),
    *(
        item
        for n in range(1, 7)
        for item in (
            span(n, 0, n * 9, 8, 3, db__system="postgresql", db__statement="SELECT * FROM t WHERE id = %(pk_1)s"),
            statement(n + 100, "SELECT * FROM t WHERE id = $1", parent=n, start_ms=n * 9 + 1),
        )
    ),
]
ORM_WITHOUT_TEXT = [
    server(),
    *(
        item
        for n in range(1, 7)
        for item in (
            span(n, 0, n * 9, 8, 3, db__system="postgresql", name="query"),
            statement(n + 100, parent=n, start_ms=n * 9 + 1),
        )
    ),
]
SDK_OVER_HTTP = [
    server(),
    *(
        item
        for n in range(1, 7)
        for item in (
            span(n, 0, n * 9, 8, 3, rpc__system="aws-api", rpc__method="GetItem", name="DynamoDB.GetItem"),
            span(n + 100, n, n * 9 + 1, 2, 3, http__request__method="POST", url__full="https://dynamodb/"),
        )
    ),
]

FOUND: list[tuple[str, list[Json], list[tuple[str, list[tuple[str, int]]]]]] = [
    ("loop", [server(), *loop(5)], [("n_plus_one_db", [(SQL, 5)])]),
    ("literals that differ", [server(), *loop(5, "SELECT * FROM t WHERE id = {}")], [("n_plus_one_db", [(SQL, 5)])]),
    (
        "literals that are equal",
        [server(), *loop(5, "SELECT * FROM t WHERE id = 7")],
        [("repeated_identical", [(SQL, 5)])],
    ),
    (
        "writes",
        [server(), *loop(5, "UPDATE t SET a = ? WHERE id = ?")],
        [("n_plus_one_db", [("UPDATE t SET a = ? WHERE id = ?", 5)])],
    ),
    ("parent not exported", [server(), *loop(5, parent=99)], [("n_plus_one_db", [(SQL, 5)])]),
    ("no caller exported", loop(5, parent=99), [("n_plus_one_db", [(SQL, 5)])]),
    ("driver span under ORM span counts once", NESTED, [("n_plus_one_db", [(SQL, 6)])]),
    ("ORM span without text", ORM_WITHOUT_TEXT, [("n_plus_one_db", [(SQL, 6)])]),
    ("AWS call over HTTP counts once", SDK_OVER_HTTP, [("n_plus_one_http", [("aws-api GetItem", 6)])]),
    (
        "HTTP",
        [server(), *(http(n, f"http://h/items/{n}?q={n}") for n in range(1, 7))],
        [("n_plus_one_http", [("GET h/items/{}", 6)])],
    ),
    (
        "HTTP, same URL",
        [server(), *(http(n, "http://h/items/1") for n in range(1, 7))],
        [("repeated_identical", [("GET h/items/{}", 6)])],
    ),
    (
        "HTTP, body hidden",
        [server(), *(http(n, "http://h/items/1", "POST") for n in range(1, 7))],
        [("n_plus_one_http", [("POST h/items/{}", 6)])],
    ),
    (
        "Redis",
        [
            server(),
            *(
                span(n, 0, n * 4, 2, 3, name="GET", db__system__name="redis", db__query__text="GET ?")
                for n in range(1, 7)
            ),
        ],
        [("n_plus_one_db", [("GET ?", 6)])],
    ),
    (
        "one slow statement",
        [server(), span(1, 0, 5, 500, 3, db__system__name="postgresql", db__query__text="SELECT * FROM t WHERE x = 1")],
        [("slow_query", [("SELECT * FROM t WHERE x = ?", 1)])],
    ),
    (
        "a slow statement in a loop is the loop's",
        [
            server(),
            *(span(n, 0, n * 600, 550, 3, db__system__name="postgresql", db__query__text=SQL) for n in range(1, 7)),
        ],
        [("n_plus_one_db", [(SQL, 6)])],
    ),
    ("404 of a known route", [server(http__response__status_code=404), *loop(5)], [("n_plus_one_db", [(SQL, 5)])]),
]


@pytest.mark.parametrize(("spans", "expected"), [case[1:] for case in FOUND], ids=[case[0] for case in FOUND])
def test_found(tmp_path: Path, spans: list[Json], expected: list[tuple[str, list[tuple[str, int]]]]) -> None:
    assert summary(hotspots(tmp_path, spans)) == expected


NOT_FOUND: list[tuple[str, list[Json]]] = [
    ("one less than the minimum", [server(), *loop(4)]),
    ("not slow enough", [server(), span(1, 0, 5, 499, 3, db__system__name="postgresql", db__query__text=SQL)]),
    ("different statements", [server(), *loop(9, "SELECT * FROM t{0} WHERE id = ?")]),
    (
        "under different parents",
        [
            server(),
            *(span(n, 0, n * 9, 8, 1) for n in range(1, 7)),
            *(statement(n + 100, parent=n, start_ms=n * 9 + 1) for n in range(1, 7)),
        ],
    ),
    ("in different traces", [item for t in range(1, 9) for item in (server(t), statement(1, trace=t))]),
    ("fan-out", [server(), *loop(9, start_ms=5)]),
    (
        "transaction control",
        [
            server(),
            *(
                statement(n * 9 + k, text)
                for n in range(9)
                for k, text in enumerate(("BEGIN", "SAVEPOINT s{n}", "COMMIT", "PRAGMA x"), 1)
            ),
        ],
    ),
    ("connect", [server(), *(span(n, 0, n, 1, 3, name="connect", db__system="sqlite") for n in range(1, 9))]),
    ("404 without route", [server(route=None, http__response__status_code=404), *loop(9)]),
    ("set-up work, one trace each", [statement(1, parent=None, trace=t) for t in range(1, 9)]),
    ("different hosts", [server(), *(http(n, f"http://host-{n}/x") for n in range(1, 9))]),
    ("different paths", [server(), *(http(n, f"http://h/{word}") for n, word in enumerate("abcdefgh", 1))]),
    ("internal spans", [server(), *(span(n, 0, n * 4, 2, 1, name="step") for n in range(1, 9))]),
    (
        "a request inside a request",
        [server(), *(span(n, 0, n * 4, 2, 2, name="GET", http__route="/b") for n in range(1, 9))],
    ),
    ("the same span again", [server(), *([statement(1)] * 9)]),
]


@pytest.mark.parametrize("spans", [case[1] for case in NOT_FOUND], ids=[case[0] for case in NOT_FOUND])
def test_not_found(tmp_path: Path, spans: list[Json]) -> None:
    assert hotspots(tmp_path, spans) == []


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (server(), ("http", "GET", "/a", "a", "GET")),
        (server(route=None, url__path="/orders/17"), ("http", "GET", None, "orders/{}", "GET")),
        (span(0, None, 0, 500, 1, name="report"), ("task", None, None, None, "report")),
        (span(0, None, 0, 500, 5, name="run", celery__task_name="shop.mail"), ("task", None, None, None, "shop.mail")),
        (span(0, None, 0, 500, 2, name="Shop/List"), ("unknown", None, None, None, "Shop/List")),
    ],
    ids=["route", "URL only", "job", "queue", "gRPC"],
)
def test_entry(tmp_path: Path, root: Json, expected: tuple[str, str | None, str | None, str | None, str]) -> None:
    entry = hotspots(tmp_path, [root, *loop(5)])[0].entry
    assert (entry.type, entry.method, entry.route_raw, entry.route_canonical, entry.transaction_name) == expected


def test_the_nearest_server_span_is_the_entry(tmp_path: Path) -> None:
    outer, inner = server(), span(90, 0, 1, 400, 2, name="GET", http__route="/inner")
    assert [h.entry.route_raw for h in hotspots(tmp_path, [outer, inner, *loop(5, parent=90)])] == ["/inner"]


@pytest.mark.parametrize(
    ("on_root", "on_query", "expected"),
    [
        (
            {},
            {"code__file__path": "/srv/app/a.py", "code__line__number": 7, "code__function__name": "a.f"},
            [("/srv/app/a.py", 7, "a.f", "exact_line")],
        ),
        (
            {},
            {"code__filepath": "a.py", "code__lineno": 7, "code__function": "f", "code__namespace": "a"},
            [("a.py", 7, "a.f", "exact_line")],
        ),
        (
            {"code__file__path": "/srv/app/a.py", "code__line__number": 3, "code__function__name": "a.C.g"},
            {},
            [("/srv/app/a.py", 3, "a.C.g", "function")],
        ),
        ({}, {"code__file__path": "/srv/venv/lib/site-packages/x.py", "code__line__number": 3}, []),
        ({}, {}, []),
    ],
    ids=["query", "query, old names", "root", "driver", "nothing"],
)
def test_locations(tmp_path: Path, on_root: Json, on_query: Json, expected: list[tuple[str, int, str, str]]) -> None:
    found = hotspots(tmp_path, [server(**on_root), *loop(5, **on_query)])[0]
    assert [(p.file, p.line, p.function, p.precision) for p in found.locations] == expected


def test_twenty_requests_of_a_job_with_its_function_on_the_root(tmp_path: Path) -> None:
    code: Json = {"code__file__path": "/srv/app/jobs.py", "code__function__name": "jobs.run", "code__line__number": 3}
    spans = [
        item
        for t in range(1, 21)
        for item in (span(0, None, 0, 250, 1, trace=t, name="run", **code), *loop(50, trace=t))
    ]
    (found,) = hotspots(tmp_path, spans)
    (pattern,) = found.patterns
    assert (pattern.traces, pattern.spans, pattern.count.p50, pattern.total_ns, pattern.mean_ns) == (
        20,
        1000,
        50,
        2000 * MS,
        2 * MS,
    )
    assert [(place.function, place.precision) for place in found.locations] == [("jobs.run", "function")]
    assert found.entry.transaction_name == "run"


def test_metrics_count_every_request_of_the_entry(tmp_path: Path) -> None:
    (found,) = hotspots(tmp_path, [server(), *loop(5), server(2), statement(1, trace=2)])
    metrics = found.metrics
    assert (metrics.requests_in_window, metrics.p50_ns, metrics.total_ns) == (2, 500 * MS, 1000 * MS)
    assert (metrics.db_ns, metrics.self_ns, metrics.avoidable_ns_per_request) == (12 * MS, 988 * MS, 4 * MS)
    assert found.trust.limits == ("repeats in 1 of 2 requests", "seen in 1 request only")
    assert (found.source.window_start, found.source.window_end) == (
        "2025-10-09T08:53:20.000Z",
        "2025-10-09T08:53:20.500Z",
    )


@pytest.mark.parametrize(
    ("state", "days", "volume", "sampling"),
    [
        ("ot=th:fd70a4", 10, 608.33, "weights in the spans"),  # 2 x 100 in 240 hours
        ("vendor=1,ot=rv:1234;th:8", 10, 12.17, "weights in the spans"),  # 2 x 2 in 240 hours
        ("ot=th:8", 1, None, "weights in the spans, but the window is shorter than 3 days"),
        ("", 10, None, "unknown"),
    ],
)
def test_volume_comes_from_weights_only(
    tmp_path: Path, state: str, days: int, volume: float | None, sampling: str
) -> None:
    later = days * 86_400_000 - 500
    roots = [span(0, None, at, 500, 2, trace=t, state=state, http__route="/a") for t, at in ((1, 0), (2, later))]
    (found,) = hotspots(tmp_path, [*roots, *loop(5)])
    month = found.metrics.requests_per_month
    assert (month and round(month.value, 2), found.source.sampling) == (volume, sampling)
