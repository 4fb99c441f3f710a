"""What a patch takes out of one request, and how much shorter the request gets."""

import pytest

from bot.price.repeats import Repeat, repeats, unmatched, wall_after_ns


def repeat(
    before: int, after: int, span_ms: float | None = 1.0, sequential: float = 1.0, joined: bool = False
) -> Repeat:
    return Repeat(before, after, span_ms, sequential, joined)


@pytest.mark.parametrize(
    ("loads", "expected"),
    [
        pytest.param([(50, 0, "joinedload")], 0, id="joined leaves nothing"),
        pytest.param([(50, 1, "selectinload")], 1, id="select-in leaves one"),
        pytest.param([(20, 1, "selectinload")], 31, id="only a part of the repeats is this load's"),
        pytest.param([(25, 1, "selectinload"), (25, 1, "selectinload")], 2, id="two loads behind one statement"),
        pytest.param([(900, 1, "selectinload")], 1, id="never more than the hotspot repeats"),
        pytest.param([(1, 3, "selectinload")], 50, id="a load that would add statements avoids none"),
        pytest.param([], 50, id="no load"),
    ],
)
def test_statements_that_stay(build, loads, expected):
    edit = build.patch(*(build.load(before=b, after=a, strategy=s) for b, a, s in loads))
    assert repeats(build.hotspot(), edit) == (repeat(50, expected, 1.2),)


@pytest.mark.parametrize(
    ("shape", "strategy", "expected"),
    [
        pytest.param("parameter_equals_column", "joinedload", True, id="joined collection"),
        pytest.param("link_table", "joinedload", True, id="joined many-to-many"),
        pytest.param("other", "joinedload", True, id="joined, direction unknown"),
        pytest.param("column_equals_parameter", "joinedload", False, id="joined to-one"),
        pytest.param("parameter_equals_column", "selectinload", False, id="separate select"),
        pytest.param("parameter_equals_column", "prefetch_related", False, id="Django separate select"),
        pytest.param("other", "select_related", False, id="Django joins only to-one"),
    ],
)
def test_bytes_rise_only_with_a_joined_collection(build, shape, strategy, expected):
    edit = build.patch(build.load(strategy=strategy))
    assert repeats(build.hotspot(build.pattern(shape=shape)), edit) == (repeat(50, 0, 1.2, 1.0, expected),)


def test_outbound_calls_are_no_statements(build):
    seen = build.hotspot(build.pattern(shape="call"))
    edit = build.patch(build.load())
    assert repeats(seen, edit) == ()
    assert unmatched(seen, edit) == edit.loads


def test_a_load_of_another_statement_is_named(build):
    edit = build.patch(build.load(), build.load("tags"))
    assert unmatched(build.hotspot(), edit) == (build.load("tags"),)
    assert unmatched(build.hotspot(), build.patch(build.load())) == ()


def test_a_source_without_durations(build):
    assert repeats(build.hotspot(build.pattern(span_ms=0)), build.patch(build.load())) == (repeat(50, 0, None),)


@pytest.mark.parametrize(
    ("before_ms", "repeated", "expected_ms"),
    [
        pytest.param(66, (repeat(50, 0, 1.2),), 6, id="50 statements of 1.2 ms"),
        pytest.param(66, (repeat(50, 0, 1.0), repeat(10, 1, 0.5)), 11.5, id="two loops"),
        pytest.param(30, (repeat(50, 0, 1.2),), 1.2, id="never below one statement"),
        pytest.param(30, (repeat(50, 2, 1.2),), 3.6, id="never below the statements that stay"),
        pytest.param(66, (repeat(50, 0, 1.2, sequential=0.0),), 66, id="fan-out gets no shorter"),
        pytest.param(66, (repeat(50, 0, None),), 66, id="durations unknown"),
        pytest.param(66, (repeat(50, 50, 1.2),), 66, id="nothing avoided"),
        pytest.param(66, (), 66, id="no statement"),
        pytest.param(0, (repeat(50, 0, 1.2),), 0, id="p50 unknown"),
    ],
)
def test_wall_time(before_ms, repeated, expected_ms):
    assert wall_after_ns(int(before_ms * 1e6), repeated, own_ms=0.0) == int(expected_ms * 1e6)


@pytest.mark.parametrize(
    ("before_ms", "one", "expected_ms"),
    [
        pytest.param(100, repeat(50, 0, 0.8), 45, id="50 statements of 0.8 ms with 0.3 ms of CPU each"),
        pytest.param(51.8, repeat(50, 0, 0.8), 6.3, id="at most half of the time that is no statement"),
        pytest.param(100, repeat(50, 0, 0.8, sequential=0.0), 100, id="fan-out gets no shorter"),
    ],
)
def test_the_application_works_around_each_statement(before_ms, one, expected_ms):
    assert wall_after_ns(int(before_ms * 1e6), (one,), own_ms=0.3) == int(expected_ms * 1e6)
