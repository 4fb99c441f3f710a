"""Two processes find what one would have found; where there can be only one, it reads all."""

import os
import sys
import threading
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import pytest

from codemods.index import halves
from codemods.index.halves import in_halves
from codemods.index.tree import Tree

Checkout = Callable[[dict[str, str]], Path]
PATHS = [f"{number}.py" for number in range(halves.LEAST)]


def read(path: str) -> bytes | None:
    return None if path.startswith("7") else f"{path} by {os.getpid()}".encode()


@pytest.fixture
def may(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with room for a second process."""
    monkeypatch.setattr(halves, "_can_copy", lambda: True)


def readers(found: dict[str, bytes | None]) -> int:
    return len({data.rpartition(b" ")[2] for data in found.values() if data})


@pytest.mark.usefixtures("may")
def test_two_processes() -> None:
    me, met = os.getpid(), [False]
    here, there = os.pipe(), os.pipe()

    def meeting(path: str) -> bytes | None:
        if not met[0]:  # neither takes its second path before the other has one
            met[0] = True
            mine, others = (here, there) if os.getpid() == me else (there, here)
            os.write(mine[1], b"1")
            os.read(others[0], 1)
        return read(path)

    found = in_halves(PATHS, meeting)
    for end in (*here, *there):
        os.close(end)
    assert readers(found) == 2
    assert {path: data and data.partition(b" by ")[0] for path, data in found.items()} == {
        path: None if path.startswith("7") else path.encode() for path in PATHS
    }


@pytest.mark.usefixtures("may")
def test_few_files() -> None:
    assert readers(in_halves(PATHS[1:], read)) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sys.platform", "darwin"),
        ("threading.active_count", lambda: 2),
        ("os.sched_getaffinity", lambda _: {0}),
        ("halves._running", lambda: 3),
    ],
)
def test_no_room_for_two(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    idle = {
        "sys.platform": "linux",
        "threading.active_count": lambda: 1,
        "os.sched_getaffinity": lambda _: {0, 1},
        "halves._running": lambda: 1,
    }
    modules = {"sys": sys, "os": os, "threading": threading, "halves": halves}
    for one, found in [*idle.items(), (name, value)]:
        module, _, attribute = one.partition(".")
        monkeypatch.setattr(modules[module], attribute, found, raising=False)
        assert one != "halves._running" or found is value or halves._can_copy()
    assert readers(in_halves(PATHS, read)) == 1


@pytest.mark.parametrize(
    ("text", "running"), [(b"9.1 8.0 7.5 3/150 4711\n", 3), (b"", 1), (b"1 2 3 x/y 5", 1), (None, 1)]
)
def test_what_runs_now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: bytes | None, running: int) -> None:
    file = tmp_path / "loadavg"
    if text is not None:
        file.write_bytes(text)
    monkeypatch.setattr(halves, "_LOAD", file)
    assert halves._running() == running


@pytest.mark.usefixtures("may")
def test_processes_are_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError("no more processes")

    monkeypatch.setattr(os, "fork", refuse)
    assert readers(in_halves(PATHS, read)) == 1


@pytest.mark.usefixtures("may")
def test_the_other_process_fails() -> None:
    me, failing = os.getpid(), os.pipe()

    def only_here(path: str) -> bytes:
        if os.getpid() != me:
            os.write(failing[1], b"1")
            raise MemoryError
        if not failed:
            failed.append(os.read(failing[0], 1))  # until the other one has taken something
        return path.encode()

    failed: list[bytes] = []
    assert in_halves(PATHS, only_here) == {path: path.encode() for path in PATHS}


@pytest.mark.usefixtures("may")
def test_this_process_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    me, fork = os.getpid(), os.fork
    children: list[int] = []

    def counted() -> int:
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", counted)

    never = os.pipe()

    def only_there(path: str) -> bytes:
        if os.getpid() == me:
            raise KeyboardInterrupt
        return os.read(never[0], 1)

    with pytest.raises(KeyboardInterrupt):
        in_halves(PATHS, only_there)
    with pytest.raises(ChildProcessError):  # it is not left behind
        os.waitpid(children[0], os.WNOHANG)


def test_the_side_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the process of the test, where it is counted as covered."""

    def leave(status: int) -> None:
        raise SystemExit(status)

    pipes: list[tuple[int, int]] = []
    make = os.pipe

    def kept() -> tuple[int, int]:
        pipes.append(make())
        return os.dup(pipes[-1][0]), pipes[-1][1]

    monkeypatch.setattr(os, "fork", lambda: 0)
    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(os, "pipe", kept)
    monkeypatch.setattr(halves, "_can_copy", lambda: True)
    with pytest.raises(SystemExit):
        in_halves(PATHS, read)
    with FileIO(pipes[0][0]) as queue, FileIO(pipes[1][0]) as answer:
        assert not queue.readall()
        assert halves._received(answer) == {path: read(path) for path in PATHS}


@pytest.mark.usefixtures("may")
def test_more_paths_than_a_queue_holds() -> None:
    many = [f"{number}.py" for number in range(3 * halves._GROUPS + 1)]
    assert list(in_halves(many, read)) == many


@pytest.mark.usefixtures("may")
def test_other_work_is_done_first() -> None:
    taken = os.pipe()

    def told(path: str) -> bytes | None:
        os.write(taken[1], b"1")
        return read(path)

    found = in_halves(PATHS, told, lambda: [os.read(taken[0], 1) for _ in PATHS])  # until the other one has taken all
    assert readers(found) == 1
    assert f"by {os.getpid()}" not in str(found)


@pytest.mark.usefixtures("may")
def test_facts_are_the_same(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {path: f"class C{number}:\n    def f(self): return g({number})\n" for number, path in enumerate(PATHS)}
    root = checkout({**files, "broken.py": "def (\n"})
    one, two = Tree(root), Tree(root)
    two.prepare([*two.files, "none.py"])
    assert two._ready == {path: one._packed(path) for path in one.files}
    assert [two.module(path) is None for path in two.files] == [path == "broken.py" for path in two.files]
    one.module("broken.py")
    assert one.skipped == two.skipped
    assert not two._ready
    monkeypatch.setattr(halves, "_can_copy", lambda: pytest.fail("all is known"))
    two.prepare(list(two.files))
