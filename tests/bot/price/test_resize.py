"""The step test: CPU at the worst hour, memory, connections; and a step that is free already is no saving."""

from decimal import Decimal

import numpy as np
import pytest
from rig import bill as made

from bot.config import SmallerConfig
from bot.price.resize import step
from bot.price.usage import Usage

HOURS = 72


def usage(worst: float = 8.0, memory: float | None = 40, connections: float | None = 100) -> Usage:
    return Usage(
        made.START, (4.0,) * HOURS, peak_vcpu=(worst,) * HOURS,
        memory_gib=(memory,) * HOURS if memory else (), connections=(connections,) * HOURS if connections else (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "smaller", "chance", "obstacles"),
    [
        pytest.param(usage(), {}, 0.5, (), id="every second draw fits"),
        pytest.param(usage(6.8), {}, 1.0, (), id="all fit"),
        pytest.param(usage(12.0), {}, 0.0, (), id="none fits"),
        pytest.param(
            usage(6.4), {}, 1.0, ("small fits already without this change, so it is no part of its saving",),
            id="fits today",
        ),
        pytest.param(
            usage(), {"memory_gib": 48}, 0.5, ("small has room for 38 GiB of memory, of which 40 are in use",),
            id="memory",
        ),
        pytest.param(
            usage(), {"connections": 99}, 0.5, ("small has room for 99 connections, of which 100 are in use",),
            id="connections",
        ),
        pytest.param(
            usage(memory=None), {"memory_gib": 64}, 0.5, ("small: the GiB of memory in use are not in the usage",),
            id="memory in use unknown",
        ),
    ],
)  # fmt: skip
def test_a_step_down(seen, smaller, chance, obstacles):
    # 8 vCPU, of which 6.4 may be in use. Draws free 0.3 or 1 vCPU on average, twice that at the worst hour.
    hours = np.array([0.3, 1.0] * 50) * 730
    found = step("db", Decimal(1000), SmallerConfig("small", vcpu=8, cost_share=0.4, **smaller), seen, hours)
    assert (found.chance, found.obstacles) == (chance, obstacles)
    assert (found.action, found.monthly) == ("resize db to small", Decimal(600))
    assert found.is_named is (chance >= 0.5 and not obstacles)
