"""A pytest plugin that gives the plugins which shuffle tests the same seed in every run; they stay switched on.

Where no such plugin starts the generators of random numbers, it does, for each test.

pytest imports it by its name in PYTEST_PLUGINS, the probe does not. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any

from . import seeds

_SEEDS: dict[str, Any] = {"randomly_seed": 1, "random_order_seed": "1"}


def pytest_load_initial_conftests(early_config: Any, args: list[str]) -> None:
    """Set the seeds that the project has not set itself; an option without a plugin is left alone."""
    for option, seed in _SEEDS.items():
        flag = "--" + option.replace("_", "-")
        if any(word.startswith(flag) for word in args):
            continue
        for namespace in (early_config.option, early_config.known_args_namespace):
            if hasattr(namespace, option):
                setattr(namespace, option, seed)


def pytest_runtest_setup(item: Any) -> None:
    """Begin each test with the same random numbers in every run, unless pytest-randomly sees to it."""
    if not item.config.pluginmanager.hasplugin("randomly"):
        seeds.pin(item.nodeid)
