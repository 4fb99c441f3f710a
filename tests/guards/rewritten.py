"""What a codemod makes of the module `app.py` whose function `view` a trace showed to repeat a statement."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from codemods import discover
from codemods.api import No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index


def rewritten(root: Path, codemod: str, files: Mapping[str, str], repeat: Repeat) -> Proposal | No:
    """The answer of a codemod on a new checkout of the files below `root`."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, newline="")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    index = Index(root)
    hops = index.calls.reach([("app.py", "view")], 6)
    reached = tuple(Reached(*key, hop.distance, "the entry") for key, hop in hops.items())
    kind = discover()[codemod].META.kinds[0]
    (answer,) = discover()[codemod].find(index, Sighting(kind, (repeat,), reached))
    return answer
