"""Loops before and after their codemod: calls, wall time at two latencies per call, and CPU time.

    python bench/loops.py [CODEMOD ...] [--rounds 5]

The rows are those of the modules beside this one whose names begin with `loops_`; those whose library is not
installed are left out, with a line on standard error. Each is the work of one loop, in a process of its own (Django
is set up once per process), run against the real library with a service on this machine; the latency is slept before
every call, as a network would. Figures are medians of the rounds. A codemod that does not save calls, or that costs
more time at any latency, is one that should not be shipped: the command then ends with 1.
"""

import argparse
import importlib
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

LATENCIES = (0.0, 0.0005)  # seconds per call: a socket of this machine, and a database in the same zone


class Row(NamedTuple):
    """A loop: calls to the service before and after, and both ways to do its work, given the seconds per call."""

    codemod: str
    operations: tuple[int, int]
    before: Callable[[float], None]
    after: Callable[[float], None]


def rows() -> list[Row]:
    """The rows of all modules beside this one; they may be plain tuples."""
    here = Path(__file__).parent
    sys.path.insert(0, str(here))
    found: list[Row] = []
    for path in sorted(here.glob("loops_*.py")):
        try:
            found += [Row(*row) for row in importlib.import_module(path.stem).ROWS]
        except ImportError as error:
            print(f"{path.name} left out: {error}", file=sys.stderr)
    return found


def timed(work: Callable[[float], None], latency: float, rounds: int) -> tuple[float, float]:
    """Median (wall, CPU) seconds of a run, after one that warms up."""
    work(latency)
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work(latency)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codemods", nargs="*", help="only rows whose codemod begins with one of these")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    head = [f"wall at {latency * 1000:g} ms" for latency in LATENCIES]
    print("codemod | operations | " + " | ".join(head) + " | CPU")
    print("|".join(["---"] * (len(head) + 3)))
    poor = 0
    for row in rows():
        if not arguments.codemods or row.codemod.startswith(tuple(arguments.codemods)):
            alone = multiprocessing.get_context("fork").Process(target=measure, args=(row, arguments.rounds))
            alone.start()
            alone.join()
            poor += alone.exitcode != 0
    return 1 if poor else 0


def measure(row: Row, rounds: int) -> None:
    """Print the figures of a row; ends with 1 if it does not pay."""
    before = [timed(row.before, latency, rounds) for latency in LATENCIES]
    after = [timed(row.after, latency, rounds) for latency in LATENCIES]
    walls = [f"{b[0] * 1000:.2f} -> {a[0] * 1000:.2f} ms" for b, a in zip(before, after, strict=True)]
    cpu = f"{before[0][1] * 1000:.2f} -> {after[0][1] * 1000:.2f} ms"
    print(f"{row.codemod} | {row.operations[0]} -> {row.operations[1]} | {' | '.join(walls)} | {cpu}", flush=True)
    pays = row.operations[1] < row.operations[0] and all(a[0] < b[0] for b, a in zip(before, after, strict=True))
    sys.exit(0 if pays else 1)


if __name__ == "__main__":
    sys.exit(main())
