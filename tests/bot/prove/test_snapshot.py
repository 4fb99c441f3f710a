from pathlib import Path

import pytest

from bot.errors import UserError
from bot.prove.snapshot import brought_files, restore_snapshot, take_snapshot, write_changes
from bot.records import Change


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree/pkg").mkdir(parents=True)
    (tmp_path / "tree/pkg/a.py").write_bytes(b"x = 1\r\n")
    (tmp_path / "tree/.git").write_text("gitdir: elsewhere")
    (tmp_path / "tree/link").symlink_to("/etc/hostname")
    return tmp_path / "tree"


def test_whatever_the_tests_did_is_undone(tree: Path, tmp_path: Path) -> None:
    take_snapshot(tree, tmp_path / "kept")
    (tree / "pkg/a.py").write_text("broken")
    (tree / "db.sqlite3").touch()
    (tree / "locked").mkdir()
    (tree / "locked/file").touch()
    (tree / "locked").chmod(0)
    (tree / "link").unlink()
    restore_snapshot(tree, tmp_path / "kept")
    assert sorted(str(path.relative_to(tree)) for path in tree.rglob("*")) == [".git", "link", "pkg", "pkg/a.py"]
    assert (tree / "pkg/a.py").read_bytes() == b"x = 1\r\n"
    assert (tree / "link").readlink() == Path("/etc/hostname")


def test_line_ends_are_kept(tree: Path) -> None:
    write_changes(tree, (Change(path="pkg/a.py", before="x = 1\r\n", after="x = 2\r\n"),))
    assert (tree / "pkg/a.py").read_bytes() == b"x = 2\r\n"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../outside.py", "../outside.py: outside of the repository; a patch stays inside."),
        ("/etc/hostname", "/etc/hostname: outside of the repository; a patch stays inside."),
        ("link", "link: outside of the repository; a patch stays inside."),
        ("none.py", "none.py: not readable in the commit under test; commit it as UTF-8 text."),
        ("pkg/a.py", "pkg/a.py: differs from the commit under test; commit or stash the changes first."),
    ],
    ids=["parent", "absolute", "link", "missing", "different"],
)
def test_refused_changes(tree: Path, path: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        write_changes(tree, (Change(path=path, before="y", after="z"),))
    assert str(caught.value) == message


def test_untracked_files_are_brought_and_taken_away(tmp_path: Path) -> None:
    repository, tree = tmp_path / "repository", tmp_path / "tree"
    for path, text in ((repository / "app/local.py", "new"), (repository / "a.py", "dirty"), (tree / "a.py", "kept")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with brought_files(tree, repository, ("app/local.py", "a.py")):
        assert ((tree / "app/local.py").read_text(), (tree / "a.py").read_text()) == ("new", "kept")
    assert ((tree / "app/local.py").exists(), (tree / "a.py").read_text()) == (False, "kept")


@pytest.mark.parametrize("name", ["../outside", ".git/config", "link", "nothing", ""])
def test_files_from_elsewhere_are_not_brought(tmp_path: Path, name: str) -> None:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    for path in (tmp_path / "outside", repository / ".git/config"):
        path.touch()
    (repository / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(UserError, match="is no file of the repository"), brought_files(tmp_path, repository, (name,)):
        pass
