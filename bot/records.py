"""What flows between the rooms: frozen records without behaviour.

Every arrow of the pipeline is one type: hotspots give `Hotspot`, plan gives `Patch` or `Refusal`, prove gives `Proof`,
price gives `Saving`, publish gives `PullRequest`. Units: durations are integer nanoseconds, sizes bytes, times RFC 3339
UTC text, money `Decimal` in `currency` per month of 730 hours. The records are msgspec structs, so their JSON, its
validation and the published JSON Schema come from these definitions alone.
"""

from decimal import Decimal
from typing import Literal

import msgspec


class Record(msgspec.Struct, frozen=True):
    """Base of all records: immutable, compared by value."""


# ---- hotspots: what the APM saw --------------------------------------------------------------------------------------

HotspotKind = Literal[
    "n_plus_one_db", "n_plus_one_http", "repeated_identical", "slow_query", "cpu_self", "memory_growth"
]
Precision = Literal["exact_line", "function", "handler", "inferred"]
# How a statement selects its rows; read off the syntax alone, so that every source agrees.
Shape = Literal[
    "column_equals_parameter",  # WHERE t.c = ?      many-to-one lazy load, get() in a loop, Django relations
    "parameter_equals_column",  # WHERE ? = t.c      SQLAlchemy one-to-many lazy load
    "link_table",               # FROM a, link WHERE ? = link.x AND a.id = link.y      many-to-many lazy load
    "count", "exists", "write", "call", "other",
]  # fmt: skip


class Count(Record, frozen=True, kw_only=True):
    """Repeats per request."""

    p50: int
    p95: int
    max: int


class Pattern(Record, frozen=True, kw_only=True):
    """One statement (or call) that repeats under one parent span."""

    fingerprint: str  # hash of the normalised statement: the same from every APM
    statement: str  # normalised: no comment, no literal
    dialect: str | None = None
    operation: str = "SELECT"  # SELECT, INSERT, ... or the HTTP method
    tables: tuple[str, ...] = ()  # in FROM order, schema dropped, unquoted
    where_columns: tuple[str, ...] = ()  # "table.column" compared with a parameter, aliases resolved
    shape: Shape = "other"
    count: Count
    traces: int
    spans: int
    total_ns: int
    mean_ns: int
    sequential: float  # share of spans that do not overlap their predecessor: 1.0 a loop, 0.0 fan-out


class Handler(Record, frozen=True, kw_only=True):
    """The function that serves the entry, where the source names it."""

    module: str | None = None  # dotted
    qualname: str | None = None  # may hold <locals>
    file: str | None = None  # as the source wrote it, often absolute in a container
    line: int | None = None  # often the decorator's line


class Entry(Record, frozen=True, kw_only=True):
    """Where the work came in."""

    type: Literal["http", "task", "cli", "lambda", "unknown"]
    method: str | None = None
    route_raw: str | None = None
    route_canonical: str | None = None  # every parameter as {}, no edge slashes, "" for the root route
    url_sample: str | None = None  # query string dropped
    transaction_name: str | None = None
    handler: Handler | None = None


class Location(Record, frozen=True, kw_only=True):
    """A place in the code as the source names it."""

    file: str  # as the source wrote it; planning matches it by longest suffix
    line: int | None = None
    function: str | None = None
    precision: Precision
    provenance: str  # the field it came from, for example "otel.code.line.number"


class Source(Record, frozen=True, kw_only=True):
    """Which export this came from."""

    vendor: str
    format: str
    service: str | None = None
    env: str | None = None
    release: str | None = None
    window_start: str | None = None
    window_end: str | None = None
    sampling: str = "unknown"  # basis in words: "weights in the spans", "unknown"


