"""Datadog's own tracer in a shop, its own test agent on this machine: what it would have sent gives the hotspot."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import socket

import pytest
from guards.libraries import ENVIRONMENTS

from bot.config import Config
from bot.hotspots import read

SHOP = Path(__file__).parents[3] / "rig" / "traced_shop.py"
BIN = ENVIRONMENTS / "ddtrace" / "bin"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a test agent."""
    if not (BIN.parent / "built").exists():
        reason = "no environment with ddtrace and its test agent: run `make .venvs/.ready`"
        pytest.fail(reason) if os.environ.get("COSTMOD_REQUIRE_GUARDS") else pytest.skip(reason)
    with closing(socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [BIN / "python", BIN / "ddapm-test-agent", "--port", str(port)]
    folder = tmp_path_factory.mktemp("agent")
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as running:
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"{url}/info").close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield url
        finally:
            running.terminate()


def test_what_the_tracer_sends(agent: str, tmp_path: Path) -> None:
    settings = {
        "DD_TRACE_AGENT_URL": agent, "DD_SERVICE": "shop", "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
        "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    }  # fmt: skip
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [BIN / "python", BIN / "ddtrace-run", BIN / "python", SHOP]
    subprocess.run(command, env=inherited | settings, check=True, capture_output=True)
    with urllib.request.urlopen(f"{agent}/test/traces") as answer:
        (tmp_path / "traces.json").write_bytes(answer.read())
    assert len(json.loads((tmp_path / "traces.json").read_bytes())) >= 4
    [hotspot] = read([str(tmp_path / "traces.json")], Config())
    [pattern] = hotspot.patterns
    assert (hotspot.kind, hotspot.source.service, hotspot.entry.route_canonical) == ("n_plus_one_db", "shop", "orders")
    assert (pattern.tables, pattern.where_columns, pattern.count.max, pattern.traces) == (
        ("customers",), ("customers.id",), 12, 4,
    )  # fmt: skip
