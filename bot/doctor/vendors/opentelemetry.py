"""OpenTelemetry: no instrumentation names a line; a span processor does."""

import re
from collections.abc import Iterator

from bot.doctor.check import Check
from bot.doctor.evidence import Evidence

TOPIC = "opentelemetry"
PROCESSOR = "bot.otel.CodeOrigin"
_CLIENTS = ["psycopg", "psycopg2", "asyncpg", "pymysql", "mysqlclient", "mysql", "aiopg", "sqlite3", "dbapi"]
_NOT_STARTED = "start the app by `opentelemetry-instrument COMMAND`, or set a tracer provider in code"
_TWO_ONE = re.compile(r"(?:==|>=|~=|\^|>)\s*(?:2\.(?:[1-9]|\d\d)|[3-9])")


def is_used(evidence: Evidence) -> bool:
    """Package, launcher or import; the API alone comes with many libraries."""
    packages = any(name.startswith(("opentelemetry-sdk", "opentelemetry-distro")) for name in evidence.packages)
    instrumented = any(name.startswith("opentelemetry-instrumentation") for name in evidence.packages)
    return packages or instrumented or "opentelemetry-instrument" in evidence.launchers


def examine(evidence: Evidence) -> Iterator[Check]:
    """Start, lines, statements, sampling."""
    started = "opentelemetry-instrument" in evidence.launchers or "opentelemetry" in evidence.imports
    if started:
        yield Check(TOPIC, "ok", "the SDK is started")
    else:
        yield Check(TOPIC, "missing", "nothing starts the SDK", _NOT_STARTED)
    if evidence.call(PROCESSOR):
        yield Check(TOPIC, "ok", "CodeOrigin puts the exact line on every outbound span")
    else:
        yield Check(
            TOPIC,
            "missing",
            "exact lines: no instrumentation sets code.file.path and code.line.number",
            "pip install 'costmod[otel]' and provider.add_span_processor(CodeOrigin()) of bot.otel",
        )
    yield from _statements(evidence)
    sampler = evidence.settings.get("OTEL_TRACES_SAMPLER", "")
    if "traceidratio" in sampler:
        yield Check(
            TOPIC,
            "advice",
            f"{sampler} samples without a weight in the spans",
            "export request metrics too, or set requests-per-month",
        )
    else:
        yield Check(TOPIC, "ok", "no sampler drops requests")


def _statements(evidence: Evidence) -> Iterator[Check]:
    by_import = {name.partition(".")[2] for name in _instrumentors(evidence)}
    prefix = "opentelemetry-instrumentation-"
    names = {name.removeprefix(prefix) for name in evidence.packages if name.startswith(prefix)}
    clients = sorted(name for name in _CLIENTS if name in names or name in by_import)
    orm = "sqlalchemy" in names or "sqlalchemy" in by_import
    if evidence.has("sqlalchemy") and _TWO_ONE.search(evidence.packages["sqlalchemy"]) and orm:
        yield Check(
            TOPIC,
            "missing",
            "statements: the SQLAlchemy instrumentation refuses SQLAlchemy 2.1 without a word",
            "instrument the driver instead, for example opentelemetry-instrumentation-psycopg",
        )
    elif orm or clients:
        which = ", ".join([*(["sqlalchemy"] if orm else []), *clients])
        yield Check(TOPIC, "ok", f"statements are captured ({which})")
    else:
        yield Check(
            TOPIC,
            "missing",
            "statements: no database is instrumented"
            + (", and the Django instrumentation makes no database spans" if "django" in names else ""),
            "add opentelemetry-instrumentation-sqlalchemy or that of the driver (psycopg, sqlite3, ...)",
        )


def _instrumentors(evidence: Evidence) -> Iterator[str]:
    prefix = "opentelemetry.instrumentation."
    for call in evidence.calls:
        if call.name.startswith(prefix):
            yield f"instrumentation.{call.name.removeprefix(prefix).partition('.')[0]}"
