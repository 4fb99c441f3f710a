"""What a person reads on the terminal: hotspots, site, diff, proof, saving, pull request."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from bot.records import Amount, Hotspot, Patch, Proof, PullRequest, Refusal, Result, Saving

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN_WIDTH = 140  # of tables and rules in a file or a CI log

_WORDS = {
    "n_plus_one_db": "N+1 queries",
    "n_plus_one_http": "N+1 calls",
    "repeated_identical": "repeated query",
    "slow_query": "slow query",
    "cpu_self": "CPU",
    "memory_growth": "memory growth",
}


def entry_name(hotspot: Hotspot) -> str:
    """ "GET /posts", or the transaction's name."""
    entry = hotspot.entry
    if entry.route_raw is not None:
        route = entry.route_raw if entry.route_raw.startswith(("/", "^")) else f"/{entry.route_raw}"
        return f"{entry.method or ''} {route}".strip()
    return entry.transaction_name or entry.url_sample or "unknown entry"


def duration(nanoseconds: int) -> str:
    """Three significant digits in the unit that fits."""
    for size, unit in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds} ns"


class Screen:
    """Writes results to standard output and progress to standard error."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.out = Console(highlight=False, soft_wrap=True)
        if not self.out.is_terminal:
            self.out.width = PLAIN_WIDTH
        self.err = Console(stderr=True, highlight=False, soft_wrap=True)
        self.quiet = quiet

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """A spinner on a terminal, one plain line elsewhere."""
        if self.quiet:
            yield
        elif self.err.is_terminal:
            with self.err.status(escape(text)):
                yield
        else:
            self.err.print(f"costmod: {escape(text)} ...")
            yield

    def heading(self, text: str) -> None:
        """A rule with a title."""
        self.out.print()
        self.out.rule(f"[bold]{escape(text)}[/]", align="left", style="dim")

    def hotspots(self, hotspots: "Sequence[Hotspot]") -> None:
        """The ranked table."""
        if not hotspots:
            self.out.print("no hotspots: nothing repeats often enough per request")
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("#", "entry", "what", "repeats per request", "requests", "p99", "total", "id"):
            table.add_column(name, justify="right" if name in ("#", "requests", "p99", "total") else "left")
        for position, hotspot in enumerate(hotspots, 1):
            repeats = [f"{p.count.p50} x {', '.join(p.tables) or p.statement[:40]}" for p in hotspot.patterns]
            metrics = hotspot.metrics
            table.add_row(
                str(position), escape(entry_name(hotspot)), _WORDS[hotspot.kind], escape("\n".join(repeats)),
                str(metrics.requests_in_window), duration(metrics.p99_ns), duration(metrics.total_ns), hotspot.id[:12],
            )  # fmt: skip
        self.out.print(table)

    def results(self, results: "Sequence[Result]") -> None:
        """Site by site: what was done and how it went, or why not."""
        for result in results:
            name = entry_name(result.hotspot)
            if result.refusal is not None:
                self.refusal(name, result.refusal)
            if result.patch is None:
                continue
            if result.outcome == "deferred":
                self.out.print(
                    f"[bold]deferred[/] {escape(name)}: {escape(result.patch.title)} ({escape(result.reason)})"
                )
                continue
            self.heading(f"{result.outcome} {name}: {result.patch.title}")
            self.site(result.patch)
            self.out.print()
            self.diff(result.patch.diff)
            if result.proof is not None:
                self.out.print()
                self.proof(result.proof)
            if result.saving is not None:
                self.out.print()
                self.saving(result.saving)
            if result.pull_request is not None:
                self.pull_request(result.pull_request)
            elif result.reason:
                self.out.print(f"  {escape(result.reason)}")

    def refusal(self, name: str, refusal: Refusal) -> None:
        """One line with the code."""
        word = "nothing to do" if refusal.done else "refused"
        self.out.print(
            f"[bold yellow]{word}[/] {name}: {escape(refusal.message)} [{refusal.code}]".replace("[R-", r"\[R-")
        )

    def site(self, patch: Patch) -> None:
        """Where it is, how it was found, what is chosen there and why."""
        self.out.print(f"  site        {escape(patch.site.file)}:{patch.site.line} in {escape(patch.site.function)}")
        for position, step in enumerate(patch.site.located_by):
            self.out.print(f"  {'located by' if not position else '':<11} {escape(step)}")
        for position, load in enumerate(patch.loads):
            self.out.print(
                f"  {'loads' if not position else '':<11} {escape(load.path)} with {load.strategy}: {escape(load.why)}"
            )
        for note in patch.notes:
            self.out.print(f"  note        {escape(note)}")

    def diff(self, diff: str) -> None:
        """The unified diff, coloured on a terminal."""
        if self.out.is_terminal:
            self.out.print(Syntax(diff, "diff", theme="ansi_dark", background_color="default"))
        else:
            self.out.print(Text(diff), end="")

    def proof(self, proof: Proof) -> None:
        """Verdict, tests run, tests that reached the site, queries before and after."""
        colour = "green" if proof.verdict == "proven" else "yellow" if proof.verdict == "held" else "red"
        self.out.print(f"[bold {colour}]{proof.verdict}[/]: {escape(proof.reason)}")
        if proof.before and proof.after:
            self.out.print(
                f"  tests run {proof.before.tests} before, {proof.after.tests} after; "
                f"{len(proof.new_failures)} new failures; {len(proof.reached)} reached the site"
            )
        for query in proof.queries[:5]:
            self.out.print(f"  [bold]{query.before} -> {query.after}[/] SQL statements in {escape(query.test)}")
        for frame in proof.frames[:3]:
            self.out.print(f"  issued by {escape(frame)}")
        if proof.limits:
            self.out.print(f"  [dim]the tests ran with: {escape('; '.join(proof.limits))}[/]")

    def saving(self, saving: Saving) -> None:
        """Three amounts with range and grade, or why there is none."""
        self.out.print(f"{escape(saving.headline)}")
        if saving.grade == "D":
            self.out.print(f"  grade D: {escape(saving.grade_reason)}")
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("per month", "low", "expected", "high", ""):
            table.add_column(name, justify="left" if name in ("per month", "") else "right")
        action = saving.action or "no action is known"
        rows: tuple[tuple[str, Amount | None, str], ...] = (
            ("cash now", saving.cash_now, "by itself"),
            ("cash after one action", saving.cash_after_action, action),
            ("headroom", saving.headroom, "capacity freed at list value, not cash"),
        )
        for name, amount, when in rows:
            table.add_row(name, *_amount(amount, saving.currency), when)
        self.out.print(table)
        self.out.print(f"  grade {saving.grade}: {escape(saving.grade_reason)}")
        for line in saving.not_counted:
            self.out.print(f"  [dim]not counted: {escape(line)}[/]")

    def pull_request(self, request: PullRequest) -> None:
        """Where it is now."""
        draft = "draft " if request.draft else ""
        number = f" #{request.number}" if request.number else ""
        lines = [
            f"{request.operation} {draft}pull request{number}: {request.title}",
            f"{request.branch} -> {request.base}",
        ]
        lines += [text for text in (request.url, request.reason) if text]
        self.out.print(Panel(escape("\n".join(lines)), expand=False))


def _amount(amount: Amount | None, currency: str) -> tuple[str, str, str]:
    if amount is None:
        return ("-", "-", "-")
    sign = "$" if currency == "USD" else f"{currency} "
    return (_money(amount.low, sign), _money(amount.expected, sign), _money(amount.high, sign))


def _money(value: Decimal, sign: str) -> str:
    return f"-{sign}{-value:,f}" if value < 0 else f"{sign}{value:,f}"
