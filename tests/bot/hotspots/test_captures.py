"""Real payloads of vendors' agents give exactly the ground truth, and nothing else."""

import gzip
import json
import random
from pathlib import Path

import pytest

from bot.config import Config
from bot.hotspots import read
from bot.hotspots.document import dump
from bot.records import Hotspot

SAMPLES = Path(__file__).parents[2] / "samples" / "hotspots"
CAPTURES = Path(__file__).parents[4] / "shared" / "captures"

CUSTOMERS = ("customers.id", "column_equals_parameter")
ITEMS = ("items.order_id", "parameter_equals_column")
AUTHOR = ("djshop_author.id", "column_equals_parameter")
REVIEW = ("djshop_review.book_id", "column_equals_parameter")
FLASK = {
    ("n_plus_one_db", "orders"): {(25, *CUSTOMERS), (25, *ITEMS)},
    ("n_plus_one_http", "customers/{}/prices"): {(12, "", "call")},
}
DJANGO = {("n_plus_one_db", "api/books"): {(25, *AUTHOR), (25, *REVIEW)}}
FASTAPI = {
    ("n_plus_one_db", "v1/orders/{}"): {(20, *CUSTOMERS), (20, *ITEMS)},
    ("n_plus_one_http", "v1/prices"): {(8, "", "call")},
}
TRUTH = {"flask": FLASK, "django": DJANGO, "fastapi": FASTAPI}


def sample(name: str) -> str:
    return str(SAMPLES / name)


def truth_of(path: Path) -> dict[tuple[str, str], set[tuple[int, str, str]]]:
    return next(truth for framework, truth in TRUTH.items() if framework in path.name)


def seen(hotspots: list[Hotspot]) -> dict[tuple[str, str | None], set[tuple[int, str, str]]]:
    return {
        (h.kind, h.entry.route_canonical): {(p.count.max, "".join(p.where_columns), p.shape) for p in h.patterns}
        for h in hotspots
    }


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.gz")), ids=lambda path: path.name)
def test_sample_gives_the_ground_truth(path: Path) -> None:
    assert seen(read([str(path)], Config())) == truth_of(path)


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not beside the project")
@pytest.mark.parametrize(
    "path",
    sorted([*CAPTURES.glob("otel/*.jsonl"), *CAPTURES.glob("datadog/*.traces.json")]),
    ids=lambda path: path.name,
)
def test_capture_gives_the_ground_truth(path: Path) -> None:
    assert seen(read([str(path)], Config())) == truth_of(path)


def test_one_problem_has_one_id_whoever_saw_it() -> None:
    names = (
        "otel_flask_stable.jsonl.gz",
        "otel_flask_default.jsonl.gz",
        "otel_flask_pg_stable_sqlcommenter.jsonl.gz",
        "datadog_flask_sqlite.traces.json.gz",
        "datadog_flask_postgres_dbm_full.traces.json.gz",
    )
    ids = {name: {h.id for h in read([sample(name)], Config())} for name in names}
    assert len(set(map(frozenset, ids.values()))) == 1


def test_newer_orm_text_without_labels_has_the_same_id(tmp_path: Path) -> None:
    labelled = gzip.decompress(Path(sample("otel_flask_stable.jsonl.gz")).read_bytes()).decode()
    plain = labelled
    for table, column in (
        ("customers", "id"),
        ("customers", "name"),
        ("items", "id"),
        ("items", "order_id"),
        ("items", "sku"),
    ):
        plain = plain.replace(f"{table}.{column} AS {table}_{column}", f"{table}.{column}")
    assert plain != labelled
    (tmp_path / "plain").write_text(plain)
    expected = read([sample("otel_flask_stable.jsonl.gz")], Config())
    assert read([str(tmp_path / "plain")], Config()) == expected


def test_order_of_spans_and_files_does_not_show(tmp_path: Path) -> None:
    document = json.loads(gzip.decompress(Path(sample("otel_flask_stable.jsonl.gz")).read_bytes()))
    resource = document["resourceSpans"][0]
    spans = [span for scope in resource["scopeSpans"] for span in scope["spans"]]
    expected = dump(read([sample("otel_flask_stable.jsonl.gz")], Config()))
    for seed in range(3):
        random.Random(seed).shuffle(spans)
        paths = [tmp_path / f"{seed}-{part}" for part in range(3)]
        for part, path in enumerate(paths):
            path.write_text(
                "".join(
                    json.dumps(
                        {"resourceSpans": [{"resource": resource["resource"], "scopeSpans": [{"spans": [span]}]}]}
                    )
                    + "\n"
                    for span in spans[part::3]
                )
            )
        assert dump(read([str(path) for path in paths], Config())) == expected


def test_a_file_given_twice_counts_once() -> None:
    path = sample("datadog_django_sqlite.traces.json.gz")
    assert read([path, path], Config()) == read([path], Config())


def test_code_attributes_on_the_query_give_its_line() -> None:
    hotspots = read([sample("otel_fastapi_stable_codeorigin.jsonl.gz")], Config())
    places = {
        h.entry.route_canonical: [(p.file, p.line, p.function, p.precision) for p in h.locations] for h in hotspots
    }
    assert places == {
        "v1/prices": [("fa_app.py", 22, "fa_app.prices", "exact_line")],
        "v1/orders/{}": [
            ("shop/services.py", 18, "shop.services.order_report", "exact_line"),
            ("shop/services.py", 19, "shop.services.order_report", "exact_line"),
        ],
    }


@pytest.mark.parametrize(
    ("name", "module", "qualname", "line", "transaction"),
    [
        ("datadog_flask_sqlite", "shop.flask_app", "create_app.<locals>.list_orders", 39, "list_orders"),
        ("datadog_django_sqlite", "djshop.views", "book_list", 6, "book-list"),
        ("datadog_fastapi_sqlite_httpx", "fa_app", "list_orders", 11, "GET /v1/orders/{limit}"),
    ],
)
def test_datadog_code_origin_is_the_handler(name: str, module: str, qualname: str, line: int, transaction: str) -> None:
    hotspots = read([sample(f"{name}.traces.json.gz")], Config())
    entry = next(h.entry for h in hotspots if h.kind == "n_plus_one_db")
    assert entry.handler is not None
    assert (entry.handler.module, entry.handler.qualname, entry.handler.line, entry.transaction_name) == (
        module, qualname, line, transaction,
    )  # fmt: skip


def test_sqlcommenter_names_the_controller() -> None:
    hotspots = read([sample("otel_flask_pg_stable_sqlcommenter.jsonl.gz")], Config())
    assert {h.kind: h.entry.transaction_name for h in hotspots} == {
        "n_plus_one_db": "list_orders",
        "n_plus_one_http": "GET /customers/<int:cid>/prices",
    }
