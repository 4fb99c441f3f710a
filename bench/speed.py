"""Cold and warm planning of one hotspot beside ruff and codemodder, on one tree, in one run.

    python bench/speed.py TREE HOTSPOTS --touch FILE [--ruff RUFF] [--codemodder CODEMODDER] [--rounds 5] [--patience S]

Each row is a whole process, its output thrown away: wall seconds, CPU seconds of it and its children, peak resident
memory of the largest of them. The rows of a round follow each other, so that a busy machine slows all of them alike;
the ratios are of medians. codemodder runs once, after the rounds; `--patience` ends it early, and its ratio is then a
lower bound. TREE is edited (a comment is added to `--touch` before each warm run) and put back.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[1]
COSTMOD = "import sys; from bot.cli import main; sys.argv[0] = 'costmod'; main()"
CODEMOD = "pixee:python/remove-unnecessary-f-str"


class Run(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds
    peak: float  # MB
    finished: bool = True


def measure(command: list[str], environment: dict[str, str] | None = None, patience: float | None = None) -> Run:
    """One run in a forked process, so that the peak is its own."""
    read, write = os.pipe()
    if not os.fork():
        start = time.perf_counter()
        finished = True
        try:
            done = subprocess.run(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=patience,
                check=False,
            )  # fmt: skip
            if done.returncode not in (0, 1):
                os.write(2, f"{command[0]} ended with {done.returncode}\n".encode())
        except subprocess.TimeoutExpired:
            finished = False
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures = [time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, float(finished)]
        os.write(write, " ".join(map(repr, figures)).encode())
        os._exit(0)
    os.wait()
    wall, cpu, peak, ended = map(float, os.read(read, 1000).split())
    os.close(read)
    os.close(write)
    return Run(wall, cpu, peak, bool(ended))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("hotspots", type=Path)
    parser.add_argument("--touch", required=True, help="a file of the tree that is edited before each warm run")
    parser.add_argument("--ruff", default=str(Path(sys.executable).with_name("ruff")))
    parser.add_argument("--codemodder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patience", type=float, default=3600.0)
    given = parser.parse_args()
    tree = given.tree.resolve()
    files = subprocess.run(["git", "ls-files", "-z", "*.py"], cwd=tree, capture_output=True, check=True).stdout
    lines = sum((tree / os.fsdecode(f)).read_bytes().count(b"\n") for f in files.split(b"\0")[:-1])
    fix = [
        sys.executable,
        "-P",
        "-W",
        "ignore",
        "-c",
        COSTMOD,
        "fix",
        str(tree),
        "--hotspots",
        str(given.hotspots.resolve()),
    ]
    ruff = [given.ruff, "check", "--select", "PERF", "--no-cache", "--isolated", "-q", str(tree)]
    runs: dict[str, list[Run]] = {"ruff": [], "cold": [], "warm": [], "python": []}
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        cold, warm = {**environment, "COSTMOD_CACHE": "off"}, {**environment, "COSTMOD_CACHE": cache}
        measure(fix, warm)
        touched = tree / given.touch
        before = touched.read_bytes()
        try:
            for number in range(given.rounds):
                runs["python"].append(measure([sys.executable, "-c", "pass"]))
                runs["ruff"].append(measure(ruff))
                runs["cold"].append(measure(fix, cold))
                touched.write_bytes(before + b"\n# %d\n" % number)
                runs["warm"].append(measure(fix, warm))
                touched.write_bytes(before)
        finally:
            touched.write_bytes(before)
    if given.codemodder:
        command = [given.codemodder, "--dry-run", "--codemod-include", CODEMOD, "--output", os.devnull, str(tree)]
        runs["codemodder"] = [measure(command, patience=given.patience)]
    report(runs, lines)


def report(runs: dict[str, list[Run]], lines: int) -> None:
    print(f"{lines} lines of Python; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| | wall, s | CPU, s | peak, MB |\n|---|---|---|---|")
    for name, each in runs.items():
        more = "" if each[0].finished else "> "
        print(
            f"| {name} | {more}{middle(each, 0):.2f} | {more}{middle(each, 1):.2f} | {max(r.peak for r in each):.0f} |"
        )
    print(f"\ncold / ruff: {middle(runs['cold'], 0) / middle(runs['ruff'], 0):.1f} (wall), "
          f"{middle(runs['cold'], 1) / middle(runs['ruff'], 1):.1f} (CPU)")  # fmt: skip
    if "codemodder" in runs:
        more = "" if runs["codemodder"][0].finished else "> "
        print(f"codemodder / cold: {more}{middle(runs['codemodder'], 0) / middle(runs['cold'], 0):.0f} (wall), "
              f"{more}{middle(runs['codemodder'], 1) / middle(runs['cold'], 1):.0f} (CPU)")  # fmt: skip
    print(f"warm after one changed file: {middle(runs['warm'], 0):.2f} s, {middle(runs['warm'], 1):.2f} s of CPU")


def middle(runs: list[Run], figure: int) -> float:
    return statistics.median(float(run[figure]) for run in runs)


if __name__ == "__main__":
    main()
