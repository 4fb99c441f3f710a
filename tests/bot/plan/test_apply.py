"""Writing changes: all of them or none, modes and line ends kept, nothing left behind."""

import os
from pathlib import Path

import pytest
from rig.sample import patch

from bot.errors import UserError
from bot.plan.apply import apply, combined
from bot.records import Change

CHANGES = (
    Change(path="a.py", before="a\n", after="A\r\nü"),
    Change(path="b/c.py", before="c\n", after="C\n"),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    for change in CHANGES:
        (tmp_path / change.path).write_bytes(change.before.encode())
    return tmp_path


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_every_file_is_replaced_and_its_mode_kept(root: Path) -> None:
    (root / "a.py").chmod(0o755)
    apply(root, CHANGES)
    assert contents(root) == {"a.py": "A\r\nü".encode(), "b/c.py": b"C\n"}
    assert ((root / "a.py").stat().st_mode & 0o777) == 0o755


def test_nothing_to_write(root: Path) -> None:
    apply(root, ())
    assert contents(root) == {"a.py": b"a\n", "b/c.py": b"c\n"}


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(
            lambda path: path.write_text("c  # mine\n"),
            "the file changed while costmod was planning; run the command again.",
            id="changed",
        ),
        pytest.param(
            lambda path: path.write_bytes(b"c\r\n"),
            "the file changed while costmod was planning; run the command again.",
            id="other line ends",
        ),
        pytest.param(
            lambda path: (path.rename(path.with_name("d.py")), path.symlink_to("d.py")),
            "the file changed while costmod was planning; run the command again.",
            id="a link now",
        ),
        pytest.param(
            lambda path: path.unlink(),
            "cannot be written (No such file or directory); make it writable or run without --write.",
            id="gone",
        ),
        pytest.param(
            lambda path: (path.unlink(), path.mkdir()),
            "cannot be written (Is a directory); make it writable or run without --write.",
            id="a folder now",
        ),
    ],
)
def test_one_file_that_cannot_be_replaced_stops_all(root: Path, spoil: object, sentence: str) -> None:
    assert callable(spoil)
    spoil(root / "b/c.py")
    before = contents(root)
    with pytest.raises(UserError) as raised:
        apply(root, CHANGES)
    assert str(raised.value) == f"{root / 'b/c.py'}: {sentence}"
    assert contents(root) == before  # no half of it, and no temporary file


def test_a_file_that_may_not_be_written(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "b/c.py").chmod(0o444)
    if os.geteuid() == 0:  # root may write anything
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "c.py")
    with pytest.raises(UserError) as raised:
        apply(root, CHANGES)
    assert str(raised.value) == (
        f"{root / 'b/c.py'}: no permission to write the file; make it writable or run without --write."
    )
    assert contents(root) == {"a.py": b"a\n", "b/c.py": b"c\n"}


def test_patches_that_stand_on_each_other_are_one_change_per_file() -> None:
    first = patch(changes=(Change(path="a.py", before="1", after="2"), Change(path="b.py", before="x", after="y")))
    second = patch(changes=(Change(path="a.py", before="2", after="3"),))
    assert combined([first, second]) == [
        Change(path="a.py", before="1", after="3"),
        Change(path="b.py", before="x", after="y"),
    ]
    assert combined([]) == []


def test_no_room_for_a_file_leaves_nothing_behind(root: Path) -> None:
    resource = pytest.importorskip("resource")
    before = contents(root)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, limits[1]))  # what a full disk does, for this process alone
    try:
        with pytest.raises(UserError) as raised:
            apply(root, (*CHANGES[:1], Change(path="b/c.py", before="c\n", after="C" * 5)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(raised.value).startswith(f"{root / 'a.py'}: cannot be written (File too large)")
    assert contents(root) == before


def test_a_file_that_cannot_be_put_in_place(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:  # root may replace anything: the answer of the system is replaced
        if target.name == "c.py":
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UserError) as raised:
        apply(root, CHANGES)
    assert str(raised.value) == (
        f"{root / 'b/c.py'}: cannot be replaced (No space left on device); "
        "`git diff` shows the files that were edited before it."
    )
    assert contents(root) == {"a.py": "A\r\nü".encode(), "b/c.py": b"c\n"}
