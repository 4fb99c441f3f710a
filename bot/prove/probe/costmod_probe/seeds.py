"""Random numbers that are the same in every run of a test: each generator starts from the test's name.

Not from one number for all tests, as names drawn at random may be unique in a database that they share.
"""

# No error of the probe may reach the target.
# ruff: noqa: S110, SIM105

from __future__ import annotations

import sys
from typing import Any

# Where a library keeps its generator, and what starts it anew; those that are not loaded draw nothing.
_GENERATORS = {
    "random": lambda module, seed: module.seed(seed),
    "factory.random": lambda module, seed: module.reseed_random(seed),
    "faker.generator": lambda module, seed: module.random.seed(seed),
    "model_bakery.random_gen": lambda module, seed: module.baker_random.seed(seed),
}


def pin(seed: str) -> None:
    """Start every generator that is loaded from this text."""
    for name in _GENERATORS:
        module = sys.modules.get(name)
        if module is not None:
            _start(name, module, seed)


def at_import() -> dict[str, Any]:
    """Instruments that start a generator once, as soon as it is loaded: rows of a class of tests come before a test."""
    return {name: lambda module, name=name: _start(name, module, "costmod") for name in _GENERATORS}


def _start(name: str, module: Any, seed: str) -> None:
    try:
        _GENERATORS[name](module, seed)
    except Exception:  # another version of the library
        pass
