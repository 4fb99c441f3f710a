"""What a hotspot costs before a fix is known, which is what `--by cost` ranks by."""

import pytest

from bot.price.attributed import attributed
from bot.records import Volume

MONTH = Volume(value=1e8, basis="metric")


def test_it_is_what_a_whole_saving_would_come_from(build):
    settings = build.config(1e8, database="aurora-provisioned")
    found = attributed(build.hotspot(), settings, today=build.today)
    saved = build.saving(settings)
    assert float(found.expected) == pytest.approx(float(saved.attributed.expected), rel=0.05)


def test_it_grows_with_repeats_and_with_requests(build):
    settings = build.config(database="aurora-provisioned")

    def cost(count: int, volume: float) -> float:
        seen = build.hotspot(build.pattern(count=count), volume=Volume(value=volume, basis="metric"))
        return float(attributed(seen, settings, today=build.today).expected)

    assert cost(20, 1e8) < cost(50, 1e8) < cost(50, 1e9)


@pytest.mark.parametrize("missing", ["volume", "prices", "statements"])
def test_what_is_unknown_has_no_cost(build, missing):
    call = build.pattern(shape="call")
    seen = build.hotspot(*[call] * (missing == "statements"), volume=None if missing == "volume" else MONTH)
    settings = build.config(database="none" if missing == "prices" else "aurora-provisioned")
    assert attributed(seen, settings, today=build.today) is None
