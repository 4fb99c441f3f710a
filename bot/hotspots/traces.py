"""Keeps the spans of all traces small until every line and file is read; then hands out whole traces."""

from collections.abc import Hashable, Iterator
from typing import Literal, NamedTuple, TypeVar

import msgspec

from bot.hotspots.route import call_target, parameters, path_of
from bot.hotspots.span import Code, Span, SpanKind
from bot.hotspots.statement import IGNORED_OPERATIONS, Comment, Normal, comment_of, fingerprint, normalise
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
        self._spellings: dict[tuple[str, str], str] = {}

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
            facts=self._share(_called(span) if called else _facts(span)),
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
            if span.db_system in NOT_SQL:
                self._command(node, span)
            else:
                self._statement(node, span)
        elif (request := _request(node, span)) is not None:
            node.category = "http"
            self._name(node, *request)

    def _statement(self, node: Node, span: Span) -> None:
        if span.statement is None:
            self.without_statement += (span.operation or "").upper() not in IGNORED_OPERATIONS
            return
        self.with_statement += 1
        normal = normalise(span.statement, span.db_system)
        if not normal.operation or normal.operation in IGNORED_OPERATIONS:
            return
        node.values = normal.literals
        if "/*" in span.statement:
            node.comment = self._share(comment_of(span.statement))
        self._name(node, normal.statement, normal.operation, span.db_system or "", normal)

    def _command(self, node: Node, span: Span) -> None:
        words = (span.statement or "").split()
        operation = (span.operation or (words[0] if words else "")).upper()
        if not operation or operation in IGNORED_OPERATIONS:
            return
        node.values = hashed((span.statement or "",)) if len(words) > 1 and "?" not in words else None
        self._name(node, f"{operation} ?" if len(words) > 1 else operation, operation, span.db_system or "")

    def _name(self, node: Node, statement: str, operation: str, system: str, sql: Normal | None = None) -> None:
        """Gives the node its call; a call that was seen in this very spelling costs one look."""
        spelling = (sql.parseable if sql else statement, system)
        known = self._spellings.get(spelling)
        if known is None:
            identity = (
                sql.fingerprint if sql else fingerprint(statement if system == "http" else f"{system} {operation}")
            )
            call = Call(identity, statement, sql.parseable if sql else "", operation, system)
            self.calls[identity] = min(call, self.calls.get(identity, call))  # whichever of them came first
            known = self._spellings[spelling] = identity
        node.call = known

    def _share(self, value: Shared) -> Shared:
        return self._shared.setdefault(value, value)  # type: ignore[return-value]


def _order(node: Node) -> tuple[int, int, str, str]:
    return node.start_ns, -node.duration_ns, node.span_id, node.name


def whole(traces: dict[str, list[Node]]) -> Iterator[list[Node]]:
    """Every trace, its spans by start; a span that was exported twice counts once."""
    for trace_id in sorted(traces):
        unique: dict[str, Node] = {}
        for node in sorted(traces[trace_id], key=_order):
            unique.setdefault(node.span_id, node)
        yield list(unique.values())


def _request(node: Node, span: Span) -> tuple[str, str, str] | None:
    """Statement, operation and system of an outbound call, None where nothing tells what is called."""
    if span.rpc_system and span.operation:
        return f"{span.rpc_system} {span.operation}", span.operation, span.rpc_system
    if not span.url:
        return None
    method = (span.method or "GET").upper()
    visible = parameters(span.url) if method in READING_METHODS else ()
    node.values = hashed(visible) if visible and not any("redacted" in part.lower() for part in visible) else None
    return f"{method} {call_target(span.url, span.url_template)}", method, "http"


def _facts(span: Span) -> Facts:
    return Facts(
        span.service, span.environment, span.release, span.method, span.route, span.status, span.transaction,
        span.handler,
    )  # fmt: skip


def _called(span: Span) -> Facts:
    """What an outbound call says of its process; method and status are those of the other side."""
    return Facts(span.service, span.environment, span.release, None, None, None, None, None)
