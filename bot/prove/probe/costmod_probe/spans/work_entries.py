"""What runs without a request: tests of pytest and unittest, tasks of Celery, jobs of a pool of threads."""

# No error of the probe may reach the target.

from __future__ import annotations

import functools
from typing import Any

from .entry import CONSUMER, Entry
from .tracer import Tracer

__unittest = True  # unittest leaves frames of such modules out of what it shows


def pytest(module: Any, tracer: Tracer) -> None:
    """The call phase of every test, under the id that pytest gives it."""
    tracer.no_script()
    original = module.pytest_runtest_call

    @functools.wraps(original)
    def pytest_runtest_call(item: Any) -> Any:
        test = tracer.enter_test(str(item.nodeid))
        try:
            return original(item)
        finally:
            tracer.leave_test(test)

    module.pytest_runtest_call = pytest_runtest_call


def unittest(module: Any, tracer: Tracer) -> None:
    """The test method, without set-up and tear-down."""
    _methods(module.TestCase, tracer)


def unittest_async(module: Any, tracer: Tracer) -> None:
    """The same of the class that overrides it."""
    _methods(module.IsolatedAsyncioTestCase, tracer)


def _methods(case: Any, tracer: Tracer) -> None:
    original = case._callTestMethod

    @functools.wraps(original)
    def _callTestMethod(self: Any, method: Any) -> Any:  # noqa: N802 - as unittest calls it
        test = tracer.enter_test(_identity(self))
        try:
            return original(self, method)
        finally:
            tracer.leave_test(test)

    case._callTestMethod = _callTestMethod


def _identity(case: Any) -> str:
    try:
        return str(case.id())
    except Exception:  # a test may override id()
        return ""


def celery(module: Any, tracer: Tracer) -> None:
    """Every task, those that run eagerly too."""
    running: dict[Any, Entry] = {}

    def begin(task_id: Any = None, task: Any = None, **_: Any) -> None:
        running[task_id] = tracer.begin(CONSUMER, str(getattr(task, "name", "task")))

    def end(task_id: Any = None, **_: Any) -> None:
        entry = running.pop(task_id, None)
        if entry is not None:
            tracer.end(entry, **{"celery.task_name": entry.name})

    module.task_prerun.connect(begin, weak=False)
    module.task_postrun.connect(end, weak=False)


def thread_pools(module: Any, tracer: Tracer) -> None:
    """A thread of a pool works for the entry that submits to it."""
    original = module.ThreadPoolExecutor.submit

    @functools.wraps(original)
    def submit(self: Any, fn: Any, *args: Any, **kwargs: Any) -> Any:
        entry = tracer.running()
        if entry is None:
            return original(self, fn, *args, **kwargs)
        return original(self, functools.partial(tracer.within, entry, fn), *args, **kwargs)

    module.ThreadPoolExecutor.submit = submit
