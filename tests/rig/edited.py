"""Runs a codemod on a text and loads both texts as modules, so that a test can compare what they do."""

import subprocess
from pathlib import Path
from types import ModuleType

from codemods.api import Codemod, Proposal, Reached, Repeat, Sighting
from codemods.index import Index


def edited(codemod: Codemod, folder: Path, text: str, repeat: Repeat) -> Proposal:
    """What the codemod makes of `app.py`, whose entry is the function `view`."""
    (folder / "app.py").write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    index = Index(folder)
    reached = tuple(
        Reached(*key, hop.distance, "the entry") for key, hop in index.calls.reach([("app.py", "view")], 6).items()
    )
    (proposal,) = codemod.find(index, Sighting(codemod.META.kinds[0], (repeat,), reached))
    assert isinstance(proposal, Proposal), proposal
    return proposal


def loaded(text: str) -> ModuleType:
    """The text as a module."""
    module = ModuleType("app")
    exec(compile(text, "app.py", "exec"), module.__dict__)
    return module
