"""Of a document that ends early, what is whole is used, and what is not is counted."""

import gzip
import json
from pathlib import Path

import pytest
from rig.spans import SAMPLES, sample

from bot.config import Config
from bot.errors import UserError
from bot.hotspots import read
from bot.hotspots.mending import Records, mended

SPANS, OUTER = Records((b'"spans"',)), Records()
OTLP = Records((b'"p"',), b'"spans"', needs=b'"resource"')
DROPPED = "1 dropped: the end of a document, which is truncated"


@pytest.mark.parametrize(
    ("text", "records", "whole"),
    [
        (b'{"a": [{"spans": [{"x": 1}, {"x": [{"y": 2}], "z', SPANS, b'{"a": [{"spans": [{"x": 1}]}]}'),
        (b'{"spans": [{"x": "a}]\\"{"}, {"x": "}', SPANS, b'{"spans": [{"x": "a}]\\"{"}]}'),
        (b'{"spans": [{"x": 1}], "more": [{"x"', SPANS, b'{"spans": [{"x": 1}]}'),
        (b'[[{"x": {"y": [{}]}}, {"x"', OUTER, b'[[{"x": {"y": [{}]}}]]'),
        (b'[{"x": 1}, {"x": [{"y": 1}', OUTER, b'[{"x": 1}]'),
        (b'{"spans": [{"x": 1', SPANS, None),
        (b'{"other": [{"x": 1}, ', SPANS, None),
        (b'{"data": [{"x": 1}, ', OUTER, None),
        (b'[{"x": 1}}', OUTER, None),
        (b'{"p": [{"spans": [{"x": 1}], "resource": {}}, {"spans": [{"x": 2}, {', OTLP,
         b'{"p": [{"spans": [{"x": 1}], "resource": {}}]}'),
        (b'{"p": [{"resource": {"a": 1}, "s": [{"spans": [{"x": 2}, {', OTLP,
         b'{"p": [{"resource": {"a": 1}, "s": [{"spans": [{"x": 2}]}]}]}'),
        (b'{"p": [{"s": [{"spans": [{"x": 2}, {', OTLP, None),
        (b"[" * 10_000_000, OUTER, None),
        (b'[{"x": "' + b'\\"' * 10_000_000, OUTER, None),
        (b'[{"x": "\\', OUTER, None),
        (b"", OUTER, None),
    ],
)  # fmt: skip
def test_mended(text: bytes, records: Records, whole: bytes | None) -> None:
    assert mended(text, records) == whole
    assert whole is None or json.loads(whole)


def found(content: bytes, folder: Path) -> list[tuple[str, tuple[str, ...]]]:
    (folder / "export.json").write_bytes(content)
    return [(h.id, h.trust.limits) for h in read([str(folder / "export.json")], Config())]


@pytest.mark.parametrize(
    "name",
    ["otel_flask_stable.jsonl.gz", "datadog_flask_sqlite.traces.json.gz", "api/zipkin_flask_v2.json.gz"],
)
def test_the_good_part_gives_the_same_hotspots(name: str, tmp_path: Path) -> None:
    content = gzip.decompress((SAMPLES / name).read_bytes()).rstrip()
    expected = [identity for identity, _ in found(content, tmp_path)]
    cut = found(content[:-40], tmp_path)
    assert sorted(identity for identity, _ in cut) == sorted(expected)
    assert all(DROPPED in limits for _, limits in cut)


def test_a_document_without_a_whole_span(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is truncated JSON; export it again"):
        found(sample("otel_flask_stable.jsonl.gz")[:600], tmp_path)
