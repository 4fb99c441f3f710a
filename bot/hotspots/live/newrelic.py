"""New Relic through NerdGraph: which transactions make many calls, whole traces of those, and counts of a week."""

import re

import msgspec

from bot.errors import UserError
from bot.hotspots.live.access import Access, Environment, address, optional, secret, setting
from bot.hotspots.live.exchange import Answer, Conversation, Question, Request, decoded, post
from bot.hotspots.live.session import Vendor

VENDOR = Vendor("New Relic", "a user key in NEW_RELIC_API_KEY that can query the account NEW_RELIC_ACCOUNT_ID")
HOSTS = {"us": "https://api.newrelic.com", "eu": "https://api.eu.newrelic.com"}
TIMEOUT_S = 30  # of a query; less than a transport waits
LEAST_CALLS = 2  # of a database or of another service, on average per transaction
TRANSACTIONS = 10
CANDIDATES = 20  # traces of each transaction, of which those with most repeats are taken
TRACES = 3  # of each transaction
TRACES_PER_QUERY = 2  # a query returns 5 000 rows, an agent keeps 2 000 spans of a trace at most
VOLUME_S = 7 * 86_400
_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
QUERY = (
    "query($account: Int!, $nrql: Nrql!, $timeout: Seconds) { actor { account(id: $account) { "
    "nrql(query: $nrql, timeout: $timeout) { results metadata { timeWindow { begin end } } } } } }"
)


class Problem(msgspec.Struct):
    """Why a query was refused."""

    message: str = ""


class Rows(msgspec.Struct):
    """What a query returns."""

    results: list[dict[str, object]] | None = None


class Account(msgspec.Struct):
    """An account."""

    nrql: Rows | None = None


class Actor(msgspec.Struct):
    """Whoever asks."""

    account: Account | None = None


class Data(msgspec.Struct):
    """The result."""

    actor: Actor | None = None


class Graph(msgspec.Struct):
    """The answer of NerdGraph: 200 even where something is wrong."""

    data: Data | None = None
    errors: list[Problem] | None = None


def access(environment: Environment) -> Access:
    """The user key, the account, and the address of the region."""
    key = secret(environment, "NEW_RELIC_API_KEY", "NEW_RELIC_USER_KEY")
    account = setting(environment, "NEW_RELIC_ACCOUNT_ID")
    if not account.isdecimal():
        raise UserError("NEW_RELIC_ACCOUNT_ID is no account; it is a number.")
    region = (optional(environment, "NEW_RELIC_REGION") or "us").lower()
    if region not in HOSTS:
        raise UserError("NEW_RELIC_REGION is no region; it is US or EU.")
    base = address(environment, "NEW_RELIC_API_URL", HOSTS[region])
    return Access(f"{base}/graphql", {"API-Key": key}, (key,), account)


def ask(question: Question, where: Access) -> Conversation:
    """The calls: a screen of the transactions, their spans by trace, the spans of those traces, the counts."""
    window = f"SINCE {question.start_s * 1000} UNTIL {question.end_s * 1000}"
    app = f" AND appName = {_text(question.service)}" if question.service else ""
    screen = _rows((yield _query(
        where, "screen",
        "FROM Transaction SELECT count(*), sum(duration), percentile(duration, 99), average(databaseCallCount), "
        f"sum(databaseDuration), average(externalCallCount) WHERE name IS NOT NULL{app} FACET name {window} LIMIT 100",
    )))  # fmt: skip
    traces: dict[str, list[str]] = {}
    for name in _dearest(screen):
        ran = _rows((yield _query(
            where, "transactions", "FROM Transaction SELECT traceId, databaseCallCount, externalCallCount WHERE "
            f"name = {_text(name)} AND sampled IS TRUE{app} {window} LIMIT 100",
        )))  # fmt: skip
        ran.sort(key=lambda row: -max(_number(row, "databaseCallCount"), _number(row, "externalCallCount")))
        traces[name] = list(dict.fromkeys(t for row in ran if _ID.fullmatch(t := str(row.get("traceId")))))[:CANDIDATES]
    some = ", ".join(_text(trace) for candidates in traces.values() for trace in candidates)
    repeated = _rows((yield _query(
        where, "calls", "FROM Span SELECT count(*), sum(duration.ms) WHERE category IN ('datastore', 'http') AND "
        f"trace.id IN ({some}) FACET trace.id, parent.id, name {window} LIMIT MAX",
    ))) if some else []  # fmt: skip
    repeated.sort(key=lambda row: -_number(row, "count"))
    order = list(dict.fromkeys(_facet(row, "trace.id") for row in repeated))
    chosen = [t for found in traces.values() for t in [t for t in order if t in found][:TRACES]]
    for start in range(0, len(chosen), TRACES_PER_QUERY):
        ids = ", ".join(map(_text, chosen[start : start + TRACES_PER_QUERY]))
        query = f"FROM Span SELECT * WHERE trace.id IN ({ids}) {window} LIMIT MAX"
        _rows((yield _query(where, "spans", query, keep=True)))
    start_s = min(question.start_s, question.end_s - VOLUME_S)
    week = f"SINCE {start_s * 1000} UNTIL {question.end_s * 1000}"
    counts = "FROM Transaction SELECT count(*), sum(duration)"
    _rows((yield _query(
        where, "counts", f"{counts} WHERE name IS NOT NULL{app} FACET name, appName {week} LIMIT MAX", keep=True
    )))  # fmt: skip


def _query(where: Access, name: str, nrql: str, *, keep: bool = False) -> Request:
    variables = {"account": int(where.part), "nrql": nrql, "timeout": TIMEOUT_S}
    return post(name, where.base, {"query": QUERY, "variables": variables}, keep=keep)


def _rows(answer: Answer | None) -> list[dict[str, object]]:
    graph = decoded(answer, Graph, VENDOR.title)
    if graph.errors:
        raise UserError(f"New Relic refuses a query ({graph.errors[0].message[:200]}); it takes {VENDOR.needs}.")
    actor = graph.data.actor if graph.data else None
    nrql = actor.account.nrql if actor and actor.account else None
    if nrql is None:
        raise UserError(f"New Relic knows no such account; it takes {VENDOR.needs}.")
    return nrql.results or []


def _dearest(rows: list[dict[str, object]]) -> list[str]:
    """The names of the transactions that make several calls, those that take most time first."""
    calls = ("average.databaseCallCount", "average.externalCallCount")
    chatty = [row for row in rows if any(_number(row, name) >= LEAST_CALLS for name in calls)]
    chatty.sort(key=lambda row: -_number(row, "sum.duration"))
    return [name for row in chatty if (name := _facet(row, "name"))][:TRANSACTIONS]


def _facet(row: dict[str, object], name: str) -> str:
    """The named value that a row is grouped by; of several, it is the first."""
    facet = row.get("facet")
    value = row.get(name) or (facet[0] if isinstance(facet, list) and facet else facet)
    return value if isinstance(value, str) else ""


def _number(row: dict[str, object], name: str) -> float:
    value = row.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _text(value: str) -> str:
    """A string of NRQL."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
