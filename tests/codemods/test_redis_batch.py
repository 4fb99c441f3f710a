"""What the cases cannot say: evidence that names the function and another command than it sends."""

import subprocess
from pathlib import Path

import pytest

from codemods import redis_batch
from codemods.api import No, Proposal, Reached, Repeat, Sighting
from codemods.index import Index

READ = "def view(r: Redis, keys: list):\n    return [r.zscore(key, 1) for key in keys]\n"
WRITE = 'def view(r: Redis, keys: list):\n    for key in keys:\n        r.set(f"k:{key}", 1)\n'


@pytest.mark.parametrize(("text", "command"), [(READ, "GET"), (WRITE, "SADD")])
def test_evidence_that_names_the_function_and_another_command_gives_a_draft(
    tmp_path: Path, text: str, command: str
) -> None:
    (tmp_path / "app.py").write_text(text)
    subprocess.run("git init -q && git add -A", shell=True, cwd=tmp_path, check=True)
    reached = (Reached("app.py", "view", 0, "the entry"),)
    repeat = Repeat("f", (), (), 9, "call", f"{command} ?", "redis")
    readers = frozenset({("app.py", "view")})
    (found,) = redis_batch.find(Index(tmp_path), Sighting("n_plus_one_db", (repeat,), reached, readers))
    assert isinstance(found, Proposal)
    assert found.tier == "C"
    assert found.notes[-1].startswith(f"the evidence names `{command}`, and the loop sends")
    (found,) = redis_batch.find(Index(tmp_path), Sighting("n_plus_one_db", (repeat,), reached))
    assert isinstance(found, No)
    assert found.code == "R-UNRESOLVED"
