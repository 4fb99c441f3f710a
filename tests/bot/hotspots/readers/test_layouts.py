"""Every sample is claimed by exactly one reader, whatever the order of its keys and its layout."""

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rig.spans import SAMPLES

from bot.hotspots.readers import readers
from bot.hotspots.source import opened

PATHS = sorted(SAMPLES.rglob("*.gz"))


def claimed_by(path: Path) -> list[str]:
    with opened(str(path), 64) as source:
        return [reader.FORMAT for reader in readers() if reader.sniff(source.head)]


def expected_of(path: Path) -> str:
    formats = {
        "agent-v0.4": "datadog_*.traces.json.gz",
        "otlp-json": "otel_*.json*.gz",
        "otlp-proto": "otel_*.pb.gz",
        "query-json": "jaeger_*",
        "v2-json": "zipkin_*",
        "spans-v2": "*spans_search*",
        "trace-v2": "*trace_by_id*",
        "aggregate-v2": "*spans_aggregate*",
    }
    return next((name for name, pattern in formats.items() if path.match(pattern)), "")


def shuffled(value: Any, choice: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        choice.shuffle(keys)
        return {key: shuffled(value[key], choice) for key in keys}
    return [shuffled(item, choice) for item in value] if isinstance(value, list) else value


def layouts(path: Path) -> Iterator[str]:
    document = json.loads(gzip.decompress(path.read_bytes()))
    for seed in range(3):
        changed = shuffled(document, random.Random(seed))
        yield json.dumps(changed)
        yield json.dumps(changed, indent=4)
    yield json.dumps(document, sort_keys=True, indent="\t")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_one_reader_claims_a_sample(path: Path) -> None:
    found = claimed_by(path)
    assert len(found) == 1
    assert expected_of(path) in (found[0], "")


@pytest.mark.parametrize("path", [p for p in PATHS if expected_of(p) and p.suffixes[-2] in (".json", ".jsonl")])
def test_layout_does_not_matter(tmp_path: Path, path: Path) -> None:
    for text in layouts(path):
        (tmp_path / "export").write_text(text)
        assert claimed_by(tmp_path / "export") == [expected_of(path)]


@pytest.mark.parametrize(
    "content",
    [b"hello", b"a,b,c\n1,2,3\n", b"[]", b"{}", b"[{}]", b'{"data": []}', b"\n\n\n", bytes(range(256)), b"PAR", b"null",
     b'{"traceId": "a"}', b'[{"id": "a"}]', b'{"events": []}'],
)  # fmt: skip
def test_no_reader_claims_what_is_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "export").write_bytes(content)
    assert claimed_by(tmp_path / "export") == []
