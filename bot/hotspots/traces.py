"""Keeps the spans of all traces small until every line and file is read; then hands out whole traces."""

from collections.abc import Hashable, Iterator
from typing import Literal, NamedTuple, TypeVar

import msgspec

from bot.hotspots.route import call_target, parameters, path_of
from bot.hotspots.span import Code, Span, SpanKind
from bot.hotspots.statement import IGNORED_OPERATIONS, Comment, comment_of, fingerprint, normalise
from bot.hotspots.values import hashed
from bot.records import Handler

Category = Literal["db", "http"]
Shared = TypeVar("Shared", bound=Hashable)
READING_METHODS = frozenset({"GET", "HEAD"})  # the others hide parameters in a body
# Systems whose commands are no SQL; a command of theirs is told apart by its operation alone.
NOT_SQL = frozenset(
    {"redis", "valkey", "memcached", "mongodb", "dynamodb", "aws.dynamodb", "elasticsearch", "opensearch", "couchbase"}
)


class Export(NamedTuple):
    """Which export the spans came from."""

    vendor: str
    format: str


class Call(NamedTuple):
    """A statement or outbound request without its values."""

    fingerprint: str
    statement: str
    parseable: str  # for the SQL parser; empty where there is no SQL
    operation: str
    system: str


class Facts(NamedTuple):
    """What a span that may be an entry says about it; shared by all equal spans."""

    service: str | None
    environment: str | None
    release: str | None
    method: str | None
    route: str | None
    status: int | None
    transaction: str | None
    handler: Handler | None


class Node(msgspec.Struct, gc=False, kw_only=True):
    """One span as the detector needs it.

    `call` is a fingerprint, `values` a hash of the parameters of the call, None where they are hidden.
    """

    span_id: str
    parent_id: str | None
    kind: SpanKind
    name: str
    start_ns: int
    duration_ns: int
    weight: float | None = None
    path: str | None = None
    facts: Facts
    category: Category | None = None
    call: str | None = None
    values: int | None = None
    comment: Comment | None = None
    code: Code | None = None
    lane: str | None = None

    @property
    def end_ns(self) -> int:
        """When it ended."""
        return self.start_ns + self.duration_ns


class Traces:
    """The spans of one format, by trace, as they come in; their order does not matter."""

    def __init__(self) -> None:
        self.start_ns: int | None = None
        self.end_ns = 0
        self.without_statement = 0  # database calls that should carry SQL text and do not
        self.with_statement = 0
        self.nodes: dict[str, list[Node]] = {}
        self.calls: dict[str, Call] = {}  # by fingerprint, in the one spelling that stands for all of them
        self.held = 0  # nodes in memory
        self._shared: dict[object, object] = {}

    def add(self, span: Span) -> None:
        """Takes one span in."""
        called = span.kind == "client"
        node = Node(
            span_id=span.span_id,
            parent_id=None if span.parent_id == span.span_id else span.parent_id,
            kind=span.kind,
            name=self._share(span.name),
            start_ns=span.start_ns,
            duration_ns=span.duration_ns,
            weight=span.weight,
            path=path_of(span.url) if span.url and not called else None,
            facts=self._share(_facts(span)),
            code=span.code and self._share(span.code),
            lane=span.lane and self._share(span.lane),
        )
        if called:
            self._describe_call(node, span)
        nodes = self.nodes.get(span.trace_id)
        if nodes is None:
            self.nodes[span.trace_id] = [node]
        else:
            nodes.append(node)
        self.held += 1
        if self.start_ns is None or span.start_ns < self.start_ns:
            self.start_ns = span.start_ns
        self.end_ns = max(self.end_ns, node.end_ns)

    def forget(self) -> None:
        """Lets go of the nodes, which somebody else keeps now."""
        self.nodes = {}
        self.held = 0

    def _describe_call(self, node: Node, span: Span) -> None:
        if span.db_system or span.statement:
            node.category = "db"
            call = self._command(node, span) if span.db_system in NOT_SQL else self._statement(node, span)
        else:
            call = _request(node, span)
            node.category = "http" if call else None
        if call is None:
            return
        known = self.calls.setdefault(call.fingerprint, call)
        if known is not call and call < known:  # not the first one seen: the order of spans must not show
            self.calls[call.fingerprint] = call
        node.call = known.fingerprint

    def _statement(self, node: Node, span: Span) -> Call | None:
        if span.statement is None:
            self.without_statement += (span.operation or "").upper() not in IGNORED_OPERATIONS
            return None
        self.with_statement += 1
        normal = normalise(span.statement, span.db_system)
        if not normal.operation or normal.operation in IGNORED_OPERATIONS:
            return None
        node.values = normal.literals
        node.comment = self._share(comment_of(span.statement))
        return Call(normal.fingerprint, normal.statement, normal.parseable, normal.operation, span.db_system or "")

    def _command(self, node: Node, span: Span) -> Call | None:
        words = (span.statement or "").split()
        operation = (span.operation or (words[0] if words else "")).upper()
        if not operation or operation in IGNORED_OPERATIONS:
            return None
        node.values = hashed((span.statement or "",)) if len(words) > 1 and "?" not in words else None
        statement = f"{operation} ?" if len(words) > 1 else operation
        return Call(fingerprint(f"{span.db_system} {operation}"), statement, "", operation, span.db_system or "")

    def _share(self, value: Shared) -> Shared:
        return self._shared.setdefault(value, value)  # type: ignore[return-value]


def whole(traces: dict[str, list[Node]]) -> Iterator[list[Node]]:
    """Every trace, its spans by start; a span that was exported twice counts once."""
    for trace_id in sorted(traces):
        unique: dict[str, Node] = {}
        for node in sorted(traces[trace_id], key=lambda n: (n.start_ns, -n.duration_ns, n.span_id, n.name)):
            unique.setdefault(node.span_id, node)
        yield list(unique.values())


def _request(node: Node, span: Span) -> Call | None:
    if span.rpc_system and span.operation:
        statement = f"{span.rpc_system} {span.operation}"
        return Call(fingerprint(statement), statement, "", span.operation, span.rpc_system)
    if not span.url:
        return None
    method = (span.method or "GET").upper()
    statement = f"{method} {call_target(span.url, span.url_template)}"
    visible = parameters(span.url) if method in READING_METHODS else ()
    node.values = hashed(visible) if visible and not any("redacted" in part.lower() for part in visible) else None
    return Call(fingerprint(statement), statement, "", method, "http")


def _facts(span: Span) -> Facts:
    called = span.kind == "client"
    return Facts(
        service=span.service,
        environment=span.environment,
        release=span.release,
        method=None if called else span.method,
        route=None if called else span.route,
        status=None if called else span.status,
        transaction=None if called else span.transaction,
        handler=None if called else span.handler,
    )
