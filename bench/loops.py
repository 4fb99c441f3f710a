"""Loops before and after their codemod: calls, wall time at two latencies per call, and CPU time.

    python bench/loops.py [CODEMOD ...] [--rounds 5]

The rows are those of the modules beside this one whose names begin with `loops_`; those whose library is not
installed are left out, with a line on standard error. Each is the work of one loop, each module in a process of its
own (Django is set up once per process), run against the real library with a service on this machine; the latency is
slept before every call, as a network would. Figures are medians of the rounds. A codemod that does not save calls, or
that costs more time at any latency, is one that should not be shipped: the command then ends with 1.
"""

import argparse
import importlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

LATENCIES = (0.0, 0.0005)  # seconds per call: a socket of this machine, and a database in the same zone


class Row(NamedTuple):
    """A loop: calls to the service before and after, and both ways to do its work, given the seconds per call.

    `latencies` are those that it is measured at; the first is the one of the CPU time.
    """

    codemod: str
    operations: tuple[int, int]
    before: Callable[[float], None]
    after: Callable[[float], None]
    latencies: tuple[float, float] = LATENCIES


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
    here = Path(__file__)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codemods", nargs="*", help="only rows whose codemod begins with one of these")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--module", help="only the rows of this one, without the head of the table")
    arguments = parser.parse_args()
    if arguments.module:
        return measured(arguments.module, tuple(arguments.codemods) or ("",), arguments.rounds)
    head = [f"wall at {latency * 1000:g} ms" for latency in LATENCIES]
    print("codemod | operations | " + " | ".join(head) + " | CPU")
    print("|".join(["---"] * (len(head) + 3)), flush=True)
    command = [sys.executable, str(here), "--rounds", str(arguments.rounds), *arguments.codemods]
    modules = sorted(path.stem for path in here.parent.glob("loops_*.py"))
    return max(subprocess.run([*command, "--module", module], check=False).returncode for module in modules)


def measured(module: str, codemods: tuple[str, ...], rounds: int) -> int:
    """Print the figures of a module's rows, which may be plain tuples; 1 if one does not pay."""
    try:
        rows = [Row(*row) for row in importlib.import_module(module).ROWS]
    except ImportError as error:
        print(f"{module} left out: {error}", file=sys.stderr)
        return 0
    poor = 0
    for row in (row for row in rows if row.codemod.startswith(codemods)):
        before = [timed(row.before, latency, rounds) for latency in row.latencies]
        after = [timed(row.after, latency, rounds) for latency in row.latencies]
        walls = [f"{b[0] * 1000:.2f} -> {a[0] * 1000:.2f} ms" for b, a in zip(before, after, strict=True)]
        if row.latencies != LATENCIES:
            walls = [f"{wall} at {latency * 1000:g} ms" for wall, latency in zip(walls, row.latencies, strict=True)]
        cpu = f"{before[0][1] * 1000:.2f} -> {after[0][1] * 1000:.2f} ms"
        print(f"{row.codemod} | {row.operations[0]} -> {row.operations[1]} | {' | '.join(walls)} | {cpu}", flush=True)
        pays = row.operations[1] < row.operations[0] and all(a[0] < b[0] for b, a in zip(before, after, strict=True))
        poor += not pays
    return 1 if poor else 0


if __name__ == "__main__":
    sys.exit(main())
