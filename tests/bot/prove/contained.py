"""Runs one program as costmod runs tests: `contained.py LEVEL TREE PROGRAM...`, LEVEL one of best, none, bare."""

import subprocess
import sys
from pathlib import Path

from bot.config import Config
from bot.prove.command import TestCommand
from bot.prove.run import Place, run_tests
from bot.prove.sandbox import Sandbox, best_sandbox
from bot.prove.scratch import scratch_directory
from bot.records import Site

SITE = Site(file="a.py", function="f", line=1, query="", loads=(), located_by=())


def main(level: str, tree: Path, words: tuple[str, ...]) -> None:
    if level == "bare":
        subprocess.run([sys.executable, *words], cwd=tree, env={}, check=False)
        return
    command = TestCommand(Path(sys.executable), ("python", *words))
    sandbox = best_sandbox() if level == "best" else Sandbox(why="none")
    with scratch_directory() as scratch:
        run_tests(command, Place(tree, tree, SITE), scratch, Config(test_timeout_seconds=20), sandbox)
        print((scratch / "output").read_text())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), tuple(sys.argv[3:]))
