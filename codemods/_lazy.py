"""Modules that are loaded by the first use of one of their names."""

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType


def lazily(name: str) -> ModuleType:
    """The module, loaded already or not yet."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def names_of(**where: str) -> Callable[[str], object]:
    """The `__getattr__` of a module some of whose names are those of other modules, loaded when one is asked for."""

    def find(name: str) -> object:
        if name not in where:
            raise AttributeError(name)
        return getattr(importlib.import_module(where[name]), name)

    return find
