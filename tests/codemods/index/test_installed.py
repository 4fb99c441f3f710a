"""Whether a file runs on a version of a library, worked out once for the content of the manifests that count."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import cache
from codemods.index import libraries
from codemods.index.installed import Installed, home
from codemods.index.tree import Tree

Checkout = Callable[[dict[str, str]], Path]


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("setup.py", ""), ("a/b/pyproject.toml", "a/b"), ("a/requirements/base.txt", "a"),
        ("requirements/base.txt", ""), ("a/requirements/setup.cfg", "a/requirements"),
    ],
)  # fmt: skip
def test_home(path: str, folder: str) -> None:
    assert home(path) == folder


def test_answers(checkout: Checkout) -> None:
    root = checkout(
        {"requirements.txt": "Django>=6.1\n", "old/requirements.txt": "Django<5\n", "app.py": "", "old/b.py": ""}
    )
    found = Installed(Tree(root))
    assert found.at_least("app.py", "Django", "6.1") and not found.at_least("old/b.py", "Django", "6.1")
    assert found.below("old/b.py", "Django", "5") and not found.below("app.py", "Django", "7")
    assert not found.at_least("app.py", "SQLAlchemy", "1.4")


def test_a_known_answer_reads_no_manifest_and_an_edit_asks_again(
    checkout: Checkout, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path_factory.mktemp("cache")))
    root = checkout(
        {"requirements.txt": "Django>=6.1\n", "other/requirements.txt": "Django<3\n", "requirements/a.txt": "x"}
    )
    (root / "requirements/a.txt").unlink()
    assert Installed(Tree(root)).at_least("app.py", "Django", "6.1")
    cache.save_answers()
    cache._answers.cache_clear()
    read = libraries.Libraries.versions
    monkeypatch.setattr(libraries.Libraries, "versions", lambda *_: pytest.fail("read again"))
    (root / "other/requirements.txt").write_text("Django<4\n")
    assert Installed(Tree(root)).at_least("app.py", "Django", "6.1")
    monkeypatch.setattr(libraries.Libraries, "versions", read)
    (root / "requirements.txt").write_text("Django>=4.2\n")
    assert not Installed(Tree(root)).at_least("app.py", "Django", "6.1")
