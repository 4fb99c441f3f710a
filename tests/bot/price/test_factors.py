"""Constants with a source, and draws that repeat."""

from decimal import Decimal

import numpy as np
import pytest

from bot.price.factors import DRAWS, Factor, Factors, constants, draw

RANGE = Factor("x", 1.0, 2.0, 4.0, "ms", "somewhere")


def test_every_constant_is_a_range_or_a_value_with_a_unit_and_says_measured_or_assumption():
    for factor in constants().values():
        assert factor.low <= factor.mid <= factor.high
        assert factor.unit
        assert factor.origin.startswith(("constant (measured 2026-11: ", "constant (assumption: "))


def test_draws_stay_inside_the_range_and_repeat():
    values = draw(RANGE, "seed")
    assert values.shape == (DRAWS,)
    assert (values.min() >= 1, values.max() <= 4) == (True, True)
    assert values.mean() == pytest.approx(7 / 3, rel=0.01)  # (low + mid + high) / 3
    assert np.array_equal(values, draw(RANGE, "seed"))


@pytest.mark.parametrize(
    ("factor", "seed"),
    [
        pytest.param(RANGE, "other", id="another seed"),
        pytest.param(Factor("y", 1.0, 2.0, 4.0, "ms", ""), "seed", id="another name"),
    ],
)
def test_streams_are_apart(factor, seed):
    assert abs(np.corrcoef(draw(RANGE, "seed"), draw(factor, seed))[0, 1]) < 0.05


def test_a_fixed_factor_does_not_vary():
    assert set(draw(Factor.fixed("x", 3.0, "ms", ""), "seed")) == {3.0}


def test_moving_one_factor_leaves_the_others():
    factors = Factors({"x": np.ones(2), "share": np.full(2, 0.9), "n": np.full(2, 4.0)}, {})
    moved = factors.with_moved("x", 1.2).with_moved("x", 0.5).with_moved("share", 1.2)
    assert moved["x"].tolist() == [0.6, 0.6]
    assert moved.share("share").tolist() == [1.0, 1.0]
    assert (moved.number("n"), factors["x"].tolist()) == (Decimal("4.0"), [1.0, 1.0])
