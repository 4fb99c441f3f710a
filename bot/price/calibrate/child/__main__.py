"""Measures what a statement costs, in the interpreter, with the driver and the ORM of the project itself.

Run as a folder (`python -I child`), so it imports the standard library and what the project has. Standard input is one
JSON object: `url` (SQLAlchemy) or `django` (a settings module, with `path` to find it), `sizes`, `rounds`, `seed`.
Standard output is one JSON object: `samples`, `round_trips`, `versions`, `server`, or `error`. Times are nanoseconds.
Everything happens in temporary tables inside one transaction, which is rolled back.
"""

import hashlib
import json
import platform
import sys
import time
from typing import Any

from server import cpu_reader  # type: ignore[import-not-found] # beside this file

WARM_UP = 3
ROUND_TRIPS = 300
ROWS = 400  # of each temporary table


def main() -> None:
    """Read the order, measure, answer."""
    order = json.load(sys.stdin)
    out, sys.stdout = sys.stdout, sys.stderr  # whatever a project prints is no answer
    try:
        json.dump(measured(order), out)
    except Exception as error:
        text = f"{type(error).__name__}: {error}".replace(order.get("url") or "\0", "the database").splitlines()
        json.dump({"error": text[0] if text else type(error).__name__}, out)
    out.write("\n")


def measured(order: dict[str, Any]) -> dict[str, Any]:
    """Samples of every way to read, at every size, in rounds of random order so that drift hits all alike."""
    if order.get("django"):
        from django_subject import subject  # type: ignore[import-not-found]
    else:
        from sqlalchemy_subject import subject  # type: ignore[import-not-found]
    with subject(order, ROWS) as the:
        server, why = cpu_reader(the)
        cells = [(name, size) for name in the.ways for size in order["sizes"]]
        samples = []
        for number in range(WARM_UP + order["rounds"]):
            for name, size in sorted(cells, key=lambda cell: drawn(order["seed"], number, *cell)):
                offset = int(drawn(order["seed"], number, size), 16) % (ROWS - size)  # the same rows in every way
                sample = once(the, name, size, offset, server)
                if number >= WARM_UP:
                    samples.append({"way": name, "size": size, "round": number - WARM_UP, **sample})
        trips = [once(the, None, 1, 0, server) for _ in range(ROUND_TRIPS)]
        versions = {"Python": platform.python_version(), **the.versions}
    return {"samples": samples, "round_trips": trips, "versions": versions, "server": why}


def drawn(*what: object) -> str:
    """A hash that stands for chance."""
    return hashlib.sha256(repr(what).encode()).hexdigest()


def once(the: Any, name: "str | None", size: int, offset: int, server: Any) -> dict[str, Any]:
    """One run; of no way the smallest statement there is."""
    run = the.ways[name] if name else the.select_1
    before = server() if server else 0
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    run(size, offset)
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    return {"wall": wall, "client": cpu, "server": server() - before if server else None}


if __name__ == "__main__":
    main()
