import os
import shlex
import sys
from pathlib import Path

import pytest

from bot.config import Config
from bot.errors import UserError
from bot.prove.command import find_command

PYTEST = ("python", "-m", "pytest")
DISCOVER = ("python", "-m", "unittest", "discover")
DETECTED = {
    "pytest.ini": ({"pytest.ini": ""}, PYTEST),
    "pyproject": ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, PYTEST),
    "tox.ini": ({"tox.ini": "[pytest]\n"}, PYTEST),
    "setup.cfg": ({"setup.cfg": "[tool:pytest]\n"}, PYTEST),
    "conftest.py": ({"conftest.py": ""}, PYTEST),
    "tests directory": ({"tests/unit/test_a.py": ""}, PYTEST),
    "django under pytest": ({"manage.py": "", "pytest.ini": ""}, PYTEST),
    "django": ({"manage.py": "", "tests/test_a.py": ""}, ("python", "manage.py", "test", "--noinput")),
    "nothing": ({}, DISCOVER),
    "settings without pytest": ({"tox.ini": "[tox]\n", "pyproject.toml": "[tool.black]\n"}, DISCOVER),
    "settings that do not parse": ({"tox.ini": "pytest", "pyproject.toml": "[", "setup.cfg": "\xff"}, DISCOVER),
    "tests without test files": ({"tests/helper.py": ""}, (*DISCOVER, "-s", "tests")),
}


def write(tree: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="latin-1")


@pytest.mark.parametrize(("files", "words"), DETECTED.values(), ids=DETECTED)
def test_detection(tmp_path: Path, files: dict[str, str], words: tuple[str, ...]) -> None:
    write(tmp_path, files)
    assert find_command(tmp_path, tmp_path, Config(python=sys.executable)).words == words


def interpreter_without_pytest(path: Path) -> Path:
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
    path.chmod(0o755)
    return path


def test_test_files_without_pytest_are_unittest(tmp_path: Path) -> None:
    write(tmp_path, {"tests/__init__.py": "", "tests/test_a.py": ""})
    python = interpreter_without_pytest(tmp_path / "python")
    assert find_command(tmp_path, tmp_path, Config(python=str(python))).words == DISCOVER


def test_pytest_that_is_not_there_leaves_django_its_own_runner(tmp_path: Path) -> None:
    write(tmp_path, {"pytest.ini": "", "tox.ini": "[testenv]\ncommands = pytest\n", "manage.py": ""})
    python = interpreter_without_pytest(tmp_path / "python")
    assert find_command(tmp_path, tmp_path, Config(python=str(python))).words == (
        "python",
        "manage.py",
        "test",
        "--noinput",
    )


CONFIGURED = {
    "pytest": ("pytest -q", (*PYTEST, "-q"), {}),
    "python3": ("python3 -m pytest tests", (*PYTEST, "tests"), {}),
    "python3.12": (["python3.12", "run tests.py"], ("python", "run tests.py"), {}),
    "another program": ("sh -c 'exit 0'", ("sh", "-c", "exit 0"), {}),
    "a script of the repository": ("./run.sh fast", ("./run.sh", "fast"), {}),
    "a variable": ("A=1 B= pytest", PYTEST, {"A": "1", "B": ""}),
}


@pytest.mark.parametrize(("setting", "words", "variables"), CONFIGURED.values(), ids=CONFIGURED)
def test_setting(tmp_path: Path, setting: str | list[str], words: tuple[str, ...], variables: dict[str, str]) -> None:
    interpreter_without_pytest(tmp_path / "run.sh")
    command = find_command(tmp_path, tmp_path, Config(python=sys.executable, test_command=setting))
    assert (command.words, command.variables) == (words, variables)
    assert command.argv[0] == (sys.executable if words[0] == "python" else words[0])


WRONG = {
    "no such program": (
        "nose2-no-such",
        "test-command: 'nose2-no-such' was not found; install it or correct the setting.",
    ),
    "no such script": ("./none.sh", "test-command: './none.sh' was not found; install it or correct the setting."),
    "empty": ("", "test-command: it names no program; write for example `pytest` or leave the setting out."),
    "variables only": (
        "A=1",
        "test-command: it names no program; write for example `pytest` or leave the setting out.",
    ),
    "open quote": (
        "pytest 'a",
        'test-command: "pytest \'a" cannot be split into words (No closing quotation); correct the quotes.',
    ),
}


