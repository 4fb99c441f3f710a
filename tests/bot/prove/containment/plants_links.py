"""Puts links and pipes where results are read from, and a link to someone else's directory where the tree was."""

import os
import re
import shutil
import sys
from pathlib import Path

scratch = Path(re.search(r"--junitxml=(\S+)", os.environ["PYTEST_ADDOPTS"])[1]).parent
(scratch / "junit.xml").symlink_to("/dev/zero")
os.mkfifo(scratch / "probe" / "1.jsonl")
(scratch / "probe" / "2.jsonl").symlink_to("/dev/zero")
(scratch / "output").symlink_to(Path(sys.argv[1]) / "kept.txt")
tree = Path.cwd()
shutil.rmtree(tree, ignore_errors=True)
if not tree.exists():
    tree.symlink_to(sys.argv[1])
