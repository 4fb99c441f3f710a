"""A hotspot that was planned before: the same outcome without planning, unless something that counts has changed."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rig.shop import IMPORTS, at, function, hotspot, repository

import codemods
from bot.plan.again import plan_again
from bot.plan.plan import Outcome, plan
from bot.records import Hotspot, Patch, Refusal
from codemods import cache
from codemods.index import Index

VIEWS = IMPORTS + function("list_orders") + "\n\n\ndef other():\n    return 1\n"
SEEN = hotspot(locations=(at("/srv/shop/views.py", 7, "list_orders"),))
Again = Callable[..., tuple[list[Outcome], int]]


@pytest.fixture
def again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Again:
    """Plans in a new run; the outcomes, and how many of them had to be worked out."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    repository(tmp_path / "shop", {"shop/views.py": VIEWS})

    def run(seen: Hotspot = SEEN, edits: dict[str, str] | None = None) -> tuple[list[Outcome], int]:
        worked: list[Hotspot] = []

        def counted(one: Hotspot, index: Index) -> list[Outcome]:
            worked.append(one)
            return plan(one, index)

        index = Index(tmp_path / "shop")
        found = plan_again(seen, index.edited(edits) if edits else index, counted)
        index.tree.save()
        assert found == plan(seen, index.edited(edits) if edits else Index(tmp_path / "shop"))
        return found, len(worked)

    return run


def test_the_same_patch(again: Again) -> None:
    first, second = again(), again()
    assert (first[1], second) == (1, (first[0], 0))
    assert isinstance(first[0][0], Patch)


def test_the_same_refusal(again: Again) -> None:
    seen = hotspot(kind="cpu_self", locations=(at("shop/views.py", function="list_orders"),))
    first, second = again(seen), again(seen)
    assert (first[1], second) == (1, (first[0], 0))
    assert isinstance(first[0][0], Refusal)
    assert again(SEEN)[1] == 1  # another hotspot


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("shop/models.py", "class Order(", "class Orders("),
        ("shop/models.py", "\n", "\n# a comment\n"),  # it moves lines
        ("shop/views.py", "return 1", "return 2"),  # the patch holds the whole text
        ("shop/views.py", ".order_by(Order.id)", ""),
        ("notes.py", "", "note = 1\n"),  # not tracked before
    ],
)
def test_a_change_that_counts(again: Again, tmp_path: Path, path: str, old: str, new: str) -> None:
    again()
    file = tmp_path / "shop" / path
    text = file.read_text() if file.exists() else ""
    file.write_text(text.replace(old, new, 1) if old else new)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path / "shop", check=True)
    assert again()[1] == 1


def test_a_change_at_the_end_of_a_file_of_which_only_facts_count(again: Again, tmp_path: Path) -> None:
    again()
    with (tmp_path / "shop/shop/models.py").open("a") as file:
        file.write("# a comment\n")
    assert again()[1] == 0


def test_another_text_that_an_earlier_patch_left(again: Again) -> None:
    again()
    edited = {"shop/views.py": VIEWS.replace(".order_by(Order.id)", "")}
    assert (again(edits=edited)[1], again(edits=edited)[1], again()[1]) == (1, 0, 0)


def test_codemods_of_others_may_look_at_anything(again: Again, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codemods, "announced", lambda: True)
    monkeypatch.setattr(codemods, "discover", codemods.discover)
    assert (again()[1], again()[1]) == (1, 1)


def test_without_a_cache(again: Again, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, "off")
    assert (again()[1], again()[1]) == (1, 1)
