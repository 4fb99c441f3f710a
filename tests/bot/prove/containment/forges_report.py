"""Writes the report of a run in which all is well, and fails."""

import os
import re
from pathlib import Path

report = re.search(r"--junitxml=(\S+)", os.environ["PYTEST_ADDOPTS"])[1]
Path(report).write_text('<testsuites><testsuite><testcase classname="a" name="test_all"/></testsuite></testsuites>')
print("1 passed in 0.01s")
raise SystemExit(1)
