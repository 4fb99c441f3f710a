"""One problem has one id: under every spelling of an export, and in whatever order its spans come."""

import gzip
import json
import random
from pathlib import Path

import pytest
from rig.spans import SAMPLES

from bot.config import Config
from bot.hotspots import read
from bot.hotspots.document import dump
from bot.hotspots.readers import reader_for
from bot.hotspots.rows import write
from bot.hotspots.source import opened
from bot.hotspots.span import Span

OLDER_NAMES = {  # stable semantic conventions, and what the default of today still calls the same
    "db.query.text": "db.statement", "db.system.name": "db.system", "db.operation.name": "db.operation",
    "http.request.method": "http.method", "http.response.status_code": "http.status_code", "url.full": "http.url",
    "url.path": "http.target",
}  # fmt: skip
STABLE = SAMPLES / "otel_flask_stable.jsonl.gz"


def ids_of(*paths: Path) -> list[str]:
    return sorted(hotspot.id for hotspot in read([str(path) for path in paths], Config()))


@pytest.mark.parametrize("keep", [False, True], ids=["default", "dup"])
@pytest.mark.parametrize(
    "name", ["otel_flask_stable.jsonl.gz", "otel_django_stable.jsonl.gz", "otel_fastapi_stable_codeorigin.jsonl.gz"]
)
def test_semantic_conventions(name: str, keep: bool, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in gzip.decompress((SAMPLES / name).read_bytes()).splitlines()]
    renamed = 0
    for line in lines:
        for process in line["resourceSpans"]:
            for scope in process["scopeSpans"]:
                for span in scope["spans"]:
                    given = span["attributes"]
                    older = [{**one, "key": OLDER_NAMES[one["key"]]} for one in given if one["key"] in OLDER_NAMES]
                    renamed += len(older)
                    span["attributes"] = older + [one for one in given if keep or one["key"] not in OLDER_NAMES]
    assert renamed
    (tmp_path / "spans.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert ids_of(tmp_path / "spans.jsonl") == ids_of(SAMPLES / name) != []


def test_the_instrumentation_itself_under_default_and_stable_names() -> None:
    assert ids_of(SAMPLES / "otel_flask_default.jsonl.gz") == ids_of(STABLE)


def test_xray_inline_and_streamed() -> None:
    inline, streamed = (SAMPLES / "vendors" / f"xray_flask_{how}.jsonl.gz" for how in ("inline", "streamed"))
    assert ids_of(inline) == ids_of(streamed) != []


def spans_of(path: Path) -> list[Span]:
    with opened(str(path), 100) as source:
        return [item for item in reader_for(source).read(source) if isinstance(item, Span)]


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.gz")), ids=lambda path: path.name)
def test_the_order_of_spans_does_not_show(path: Path, tmp_path: Path) -> None:
    spans = spans_of(path)
    if len({(span.trace_id, span.span_id) for span in spans}) < 2:
        pytest.skip("a profile, a report or counts: no spans to shuffle")
    found = []
    for number in range(2):
        table = tmp_path / f"{number}.csv"
        write(spans, table)
        found.append(dump(read([str(table)], Config())))
        random.Random(1).shuffle(spans)
    assert (found[0] == found[1]) is True  # no diff: they are long
