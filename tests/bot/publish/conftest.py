import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import sample
from rig.fake_github import TOKEN, FakeGithub
from rig.life import GithubLife, Life, LocalLife

from bot.publish.forge import Forge
from bot.publish.github import GithubForge
from bot.publish.local import LocalForge


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


@pytest.fixture(params=["local", "github"])
def life(request: pytest.FixtureRequest, tmp_path: Path, repository: Path) -> Life:
    if request.param == "local":
        return LocalLife(lambda: LocalForge(tmp_path / "forge"), tmp_path / "forge" / "forge.git", repository)
    return request.getfixturevalue("github_life")


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[GithubLife]:
    """A fake GitHub without a repository behind it, for calls that git has no part in."""
    with FakeGithub(tmp_path) as fake:
        life = GithubLife(
            lambda: GithubForge("acme/blog", TOKEN, api=fake.url, sleep=lambda _: None, pause=0), tmp_path, tmp_path
        )
        life.github = fake
        yield life
    assert fake.contract.violations == []


@pytest.fixture
def github_life(github: FakeGithub, repository: Path) -> GithubLife:
    def forge() -> Forge:
        return GithubForge("acme/blog", TOKEN, api=github.url, sleep=lambda _: None, pause=0)

    life = GithubLife(forge, github.state.bare, repository)
    life.github = github
    return life