class Volume(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Requests per month of 730 hours."""

    value: float
    basis: Literal["config", "metric", "span-weighted"]
    cv: float | None = None  # of a sample: standard error over value


class Metrics(Record, frozen=True, kw_only=True):
    """How much the entry costs; wall time is never called CPU."""

    requests_in_window: int
    requests_per_month: Volume | None = None  # None: unknown, and it stays unknown
    p50_ns: int
    p95_ns: int
    p99_ns: int
    total_ns: int
    self_ns: int | None = None
    cpu_ns: int | None = None  # profiles only
    db_ns: int = 0
    http_ns: int = 0
    avoidable_ns_per_request: int = 0  # the pattern's time minus one batched call
    share_of_service: float | None = None  # 0..1: the patterns' part of all that the service did, in the source's time


class Trust(Record, frozen=True, kw_only=True):
    """How far to believe it."""

    confidence: float  # 0..1
    reasons: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


class Hotspot(Record, frozen=True, kw_only=True):
    """What the APM saw at one entry point. Patterns are the statements that repeat there, dearest first."""

    id: str
    kind: HotspotKind
    source: Source
    entry: Entry
    patterns: tuple[Pattern, ...]
    locations: tuple[Location, ...] = ()  # best first
    metrics: Metrics
    memory: dict[str, float] | None = None
    trust: Trust


# ---- plan: where it is in the code, and the edit ---------------------------------------------------------------------


class Site(Record, frozen=True, kw_only=True):
    """The place in the code that is edited."""

    file: str  # repository-relative, forward slashes
    function: str  # qualified name, "<module>" at module level
    line: int  # for people; never part of an identity
    query: str  # the query's root as written, for example "select(Post)"
    loads: tuple[str, ...]  # what is loaded or batched, for example ("Post.author",)
    located_by: tuple[str, ...]  # the steps from hotspot to site, one sentence each


class Change(Record, frozen=True, kw_only=True):
    """One file before and after, whole texts, line ends kept."""

    path: str
    before: str
    after: str


class Load(Record, frozen=True, kw_only=True):
    """One relationship, or one call that a loop repeats, and the strategy chosen for it."""

    path: str  # "Post.author"; of a call what is asked for: "User.id", "sqs.send_message"
    strategy: str  # "joinedload"; of calls what stands in their place: "in_bulk", "send_message_batch"
    why: str
    fingerprint: str  # of the pattern it removes
    statements_before: int  # repeats per request, p50
    statements_after: int  # extra statements that stay: joined 0, select-in 1
    batched: bool = False  # calls of a loop made one, in place of a relationship that is loaded


Tier = Literal["A", "B", "C"]


class Patch(Record, frozen=True, kw_only=True):
    """An edit that a codemod proposes for one hotspot."""

    hotspot: str  # hotspot id
    codemod: str
    tier: Tier  # C opens a draft
    fingerprint: str  # sha256 of codemod, path, qualified name and what is loaded; no line number
    title: str  # conventional commit subject
    site: Site
    loads: tuple[Load, ...]
    changes: tuple[Change, ...]
    diff: str  # unified
    notes: tuple[str, ...] = ()  # what a reviewer should know


class Refusal(Record, frozen=True, kw_only=True):
    """Why a hotspot is not edited. Codes are fixed: see docs/refusals.md. `done`: the code is right already."""

    hotspot: str
    code: str
    message: str
    place: str | None = None  # "file:function" where it was decided
    candidates: tuple[str, ...] = ()
    done: bool = False


# ---- prove: before and after under the repository's own tests --------------------------------------------------------


# What the probe counts: calls that leave the process, the connections and the AWS clients that they take.
OperationKind = Literal["sql", "http", "aws", "redis", "connection", "client"]
OPERATION_NAMES: dict[OperationKind, str] = {
    "sql": "SQL statements",
    "http": "HTTP calls",
    "aws": "AWS calls",
    "redis": "redis calls",
    "connection": "new connections",
    "client": "clients made",
}


class OperationCount(Record, frozen=True, kw_only=True):
    """Operations of one kind that one test made the application issue."""

    test: str
    kind: OperationKind = "sql"
    before: int
    after: int
    rows_before: int = 0  # taken from the statements
    rows_after: int = 0
    loads_before: int = 0  # of the statements, those that an attribute caused: lazy and deferred loads
    loads_after: int = 0


class Slope(Record, frozen=True, kw_only=True):
    """Operations at two numbers of rows of the edited query, before and after the patch.

    Of a loop of calls: of two tests, and the rows are the calls that each made before.
    """

    test: str
    kind: OperationKind = "sql"
    rows: tuple[int, int]
    before: tuple[int, int]
    after: tuple[int, int]


class RegressionTest(Record, frozen=True, kw_only=True):
    """A test with a budget of statements, seen to pass with the patch and to fail without it."""

    test: str
    style: str  # how it counts
    code: str
    change: Change  # of the test file
    green: str  # what the run with the patch said
    red: str  # what the run without it said


class SuiteRun(Record, frozen=True, kw_only=True):
    """One run of the test command."""

    command: tuple[str, ...]
    exit_status: int
    seconds: float
    tests: int
    failed: tuple[str, ...]


Verdict = Literal["proven", "held", "broken", "unprovable"]


class Proof(Record, frozen=True, kw_only=True):
    """What the tests and the probe saw.

    proven: a test reached the site, nothing new fails and it issues fewer operations; held: green, but no test reached
    the site (or the count did not fall); broken: a test that passed before fails now; unprovable: tests failed before
    and none that passed reached the site, or the tests could not run.
    """

    verdict: Verdict
    reason: str
    commit: str
    before: SuiteRun | None = None
    after: SuiteRun | None = None
    new_failures: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()  # tests that executed the site
    operations: tuple[OperationCount, ...] = ()  # of the tests that reached the site, largest drop first
    slope: Slope | None = None  # where the rows of the edited query could be multiplied
    harness: Slope | None = None  # where no test reaches the site: a program of our own, not a test of the repository
    growth: str = ""  # what the slope says, or why there is none
    results: str = ""  # whether the edited query gave the same rows, with what they lead to
    regression_test: RegressionTest | None = None
    writes: str = ""  # whether the reached tests wrote and committed the same
    frames: tuple[str, ...] = ()  # project frames that issued the repeated operation: "file:line function"
    limits: tuple[str, ...] = ()  # what held the run: time, memory, environment, network


# ---- price: three amounts, never one ---------------------------------------------------------------------------------

Grade = Literal["A", "B", "C", "D"]


class Amount(Record, frozen=True, kw_only=True):
    """P10, P50, P90 of the draws, two significant digits."""

    low: Decimal
    expected: Decimal
    high: Decimal


class SavingLine(Record, frozen=True, kw_only=True):
    """One row of the money table."""

    name: str
    amount: Amount
    kind: Literal["cash_now", "cash_after_action", "headroom"]
    cash_when: str


Grounds = Literal["money", "latency", "none"]


class Input(Record, frozen=True, kw_only=True):
    """One input of the calculation, as finance checks it."""

    name: str
    value: str
    unit: str
    origin: str  # trace, tests, config, constant (with source), price table (with date)
    effect: Decimal | None = None  # how far +-20 % of it moves the expected total


class Saving(Record, frozen=True, kw_only=True):
    """What the patch is worth per month. With grade D every amount is None."""

    grade: Grade
    grade_reason: str
    currency: str = "USD"
    cash_now: Amount | None = None
    cash_after_action: Amount | None = None
    action: str | None = None  # the one named action
    headroom: Amount | None = None
    lines: tuple[SavingLine, ...] = ()
    inputs: tuple[Input, ...] = ()
    not_counted: tuple[str, ...] = ()
    attributed: Amount | None = None  # cost of the hotspot: no saving is above it
    per_million: Amount | None = None  # value of a million avoided statements, also at grade D
    queries_before: int = 0  # per request
    queries_after: int = 0
    wall_before_ns: int = 0  # per request, p50
    wall_after_ns: int = 0
    headline: str  # the one sentence, by the wording rules
    seed: str
    price_date: str | None = None  # newest row used
    grounds: Grounds | None = None  # on which a pull request may be opened; None: not decided
    grounds_reason: str = ""
    valued: Literal["list", "paid"] = "list"  # the prices: of the table, or of the bill
    formulas: tuple[str, ...] = ()  # the calculation with its numbers, every factor at its median
    after_others: Amount | None = None  # its part of the cash when all patches on its resources come true
    deduped_total: Amount | None = None  # the cash of all these, a smaller size or a replica less counted once
    converted: str | None = None  # the amounts in another currency at a dated rate, in words
    carbon: str | None = None  # kWh and kg CO2e per month, in words


# ---- publish: the pull request ---------------------------------------------------------------------------------------


class PullRequest(Record, frozen=True, kw_only=True):
    """A pull request as it stands on the forge after publishing."""

    forge: Literal["local", "github"]
    operation: Literal["created", "updated", "unchanged", "skipped"]
    reason: str = ""
    number: int | None = None
    url: str | None = None
    branch: str
    base: str
    head: str  # commit id
    title: str
    body: str  # Markdown
    draft: bool = False


# ---- what a run hands on: the plan folder and the report -------------------------------------------------------------

Outcome = Literal["planned", "fixed", "published", "nothing_to_do", "refused", "deferred", "stopped"]


class Result(Record, frozen=True, kw_only=True):
    """What became of one site (or of a hotspot without one)."""

    hotspot: Hotspot
    outcome: Outcome
    reason: str = ""  # why it is deferred or stopped
    patch: Patch | None = None
    refusal: Refusal | None = None
    proof: Proof | None = None
    saving: Saving | None = None
    pull_request: PullRequest | None = None


class Report(Record, frozen=True, kw_only=True):
    """The JSON report, `costmod.report/1`: the same input gives the same bytes."""

    schema: Literal["costmod.report/1"] = "costmod.report/1"
    version: str  # of costmod
    command: str
    commit: str | None = None
    results: tuple[Result, ...] = ()


# ---- verify: after the merge, what was measured ----------------------------------------------------------------------

Realisation = Literal["realised", "partly", "not realised", "regressed", "pending"]


class StatementCount(Record, frozen=True, kw_only=True):
    """One statement (or call) that the patch was to take out, per request of the entry (mean over all requests)."""

    fingerprint: str
    statement: str
    before: float
    expected: float  # what the rewrite leaves, at most
    after: float


class Structure(Record, frozen=True, kw_only=True):
    """Statements per request before and after: exact counts, decisive within hours."""

    state: Realisation
    reason: str
    counts: tuple[StatementCount, ...] = ()
    requests_before: int = 0
    requests_after: int = 0
    all_before: float | None = None  # calls of every kind that the entry makes, per request
    all_after: float | None = None


Metric = Literal["db_ms", "cpu_ms", "bytes"]


class Effect(Record, frozen=True, kw_only=True):
    """One resource per request, hour-of-week matched, less the change of the control; shares of the value before."""

    metric: Metric
    state: Literal["fell", "unchanged", "rose", "undecided", "pending"]
    days_before: int  # with at least half of their hours
    days_after: int
    before: float | None = None  # per request: milliseconds of CPU, or bytes
    change: float | None = None  # -0.3: 30 % less
    low: float | None = None  # 95 % interval
    high: float | None = None


class Worth(Record, frozen=True, kw_only=True):
    """The three amounts of a saving, per month."""

    currency: str
    grade: Grade
    cash_now: Amount | None = None
    cash_after_action: Amount | None = None
    headroom: Amount | None = None


Basis = Literal["resources", "statements"]  # measured CPU or bytes, or constants times the statements that are gone


class Verification(Record, frozen=True, kw_only=True):
    """The check of one merged patch, `costmod.verification/1`: the same inputs give the same bytes."""

    schema: Literal["costmod.verification/1"] = "costmod.verification/1"
    version: str  # of costmod
    patch: str  # fingerprint
    codemod: str
    title: str
    hotspot: str
    entry: str  # what people call it: "GET /posts"
    file: str  # repository-relative: where the patch is
    lines: tuple[str, ...] = ()  # that it added there; when none is left, the saving is not its own any more
    pull_request: int | None = None
    merge: str | None = None  # commit id
    baseline: str  # sha256 of what was frozen
    deployed: str | None = None
    measured_until: str | None = None  # end of the window after
    verdict: Realisation
    reason: str
    structure: Structure | None = None  # None: no traces were given
    effects: tuple[Effect, ...] = ()
    control: str | None = None
    expected: Worth | None = None  # None: no amount in money was estimated
    realised: Worth | None = None  # the same model with what was measured, at the traffic of the baseline
    basis: Basis | None = None  # of the realised amounts
    action: str | None = None  # what turns freed capacity into cash
    price_date: str | None = None
    notes: tuple[str, ...] = ()


# ---- scan: what the code alone shows ---------------------------------------------------------------------------------


class FoundLoad(Record, frozen=True, kw_only=True):
    """A relationship that is loaded once per row, where it is read, and how it can be loaded instead."""

    path: str  # "Post.author"
    statement: str  # that repeats, as the code lets it be known
    read_file: str
    read_line: int
    strategy: str  # "joinedload"
    why: str
    statements_after: int  # extra statements that stay: joined 0, select-in 1


class Finding(Record, frozen=True, kw_only=True):
    """A query whose every row issues statements of its own, and the edit that ends it."""

    fingerprint: str  # that of the patch for the same place: sha256 of codemod, path, qualified name, what is loaded
    codemod: str
    tier: Tier
    title: str  # conventional commit subject
    file: str  # repository-relative, forward slashes
    function: str  # qualified name
    line: int  # for people; never part of an identity
    query: str  # the query's root as written
    loads: tuple[FoundLoad, ...]
    entry: str | None = None  # the route, task or command that reaches it, when one is seen to
    notes: tuple[str, ...] = ()  # what a reviewer should know
    changes: tuple[Change, ...] = ()
    diff: str  # unified


class Scan(Record, frozen=True, kw_only=True):
    """All findings of a checkout, `costmod.scan/1`, most telling first; `skipped` names files that were not read."""

    schema: Literal["costmod.scan/1"] = "costmod.scan/1"
    version: str  # of costmod
    commit: str | None = None
    findings: tuple[Finding, ...] = ()
    skipped: dict[str, str] = {}
