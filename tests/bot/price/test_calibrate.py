"""The constants measured with real drivers and ORMs on SQLite and PostgreSQL, and what becomes of the file."""

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from guards.conftest import _missing, postgres  # noqa: F401
from guards.libraries import ENVIRONMENTS, why_not

from bot.cli import _main
from bot.config import Config, PriceConfig, load
from bot.errors import UserError
from bot.price.calibrate import Target, calibrate
from bot.price.calibrate.constants import Answer, Run, Sample, constants_of
from bot.price.calibrate.write import text_of
from bot.price.factors import constants

DAY = date(2026, 11, 25)
SERVER = {"database-cpu"} if Path("/proc/self/schedstat").exists() else set()  # Linux has it


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.price.calibrate.run.ROUNDS", 4)


def config(orm: str, version: str) -> Config:
    if reason := why_not(orm, version):
        _missing(reason)
    return Config(python=str(ENVIRONMENTS / f"{orm}-{version}" / "bin" / "python"))


def check(text: str, names: set[str], versions: str) -> None:
    read = tomllib.loads(text)
    assert set(read) == names
    for name, constant in read.items():
        assert 0 <= constant["low"] <= constant["mid"] <= constant["high"]
        assert constant["unit"] == "ms per avoided statement"
        assert f"measured {DAY} on " in constant["source"]
        assert versions in constant["source"]
        assert name == "round-trip" or 0.001 < constant["mid"] < 20


@pytest.mark.parametrize("version", ["1.4", "2.1"])
def test_sqlalchemy_on_sqlite(tmp_path: Path, version: str) -> None:
    text = calibrate(Target(url="sqlite://"), tmp_path, config("sqlalchemy", version), DAY)
    check(text, {"application-cpu-orm", "application-cpu-dbapi", "round-trip"}, "SQLAlchemy ")
    assert "# database-cpu keeps its default: the database runs inside the application.\n" in text
    assert "with the database, which runs inside" in text
    read = tomllib.loads(text)
    assert read["application-cpu-dbapi"]["mid"] < read["application-cpu-orm"]["mid"]


def test_sqlalchemy_on_postgresql(tmp_path: Path, postgres: str) -> None:  # noqa: F811
    text = calibrate(Target(url=postgres), tmp_path, config("sqlalchemy", "2.1"), DAY)
    check(text, {"application-cpu-orm", "application-cpu-dbapi", "round-trip", *SERVER}, "psycopg2 ")
    assert "costmod@" not in text


SETTINGS = (
    'DATABASES = {"default": {"ENGINE": "django.db.backends.%s", "NAME": "%s", "HOST": "%s", "USER": "costmod"}}\n'
)


def django(tmp_path: Path, database: str, name: str, host: str = "") -> Target:
    (tmp_path / "own_settings.py").write_text(SETTINGS % (database, name, host))
    return Target(django="own_settings")


def test_django_on_sqlite_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    target = django(tmp_path, "sqlite3", str(tmp_path / "own.db"))
    check(
        calibrate(target, tmp_path, config("django", "5.2"), DAY),
        {"application-cpu-orm", "application-cpu-dbapi", "round-trip"},
        "Django 5.2",
    )
    assert (tmp_path / "own.db").stat().st_size == 0


