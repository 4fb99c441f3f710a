"""A pytest plugin that gives the plugins which shuffle tests the same seed in every run; they stay switched on.

pytest imports it by its name in PYTEST_PLUGINS, the probe does not. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any

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
