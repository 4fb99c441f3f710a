"""Scaling policies on recorded hours: what they would have made of less CPU."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import bill as made

from bot.errors import UserError
from bot.price.replay import Policy, avoided_units, standing_units
from bot.price.usage import Usage, read_usage

FLAT = (6.0,) * 168
DIURNAL = tuple(6.0 + (3.0 if 8 <= hour % 24 < 20 else -3.0) for hour in range(168))
SPIKY = tuple(30.0 if hour % 24 == 12 else 3.0 for hour in range(168))
CPU, REQUESTS = Policy("replicas", 2, 0.6), Policy("fixed", 10)
ACU = Policy("acu", 2)


@pytest.mark.parametrize(
    ("hours", "policy", "less", "standing", "gone"),
    [
        # 6 / 0.6 = 10 tasks; 3 vCPU less on average: 5 tasks
        pytest.param(FLAT, CPU, 3.0, 10.0, 5.0, id="flat, CPU target"),
        pytest.param(FLAT, CPU, 0.5, 10.0, 0.0, id="flat: less than a task's room, nothing goes"),
        pytest.param(FLAT, CPU, 5.9, 10.0, 8.0, id="flat: the minimum stays"),
        # 9 / 0.6 = 15 and 3 / 0.6 = 5 tasks; a third less: 10 and 4 (2 / 0.6 = 3.3)
        pytest.param(DIURNAL, CPU, 2.0, 10.0, 3.0, id="diurnal: by day five, by night one"),
        pytest.param(SPIKY, CPU, 1.0, (50 + 23 * 5) / 24, (12 + 23 * 1) / 24, id="spiky: most falls away in the spike"),
        pytest.param(FLAT, REQUESTS, 3.0, 10.0, 0.0, id="flat, by requests: no CPU counts"),
        pytest.param(DIURNAL, REQUESTS, 3.0, 10.0, 0.0, id="diurnal, by requests"),
        pytest.param(SPIKY, REQUESTS, 3.0, 10.0, 0.0, id="spiky, fixed"),
        pytest.param(FLAT, ACU, 3.0, 24.0, 12.0, id="flat, four ACU per vCPU"),
    ],
)
def test_replayed(hours, policy, less, standing, gone):
    usage = Usage(made.START, hours)
    assert standing_units(usage, policy) / 730 == pytest.approx(standing)
    assert avoided_units(usage, policy, np.full(3, less * 730), "seed") / 730 == pytest.approx(np.full(3, gone))


def test_the_working_set_keeps_the_units_of_a_serverless_database():
    usage = Usage(made.START, FLAT, memory_gib=(40.0,) * 168)
    assert avoided_units(usage, ACU, np.array([5.0 * 730]), "s")[0] / 730 == pytest.approx(24 - 20)  # 40 GiB / 2


def test_the_entry_takes_its_cpu_when_it_runs():
    night = tuple(1.0 if hour % 24 < 8 else 0.0 for hour in range(168))
    usage = Usage(made.START, DIURNAL, requests=night)
    # 1 vCPU on average is 3 by night, when 3 / 0.6 = 5 tasks stand and 2 are the minimum
    assert avoided_units(usage, CPU, np.array([730.0]), "s")[0] / 730 == pytest.approx(3 * 8 / 24)


def test_days_that_differ_give_a_range_and_repeat():
    usage = Usage(made.START, tuple(3.0 + hour // 24 for hour in range(168)))
    first, second = (avoided_units(usage, CPU, np.full(1000, 1000.0), "seed") for _ in range(2))
    assert np.array_equal(first, second)
    assert first.std() > 0
    assert not np.array_equal(first, avoided_units(usage, CPU, np.full(1000, 1000.0), "other"))


@settings(max_examples=30, deadline=None)
@given(
    hours=st.lists(st.floats(0, 50), min_size=72, max_size=72),
    minimum=st.integers(0, 20),
    less=st.tuples(st.floats(0, 60), st.floats(0, 60)).map(sorted),
)
def test_more_less_is_never_worth_less_and_the_floor_holds(hours, minimum, less):
    usage, policy = Usage(made.START, tuple(hours)), Policy("replicas", minimum, 0.6)
    few, many = (avoided_units(usage, policy, np.full(5, value * 730), "seed") for value in less)
    assert (few <= many + 1e-6).all()
    everything = avoided_units(usage, Policy("replicas", 0, 0.6), np.full(5, 1e9), "seed")
    assert (many <= everything + 1e-6).all()
    at_floor = Policy("replicas", 10_000, 0.6)
    assert (avoided_units(usage, at_floor, np.full(5, less[1] * 730), "seed") == 0).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("hour\n", "the usage has no column hour, vcpu.", id="empty"),
        pytest.param("hour,cpu\n2026-11-01T00:00:00Z,1\n", "the usage has no column vcpu.", id="no vcpu"),
        pytest.param("hour,vcpu\nmonday,1\n", "'monday' is no hour such as 2026-11-01T13:00:00Z.", id="no time"),
        pytest.param(
            "hour,vcpu\n2026-11-01T00:00Z,1\n2026-11-01T02:00Z,1\n",
            "the usage should have one row for each hour, in the order of time.", id="a gap",
        ),
        pytest.param("hour,vcpu\n2026-11-01T00:00Z,1\n", "the usage covers 1 hour; at least 72 are needed.", id="1"),
    ],
)  # fmt: skip
def test_usage_that_cannot_be_used(tmp_path: Path, content: str, message: str):
    path = tmp_path / "usage.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as error:
        read_usage(path)
    assert str(error.value) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("value", "message"),
    [("much", "a value that is no number."), (-1, "a value below nothing or without end."), ("inf", "a value below")],
)
def test_usage_with_values_that_are_none(tmp_path: Path, value, message):
    with pytest.raises(UserError, match=message):
        read_usage(made.usage(tmp_path / "usage.csv", vcpu=1, memory_gib=value))
    with pytest.raises(UserError, match=r"^.*none\.csv: the usage cannot be read \(.*\)\.$"):
        read_usage(tmp_path / "none.csv")


def test_usage_with_other_offsets_is_the_same(tmp_path: Path):
    path = made.usage(tmp_path / "usage.csv", hours=72, vcpu=2, requests=5)
    first = read_usage(path)
    path.write_text(path.read_text(encoding="utf-8").replace("Z,", "+00:00,"), encoding="utf-8")
    assert read_usage(path) == first
    assert (first.mean_vcpu, first.high_vcpu, first.profile) == (2.0, 2.0, (1.0,) * 72)