def test_django_on_postgresql(tmp_path: Path, postgres: str) -> None:  # noqa: F811
    target = django(tmp_path, "postgresql", "postgres", postgres.partition("host=")[2])
    text = calibrate(target, tmp_path, config("django", "6.1"), DAY)
    assert set(tomllib.loads(text)) >= SERVER


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name in ("COSTMOD_DATABASE_URL", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.delenv(name, raising=False)
    yield monkeypatch


def test_the_command_writes_what_the_settings_load(
    tmp_path: Path, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], build: Any
) -> None:
    python = config("sqlalchemy", "2.1").python
    (tmp_path / "costmod.toml").write_text(f'python = "{python}"\n[price]\nconstants = "own.toml"\n')
    environment.setenv("COSTMOD_DATABASE_URL", "sqlite://")
    out = tmp_path / "own.toml"
    assert _main(["price", "--calibrate", "--repo", str(tmp_path), "--out", str(out)]) == 0
    assert capsys.readouterr().out.endswith(f"{out}: name it as constants in [tool.costmod.price]\n")
    settings = load(tmp_path).price
    assert settings.constants == str(out)
    measured = tomllib.loads(out.read_text())["application-cpu-orm"]
    assert constants(settings.constants)["application-cpu-orm"].mid == measured["mid"]
    assert constants(settings.constants)["database-cpu"] == constants()["database-cpu"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {},
            "set COSTMOD_DATABASE_URL to an SQLAlchemy URL, or DJANGO_SETTINGS_MODULE to the settings of a Django",
        ),
        ({"COSTMOD_DATABASE_URL": "nonsense"}, "Could not parse "),
        ({"COSTMOD_DATABASE_URL": "sqlite:////nowhere/x.db"}, "unable to open database file"),
        ({"COSTMOD_DATABASE_URL": "sqlite+aiosqlite://"}, "failed: "),
        ({"DJANGO_SETTINGS_MODULE": "nothing"}, "failed: ModuleNotFoundError: "),
    ],
)
def test_what_cannot_be_measured(
    tmp_path: Path,
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    message: str,
) -> None:
    python = config("sqlalchemy", "2.1").python
    (tmp_path / "costmod.toml").write_text(f'python = "{python}"\n')
    for name, value in variables.items():
        environment.setenv(name, value)
    assert _main(["price", "--calibrate", "--repo", str(tmp_path), "--out", str(tmp_path / "own.toml")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert "nonsense" not in error
    assert not (tmp_path / "own.toml").exists()


def samples(cost: float, noise: float = 0.0) -> list[Sample]:
    """Runs in which the client spends 1 ms and `cost` ms per statement, the server half of that."""
    own = [("orm", 0), ("orm joined", 1), ("orm separate", 2), ("dbapi", 0), ("dbapi joined", 1)]
    found = []
    for size in (10, 50):
        for number in range(11):
            for way, left in own:
                ms = 1 + (left or size + 1) * cost + noise * number * (left == 0)
                found.append(
                    Sample(way=way, size=size, round=number, wall=0, client=round(ms * 1e6), server=round(ms * 5e5))
                )
    return found


def answer(found: list[Sample]) -> Answer:
    trips = [Run(wall=n * 100_000 + 30_000, client=20_000, server=10_000) for n in range(11)]
    return Answer(samples=found, round_trips=trips, versions={"Python": "3.11.7", "driver": "2"})


def test_what_one_statement_costs_is_recovered() -> None:
    found = {name: one.constant for name, one in constants_of(answer(samples(0.25))).items()}
    assert {name: (c.low, c.mid, c.high) for name, c in found.items()} == {
        "application-cpu-orm": (0.25, 0.25, 0.25),
        "application-cpu-dbapi": (0.25, 0.25, 0.25),
        "database-cpu": (0.125, 0.125, 0.125),
        "round-trip": (0.25, 0.5, 0.75),
    }


def test_a_machine_that_is_too_busy_is_refused() -> None:
    with pytest.raises(UserError, match="too busy to measure"):
        constants_of(answer(samples(-0.25)))


def test_the_file() -> None:
    found = constants_of(answer(samples(0.25)))
    text = text_of({"application-cpu-orm": found["application-cpu-orm"]}, answer([]), DAY, 'A "fast" one, 2 CPUs', 1.0)
    assert text == (
        "# Written by `costmod price --calibrate`; `constants` in [tool.costmod.price] names this file, and its values "
        "then stand\n"
        "# in place of the defaults. low, mid and high are the 10th, 50th and 90th percentile over rounds of mixed "
        "order, of the\n"
        "# round trip the quartiles.\n"
        "\n"
        "[application-cpu-orm]\n"
        "# by statements per request: 10: 0.25, 50: 0.25\n"
        "low = 0.25\n"
        "mid = 0.25\n"
        "high = 0.25\n"
        'unit = "ms per avoided statement"\n'
        'source = "measured 2026-11-25 on A \\"fast\\" one, 2 CPUs, load 1.0: Python 3.11.7, driver 2"\n'
    )
    assert "\n# The machine was busy (load 900.0): " in text_of(found, answer([]), DAY, "one", 900.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[database-cpu]\n", "no constants to read"),
        ('[other]\nunit = ""\nsource = ""\n', "other: no such constant; known are "),
        ('[database-cpu]\nlow = 2\nmid = 1\nhigh = 3\nunit = ""\nsource = ""\n', "low, mid and high are to be numbers"),
        ('[database-cpu]\nlow = nan\nunit = ""\nsource = ""\n', "low, mid and high are to be numbers"),
        ("text", "no constants to read"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "own.toml").write_text(content)
    with pytest.raises(UserError, match=message):
        constants(str(tmp_path / "own.toml"))
    with pytest.raises(UserError, match="no constants to read"):
        constants(str(tmp_path / "nothing.toml"))


def test_measured_constants_move_the_saving_and_say_where_they_come_from(tmp_path: Path, build: Any) -> None:
    own = (
        '[application-cpu-orm]\nlow = 3.0\nmid = 3.0\nhigh = 3.0\nunit = "ms per avoided statement"\nsource = "mine"\n'
    )
    (tmp_path / "own.toml").write_text(own)
    shared = {"requests": 10_000_000, "application": "fargate"}
    before = build.saving(build.config(**shared))
    after = build.saving(build.config(**shared, constants=str(tmp_path / "own.toml")))
    assert after.cash_now.expected > 5 * before.cash_now.expected
    assert after.seed == before.seed
    (row,) = (row for row in after.inputs if row.name == "application cpu")
    assert (row.value, row.origin) == ("3", "constant (mine)")
    assert PriceConfig().constants is None
