import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import sample
from rig.fake_github import FakeGithub


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return sample.make_repository(tmp_path / "work")[0]


@pytest.fixture
def commit(repository: Path) -> str:
    return sample.run(repository, "rev-parse", "HEAD")


@pytest.fixture
def github(tmp_path: Path, repository: Path) -> Iterator[FakeGithub]:
    """A fake GitHub that holds the repository's main branch; every call is judged by GitHub's own description."""
    bare = tmp_path / "server" / "acme" / "blog.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(repository), str(bare)], check=True)
    sample.run(bare, "config", "http.receivepack", "true")
    with FakeGithub(tmp_path / "server") as fake:
        yield fake
    assert fake.contract.violations == []
