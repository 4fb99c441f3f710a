"""Codemods are found by location and by entry point, never listed; what is none is not taken for one."""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from codemods import discover

PLUGIN = """\
from codemods.api import Meta
META = Meta(id="my-codemod", kinds=("cpu_self",), tier="A")
CASES = ()
def find(index, sighting):
    return []
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages that is on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("my_plugin", "no_plugin"):
        sys.modules.pop(name, None)


def install(site: Path, name: str, group: str, module: str, text: str) -> None:
    (site / f"{module}.py").write_text(text)
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")


def test_every_public_module_with_a_meta() -> None:
    found = discover()
    own = {path.stem for path in (Path(__file__).parents[2] / "codemods").glob("[!_]*.py")} - {
        "api",
        "cache",
        "refusals",
        "strategies",
    }
    assert {module.__name__ for module in found.values()} == {f"codemods.{name}" for name in own}
    assert list(found) == [module.META.id for module in found.values()]


@pytest.mark.parametrize("codemod", discover().values(), ids=discover().keys())
def test_the_shape_of_a_codemod(codemod: object) -> None:
    """A docstring that starts with one sentence, META, CASES and find: what `costmod codemods ID` prints."""
    assert (codemod.__doc__ or "").splitlines()[0].endswith(".")
    assert callable(getattr(codemod, "find", None))
    assert getattr(codemod, "CASES", ())


def test_a_codemod_of_a_third_party(site: Path) -> None:
    before = discover()
    install(site, "my-plugin", "costmod.codemods", "my_plugin", PLUGIN)
    after = discover()
    assert list(after) == [*before, "my-codemod"]
    assert after["my-codemod"].META.kinds == ("cpu_self",)


@pytest.mark.parametrize(
    ("group", "text"),
    [
        pytest.param("costmod.codemods", "x = 1\n", id="no META"),
        pytest.param("costmod.readers", PLUGIN, id="another entry point"),
    ],
)
def test_what_is_no_codemod(group: str, text: str, site: Path) -> None:
    before = list(discover())
    install(site, "no-plugin", group, "no_plugin", text)
    assert list(discover()) == before


def test_a_codemod_in_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = discover()
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("packed_plugin.py", PLUGIN)
        archive.writestr("packed-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: packed\nVersion: 1.0\n")
        archive.writestr("packed-1.0.dist-info/entry_points.txt", "[costmod.codemods]\npacked = packed_plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path / "packed.zip"))
    assert list(discover()) == [*before, "my-codemod"]
    sys.modules.pop("packed_plugin")
