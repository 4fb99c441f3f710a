"""Exactly one reader knows each profile, memory report and database log."""

import pytest
from rig.profiles import SAMPLES, sample

from bot.hotspots.readers import readers

FORMATS = {
    "cprofile.pstats": "pstats",
    "ddtrace_profile_1.pprof": "pprof",
    "ddtrace_profile_2.pprof": "pprof",
    "ddtrace_profile_3.pprof": "pprof",
    "memray_leaks.csv": "memray-leaks-csv",
    "memray_stats.json": "memray-stats-json",
    "pg_stat_statements.csv": "pg_stat_statements-csv",
    "postgres_slowlog_csvlog.csv": "csvlog",
    "postgres_slowlog_jsonlog.jsonl": "jsonlog",
    "postgres_slowlog_stderr.log": "stderr-log",
    "pyinstrument.json": "pyinstrument-json",
    "pyspy_raw.txt": "collapsed",
    "pyspy_speedscope.json": "speedscope",
    "tracemalloc_diff.json": "tracemalloc-diff-json",
}


def test_every_sample_is_listed() -> None:
    assert sorted(path.name.removesuffix(".gz") for path in SAMPLES.glob("*.gz")) == sorted(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_one_reader_knows_a_sample(name: str) -> None:
    head = sample(name)[: 1 << 16]
    assert [reader.FORMAT for reader in readers() if reader.sniff(head)] == [FORMATS[name]]
