"""Modules that are loaded by their first use, and the interpreter's settings while planning."""

import gc
import json
import sys

import pytest

from codemods._lazy import lazily
from codemods.index.interpreter import planning


def test_a_module_that_is_loaded_already() -> None:
    assert lazily("json") is json


def test_a_module_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    module = lazily("colorsys")
    assert module.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)


def test_no_module() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        lazily("no_such_module")


@pytest.mark.parametrize("collects", [True, False])
def test_garbage_collection_is_as_it_was(collects: bool) -> None:
    before, limit = gc.isenabled(), sys.getrecursionlimit()
    try:
        (gc.enable if collects else gc.disable)()
        with planning():
            assert not gc.isenabled()
            assert sys.getrecursionlimit() > 4_000
        assert (gc.isenabled(), sys.getrecursionlimit()) == (collects, limit)
    finally:
        (gc.enable if before else gc.disable)()
