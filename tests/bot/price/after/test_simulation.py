"""The test that decides, on simulated hours: it cries wolf in at most one of twenty windows, and sees what is large."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

RUNS = 600
SEED = 7


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    path = Path(__file__).parents[4] / "bench" / "verify.py"
    spec = importlib.util.spec_from_file_location("bench_verify", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for annotations
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("drift", [0.0, 0.0009, 0.0018], ids=["shared drift", "a quarter unshared", "half unshared"])
def test_false_positives(bench: ModuleType, drift: float) -> None:
    seen = bench.found(bench.World(own_drift=drift), (7, 7), 0.0, RUNS, SEED)
    assert seen["control"] <= 0.05
    assert seen["control, week before"] <= 0.02
    assert seen["matched"] > 0.05  # what the control is there for
    assert seen["hourly t"] > 0.5


def test_the_week_before_is_what_holds_when_the_control_drifts_apart(bench: ModuleType) -> None:
    seen = bench.found(bench.World(own_drift=0.0036), (7, 7), 0.0, RUNS, SEED)
    assert seen["control, week before"] <= 0.05 < seen["control"]


def test_power(bench: ModuleType) -> None:
    world = bench.World()
    seen = {effect: bench.found(world, (7, 7), effect, RUNS, SEED) for effect in (0.3, 0.1, 0.05)}
    assert [seen[0.3][method] for method in ("control", "control, week before")] == [1.0, 1.0]
    assert 0.5 < seen[0.1]["control"] < 0.8
    assert 0.3 < seen[0.1]["control, week before"] < 0.6
    assert 0.1 < seen[0.05]["control"] < 0.3


def test_three_days_decide_nothing(bench: ModuleType) -> None:
    assert bench.found(bench.World(), (3, 3), 0.8, RUNS, SEED)["control"] == 0.0
