"""When samples are an N+1 or a function that computes, and when they are neither."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from rig.profiles import EXECUTE, LOADER, ORM, VIEW, WEB, places

from bot.hotspots.frames import Frame
from bot.hotspots.profile import Profile, Sample
from bot.hotspots.sampled import hotspots
from bot.hotspots.traces import Export
from bot.records import Hotspot

EXPORT = Export("test", "test")
DJANGO = "/venv/lib/python3.11/site-packages/django/db/models"
VIEW_13 = VIEW._replace(line=13)
OTHER_VIEW = Frame("/srv/app/shop/views.py", "detail", 40)
RELATED = f"{DJANGO}/fields/related_descriptors.py"
QUERYSET = Frame(f"{DJANGO}/query.py", "QuerySet._fetch_all", 1900)
SQL = Frame(f"{DJANGO}/sql/compiler.py", "SQLCompiler.execute_sql", 1500)
FORWARD = Frame(RELATED, "ForwardManyToOneDescriptor.__get__", 250)
MANAGER = Frame(RELATED, "create_reverse_many_to_one_manager.<locals>.RelatedManager.get_queryset", 700)
JSON_CODEC = Frame("/usr/lib/python3.11/json/encoder.py", "encode", 200)


def seen(count: int, *stack: Frame, **more: Any) -> Sample:
    return Sample(stack=(WEB, *stack), count=count, cpu_ns=count * 10_000_000, wall_ns=count * 20_000_000, **more)


def found(*samples: Sample, measure: Any = "cpu") -> list[Hotspot]:
    return hotspots([Profile(measure=measure, samples=samples)], EXPORT)


LAZY = seen(40, VIEW, LOADER, EXECUTE)
REST = seen(60, VIEW_13, JSON_CODEC)

REPORTED = [
    pytest.param([LAZY, REST], {12}, id="a line above SQLAlchemy's lazy loader"),
    pytest.param([LAZY, seen(25, VIEW_13, LOADER, EXECUTE), REST], {12, 13}, id="two lines of one loop"),
    pytest.param([LAZY, seen(5, VIEW_13, LOADER, EXECUTE), REST], {12}, id="a second line that is rare"),
    pytest.param(
        [seen(40, VIEW, LOADER._replace(function="_load_for_state"), EXECUTE), REST], {12}, id="no class in the name"
    ),
    pytest.param(
        [seen(40, VIEW, LOADER._replace(function="_LazyLoader._load_for_state"), EXECUTE), REST], {12}, id="2.1's name"
    ),
    pytest.param([seen(40, VIEW, FORWARD, QUERYSET, SQL), REST], {12}, id="Django's foreign key"),
    pytest.param([seen(3, VIEW, MANAGER), seen(40, VIEW, QUERYSET, SQL), REST], {12}, id="Django's reverse manager"),
    pytest.param(
        [seen(40, VIEW, Frame("/venv/lib/python3.11/site-packages/marshmallow/schema.py", "dump", 1), LOADER), REST],
        {12},
        id="a serializer between",
    ),
    pytest.param([seen(40, VIEW, LOADER, EXECUTE), seen(15, VIEW_13, EXECUTE), REST], {12}, id="a cheaper query above"),
]

SILENT = [
    pytest.param([seen(9, VIEW, LOADER, EXECUTE), seen(10, VIEW_13, JSON_CODEC)], id="few samples"),
    pytest.param([seen(12, VIEW, LOADER, EXECUTE), seen(200, VIEW_13, JSON_CODEC)], id="a small share"),
    pytest.param([LAZY, seen(40, VIEW_13, EXECUTE)], id="one load costs what one query costs"),
    pytest.param([seen(60, VIEW, LOADER, EXECUTE), seen(40, VIEW_13, EXECUTE)], id="two loads on a line, one query"),
    pytest.param([seen(40, VIEW, LOADER._replace(function="DeferredColumnLoader._load_for_state"), EXECUTE)],
                 id="a deferred column"),
    pytest.param([seen(40, VIEW, Frame(f"{ORM}/strategies.py", "SelectInLoader._load_for_path", 1), EXECUTE)],
                 id="loaded eagerly"),
    pytest.param([seen(40, VIEW, QUERYSET, SQL)], id="a query of its own"),
    pytest.param([seen(3, VIEW, MANAGER), seen(40, VIEW_13, QUERYSET, SQL)], id="a manager on another line"),
    pytest.param([seen(40, VIEW, FORWARD)], id="a cached relation"),
    pytest.param([seen(40, LOADER, EXECUTE)], id="no project frame"),
    pytest.param([], id="nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("samples", "lines"), REPORTED)
def test_lines_that_load_rows_one_by_one(samples: list[Sample], lines: set[int]) -> None:
    assert places(found(*samples)) >= {("n_plus_one_db", None, line, "exact_line") for line in lines}
    assert {line for kind, _, line, _ in places(found(*samples)) if kind == "n_plus_one_db"} == lines


@pytest.mark.parametrize("samples", SILENT)
def test_what_is_no_n_plus_one(samples: list[Sample]) -> None:
    assert [h for h in found(*samples) if h.kind == "n_plus_one_db"] == []


def test_every_entry_is_judged_by_its_own_samples() -> None:
    named = [LAZY, seen(25, OTHER_VIEW, LOADER), seen(400, OTHER_VIEW._replace(line=41), JSON_CODEC)]
    orders = Sample(stack=LAZY.stack, count=40, cpu_ns=4 * 10**8, entry="GET /orders/<int:id>", request="a")
    assert [(h.entry.route_canonical, h.entry.method, h.metrics.requests_in_window)
            for h in found(orders, *named) if h.kind == "n_plus_one_db"] == [("orders/{}", "GET", 1)]  # fmt: skip


def test_samples_without_a_label_belong_to_the_entry_that_their_handler_serves() -> None:
    labelled = Sample(stack=LAZY.stack, count=40, cpu_ns=4 * 10**8, entry="GET /orders")
    (hotspot,) = [h for h in found(labelled, LAZY, REST) if h.kind == "n_plus_one_db"]
    assert (hotspot.entry.route_canonical, hotspot.metrics.cpu_ns) == ("orders", 1_400_000_000)
    assert hotspot.entry.handler is not None
    assert (hotspot.entry.handler.qualname, hotspot.entry.handler.file) == ("list_orders", VIEW.file)


@pytest.mark.parametrize(
    ("measure", "cpu_ns", "total_ns"),
    [("cpu", 1_000_000_000, 2_000_000_000), ("wall", 1_000_000_000, 2_000_000_000)],
)
def test_both_times_are_kept_apart(measure: str, cpu_ns: int, total_ns: int) -> None:
    (hotspot,) = [h for h in found(LAZY, REST, measure=measure) if h.kind == "n_plus_one_db"]
    assert (hotspot.metrics.cpu_ns, hotspot.metrics.total_ns) == (cpu_ns, total_ns)
    assert hotspot.metrics.share_of_service == 0.4


def test_wall_time_is_never_called_cpu() -> None:
    walled = [Sample(stack=s.stack, wall_ns=s.wall_ns) for s in (LAZY, REST)]
    (hotspot,) = found(*walled, measure="wall")
    assert (hotspot.kind, hotspot.metrics.cpu_ns, hotspot.metrics.total_ns) == ("n_plus_one_db", None, 2_000_000_000)
    assert not any("CPU" in text for text in (*hotspot.trust.reasons, *hotspot.trust.limits))


def test_threads_that_wait_count_for_nothing() -> None:
    waiting = [
        Frame("/usr/lib/python3.11/threading.py", "Event.wait", 1),
        Frame("/usr/lib/python3.11/selectors.py", "select", 1),
        Frame("/usr/lib/python3.11/socket.py", "socket.accept", 1), Frame("queue.py", "Queue.get", 1),
        Frame("", "sleep", None),
    ]  # fmt: skip
    idle = [seen(10_000, VIEW, frame) for frame in waiting]
    assert found(LAZY, REST, *idle, measure="wall") == found(LAZY, REST, measure="wall") != []


def test_a_comprehension_has_the_name_of_the_function_around_it() -> None:
    inner = Frame(VIEW.file, "<listcomp>", 14)
    (hotspot,) = [h for h in found(seen(40, VIEW, inner, LOADER), REST) if h.kind == "n_plus_one_db"]
    assert [(at.line, at.function) for at in hotspot.locations] == [(14, "list_orders")]


def test_a_function_profile_names_the_function() -> None:
    samples = [seen(40, VIEW._replace(line=None), LOADER), seen(60, VIEW._replace(line=None), JSON_CODEC)]
    assert ("n_plus_one_db", None, "list_orders", "function") in places(found(*samples))


def test_a_function_profile_leaves_out_queries_that_may_be_of_a_manager() -> None:
    view = VIEW._replace(line=None)
    stacks = [(30, FORWARD, QUERYSET, SQL), (60, QUERYSET, SQL), (5, MANAGER)]
    samples = [seen(count, view, *stack) for count, *stack in stacks]
    assert ("n_plus_one_db", None, "list_orders", "function") in places(found(*samples))
    assert found(*samples[:2]) == []


COMPUTES = seen(60, VIEW, JSON_CODEC)
FLAT = [seen(10, Frame(f"/srv/app/f{n}.py", f"f{n}", 1)) for n in range(10)]


def self_time(samples: Iterable[Sample], measure: str = "cpu") -> list[tuple[str, int | str | None]]:
    hotspots_ = [h for h in found(*samples, measure=measure) if h.kind == "cpu_self"]
    return [(at.file, at.line) for h in hotspots_ for at in h.locations]


def test_a_function_that_computes_is_named_by_its_dearest_line() -> None:
    samples = [COMPUTES, seen(30, VIEW_13, JSON_CODEC), *FLAT]
    assert self_time(samples) == [(VIEW.file, 12)]
    (hotspot,) = [h for h in found(*samples) if h.kind == "cpu_self"]
    assert hotspot.metrics.cpu_ns == 900_000_000
    assert hotspot.metrics.share_of_service == round(90 / 190, 4)


@pytest.mark.parametrize(
    ("samples", "measure"),
    [
        ([COMPUTES, *FLAT], "wall"),
        ([seen(49, VIEW, JSON_CODEC), *FLAT], "cpu"),
        ([seen(60, VIEW, JSON_CODEC), *FLAT, *FLAT, *FLAT], "cpu"),
        ([seen(60, VIEW, EXECUTE), *FLAT], "cpu"),
        ([seen(60, VIEW, LOADER, EXECUTE), *FLAT], "cpu"),
        ([seen(60, VIEW, Frame("<frozen importlib._bootstrap>", "_find_and_load", 1)), *FLAT], "cpu"),
        ([seen(60, VIEW._replace(function="<module>")), *FLAT], "cpu"),
        ([seen(60, JSON_CODEC), *FLAT], "cpu"),
    ],
    ids=["wall time", "few samples", "a small share", "a query", "lazy loads", "an import", "a module", "no project"],
)
def test_what_is_no_computing(samples: Sequence[Sample], measure: str) -> None:
    assert self_time(samples, measure) == []


def test_order_and_division_into_files_do_not_show() -> None:
    samples = [LAZY, REST, *FLAT]
    expected = hotspots([Profile(measure="cpu", samples=tuple(samples))], EXPORT)
    split = [Profile(measure="cpu", samples=(sample,)) for sample in reversed(samples)]
    assert hotspots(split, EXPORT) == expected != []
