"""What a person reads on the terminal: hotspots, site, diff, proof, saving, pull request."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bot.records import (
    OPERATION_NAMES,
    Amount,
    Hotspot,
    OperationCount,
    Patch,
    Proof,
    PullRequest,
    Refusal,
    Result,
    Saving,
)
from bot.show.plain import plain, plain_lines
from codemods.strategies import KEY_COLUMN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

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
    served_by = entry.handler.qualname if entry.handler else None
    return entry.transaction_name or entry.url_sample or served_by or "unknown entry"


def duration(nanoseconds: int) -> str:
    """Three significant digits in the unit that fits."""
    for size, unit in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds} ns"


def _loads(count: OperationCount) -> str:
    """How many of the statements an attribute caused."""
    if not count.loads_before and not count.loads_after:
        return ""
    return f", {count.loads_before} -> {count.loads_after} of them lazy loads"


def _console(*, stderr: bool) -> "Console":
    """Prints text as it is, without markup, and no longer once nobody reads it."""
    from rich.console import Console

    class QuietOnBrokenPipe(Console):
        def on_broken_pipe(self) -> None:  # rich would end the program here, before its work is done
            self.quiet = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())

    return QuietOnBrokenPipe(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _is_plain() -> bool:
    """Whether lines can be written as they are: into a file or a pipe, as UTF-8, and nobody asks for colours."""
    asked = any(os.environ.get(name) for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"))
    return not (asked or sys.stdout.isatty()) and (sys.stdout.encoding or "").lower() == "utf-8"


class Screen:
    """Writes results to standard output and progress to standard error; rich is loaded for what is more than lines."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.plain = _is_plain()

    @cached_property
    def out(self) -> "Console":
        """Standard output."""
        console = _console(stderr=False)
        if not console.is_terminal:
            console.width = PLAIN_WIDTH
        return console

    @cached_property
    def err(self) -> "Console":
        """Standard error."""
        return _console(stderr=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """A spinner on a terminal, one plain line elsewhere."""
        if self.quiet:
            yield
        elif self.err.is_terminal:
            from rich.text import Text

            with self.err.status(Text(plain(text))):
                yield
        else:
            self.err.print(f"costmod: {plain(text)} ...")
            yield

    def line(self, *parts: str | tuple[str, str]) -> None:
        """One line of texts, some with a style; data in it has gone through `plain`."""
        if self.plain:
            self._write("".join([*(part if isinstance(part, str) else part[0] for part in parts), "\n"]))
        else:
            from rich.text import Text

            self.out.print(Text.assemble(*parts))

    def heading(self, text: str) -> None:
        """A rule with a title."""
        self.line()
        title = plain(text)
        if self.plain and title.isascii() and len(title) < PLAIN_WIDTH - 4:
            self.line(f"{title} {'─' * (PLAIN_WIDTH - len(title) - 1)}")
        else:
            from rich.text import Text

            self.out.rule(Text(title, style="bold"), align="left", style="dim")

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def hotspots(self, hotspots: "Sequence[Hotspot]") -> None:
        """The ranked table."""
        if not hotspots:
            self.line("no hotspots: nothing repeats often enough per request")
            return
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bold")
        numbers = ("#", "requests", "p99", "total", "share", "trust")
        for name in ("#", "entry", "what", "repeats per request", "requests", "p99", "total", "share", "trust", "id"):
            table.add_column(name, justify="right" if name in numbers else "left")
        for position, hotspot in enumerate(hotspots, 1):
            repeats = [f"{p.count.p50} x {plain(', '.join(p.tables) or p.statement[:40])}" for p in hotspot.patterns]
            repeats = repeats or [plain(f"{at.file}:{at.line or at.function}") for at in hotspot.locations[:1]]
            metrics = hotspot.metrics
            table.add_row(
                str(position), plain(entry_name(hotspot)), _WORDS[hotspot.kind], "\n".join(repeats),
                str(metrics.requests_in_window), duration(metrics.p99_ns), duration(metrics.total_ns),
                "" if metrics.share_of_service is None else f"{metrics.share_of_service:.0%}",
                f"{hotspot.trust.confidence:.2f}", plain(hotspot.id[:12]),
            )  # fmt: skip
        self.out.print(table)

    def recorded(self, hotspots: "Sequence[Hotspot]", out: Path, exit_status: int) -> None:
        """The ranked table, where it was written, and how the command ended."""
        self.hotspots(hotspots)
        for hotspot in hotspots:
            place = next((at for at in hotspot.locations if at.precision == "exact_line"), None)
            if place is not None:
                self.line(f"  {plain(hotspot.id[:12])} at {plain(place.file)}:{place.line}")
        if not hotspots:
            self.line("  tests load few rows: `minimum-repeats = 2` in the settings finds shorter loops")
        ended = f"; the command ended with exit status {exit_status}" if exit_status else ""
        self.line(f"{plain(out)} written{ended}")

    def results(self, results: "Sequence[Result]") -> None:
        """Site by site: what was done and how it went, or why not."""
        for result in results:
            name = plain(entry_name(result.hotspot))
            if result.refusal is not None:
                self.refusal(name, result.refusal)
            if result.patch is None:
                continue
            title = plain(result.patch.title)
            if result.outcome == "deferred":
                self.line(("deferred", "bold"), f" {name}: {title} ({plain(result.reason)})")
                continue
            self.heading(f"{result.outcome} {name}: {title}")
            self.site(result.patch)
            self.line()
            self.diff(result.patch.diff)
            if result.proof is not None:
                self.line()
                self.proof(result.proof)
            if result.saving is not None:
                self.line()
                self.saving(result.saving)
            if result.pull_request is not None:
                self.pull_request(result.pull_request)
            elif result.reason:
                self.line(f"  {plain(result.reason)}")

    def refusal(self, name: str, refusal: Refusal) -> None:
        """One line with the code."""
        word = "nothing to do" if refusal.done else "refused"
        self.line((word, "bold yellow"), f" {plain(name)}: {plain(refusal.message)} [{plain(refusal.code)}]")

    def site(self, patch: Patch) -> None:
        """Where it is, how it was found, what is chosen there and why."""
        self.line(f"  site        {plain(patch.site.file)}:{patch.site.line} in {plain(patch.site.function)}")
        for position, step in enumerate(patch.site.located_by):
            self.line(f"  {'located by' if not position else '':<11} {plain(step)}")
        for position, load in enumerate(patch.loads):
            way = "by its" if load.strategy == KEY_COLUMN else "with"
            what = f"{plain(load.path)} {way} {plain(load.strategy)}: {plain(load.why)}"
            label = "batches" if load.batched else "loads"
            self.line(f"  {label if not position else '':<11} {what}")
        for note in patch.notes:
            self.line(f"  note        {plain(note)}")

    def diff(self, diff: str) -> None:
        """The unified diff, coloured on a terminal."""
        if self.plain:
            self._write(plain_lines(diff))
        elif self.out.is_terminal:
            from rich.syntax import Syntax

            self.out.print(Syntax(plain_lines(diff), "diff", theme="ansi_dark", background_color="default"))
        else:
            from rich.text import Text

            self.out.print(Text(plain_lines(diff)), end="")

    def proof(self, proof: Proof) -> None:
        """Verdict, tests run, tests that reached the site, operations before and after."""
        colour = "green" if proof.verdict == "proven" else "yellow" if proof.verdict == "held" else "red"
        self.line((proof.verdict, f"bold {colour}"), f": {plain(proof.reason)}")
        if proof.before and proof.after:
            self.line(
                f"  tests run {proof.before.tests} before, {proof.after.tests} after; "
                f"{len(proof.new_failures)} new failures; {len(proof.reached)} reached the site"
            )
        for count in proof.operations[:5]:
            counts = f"{count.before} -> {count.after}"
            self.line("  ", (counts, "bold"), f" {OPERATION_NAMES[count.kind]} in {plain(count.test)}{_loads(count)}")
        for sentence in filter(None, (proof.growth, proof.results, proof.writes)):
            self.line(f"  {plain(sentence)}")
        if kept := proof.regression_test:
            self.line(
                f"  a test to keep it: {plain(kept.test)}, {plain(kept.style)}; with the patch {plain(kept.green)},"
            )
            self.line(f"  without it {plain(kept.red)}")
        for frame in proof.frames[:3]:
            self.line(f"  issued by {plain(frame)}")
        if proof.limits:
            self.line("  ", (f"the tests ran with: {plain('; '.join(proof.limits))}", "dim"))

    def saving(self, saving: Saving) -> None:
        """Three amounts with range and grade, or why there is none."""
        self.line(plain(saving.headline))
        if saving.grounds:
            self.line(f"  grounds: {saving.grounds} ({plain(saving.grounds_reason)})")
        if saving.grade == "D":
            self.line(f"  grade D: {plain(saving.grade_reason)}")
            return
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("per month", "low", "expected", "high", ""):
            table.add_column(name, justify="left" if name in ("per month", "") else "right")
        action = plain(saving.action or "no action is known")
        rows: tuple[tuple[str, Amount | None, str], ...] = (
            ("cash now", saving.cash_now, "by itself"),
            ("cash after one action", saving.cash_after_action, action),
            ("headroom", saving.headroom, "capacity freed not cash"),
        )
        for name, amount, when in rows:
            table.add_row(name, *_amount(amount, saving.currency), when)
        self.out.print(table)
        self.line(f"  grade {saving.grade}: {plain(saving.grade_reason)}")
        if saving.after_others and saving.deduped_total:
            alone = f"with the other patches {saving.after_others.expected:,f}, of {saving.deduped_total.expected:,f}"
            self.line(f"  {alone} {plain(saving.currency)} in all, nothing counted twice")
        for line in saving.not_counted:
            self.line("  ", (f"not counted: {plain(line)}", "dim"))

    def pull_request(self, request: PullRequest) -> None:
        """Where it is now."""
        from rich.panel import Panel

        draft = "draft " if request.draft else ""
        number = f" #{request.number}" if request.number else ""
        lines = [
            f"{request.operation} {draft}pull request{number}: {plain(request.title)}",
            f"{plain(request.branch)} -> {plain(request.base)}",
        ]
        lines += [plain(text) for text in (request.url, request.reason) if text]
        self.out.print(Panel("\n".join(lines), expand=False))


def _amount(amount: Amount | None, currency: str) -> tuple[str, str, str]:
    if amount is None:
        return ("-", "-", "-")
    sign = "$" if currency == "USD" else f"{plain(currency)} "
    return (_money(amount.low, sign), _money(amount.expected, sign), _money(amount.high, sign))


def _money(value: Decimal, sign: str) -> str:
    return f"-{sign}{-value:,f}" if value < 0 else f"{sign}{value:,f}"
