"""Resources per request: what counts as an hour, as a day, and as a change."""

import importlib.util
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot.price.after.effects import effects
from bot.records import Effect

spec = importlib.util.spec_from_file_location("after_hours", Path(__file__).with_name("hours.py"))
assert spec is not None
assert spec.loader is not None
given = importlib.util.module_from_spec(spec)
spec.loader.exec_module(given)

hours, window, HOME, DEPLOYED = given.hours, given.window, given.HOME, given.DEPLOYED


def control(**fields: object) -> list[object]:
    return hours(entry=HOME, **{"factor": 1.0} | fields)


def cpu(target: list[object], other: list[object], *incidents: tuple[int, int]) -> Effect:
    return {effect.metric: effect for effect in effects(target, other, window(*incidents))}["cpu_ms"]


@pytest.mark.parametrize(("factor", "state"), [(0.6, "fell"), (1.0, "unchanged"), (1.2, "rose")])
def test_a_change_of_the_target_alone(factor: float, state: str) -> None:
    seen = cpu(hours(factor=factor), control())
    assert (seen.state, seen.days_before, seen.days_after) == (state, 7, 7)
    assert seen.change == pytest.approx(factor - 1, abs=0.01)
    assert seen.low <= seen.change <= seen.high
    assert seen.before == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_a_change_that_the_control_shares_is_none(factor: float) -> None:
    assert cpu(hours(factor=factor), control(factor=factor)).state == "unchanged"


def test_noise_that_hides_a_change_is_undecided() -> None:
    day = DEPLOYED + 2
    target = [replace(h, cpu_ms=h.cpu_ms * (1.3 if (h.at - day) // 24 % 2 else 1.0)) for h in hours(factor=0.95)]
    assert cpu(target, control()).state == "undecided"


@pytest.mark.parametrize(("before", "after"), [(7, 6), (6, 7), (3, 3), (0, 7), (7, 0)])
def test_fewer_than_seven_days_on_either_side_are_pending(before: int, after: int) -> None:
    seen = cpu(hours(before, after), control(before=before, after=after))
    assert (seen.state, seen.days_before, seen.change) == ("pending", before, None)
    assert seen.days_after <= after


def test_half_a_day_counts_and_less_does_not() -> None:
    assert cpu(hours()[:-12], control()).days_after == 7
    assert cpu(hours()[:-13], control()).days_after == 6
    assert cpu(hours()[12:], control()).days_before == 7
    assert cpu(hours()[13:], control()).days_before == 6


def test_a_week_up_to_the_deployment_and_one_from_it_on_are_enough() -> None:
    target = [h for h in hours() if DEPLOYED - 168 <= h.at < DEPLOYED + 168]
    seen = cpu(target, control())
    assert (seen.state, seen.days_before, seen.days_after) == ("fell", 7, 7)


def test_without_a_control_nothing_is_decided() -> None:
    assert {effect.state for effect in effects(hours(), [], window())} == {"pending"}


def test_no_hours_at_all() -> None:
    assert effects([], [], window()) == ()


def test_hours_with_few_requests_do_not_count() -> None:
    assert cpu(hours(requests=49), control()).state == "pending"
    assert cpu(hours(requests=50), control()).state == "fell"
    assert cpu(hours(), control(requests=49)).state == "pending"


def test_two_hours_around_the_deployment_do_not_count() -> None:
    odd = [replace(h, cpu_ms=h.cpu_ms * 1000) if abs(h.at - DEPLOYED + 0.5) < 2 else h for h in hours()]
    assert cpu(odd, control()) == cpu(hours(), control())


def test_an_incident_is_left_out_and_an_older_week_stands_in_for_a_lost_day() -> None:
    first, last = (DEPLOYED - 100) * 3600, (DEPLOYED - 60) * 3600
    hurt = [replace(h, cpu_ms=h.cpu_ms * 5) if first <= h.at * 3600 < last else h for h in hours(14, 7)]
    assert cpu(hurt, control(before=14)).change < -0.5
    healed = cpu(hurt, control(before=14), (first + 1, last - 1))
    assert (healed.state, healed.days_after) == ("fell", 7)
    assert healed.days_before >= 7
    assert healed.change == pytest.approx(-0.4, abs=0.01)


def test_days_far_from_the_deployment_do_not_count() -> None:
    old = [replace(h, cpu_ms=h.cpu_ms * 9) if h.at < DEPLOYED - 9 * 24 else h for h in hours(28, 28)]
    seen = cpu(old, control(before=28, after=28))
    assert (seen.days_before, seen.days_after) == (7, 7)
    assert seen.change == pytest.approx(-0.4, abs=0.01)


def test_what_drifted_before_the_deployment_is_not_taken_for_it() -> None:
    slide = [replace(h, cpu_ms=h.cpu_ms * 0.9 ** ((h.at - DEPLOYED) / 168)) for h in hours(14, 7, factor=1.0)]
    assert cpu(slide[7 * 24 :], control()).state == "fell"  # nobody can know
    assert cpu(slide, control(before=14)).state == "undecided"
    assert (
        cpu([replace(h, cpu_ms=h.cpu_ms * (0.5 if h.at >= DEPLOYED else 1)) for h in slide], control(before=14)).state
        == "fell"
    )


def test_a_resource_that_is_not_measured_is_not_there() -> None:
    assert [e.metric for e in effects(hours(cpu=False), control(cpu=False), window())] == ["db_ms"]