@pytest.mark.parametrize(("setting", "message"), WRONG.values(), ids=WRONG)
def test_wrong_settings(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        find_command(tmp_path, tmp_path, Config(python=sys.executable, test_command=setting))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        pytest.param("pytest -q", (*PYTEST, "-q", "t.py::a"), id="options only"),
        pytest.param("pytest tests", (*PYTEST, "t.py::a"), id="a selection of its own"),
        pytest.param("pytest -x tests/b.py::c", (*PYTEST, "-x", "t.py::a"), id="a test of its own"),
        pytest.param("pytest nowhere", None, id="a word that is no path"),
        pytest.param("pytest --ignore tests", (*PYTEST, "--ignore", "tests", "t.py::a"), id="a path for an option"),
        pytest.param("pytest --strange tests", None, id="perhaps a path for an option"),
        pytest.param("pytest -n 4", (*PYTEST, "-n", "4", "t.py::a"), id="a value for an option"),
        pytest.param("python -m unittest", None, id="a pytest id for unittest"),
        pytest.param("sh test", None, id="another program"),
    ],
)
def test_narrowing(tmp_path: Path, setting: str, words: tuple[str, ...] | None) -> None:
    write(tmp_path, {"tests/b.py": "", "t.py": ""})
    command = find_command(tmp_path, tmp_path, Config(python=sys.executable, test_command=setting))
    only = command.only(("t.py::a",), tmp_path)
    assert (only.words if only else None) == words


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        pytest.param("python -m unittest", ("-m", "unittest", "-k", "a.b.C.t"), id="unittest"),
        pytest.param(
            "python -m unittest discover -s x",
            ("-m", "unittest", "discover", "-s", "x", "-k", "a.b.C.t"),
            id="discover",
        ),
        pytest.param(
            "python manage.py test a --settings s", ("manage.py", "test", "--settings", "s", "a.b.C.t"), id="django"
        ),
        pytest.param(
            "python -m django test --parallel 2",
            ("-m", "django", "test", "--parallel", "2", "a.b.C.t"),
            id="django module",
        ),
        pytest.param("python manage.py test nowhere", None, id="a label that is no path"),
        pytest.param("python runtests.py", None, id="a script"),
    ],
)
def test_narrowing_to_dotted_names(tmp_path: Path, setting: str, words: tuple[str, ...] | None) -> None:
    write(tmp_path, {"a/b.py": ""})
    command = find_command(tmp_path, tmp_path, Config(python=sys.executable, test_command=setting))
    only = command.only(("a.b.C.t",), tmp_path)
    assert (only.words if only else None) == (("python", *words) if words else None)


def test_ids_from_a_root_further_up_are_paths_from_here(tmp_path: Path) -> None:
    write(tmp_path, {"shop/tests/t.py": ""})
    config = Config(python=sys.executable, test_command="pytest", test_directory="shop")
    only = find_command(tmp_path, tmp_path, config).only(("shop/tests/t.py::a",), tmp_path)
    assert only is not None
    assert (only.words, only.as_typed[:3]) == ((*PYTEST, "tests/t.py::a"), ("cd", "shop", "&&"))


def test_too_many_tests_are_no_narrower(tmp_path: Path) -> None:
    command = find_command(tmp_path, tmp_path, Config(python=sys.executable, test_command="pytest"))
    assert command.only(tuple(f"t.py::{n}" for n in range(301)), tmp_path) is None


@pytest.mark.parametrize(
    ("environments", "active", "expected"),
    [
        pytest.param((".venv/bin/python", "venv/bin/python"), None, ".venv/bin/python", id=".venv first"),
        pytest.param(("venv/bin/python",), "other", "venv/bin/python", id="the repository's before the active one"),
        pytest.param((".venv/Scripts/python.exe",), None, ".venv/Scripts/python.exe", id="windows layout"),
        pytest.param(("other/bin/python",), "other", "other/bin/python", id="the active one"),
        pytest.param(("bin/python3",), None, "bin/python3", id="PATH"),
        pytest.param(("bin/python3",), sys.prefix, "bin/python3", id="never costmod's own"),
    ],
)
def test_interpreter(
    tmp_path: Path,
    environments: tuple[str, ...],
    active: str | None,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(tmp_path, dict.fromkeys(environments, ""))
    for path in environments:
        (tmp_path / path).chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.prefix) / "bin"), str(tmp_path / "bin")]))
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / active) if active else "")
    assert find_command(tmp_path, tmp_path, Config()).interpreter == tmp_path / expected


@pytest.mark.parametrize("setting", ["no/such/python", "README", "no-such-python"])
def test_wrong_interpreters(tmp_path: Path, setting: str) -> None:
    (tmp_path / "README").touch()
    with pytest.raises(UserError) as caught:
        find_command(tmp_path, tmp_path, Config(python=setting))
    assert str(caught.value) == (
        f"python: {setting!r} is no executable file; set `python` in [tool.costmod] to an interpreter."
    )


def test_no_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    with pytest.raises(UserError) as caught:
        find_command(tmp_path, tmp_path, Config())
    assert str(caught.value) == (
        "No Python was found for the tests; set `python` in [tool.costmod] to the project's interpreter."
    )
