"""`python -m costmod_probe.harness`: one run at each of two numbers of rows, counted as tests named after them.

Settings come as JSON in COSTMOD_HARNESS: `module` of the site, `root` class, `edges` to read, `calls` that the patch
adds to the query, `rows`, and `settings` of Django where there are any. Why it cannot run is the last line of stderr.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

from .. import current


def main() -> None:
    """Make the tables and rows, and read."""
    given = json.loads(os.environ["COSTMOD_HARNESS"])
    name = "django" if given.get("settings") else "sqlalchemy"
    engine = importlib.import_module(f"costmod_probe.harness.{name}")
    read = engine.prepare(given)
    for number in given["rows"]:
        reading = read(number)
        current.enter(f"harness {number}")
        reading()
        current.enter("")


try:
    main()
except Exception as error:
    sys.exit(f"Error: {type(error).__name__}: {error}")
