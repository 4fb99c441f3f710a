"""The lines that the probe writes: no value in them, and no harm where they cannot be written."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.record import environment

CODE = """
from sqlalchemy import create_engine, text
engine = create_engine("sqlite://")
def load(connection, n):
    return [
        connection.execute(text("SELECT :n WHERE 'x' = :n"), {"n": value}).all()
        for value in [n]
    ]
with engine.connect() as connection:
    for n in range(2):
        load(connection, "hunter2")
    try:
        connection.execute(text("SELECT * FROM nowhere"))
    except Exception as error:
        print(type(error).__name__)
"""


def run(tmp_path: Path, spans: Path) -> subprocess.CompletedProcess[str]:
    (tmp_path / "main.py").write_text(CODE)
    variables = environment({"PATH": os.environ["PATH"], "OTEL_SERVICE_NAME": "shop"}, spans, tmp_path)
    return subprocess.run(
        [sys.executable, str(tmp_path / "main.py"), "hunter2"],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )


def values(attributes: list[dict[str, Any]]) -> dict[str, str]:
    return {pair["key"]: next(iter(pair["value"].values())) for pair in attributes}


def test_a_line_is_a_span_without_values(tmp_path: Path) -> None:
    assert run(tmp_path, tmp_path).stdout == "OperationalError\n"
    (file,) = tmp_path.glob("*.jsonl")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "hunter2" not in file.read_text()
    requests = [json.loads(line)["resourceSpans"][0] for line in file.read_text().splitlines()]
    assert {values(request["resource"]["attributes"])["service.name"] for request in requests} == {"shop"}
    spans = [request["scopeSpans"][0]["spans"][0] for request in requests]
    *calls, script = spans
    assert (script["name"], script["kind"], "parentSpanId" in script) == ("main.py", 1, False)
    assert [(span["kind"], span["parentSpanId"], span["traceId"]) for span in calls] == [
        (3, script["spanId"], script["traceId"])
    ] * 2
    assert len({span["spanId"] for span in spans}) == 3
    assert values(calls[0]["attributes"]) == {
        "db.system.name": "sqlite",
        "db.query.text": "SELECT ? WHERE 'x' = ?",
        "code.file.path": "main.py",
        "code.line.number": "6",
        "code.function.name": "load",
    }
    times = [(int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])) for span in calls]
    assert times == sorted(times)
    assert all(start <= end <= int(script["endTimeUnixNano"]) for start, end in times)


@pytest.mark.parametrize("missing", ["none/none", "file"])
def test_an_unwritable_folder_does_not_disturb_the_command(tmp_path: Path, missing: str) -> None:
    (tmp_path / "file").touch()
    done = run(tmp_path, tmp_path / missing)
    assert (done.stdout, done.stderr) == ("OperationalError\n", "")


def test_failures_look_as_without_the_probe(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(1, 2)\n"
    )
    command = [sys.executable, "-m", "unittest", "test_it"]
    plain = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    shown = [
        subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
        for variables in (plain, environment(plain, tmp_path, tmp_path))
    ]
    before, after = ([line for line in done.stderr.splitlines() if "Ran 1 test" not in line] for done in shown)
    assert before == after
    assert before[-1] == "FAILED (failures=1)"
