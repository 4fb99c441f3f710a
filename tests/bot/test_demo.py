"""What stands in the way of the demo ends in one sentence, and is left alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.demo import play
from bot.errors import UserError


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("mine"),
        lambda path: (path.mkdir(), (path / "mine.txt").touch()),
        lambda path: path.symlink_to("nowhere"),
    ],
    ids=["a file", "a folder", "a dangling link"],
)
def test_a_blog_that_is_not_the_example(tmp_path: Path, make: Callable[[Path], object]) -> None:
    blog = tmp_path / "blog"
    make(blog)
    with pytest.raises(UserError) as raised:
        play(tmp_path)
    assert str(raised.value) == (
        f"{blog}: is there already, but is not the example; move it away or choose another --out."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["blog"]


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError) as raised:
        play(tmp_path / "out")
    assert str(raised.value) == "git was not found on PATH; install git."
    assert list(tmp_path.iterdir()) == []


def test_an_out_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(UserError) as raised:
        play(tmp_path / "out")
    assert str(raised.value) == f"{tmp_path / 'out'}: cannot be written (File exists); choose --out."
