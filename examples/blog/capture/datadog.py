"""Record traces/datadog.json with ddtrace and its test agent: python -m capture.datadog"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from capture.drive import REQUESTS, ROOT, TRACES, send_requests, without_machine_paths

SETTINGS = {
    # ddtrace ignores the setting when it equals the name it infers, "blog".
    "DD_SERVICE": "blog-web",
    "DD_ENV": "production",
    "DD_VERSION": "1.4.0",
    # Nothing leaves the machine but the traces, and nothing names its checkout.
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    "DD_TRACE_GIT_METADATA_ENABLED": "false",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def installed(command):
    return str(Path(sys.executable).with_name(command))


@contextlib.contextmanager
def running(argv, environment):
    process = subprocess.Popen(argv, cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def get(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read().decode()


def wait_until(answers, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if answers():
                return
        time.sleep(0.2)
    raise SystemExit("capture: gave up waiting for the blog or the test agent")


def is_listening(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def main():
    agent_port, otlp_http, otlp_grpc, blog_port = (free_port() for _ in range(4))
    agent_url = f"http://127.0.0.1:{agent_port}"
    traces_url = f"{agent_url}/test/session/traces"
    agent = [
        *(installed("ddapm-test-agent"), "-p", str(agent_port)),
        *("--log-level", "WARNING"),
        *("--otlp-http-port", str(otlp_http), "--otlp-grpc-port", str(otlp_grpc)),
    ]
    flask = [installed("flask"), "--app", "blog"]
    blog = [installed("ddtrace-run"), *flask, "run", "--port", str(blog_port)]

    with tempfile.TemporaryDirectory() as folder:
        plain = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/blog.db"}
        traced = {**plain, **SETTINGS, "DD_TRACE_AGENT_URL": agent_url}
        subprocess.run([*flask, "seed"], cwd=ROOT, env=plain, check=True)
        # With DD_TRACE_AGENT_URL set, the test agent would forward to itself.
        with running(agent, plain):
            wait_until(lambda: get(f"{agent_url}/info"))
            with running(blog, traced):
                wait_until(lambda: is_listening(blog_port))
                send_requests(f"http://127.0.0.1:{blog_port}")
                wait_until(lambda: is_complete(get(traces_url)))
            text = without_machine_paths(get(traces_url), folder)
    (TRACES / "datadog.json").write_text(text)


def is_complete(traces):
    return traces.count('"flask.request"') == sum(REQUESTS.values())


if __name__ == "__main__":
    main()
