"""AWS X-Ray: the slowest traces of each path, from X-Ray itself or, where they go there, from Transaction Search.

A request names an operation of a client instead of a URL; `aws.py` carries it out.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from bot.errors import UserError
from bot.hotspots.live.access import Access, Environment
from bot.hotspots.live.exchange import Answer, Conversation, Question, Request, decoded, quoted
from bot.hotspots.live.session import Vendor

VENDOR = Vendor(
    "AWS X-Ray",
    "credentials of the AWS profile or environment that allow xray:GetTraceSummaries and xray:BatchGetTraces; with "
    "Transaction Search, xray:StartTraceRetrieval, xray:ListRetrievedTraces and the reading of the logs aws/spans",
)
WINDOW_S = 6 * 3600  # of one call for summaries
WINDOWS = 8
ENOUGH = 300  # summaries
TRACES = 3  # of each path
MOST_TRACES = 40
BATCH = 5  # ids that BatchGetTraces takes
POLLS = 10
POLL_S = 2.0
UNKNOWN = frozenset({400, 403, 404, 501})  # an account or endpoint that does not know the question
GROUP = "aws/spans"
_VARIABLE = re.compile(r"/[^/]*\d[^/]*")
_ID = re.compile(r"(?:1-)?([0-9a-fA-F]{8})-?([0-9a-fA-F]{24})")


class Http(msgspec.Struct, rename={"url": "HttpURL", "method": "HttpMethod"}):
    """What was asked."""

    url: str | None = None
    method: str | None = None


class Summary(msgspec.Struct, rename={"id": "Id", "response_s": "ResponseTime", "http": "Http"}):
    """One trace."""

    id: str = ""
    response_s: float | None = None
    http: Http | None = None


class Answered(msgspec.Struct):
    """The fields of any of the answers."""

    destination: str = msgspec.field(name="Destination", default="XRay")
    summaries: list[Summary] = msgspec.field(name="TraceSummaries", default=[])
    next_token: str | None = msgspec.field(name="NextToken", default=None)
    token: str = msgspec.field(name="RetrievalToken", default="")
    retrieval: str = msgspec.field(name="RetrievalStatus", default="COMPLETE")
    query: str = msgspec.field(name="queryId", default="")
    status: str = "Complete"
    results: list[list[dict[str, str]]] = []


def access(environment: Environment) -> Access:  # noqa: ARG001 - boto3 finds its credentials itself
    """Nothing: profile, environment and role are those of boto3."""
    return Access("")


def ask(question: Question, where: Access) -> Conversation:  # noqa: ARG001 - one address
    """The calls: where traces go, then summaries and traces, or ids from the logs and traces."""
    answer = yield _call("destination", "xray.get_trace_segment_destination", {}, without=UNKNOWN)
    searched = answer is not None and _read(answer).destination == "CloudWatchLogs"
    yield from (_transaction_search if searched else _classic)(question)


def _classic(question: Question) -> Conversation:
    found: list[Summary] = []
    filters = {"FilterExpression": f"service({quoted(question.service)})"} if question.service else {}
    for end in _ends(question):
        start = max(question.start_s, end - WINDOW_S)
        token: dict[str, object] = {}
        while len(found) < ENOUGH:
            window = {"StartTime": start, "EndTime": end, "TimeRangeType": "TraceId"}
            page = _read((yield _call("summaries", "xray.get_trace_summaries", {**window, **filters, **token})))
            found += page.summaries
            if page.next_token is None:
                break
            token = {"NextToken": page.next_token}
        if len(found) >= ENOUGH:
            break
    ids = _slowest(found)
    for first in range(0, len(ids), BATCH):
        token = {}
        while True:
            batch = {"TraceIds": ids[first : first + BATCH], **token}
            answer = yield _call("traces", "xray.batch_get_traces", batch, keep=True)
            following = _read(answer).next_token
            if following is None:
                break
            token = {"NextToken": following}


def _ends(question: Question) -> Iterator[int]:
    """Where the windows of the calls end: one after the other or, in a long time, spread over it; the latest first."""
    apart = max(WINDOW_S, -(-(question.end_s - question.start_s) // WINDOWS))
    return iter(range(question.end_s, question.start_s, -apart))


def _transaction_search(question: Question) -> Conversation:
    window = {"startTime": question.start_s, "endTime": question.end_s}
    names = ("attributes.aws.local.service", "resource.attributes.service.name")  # of the agent, of OpenTelemetry
    named = " or ".join(f"{name} = {quoted(question.service)}" for name in names) if question.service else ""
    of = f" and ({named})" if named else ""
    text = (
        f'fields traceId | filter kind = "SERVER"{of} | stats max(durationNano) as longest by traceId '
        f"| sort longest desc | limit {MOST_TRACES}"
    )
    query = {"logGroupName": GROUP, "queryString": text, **window}
    started = _read((yield _call("query", "logs.start_query", query)))
    rows: list[list[dict[str, str]]] = []
    for _ in range(POLLS):
        page = _read((yield _call("ids", "logs.get_query_results", {"queryId": started.query}, after_s=POLL_S)))
        if page.status not in ("Scheduled", "Running"):
            rows = page.results
            break
    ids = [f"1-{i[1]}-{i[2]}" for row in rows for c in row if c.get("field") == "traceId"
           if (i := _ID.fullmatch(c.get("value", "")))]  # fmt: skip
    if not ids:
        return
    asked = {"TraceIds": ids, "StartTime": question.start_s, "EndTime": question.end_s}
    retrieval = _read((yield _call("retrieval", "xray.start_trace_retrieval", asked)))
    token: dict[str, object] = {}
    polls = 0
    while polls < POLLS:
        listed = {"RetrievalToken": retrieval.token, "TraceFormat": "OTEL", **token}
        wait = 0.0 if token else POLL_S
        page = _read((yield _call("traces", "xray.list_retrieved_traces", listed, keep=True, after_s=wait)))
        if page.retrieval in ("FAILED", "CANCELLED", "TIMEOUT"):
            raise UserError(f"AWS X-Ray ended the retrieval of traces ({page.retrieval}); run the command again.")
        if page.retrieval != "COMPLETE":
            polls, token = polls + 1, {}
        elif page.next_token is None:
            break
        else:
            token = {"NextToken": page.next_token}


def _slowest(found: list[Summary]) -> list[str]:
    """The slowest traces of each method and path, the slowest path first."""
    paths: dict[tuple[str, str], list[str]] = defaultdict(list)
    for summary in sorted(found, key=lambda s: (-(s.response_s or 0.0), s.id)):
        http = summary.http or Http()
        path = _VARIABLE.sub("/{}", (http.url or "").partition("?")[0])
        if summary.id:
            paths[http.method or "", path].append(summary.id)
    return list(dict.fromkeys(i for ids in paths.values() for i in ids[:TRACES]))[:MOST_TRACES]


def _call(
    name: str, operation: str, parameters: Mapping[str, object], *, keep: bool = False,
    without: frozenset[int] = frozenset(), after_s: float = 0.0,
) -> Request:  # fmt: skip
    body = msgspec.json.encode(parameters)
    return Request(name=name, method=operation, url="", body=body, keep=keep, without=without, after_s=after_s)


def _read(answer: Answer | None) -> Answered:
    shape: Answered = decoded(answer, Answered, VENDOR.title)
    return shape
