"""Reads the settings of the run from the environment and switches the parts on."""

# No pathlib: the probe starts in every interpreter of the run. No error of the probe may reach the target.
# ruff: noqa: PTH118, S110

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from . import imports, recorder, sources
from .instruments import CALLS

if TYPE_CHECKING:
    from .counter import Counter
    from .frames import Frames


def start() -> None:
    """Install the probe in this process; without its settings, do nothing."""
    environ = os.environ
    root, directory = environ.get("COSTMOD_PROBE_ROOT"), environ.get("COSTMOD_PROBE_DIR")
    spans = environ.get("COSTMOD_PROBE_SPANS")
    if root and spans:
        leave_spans = _part("spans.start").start(spans, root)
        atexit.register(leave_spans)
        _leave_before_exit(leave_spans)
    if not root or not directory:
        return
    origin = environ.get("COSTMOD_PROBE_ORIGIN", "")
    sources.prefer_tree(root, origin, environ.get("COSTMOD_PROBE_PROJECT", ""))
    _add_to_pytest(environ)
    log = recorder.Recorder(directory)
    tools = _Tools(log, root)
    imports.watch(CALLS, lambda: (tools.counter(),))
    imports.watch({"unittest.case": lambda module: _part("unittest_outcomes").instrument(module, log)})
    file, function = environ.get("COSTMOD_PROBE_FILE", ""), environ.get("COSTMOD_PROBE_FUNCTION", "")
    if file and function and not function.startswith("<"):
        marker = _part("site_marker")
        marker.mark(marker.noter(log, tools.stack), os.path.join(root, file), function)

    if environ.get("COSTMOD_PROBE_GROW"):
        growth = environ["COSTMOD_PROBE_GROW"]
        _part("growth.start").start(growth, tools.counter(), log, tools.stack())

    def leave() -> None:
        try:
            log.modules_elsewhere(sources.loaded_from(origin, root))
            log.flush()
        except Exception:
            pass

    atexit.register(leave)
    _leave_before_exit(leave)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=log.forget)


class _Tools:
    """What counts calls, made when the first library that makes some is imported."""

    def __init__(self, log: recorder.Recorder, root: str) -> None:
        self._log, self._root = log, root
        self._stack: Frames | None = None
        self._counter: Counter | None = None

    def stack(self) -> Frames:
        """Reads the call stack."""
        if self._stack is None:
            self._stack = _part("frames").Frames(self._root)
        return self._stack

    def counter(self) -> Counter:
        """What instruments tell."""
        if self._counter is None:
            self._counter = _part("counter").Counter(self._log, self.stack())
        return self._counter


def _part(name: str) -> Any:
    """A module of the probe that many processes of a run do without."""
    return __import__(f"costmod_probe.{name}", fromlist=["start"])


def _add_to_pytest(environ: MutableMapping[str, str]) -> None:
    """Have pytest load our plugin where it is started, in workers too."""
    ours = "costmod_probe.pytest_seeds"
    plugins = [name for name in environ.get("PYTEST_PLUGINS", "").split(",") if name]
    if ours not in plugins:
        environ["PYTEST_PLUGINS"] = ",".join([*plugins, ours])


def _leave_before_exit(leave: Callable[[], None]) -> None:
    """Workers of multiprocessing and xdist end in os._exit, which runs no atexit function."""
    original = os._exit

    def _exit(status: int) -> None:
        leave()
        original(status)

    os._exit = _exit  # type: ignore[assignment]
