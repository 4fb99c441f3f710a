"""Starts the probe, then hands over to the sitecustomize that this one shadows."""

# No pathlib: the probe starts in every interpreter of the run. No error of the probe may reach the target.
# ruff: noqa: PTH120, S110, SIM105

import os
import sys
from importlib.machinery import PathFinder


def _start_probe() -> None:
    try:
        __import__("costmod_probe.start", fromlist=["start"]).start()
    except Exception:  # the target's run must not notice the probe
        pass


def _run_shadowed() -> None:
    here = os.path.realpath(os.path.dirname(__file__))
    elsewhere = [entry for entry in sys.path if os.path.realpath(entry) != here]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_run_shadowed()
_start_probe()
