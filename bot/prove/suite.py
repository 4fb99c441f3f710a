"""One run of the test suite with everything that was learned from it."""

from dataclasses import dataclass

from bot.config import Config
from bot.prove.command import TestCommand
from bot.prove.junit import read_junit
from bot.prove.observe import Row, read_rows, unittest_outcomes
from bot.prove.run import Place, run_tests
from bot.prove.sandbox import Sandbox
from bot.prove.scratch import scratch_directory
from bot.records import SuiteRun


@dataclass(frozen=True)
class Suite:
    """The run, its tests by id, and the probe's rows."""

    run: SuiteRun
    ran: frozenset[str]
    rows: tuple[Row, ...]
    timed_out: bool
    last_words: str

    @property
    def failed(self) -> frozenset[str]:
        """The failed tests as a set."""
        return frozenset(self.run.failed)


def run_suite(command: TestCommand, place: Place, config: Config, sandbox: Sandbox) -> Suite:
    """Run the command in the work tree, read its report and the probe's files, and leave nothing behind."""
    with scratch_directory() as scratch:
        run = run_tests(command, place, scratch, config, sandbox)
        rows = read_rows(run.observations)
        outcomes = read_junit(run.report, place.tree / command.directory, place.tree) or unittest_outcomes(rows)
    record = SuiteRun(
        command=command.as_typed,
        exit_status=run.exit_status,
        seconds=round(run.seconds, 2),
        tests=len(outcomes.ran),
        failed=tuple(sorted(outcomes.failed)),
    )
    return Suite(record, outcomes.ran, rows, run.timed_out, run.last_words)
