"""A pytest plugin that gives the plugins which shuffle tests the same seed in every run; they stay switched on."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

SEED = 1
_OPTIONS = {"randomly_seed": "--randomly-seed", "random_order_seed": "--random-order-seed"}


def pin(environ: MutableMapping[str, str]) -> None:
    """Have pytest load this module where it is started, in workers too."""
    plugins = [name for name in environ.get("PYTEST_PLUGINS", "").split(",") if name]
    if __name__ not in plugins:
        environ["PYTEST_PLUGINS"] = ",".join([*plugins, __name__])


def pytest_load_initial_conftests(early_config: Any, args: list[str]) -> None:
    """Set the seeds that the project has not set itself; an option without a plugin is left alone."""
    for option, flag in _OPTIONS.items():
        if any(word.startswith(flag) for word in args):
            continue
        for namespace in (early_config.option, early_config.known_args_namespace):
            if hasattr(namespace, option):
                value = getattr(namespace, option)
                setattr(namespace, option, str(SEED) if isinstance(value, str) and value.isdigit() else SEED)
