"""Monorepos: which directory's tests prove an edit; and where tools keep environments."""

import base64
import hashlib
import os
from pathlib import Path

import pytest

from bot.config import Config
from bot.errors import UserError
from bot.prove.command import find_command
from bot.prove.environments import interpreters
from bot.prove.project import nearest_project


def write(tree: Path, *names: str, text: str = "") -> Path:
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
        (tree / name).chmod(0o755)
    return tree


PLACES = {
    "one project": (("pytest.ini", "app/a.py"), ""),
    "nearest with pytest's settings": (("pytest.ini", "svc/shop/pytest.ini", "svc/shop/app/a.py"), "svc/shop"),
    "settings at the top rule a django project below": (("pytest.ini", "src/manage.py", "src/app/a.py"), ""),
    "a django project below": (("src/manage.py", "src/app/a.py"), "src"),
    "a project with tests of its own": (("svc/setup.py", "svc/tests/test_x.py", "svc/a.py"), "svc"),
    "a project without tests": (("tests/test_x.py", "setup.py", "svc/setup.py", "svc/a.py"), ""),
    "another project's tests": (("a.py", "svc/setup.py", "svc/tests/test_x.py"), ""),
    "nothing": (("app/a.py",), ""),
}


@pytest.mark.parametrize(("files", "directory"), PLACES.values(), ids=PLACES)
def test_nearest_project(tmp_path: Path, files: tuple[str, ...], directory: str) -> None:
    site = next(name for name in files if name.endswith("a.py"))
    assert nearest_project(write(tmp_path, *files), site) == directory


def test_the_project_brings_its_own_environment(tmp_path: Path) -> None:
    write(tmp_path, ".venv/bin/python", "svc/.venv/bin/python", "svc/pytest.ini", "svc/app/a.py", "pytest.ini", "b.py")
    for site, directory in (("svc/app/a.py", "svc"), ("b.py", "")):
        command = find_command(tmp_path, tmp_path, Config(), site)
        assert (command.directory, command.interpreter) == (directory, tmp_path / directory / ".venv/bin/python")


def test_settings_overrule_the_nearest_project(tmp_path: Path) -> None:
    write(tmp_path, ".venv/bin/python", "svc/pytest.ini", "svc/a.py", "other/manage.py")
    for config, directory, words in (
        (Config(test_command="pytest -x"), "", ("python", "-m", "pytest", "-x")),
        (Config(test_directory="other"), "other", ("python", "manage.py", "test", "--noinput")),
    ):
        command = find_command(tmp_path, tmp_path, config, "svc/a.py")
        assert (command.directory, command.words) == (directory, words)


@pytest.mark.parametrize("directory", ["nowhere", "..", "/"])
def test_directories_that_are_none(tmp_path: Path, directory: str) -> None:
    with pytest.raises(UserError, match="is no directory of the repository"):
        find_command(tmp_path, tmp_path, Config(test_directory=directory))


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:8]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    project = tmp_path / "work" / "Shop"
    write(project, "pyproject.toml", text="[project]\nname = 'My.Shop'\n")
    return project


def found(project: Path, **environ: str) -> list[str]:
    home = str(Path.home())
    return [str(path).replace(home, "~") for path in interpreters([project], environ)]


def test_environments_of_poetry(project: Path) -> None:
    folder, stem = Path.home() / ".cache/pypoetry/virtualenvs", f"my.shop-{digest(os.path.realpath(project))}"
    write(folder, *(f"{stem}-py3.{minor}/bin/python" for minor in (9, 11, 10)), "other-abcdefgh-py3.12/bin/python")
    expected = [f"~/.cache/pypoetry/virtualenvs/{stem}-py3.{minor}/bin/python" for minor in (11, 10, 9)]
    assert found(project) == expected
    write(folder, "envs.toml", text=f'["{stem}"]\nminor = "3.10"\n')
    assert found(project) == [expected[1], expected[0], expected[2]]


def test_environments_of_hatch(project: Path) -> None:
    folder = Path.home() / ".local/share/hatch/env/virtual/My.Shop" / digest(str(project))
    write(folder, "My.Shop/bin/python", "hatch-test.py3.12/bin/python", "docs/bin/python")
    assert [path.split("/")[-3] for path in found(project)] == ["hatch-test.py3.12", "My.Shop"]


def test_environments_of_pipenv_pdm_and_files(project: Path) -> None:
    write(project, "Pipfile")
    write(Path.home() / ".local/share/virtualenvs", f"Shop-{digest(str(project / 'Pipfile'))}/bin/python")
    assert [path.split("/")[-3][:5] for path in found(project)] == ["Shop-"]
    write(project, ".pdm-python", text=str(write(project.parent, "pdm/bin/python") / "pdm/bin/python"))
    write(Path.home() / ".local/share/virtualenvs", "named/bin/python")
    write(project, ".venv", text="named\n")
    assert [path.split("/")[-3][:5] for path in found(project)] == ["named", "pdm", "Shop-"]


def test_environments_beside_the_project_come_first(project: Path) -> None:
    names = (".tox/py312/bin/python", ".nox/tests-3-12/bin/python", "env/bin/python", "elsewhere/bin/python")
    write(project, *names)
    order = ["elsewhere", "env", "py312", "tests-3-12"]
    assert [path.split("/")[-3] for path in found(project, UV_PROJECT_ENVIRONMENT="elsewhere")] == order


def test_what_cannot_be_run_is_no_interpreter(project: Path) -> None:
    write(project, ".venv/bin/python")
    (project / ".venv/bin/python").chmod(0o644)
    assert found(project) == []
