"""Instruments the few modules of interest when the target imports them."""

# No error of the probe may reach the target.
# ruff: noqa: S110, SIM105

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any


def watch(instruments: Mapping[str, Callable[..., None]], tools: Callable[[], tuple[Any, ...]] = tuple) -> None:
    """Put the finder first on the meta path, and see to modules that are loaded already.

    `instruments` are called with the module of their name and the tools, which are made when they are needed.
    """
    finder = _Finder(instruments, tools)
    sys.meta_path.insert(0, finder)
    for name in instruments:
        if name in sys.modules:
            finder.instrument(name, sys.modules[name])


class _Finder:
    """Finds nothing itself: lets the other finders answer and adds a step after the module has been executed."""

    def __init__(self, instruments: Mapping[str, Callable[..., None]], tools: Callable[[], tuple[Any, ...]]) -> None:
        self._instruments, self._tools = instruments, tools

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self._instruments:
            return None
        # Only those behind this one: another of its kind in front of it asks it in turn.
        finders = list(sys.meta_path)
        for finder in finders[finders.index(self) + 1 if self in finders else 0 :]:
            if not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                self._add_step(name, spec.loader)
                return spec
        return None

    def _add_step(self, name: str, loader: Any) -> None:
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return

        def exec_module(module: Any) -> None:
            execute(module)
            self.instrument(name, module)

        try:
            # On the loader object itself: everything else about the loader, its type included, stays what it was.
            loader.exec_module = exec_module
        except Exception:  # a loader with slots: the module stays as it is
            pass

    def instrument(self, name: str, module: Any) -> None:
        try:
            self._instruments[name](module, *self._tools())
        except Exception:  # an unknown version: nothing is counted
            pass
