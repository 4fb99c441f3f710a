"""The levels: what is asked for, what this host can, what is opened."""

import pytest

from bot.config import Config, load
from bot.errors import UserError
from bot.prove import sandbox
from bot.prove.limits import Limits, limits_for
from bot.prove.sandbox import Sandbox, sandbox_for

FULL = Sandbox(processes=True, network=True, files=True)


def test_require_fails_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = Sandbox(processes=True, why="the kernel refuses")
    monkeypatch.setattr(sandbox, "best_sandbox", lambda: weak)
    assert sandbox_for("auto") == weak
    with pytest.raises(UserError) as caught:
        sandbox_for("require")
    assert str(caught.value) == (
        "--sandbox require: the tests cannot be fenced in here (the kernel refuses); run on Linux with user "
        "namespaces, or leave it to `--sandbox auto`."
    )


@pytest.mark.parametrize("files", [True, False])
def test_require_takes_the_best_level(monkeypatch: pytest.MonkeyPatch, files: bool) -> None:
    level = Sandbox(processes=True, network=True, files=files)
    monkeypatch.setattr(sandbox, "best_sandbox", lambda: level)
    assert sandbox_for("require") == level


def test_off_says_so() -> None:
    assert sandbox_for("off").words(Limits(9, 1 << 20)) == (
        "time 9 s",
        "memory 1 MiB",
        "processes 1024",
        "file size 4 GiB, output 4 MiB",
        "no process namespace here: processes ended by a sweep",
        "network not limited: --sandbox off",
        "files not limited: --sandbox off",
        "rights not limited: --sandbox off",
    )


def test_the_best_level_says_so() -> None:
    assert FULL.words(Limits(9, 1 << 20))[4:] == (
        "process namespace",
        "network limited to loopback",
        "files read-only outside of the work tree, credentials hidden",
        "no new rights",
    )


def test_network_is_opened_before_files() -> None:
    opened = FULL.opened("why")
    assert [(level.processes, level.network, level.files) for level in opened] == [
        (True, False, True),
        (True, False, False),
    ]
    assert Sandbox().opened("why") == ()


def test_a_trial_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Sandbox] = []
    monkeypatch.setattr(sandbox, "_works", lambda level: tried.append(level) or not level.network)
    level = sandbox.best_sandbox.__wrapped__()
    assert (level.processes, level.network, level.files) == (True, False, False)
    assert [(each.network, each.files) for each in tried] == [(True, True), (True, False), (False, False)]
    monkeypatch.setattr(sandbox, "_works", lambda _: False)
    assert sandbox.best_sandbox.__wrapped__().processes is False


def test_a_repository_cannot_switch_it_off(tmp_path) -> None:
    (tmp_path / "costmod.toml").write_text('sandbox = "off"\n')
    with pytest.raises(UserError, match="a repository does not switch off what holds its own tests"):
        load(tmp_path)
    (tmp_path / "costmod.toml").write_text('sandbox = "require"\n')
    assert load(tmp_path).sandbox == "require"


def test_memory_is_a_setting_or_a_share_of_the_machine() -> None:
    assert limits_for(Config(test_memory_mb=100)).memory == 100 << 20
    assert 100 << 20 < limits_for(Config()).memory < 1 << 50
