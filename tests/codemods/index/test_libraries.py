"""Which versions of a library a project runs on: the lock, else what its manifests allow; the rest is unknown."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index.libraries import Libraries
from codemods.index.tree import Tree
from codemods.index.versions import UNKNOWN, Versions, exactly

Checkout = Callable[[dict[str, str]], Path]


def asked(root: Path, path: str = "app.py", library: str = "Django") -> str:
    """`4.2..6` for >=4.2,<=6, `4.2..6)` for >=4.2,<6, `?` where a side is unknown."""
    found = Libraries(Tree(root)).versions(path, library)
    return f"{found.low or '?'}..{found.high or '?'}{'' if found.closed else ')'}"


def _poetry(*lines: str) -> str:
    return "[tool.poetry.dependencies]\n" + "\n".join(lines) + "\n"


def _lock(*versions: str, name: str = "django") -> str:
    return "version = 1\n\n" + "\n".join(f'[[package]]\nname = "{name}"\nversion = "{v}"\n' for v in versions)


def _project(*requirements: str, more: str = "") -> str:
    return f"[project]\nname = 'x'\ndependencies = {json.dumps(requirements)}\n{more}"


def _pipfile(**sections: object) -> str:
    return json.dumps({"_meta": {}, **sections})


SAYS = {
    "nothing at all": ({}, "?..?"),
    "a range": ({"pyproject.toml": _project("Django>=4.2,<6", "requests")}, "4.2..6)"),
    "a range of something else": ({"pyproject.toml": _project("django-filter>=24", "Django-Foo==1")}, "?..?"),
    "no version": ({"pyproject.toml": _project("django")}, "?..?"),
    "an extra in brackets, a marker": ({"pyproject.toml": _project("Django[argon2]~=5.2.1; python_version>'3'")}, "5.2.1..5.3)"),
    "compatible with a series": ({"pyproject.toml": _project("Django~=5.2")}, "5.2..6)"),
    "one series": ({"pyproject.toml": _project("Django==5.2.*")}, "5.2..5.3)"),
    "pinned": ({"pyproject.toml": _project("Django==5.2.1")}, "5.2.1..5.2.1"),
    "at most": ({"pyproject.toml": _project("Django<=5.2,!=5.1")}, "?..5.2"),
    "more than": ({"pyproject.toml": _project("Django>5.2")}, "5.2..?"),
    "exactly the text": ({"pyproject.toml": _project("Django===5.2")}, "5.2..5.2"),
    "a text that is no version": ({"pyproject.toml": _project("Django===ours")}, "?..?"),
    "a URL": ({"pyproject.toml": _project("Django @ https://example.org/d.zip")}, "?..?"),
    "no requirement": ({"pyproject.toml": _project("Django >> 5")}, "?..?"),
    "by marker": (
        {"pyproject.toml": _project("Django>=6.1; python_version>='3.12'", "Django>=5.2,<6; python_version<'3.12'")},
        "5.2..?",
    ),
    "groups": ({"pyproject.toml": _project(more='[dependency-groups]\nold = ["Django~=4.2.0"]\nnew = ["Django~=6.1.0", {include-group = "old"}]')}, "4.2.0..6.2)"),
    "a group beside the main list": ({"pyproject.toml": _project("Django>=5", more='[dependency-groups]\nold = ["Django<4"]')}, "5..?"),
    "extras": ({"pyproject.toml": _project(more='[project.optional-dependencies]\ndj = ["Django>=5"]')}, "5..?"),
    "groups of other tools": (
        {"pyproject.toml": '[tool.pdm.dev-dependencies]\na = ["Django>=5"]\n[tool.uv]\ndev-dependencies = ["Django>=5.1"]'}, "5..?",
    ),
    "Poetry, caret": ({"pyproject.toml": _poetry('python = "^3.12"', 'Django = "^5.2"')}, "5.2..6)"),
    "Poetry, caret below one": ({"pyproject.toml": _poetry('Django = "^0.2.3"')}, "0.2.3..0.3)"),
    "Poetry, tilde": ({"pyproject.toml": _poetry('django = "~5.2.3"')}, "5.2.3..5.3)"),
    "Poetry, tilde of a major": ({"pyproject.toml": _poetry('django = "~5"')}, "5..6)"),
    "Poetry, exact": ({"pyproject.toml": _poetry('django = "5.2"')}, "5.2..5.2"),
    "Poetry, series": ({"pyproject.toml": _poetry('django = "5.2.*"')}, "5.2..5.3)"),
    "Poetry, any": ({"pyproject.toml": _poetry('django = "*"')}, "?..?"),
    "Poetry, either": ({"pyproject.toml": _poetry('django = "^4.2 || ^5.2"')}, "4.2..6)"),
    "Poetry, by spaces": ({"pyproject.toml": _poetry('django = ">=4.2 <5"')}, "?..?"),
    "Poetry, a table": ({"pyproject.toml": _poetry('django = {version = ">=5.2", extras = ["argon2"]}')}, "5.2..?"),
    "Poetry, a list": ({"pyproject.toml": _poetry('django = [{version = "^5.2"}, {version = "^6.1"}]')}, "5.2..7)"),
    "Poetry, from git": ({"pyproject.toml": _poetry('django = {git = "https://example.org/d.git"}')}, "?..?"),
    "Poetry, groups": (
        {"pyproject.toml": '[tool.poetry.group.dev.dependencies]\nDjango = "^5.2"\n[tool.poetry.dev-dependencies]\nDjango = "^5.1"'},
        "5.1..6)",
    ),
    "TOML that is none": ({"pyproject.toml": "[project"}, "?..?"),
    "TOML of another shape": ({"pyproject.toml": "project = 1\ntool = {poetry = [], uv = {dev-dependencies = 3}}"}, "?..?"),
    "requirements": ({"requirements.txt": "# Django==1\n-r base.txt\nDjango==5.2.1 \\\n    --hash=sha256:00  # pinned\n"}, "5.2.1..5.2.1"),
    "requirements in a folder": ({"requirements/base.txt": "django>=5.2\n", "requirements/dev.txt": "django>=5.1\n"}, "5.1..?"),
    "requirements from git": ({"requirements.txt": "-e git+https://example.org/d.git#egg=Django\n-e git+https://example.org/x.git#egg=x\n"}, "?..?"),
    "a constraint": ({"requirements.txt": "django\n", "constraints.txt": "Django==5.2.1\n"}, "5.2.1..5.2.1"),
    "a constraint alone": ({"constraints-prod.txt": "Django<6\n"}, "?..6)"),
    "a constraint beside a manifest": ({"pyproject.toml": _project("Django>=4.2"), "constraints.txt": "Django==5.2.1\n"}, "4.2..?"),
    "a package and its test pins": ({"pyproject.toml": _project("Django>=4.2"), "requirements-dev.txt": "Django==6.1\n"}, "4.2..?"),
    "setup.cfg": ({"setup.cfg": "[options]\ninstall_requires =\n    requests\n    Django>=4.2 # oldest\n"}, "4.2..?"),
    "extras of setup.cfg": ({"setup.cfg": "[options.extras_require]\ndj =\n    Django>=5\n"}, "5..?"),
    "setup.cfg that is none": ({"setup.cfg": "install_requires = Django>=5\n"}, "?..?"),
    "setup.py": ({"setup.py": 'from setuptools import setup\nsetup(name="x", install_requires=["Django>=4.2"])\n'}, "4.2..?"),
    "setup.py with a name": ({"setup.py": 'NEEDS = ["Django>=4.2"]\nsetup(install_requires=NEEDS)\n'}, "4.2..?"),
    "setup.py with a sum": ({"setup.py": 'setup(install_requires=["Django>=4.2"] + more())\n'}, "4.2..?"),
    "setup.py that computes": ({"setup.py": "setup(install_requires=read())\n", "requirements.txt": "Django>=5\n"}, "5..?"),
    "setup.py with a name of elsewhere": ({"setup.py": "setup(install_requires=NEEDS)\n"}, "?..?"),
    "setup.py that names it elsewhere": ({"setup.py": 'setup(extras_require={"a": ["django>=4"]})\n', "requirements.txt": "Django==6.1\n"}, "?..?"),
    "setup.py that cannot be read": ({"setup.py": "setup(\n", "requirements.txt": "Django==6.1\n"}, "6.1..6.1"),
    "a lock": ({"pyproject.toml": _project("Django>=4.2"), "uv.lock": _lock("6.1.3")}, "6.1.3..6.1.3"),
    "a lock with a version per platform": ({"uv.lock": _lock("5.2.19", "6.1.3")}, "5.2.19..6.1.3"),
    "a lock of something else": ({"poetry.lock": _lock("6.1.3", name="django-x"), "requirements.txt": "Django>=5\n"}, "5..?"),
    "a lock in capitals": ({"poetry.lock": _lock("6.1.3", name="Django")}, "6.1.3..6.1.3"),
    "a lock of pdm": ({"pdm.lock": _lock("6.1.3").replace("\n", "\r\n")}, "6.1.3..6.1.3"),
    "a lock with no version": ({"pdm.lock": _lock("ours")}, "?..?"),
    "a lock that does not fit": ({"pyproject.toml": _project("Django>=4.2,<5"), "uv.lock": _lock("6.1.3")}, "4.2..5)"),
    "a lock of Pipenv": ({"Pipfile.lock": _pipfile(default={"django": {"version": "==6.1.3"}})}, "6.1.3..6.1.3"),
    "a lock of Pipenv for tests": ({"Pipfile.lock": _pipfile(develop={"django": {"version": "==6.1.3"}})}, "6.1.3..6.1.3"),
    "a lock of Pipenv, from git": ({"Pipfile.lock": _pipfile(default={"django": {"git": "x"}})}, "?..?"),
    "a lock of Pipenv that is none": ({"Pipfile.lock": "{"}, "?..?"),
    "a package that lists what it supports": (
        {"pyproject.toml": _project(more='classifiers = ["Framework :: Django :: 4.2", "Framework :: Django :: 6.1"]'), "uv.lock": _lock("6.1.3")},
        "4.2..6.2)",
    ),
    "classifiers alone": ({"setup.py": 'setup(classifiers=["Framework :: Django :: 5.2"])\n'}, "?..?"),
    "a range with classifiers": ({"setup.cfg": "[metadata]\nclassifiers =\n    Framework :: Django :: 4.2\n[options]\ninstall_requires = Django>=5\n"}, "4.2..?"),
    "a file that cannot be read": ({"requirements.txt": "Django==6.1\0\n"}, "?..?"),
    "a copy of somebody's package": ({"node_modules/requirements.txt": "Django==6.1\n"}, "?..?"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), SAYS.values(), ids=SAYS.keys())
def test_what_a_project_says(files: dict[str, str], expected: str, checkout: Checkout) -> None:
    assert asked(checkout({"app.py": "", **files})) == expected


MONOREPO = {
    "pyproject.toml": _project("Django>=4.2"),
    "uv.lock": _lock("4.2.30"),
    "api/requirements.txt": "Django>=6.1\n",
    "web/pyproject.toml": _project("Django>=4.2,<5"),
    "docs/requirements.txt": "sphinx\n",
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app.py", "4.2.30..4.2.30"),
        ("api/app/views.py", "6.1..?"),
        ("web/app/views.py", "4.2.30..4.2.30"),
        ("docs/conf.py", "4.2.30..4.2.30"),
    ],
)
def test_the_nearest_project_of_a_monorepo(path: str, expected: str, checkout: Checkout) -> None:
    assert asked(checkout(MONOREPO), path) == expected


def test_names_are_one_however_they_are_written(checkout: Checkout) -> None:
    root = checkout({"requirements.txt": "flask.SQLAlchemy==3.1\nSQLAlchemy==2.0\n"})
    assert [asked(root, library=n) for n in ("Flask-SQLAlchemy", "flask_sqlalchemy")] == ["3.1..3.1", "3.1..3.1"]
    assert asked(root, library="sqlalchemy") == "2.0..2.0"


@pytest.mark.parametrize(
    ("versions", "at_least", "below"),
    [
        (UNKNOWN, False, False),
        (exactly("6.1"), True, False),
        (exactly("6.1rc1"), False, True),
        (exactly("6.0.9"), False, True),
        (Versions(exactly("6.1.1").low), True, False),
        (Versions(None, exactly("6.1").low, closed=False), False, True),
        (Versions(None, exactly("6.1").low), False, False),
    ],
)
def test_a_version_is_proven_or_it_is_not(versions: Versions, at_least: bool, below: bool) -> None:
    assert (versions.at_least("6.1"), versions.below("6.1")) == (at_least, below)
