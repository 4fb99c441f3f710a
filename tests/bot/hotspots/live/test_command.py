"""`costmod hotspots --from`: the command itself in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rig.live import SECRET
from rig.loopback import Says, serving
from rig.spans import SAMPLES, sample

TRACES = sample("api/jaeger_flask_api_traces.json.gz")
OURS = ("DD_", "DATADOG_", "NEW_RELIC_", "SENTRY_", "JAEGER_", "PROMETHEUS_", "AWS_")


def costmod(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [sys.executable, "-m", "bot.cli", "hotspots", *arguments]
    return subprocess.run(command, env=inherited | environment, cwd=folder, capture_output=True, text=True, check=False)


def test_a_run_and_the_replay_of_its_recording_print_the_same(tmp_path: Path) -> None:
    with serving(lambda _: Says(TRACES)) as server:
        where = {"JAEGER_URL": server.url, "JAEGER_TOKEN": SECRET}
        options = ("--service", "shop", "--hours", "2", "--record", "answers", "--format", "json")
        live = costmod("--from", "jaeger", *options, folder=tmp_path, **where)
        assert (live.returncode, live.stderr) == (0, "costmod: 1 of 60 calls used.\n")
        again = costmod("--from", "jaeger", *options, folder=tmp_path, **where)
        assert (again.returncode, again.stdout) == (2, "")
        assert again.stderr == "costmod: answers is not empty; record into a new folder.\n"
        assert len(server.asked) == 1
    files = [str(path.relative_to(tmp_path)) for path in sorted((tmp_path / "answers").iterdir())]
    assert files == ["answers/0001-traces.json"]
    replayed = costmod(*files, "--format", "json", folder=tmp_path)
    assert (replayed.returncode, replayed.stderr, replayed.stdout) == (0, "", live.stdout)
    assert len(json.loads(live.stdout)["hotspots"]) == 1
    assert SECRET not in live.stdout + live.stderr + (tmp_path / files[0]).read_text()


def test_without_a_folder_nothing_stays_and_files_are_read_beside(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    django = str(SAMPLES / "datadog_django_sqlite.traces.json.gz")
    with serving(lambda _: Says(TRACES)) as server:
        run = costmod("--from", "jaeger", django, "--service", "shop", "--format", "json", folder=tmp_path,
                      JAEGER_URL=server.url, TMPDIR=str(temporary))  # fmt: skip
    assert run.returncode == 0
    routes = {h["entry"]["route_canonical"] for h in json.loads(run.stdout)["hotspots"]}
    assert routes == {"orders", "api/books"}
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ([], {}, "name the exports to read, or a vendor to ask with --from; see `costmod hotspots --help`."),
        (["a.json", "--record", "b"], {}, "--service and --record go with --from, which names the vendor to ask."),
        (["--from", "datadog"], {}, "DD_API_KEY or DATADOG_API_KEY is not set; set it in the environment"),
        (["--from", "newrelic"], {}, "NEW_RELIC_API_KEY or NEW_RELIC_USER_KEY is not set; "),
        (["--from", "newrelic"], {"NEW_RELIC_API_KEY": SECRET}, "NEW_RELIC_ACCOUNT_ID is not set; "),
        (["--from", "sentry"], {}, "SENTRY_AUTH_TOKEN is not set; "),
        (["--from", "sentry"], {"SENTRY_AUTH_TOKEN": SECRET}, "SENTRY_ORG is not set; "),
        (["--from", "jaeger"], {}, "JAEGER_URL is not set; "),
        (["--from", "prometheus"], {}, "PROMETHEUS_URL is not set; "),
        (["--from", "nobody"], {}, "argument --from: invalid choice: 'nobody' (choose from "),
        (["--from", "jaeger", "--hours", "0"], {}, "argument --hours: '0' is no number from 1 on"),
    ],
)
def test_one_sentence_and_exit_2(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], message: str
) -> None:
    run = costmod(*arguments, folder=tmp_path, **environment)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"costmod: {message}")
    assert run.stderr.count("\n") == 1
    assert SECRET not in run.stderr


def test_a_defect_shown_in_full_shows_no_secret(tmp_path: Path) -> None:
    with serving(lambda _: Says({}, 401)) as server:
        run = costmod(
            "--from", "jaeger", folder=tmp_path, JAEGER_URL=server.url, JAEGER_TOKEN=SECRET, COSTMOD_DEBUG="1"
        )
    assert run.returncode == 2
    assert run.stderr.splitlines()[0] == "costmod: 1 of 60 calls used."
    assert SECRET not in run.stdout + run.stderr


def test_counts_alone_are_no_hotspots_and_it_says_so(tmp_path: Path) -> None:
    labels = {"__name__": "http_requests_total", "handler": "/orders"}
    found = {"data": {"resultType": "matrix", "result": [{"metric": labels, "values": [[1, "0"], [2, "9"]]}]}}
    with serving(lambda _: Says(found)) as server:
        run = costmod("--from", "prometheus", "--format", "json", folder=tmp_path, PROMETHEUS_URL=server.url)
    assert (run.returncode, json.loads(run.stdout)["hotspots"]) == (0, [])
    assert run.stderr.splitlines() == [
        "costmod: 1 of 60 calls used.",
        "costmod: only request counts are in the inputs; hotspots come from traces beside them.",
    ]
