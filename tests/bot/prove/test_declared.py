"""What tox, nox, scripts and make say about tests is read, and only what is sure is taken."""

from pathlib import Path

import pytest

from bot.prove.declared import declared
from bot.prove.spoken import read_line

PYTEST = ("python", "-m", "pytest")
DJANGO = ("python", "manage.py", "test")

LINES = {
    "pytest": ("pytest -q tests", (*PYTEST, "-q", "tests")),
    "module": ("python3 -m pytest", PYTEST),
    "interpreter options": ("python -W error -m pytest", PYTEST),
    "coverage": ("coverage run --source app -m pytest tests", (*PYTEST, "tests")),
    "coverage module of a script": ("python -m coverage run -p manage.py test", DJANGO),
    "poetry": ("poetry run pytest", PYTEST),
    "uv with options": ("uv run --frozen --group test pytest -x", (*PYTEST, "-x")),
    "compose": ("docker compose run --rm web ./manage.py test", DJANGO),
    "make's prefixes": ("@-pytest", PYTEST),
    "behind other commands": ("pip install -e . && pytest", PYTEST),
    "django-admin": ("django-admin test", ("python", "-m", "django", "test")),
    "unittest": ("python -m unittest discover -s tests", ("python", "-m", "unittest", "discover", "-s", "tests")),
    "a script of its own": ("python tests/runtests.py --parallel=2", ("python", "tests/runtests.py", "--parallel=2")),
    "no tests": ("flake8 app", None),
    "another subcommand": ("python manage.py migrate", None),
    "twice": ("pytest a && pytest b", None),
    "a pipe": ("pytest | tee log", None),
    "a variable": ("pytest $(ARGS)", None),
    "an unknown substitution": ("pytest {envtmpdir}", None),
    "an open quote": ("pytest 'a", None),
    "nothing": ("", None),
    "a runner of nothing": ("poetry run", None),
    "out of the repository": ("cd .. && pytest", None),
}


@pytest.mark.parametrize(("line", "words"), LINES.values(), ids=LINES)
def test_lines(line: str, words: tuple[str, ...] | None) -> None:
    spoken = read_line(line)
    assert (spoken.words if spoken else None) == words


def test_a_line_may_set_variables_and_change_directory() -> None:
    spoken = read_line("cd ./backend/ && DJANGO_SETTINGS_MODULE=conf.test python manage.py test")
    assert spoken is not None
    assert (spoken.words, spoken.directory) == (DJANGO, "backend")
    assert spoken.variables == {"DJANGO_SETTINGS_MODULE": "conf.test"}


TOX = """
[testenv]
setenv =
    STAGE = test
    WORK = {envtmpdir}
    HERE = {toxinidir}/lib
changedir = backend
commands =
    py38: pip list
    coverage run -m pytest \\
        {posargs:-q} {toxinidir}/tests
"""
FILES = {
    "tox": (
        {"tox.ini": TOX},
        (*PYTEST, "-q", "./tests"),
        {"STAGE": "test", "HERE": "./lib"},
        "backend",
    ),
    "tox in setup.cfg": ({"setup.cfg": "[tox:testenv]\ncommands = pytest\n"}, PYTEST, {}, ""),
    "tox table": (
        {
            "pyproject.toml": "[tool.tox.env_run_base]\nset_env = {A = '1'}\n"
            "commands = [['pytest', '-x', {replace = 'posargs'}]]\n"
        },
        (*PYTEST, "-x"),
        {"A": "1"},
        "",
    ),
    "tox text in pyproject": (
        {"pyproject.toml": "[tool.tox]\nlegacy_tox_ini = '''\n[testenv]\ncommands = pytest -x\n'''\n"},
        (*PYTEST, "-x"),
        {},
        "",
    ),
    "nox": (
        {
            "noxfile.py": "import nox\n\n\n@nox.session(python=['3.12'])\ndef tests(session):\n"
            "    session.install('.')\n    session.run('pytest', '-q', *session.posargs, env={'A': '1'})\n\n\n"
            "@nox.session\ndef lint(session):\n    session.run('pytest', '--flake8')\n"
        },
        (*PYTEST, "-q"),
        {"A": "1"},
        "",
    ),
    "hatch": (
        {"pyproject.toml": "[tool.hatch.envs.default.scripts]\ntest = 'pytest {args:tests}'\n"},
        (*PYTEST, "tests"),
        {},
        "",
    ),
    "poe": ({"pyproject.toml": "[tool.poe.tasks]\ntest = {cmd = 'pytest -x'}\n"}, (*PYTEST, "-x"), {}, ""),
    "make": (
        {
            "Makefile": "PY ?= python3  # which\nSETTINGS := --settings=conf.test\nlint:\n\tflake8\n\n.PHONY: test\n"
            "test: lint\n\t@echo testing\n\t$(PY) manage.py test $(SETTINGS) $(ARGS)\n\nother:\n\tpytest x\n"
        },
        (*DJANGO, "--settings=conf.test"),
        {},
        "",
    ),
    "tox before make": (
        {"tox.ini": "[testenv]\ncommands = pytest a\n", "Makefile": "test:\n\tpytest b\n"},
        (*PYTEST, "a"),
        {},
        "",
    ),
}


def write(tree: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    return tree


@pytest.mark.parametrize(("files", "words", "variables", "directory"), FILES.values(), ids=FILES)
def test_files(
    tmp_path: Path, files: dict[str, str], words: tuple[str, ...], variables: dict[str, str], directory: str
) -> None:
    spoken = declared(write(tmp_path, files))
    assert spoken is not None
    assert (spoken.words, spoken.variables, spoken.directory) == (words, variables, directory)


SILENT = {
    "two different commands": {"tox.ini": "[testenv]\ncommands =\n    pytest a\n    pytest b\n"},
    "tox without commands": {"tox.ini": "[testenv]\ndeps = pytest\n"},
    "a changedir that is not known": {"tox.ini": "[testenv]\nchangedir = {envtmpdir}\ncommands = pytest\n"},
    "no session for tests": {"noxfile.py": "def tests(session):\n    session.run('pytest')\n"},
    "words that only running it tells": {
        "noxfile.py": "@session\ndef tests(session):\n    session.run('pytest', where)\n"
    },
    "files that do not parse": {"tox.ini": "x", "noxfile.py": "def", "pyproject.toml": "[", "Makefile": "\0"},
    "a recipe that needs a shell": {"Makefile": "test:\n\tfor t in *; do pytest $$t; done\n"},
    "strange tables": {"pyproject.toml": "tool.tox = 1\ntool.hatch.envs.a = 2\n[tool.poe]\ntasks = []\n"},
}


@pytest.mark.parametrize("files", SILENT.values(), ids=SILENT)
def test_what_is_not_sure_is_not_taken(tmp_path: Path, files: dict[str, str]) -> None:
    assert declared(write(tmp_path, files)) is None
