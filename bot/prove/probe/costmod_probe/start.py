"""Reads the settings of the run from the environment and switches the parts on."""

# No pathlib: the probe starts in every interpreter of the run. No error of the probe may reach the target.
# ruff: noqa: PTH118, S110

from __future__ import annotations

import atexit
import importlib
import os
from collections.abc import Callable, MutableMapping

from . import counter, frames, imports, recorder, site_marker, sources, unittest_outcomes
from .instruments import CALLS


def start() -> None:
    """Install the probe in this process; without its settings, do nothing."""
    environ = os.environ
    root, directory = environ.get("COSTMOD_PROBE_ROOT"), environ.get("COSTMOD_PROBE_DIR")
    spans = environ.get("COSTMOD_PROBE_SPANS")
    if root and spans:
        leave_spans = importlib.import_module("costmod_probe.spans.start").start(spans, root)
        atexit.register(leave_spans)
        _leave_before_exit(leave_spans)
    if not root or not directory:
        return
    origin = environ.get("COSTMOD_PROBE_ORIGIN", "")
    sources.prefer_tree(root, origin, environ.get("COSTMOD_PROBE_PROJECT", ""))
    _add_to_pytest(environ)
    log = recorder.Recorder(directory)
    stack = frames.Frames(root)
    counts = counter.Counter(log, stack)
    imports.watch(CALLS, counts)
    imports.watch({"unittest.case": unittest_outcomes.instrument}, log, stack)
    file, function = environ.get("COSTMOD_PROBE_FILE", ""), environ.get("COSTMOD_PROBE_FUNCTION", "")
    if file and function and not function.startswith("<"):
        site_marker.mark(site_marker.noter(log, stack), os.path.join(root, file), function)

    if environ.get("COSTMOD_PROBE_GROW"):
        importlib.import_module("costmod_probe.growth.start").start(environ["COSTMOD_PROBE_GROW"], counts, log, stack)

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
