"""The small format of hours: CSV and JSON lines give the same; whatever is no such hour is refused with its line."""

import gzip
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.price.after.series import Hour, read_series

CSV = """hour,entry,requests,cpu_ms,db_ms,bytes
2026-11-02T01:00:00Z,GET /posts,100,2000.5,,7
2026-11-02T02:00:00+02:00,GET /posts,100,1,2,3
2026-11-02T01:00,GET /health,5,,,
"""
JSON = """{"hour": "2026-11-02T01:00Z", "entry": "GET /posts", "requests": 100, "cpu_ms": 2000.5, "bytes": 7}

{"hour": "2026-11-02T00:00:00Z", "entry": "GET /posts", "requests": 100, "cpu_ms": 1, "db_ms": 2, "bytes": 3}
{"hour": "2026-11-02T01:00Z", "entry": "GET /health", "requests": 5, "db_ms": null}
"""
AT = 498_217  # 2026-11-02T01:00Z
HOURS = (
    Hour(at=AT, entry="GET /health", requests=5),
    Hour(at=AT - 1, entry="GET /posts", requests=100, cpu_ms=1, db_ms=2, bytes=3),
    Hour(at=AT, entry="GET /posts", requests=100, cpu_ms=2000.5, bytes=7),
)


def read(folder: Path, *contents: str) -> tuple[Hour, ...]:
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"{number}.txt")
        paths[-1].write_text(content)
    return read_series([str(path) for path in paths], 10)


@pytest.mark.parametrize("content", [CSV, JSON, "\ufeff" + CSV], ids=["csv", "json", "with a mark"])
def test_both_notations(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == HOURS


def test_compressed_and_the_same_row_twice(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    (tmp_path / "b.jsonl").write_text(JSON)
    assert read_series([str(tmp_path / "a.csv.gz"), str(tmp_path / "b.jsonl")], 10) == HOURS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hour,requests\n", "0.txt: no column entry; see docs/verify.md for the format."),
        (
            "hour,entry,requests\n2026-11-02T01:30Z,GET /,1\n",
            "0.txt: line 2: '2026-11-02T01:30Z' is no full hour; write for example 2026-11-01T13:00:00Z.",
        ),
        (
            "hour,entry,requests\nnoon,GET /,1\n",
            "0.txt: line 2: 'noon' is no time; write for example 2026-11-01T13:00:00Z.",
        ),
        (
            "hour,entry,requests\n2026-11-02T01:00Z,GET /,-1\n",
            "0.txt: line 2: requests is '-1', expected a number from 0 on.",
        ),
        (
            "hour,entry,requests\n2026-11-02T01:00Z,GET /,nan\n",
            "0.txt: line 2: requests is 'nan', expected a number from 0 on.",
        ),
        ("hour,entry,requests\n2026-11-02T01:00Z,GET /,\n", "0.txt: line 2: it has no requests."),
        (
            "hour,entry,requests\n2026-11-02T01:00Z,,1\n",
            "0.txt: line 2: it names no entry; write for example GET /posts.",
        ),
        (
            '{"hour": "2026-11-02T01:00Z", "entry": "GET /", "requests": true}\n',
            "0.txt: line 1: requests is 'True', expected a number from 0 on.",
        ),
        (
            "hour,entry,requests\n2026-11-02T01:00Z,GET /,1\n2026-11-02T01:00Z,GET /,2\n",
            "0.txt: line 3: 'GET /' has two different rows for 2026-11-02T01:00:00Z; keep one, or add them up.",
        ),
    ],
)
def test_what_is_no_hour(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        read(tmp_path, content)
    assert str(raised.value) == f"{tmp_path}/{message}"


def test_broken_json(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"0\.txt: line 1: no JSON object"):
        read(tmp_path, '{"hour": \n')
