"""The doctor on set-ups as teams have them: what it misses there, and that it misses nothing once that is set."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from rig.blog import commit_all

from bot.cli import _main
from bot.config import Config
from bot.doctor import Check, examine
from bot.doctor.tools import states

DATADOG_FLASK = {
    "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["Flask>=3", "SQLAlchemy>=2", "ddtrace==4.16.0"]\n',
    "Procfile": "web: ddtrace-run gunicorn shop:app\n",
    ".env": "DD_SERVICE=shop\nDD_API_KEY=s3cr3t\n",
    "tests/test_shop.py": "def test(): pass\n",
    "pytest.ini": "[pytest]\n",
}
OTEL_DJANGO = {
    "requirements/base.txt": (
        "# web\nDjango>=5.2\nopentelemetry-distro\nopentelemetry-instrumentation-django==0.66b1\n"
        "psycopg[binary]>=3 ; python_version > '3.10'\n"
    ),
    "Dockerfile": (
        "FROM python:3.12\nENV OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.1\n"
        'CMD ["opentelemetry-instrument", "gunicorn", "site.wsgi"]\n'
    ),
    "manage.py": "",
}
SENTRY_FASTAPI = {
    "pyproject.toml": '[tool.poetry.dependencies]\nfastapi = "*"\nsentry-sdk = {extras = ["x"], version = "^2"}\n',
    "app/main.py": (
        "import os\nimport sentry_sdk as sentry\n\nsentry.init(\n    dsn=os.environ['DSN'],\n"
        "    traces_sample_rate=0.2,\n    http_request_source_threshold_ms=0,\n)\n"
    ),
}


def checks(folder: Path, files: Mapping[str, str], *topics: str) -> list[tuple[str, str, str]]:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return [(c.status, c.text, c.fix) for c in examine(folder, Config(), {}) if c.topic in topics]


def test_datadog_and_flask(tmp_path: Path) -> None:
    assert checks(tmp_path, DATADOG_FLASK, "datadog", "apm") == [
        ("ok", "the tracer is started; its spans carry the statements", ""),
        (
            "missing",
            "exact lines: spans name the handler only",
            "DD_PROFILING_ENABLED=true and DD_PROFILING_OUTPUT_PPROF=/tmp/pprof/app; give the files to costmod beside "
            "the traces",
        ),
        ("ok", "code origin is on: the handler's file is named", ""),
        (
            "advice",
            "the agent samples by its own rates",
            "export request counts too (spans aggregate), so that the volume is not a guess",
        ),
    ]


def test_opentelemetry_and_django(tmp_path: Path) -> None:
    assert checks(tmp_path, OTEL_DJANGO, "opentelemetry", "apm") == [
        ("ok", "the SDK is started", ""),
        (
            "missing",
            "exact lines: no instrumentation sets code.file.path and code.line.number",
            "pip install 'costmod[otel]' and provider.add_span_processor(CodeOrigin()) of bot.otel",
        ),
        (
            "missing",
            "statements: no database is instrumented, and the Django instrumentation makes no database spans",
            "add opentelemetry-instrumentation-sqlalchemy or that of the driver (psycopg, sqlite3, ...)",
        ),
        (
            "advice",
            "parentbased_traceidratio samples without a weight in the spans",
            "export request metrics too, or set requests-per-month",
        ),
    ]


def test_sentry_and_fastapi(tmp_path: Path) -> None:
    assert checks(tmp_path, SENTRY_FASTAPI, "sentry", "apm") == [
        (
            "missing",
            "exact lines of queries: db_query_source_threshold_ms is 100 ms and hides those that repeat quickly",
            "db_query_source_threshold_ms=0 in sentry_sdk.init in app/main.py:4",
        ),
        ("ok", "tracing is on; transactions carry their sampling rate, spans their statements", ""),
    ]


def test_an_empty_repository(tmp_path: Path) -> None:
    found = examine(tmp_path, Config(), {})
    assert [(c.topic, c.status) for c in found if c.topic not in ("sandbox", "extras")] == [
        ("apm", "missing"),
        ("repository", "missing"),
        ("tests", "missing"),
        ("forge", "advice"),
        ("price", "advice"),
    ]
    assert found[0].fix.startswith("record the tests or a served app: `costmod record -- pytest`")


NEW_RELIC_INI = (
    "[newrelic]\ntransaction_tracer.stack_trace_threshold = 0\ntransaction_tracer.explain_threshold = 0.0\n"
    "transaction_tracer.record_sql = off\nlicense_key = s3cr3t\n"
)


@pytest.mark.parametrize(
    ("files", "topic", "missing"),
    [
        pytest.param(
            {**DATADOG_FLASK, "k8s.yaml": "env:\n- name: DD_PROFILING_ENABLED\n  value: \"true\"\n"},
            "datadog",
            ["exact lines: spans name the handler only, and the profiler writes no files"],
            id="a profiler without files",
        ),
        pytest.param(
            {**DATADOG_FLASK, "compose.yml": "  DD_PROFILING_ENABLED: 1\n  DD_PROFILING_OUTPUT_PPROF: /x\n"},
            "datadog",
            [],
            id="a profiler with files",
        ),
        pytest.param(
            {"requirements.txt": "ddtrace\n", "run.sh": "DD_CODE_ORIGIN_FOR_SPANS_ENABLED=false my-ddtrace-runner x\n"},
            "datadog",
            [
                "nothing starts the tracer",
                "exact lines: spans name the handler only",
                "the handler: code origin is off",
            ],
            id="Datadog that nothing starts",
        ),
        pytest.param(
            {
                "requirements.txt": "opentelemetry-sdk\nSQLAlchemy==2.1.9\n",
                "tracing.py": (
                    "from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor\n"
                    "from bot.otel import CodeOrigin\nprovider.add_span_processor(CodeOrigin())\n"
                    "SQLAlchemyInstrumentor().instrument()\n"
                ),
            },
            "opentelemetry",
            ["statements: the SQLAlchemy instrumentation refuses SQLAlchemy 2.1 without a word"],
            id="OpenTelemetry in code, on SQLAlchemy 2.1",
        ),
        pytest.param(
            {
                "requirements.txt": "opentelemetry-sdk\nopentelemetry-instrumentation-sqlalchemy\nSQLAlchemy<2.1\n",
                "tracing.py": "import opentelemetry\nimport bot.otel\nx(bot.otel.CodeOrigin('src'))\n",
            },
            "opentelemetry",
            [],
            id="OpenTelemetry with everything",
        ),
        pytest.param({"requirements.txt": "opentelemetry-api\n"}, "opentelemetry", [], id="its API alone is no use"),
        pytest.param(
            {"a.py": "import sentry_sdk\nsentry_sdk.init(**options)\n"}, "sentry", [], id="options known to a run only"
        ),
        pytest.param(
            {"a.py": "from sentry_sdk import init\ninit('x', db_query_source_threshold_ms=0, traces_sample_rate=0)\n"},
            "sentry",
            [
                "exact lines of outbound requests: http_request_source_threshold_ms is 100 ms and hides those that "
                "repeat quickly",
                "traces_sample_rate is 0: there are no spans",
            ],
            id="Sentry without traces",
        ),
        pytest.param(
            {"Pipfile": "[packages]\nsentry-sdk = '*'\n"},
            "sentry",
            ["no call of sentry_sdk.init was found"],
            id="Sentry that nothing starts",
        ),
        pytest.param(
            {"newrelic.ini": NEW_RELIC_INI, "setup.cfg": "[options]\ninstall_requires =\n  newrelic\n"},
            "newrelic",
            ["nothing starts the agent", "statements: record_sql is off"],
            id="New Relic",
        ),
        pytest.param(
            {"Procfile": "web: newrelic-admin run-program x\n"},
            "newrelic",
            ["exact lines: backtraces start at 0.5 s by default"],
            id="New Relic without a settings file",
        ),
        pytest.param(
            {
                "setup.py": "setup(install_requires=['aws-xray-sdk>=2'])\n",
                "a.py": "from aws_xray_sdk.core import xray_recorder\nxray_recorder.configure(stream_sql=False)\n",
            },
            "x-ray",
            ["statements: stream_sql is False"],
            id="X-Ray",
        ),
        pytest.param({"a.py": "import sentry_sdk\nnot (\n", "pyproject.toml": "[["}, "sentry", [], id="broken files"),
    ],
)  # fmt: skip
def test_switches(tmp_path: Path, files: Mapping[str, str], topic: str, missing: list[str]) -> None:
    assert [text for status, text, _ in checks(tmp_path, files, topic) if status == "missing"] == missing


def test_a_ready_repository_misses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks(tmp_path, {**SENTRY_FASTAPI, "pytest.ini": "[pytest]\n"})
    main = tmp_path / "app/main.py"
    main.write_text(main.read_text().replace("    http_", "    db_query_source_threshold_ms=0,\n    http_"))
    (tmp_path / "costmod.toml").write_text(
        'python = "/bin/sh"\n[price]\napplication = "fargate"\nrequests-per-month = {"GET /x" = 5}\n'
    )
    commit_all(tmp_path)
    monkeypatch.setenv("COSTMOD_TOKEN", "s3cr3t")
    assert _main(["doctor", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "ok      repository: clean at " in printed
    assert "ok      tests: `python -m pytest` (detected)\n" in printed
    assert "ok      forge: COSTMOD_TOKEN is set: pull requests go to GitHub\n" in printed
    assert "ok      price: application fargate, database none, volumes set\n" in printed
    assert printed.endswith("nothing is missing\n")
    assert "s3cr3t" not in printed


def test_json_and_no_secret_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks(tmp_path, {**DATADOG_FLASK, "newrelic.ini": NEW_RELIC_INI})
    assert _main(["doctor", str(tmp_path), "--format", "json"]) == 0
    printed = capsys.readouterr().out
    document = json.loads(printed)
    assert document["schema"] == "costmod.doctor/1"
    assert {check["topic"] for check in document["checks"]} >= {"datadog", "newrelic", "tests", "sandbox", "price"}
    assert {check["status"] for check in document["checks"]} <= {"ok", "missing", "advice"}
    assert all(set(check) == set(Check.__struct_fields__) for check in document["checks"])
    assert "s3cr3t" not in printed


def test_what_git_ignores_is_no_evidence_but_its_env_file_is(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    files = {
        ".gitignore": "build/\n.env\n",
        "build/requirements.txt": "newrelic\n",
        "requirements.txt": "ddtrace\n",
        ".env": "export DD_CODE_ORIGIN_FOR_SPANS_ENABLED='0'\n",
    }
    assert checks(tmp_path, files, "newrelic") == []
    assert "the handler: code origin is off" in [text for _, text, _ in checks(tmp_path, files, "datadog")]


def test_an_unreadable_repository_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _main(["doctor", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err == f"costmod: {tmp_path}/none: no such folder; name a git repository.\n"
    if os.geteuid():
        (tmp_path / "closed").mkdir(mode=0)
        assert _main(["doctor", str(tmp_path / "closed")]) == 2


def test_extras_are_there_when_all_their_packages_are() -> None:
    requirements = ["rich>=14", 'msgspec>=0.20; extra == "a"', "no-such-package; extra == 'b'", 'msgspec; extra == "b"']
    assert list(states(["b", "a"], requirements)) == [
        Check("extras", "ok", "costmod[a] is installed"),
        Check("extras", "advice", "costmod[b] is not installed", "pip install 'costmod[b]'"),
    ]
