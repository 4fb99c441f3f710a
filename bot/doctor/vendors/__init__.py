"""One file per APM, found by location: `is_used(evidence)` and `examine(evidence)`, which yields its checks."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Protocol, cast

from bot.doctor.check import Check
from bot.doctor.evidence import Evidence


class Vendor(Protocol):
    """The shape of a module in this folder."""

    def is_used(self, evidence: Evidence) -> bool:
        """Whether the repository uses this APM."""

    def examine(self, evidence: Evidence) -> Iterator[Check]:
        """Lines, statements, sampling."""


@cache
def vendors() -> tuple[Vendor, ...]:
    """All of them, by module name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(cast(Vendor, importlib.import_module(f"{__name__}.{name}")) for name in names)


def is_on(value: str | None, *, default: bool = False) -> bool:
    """What agents read as yes."""
    return default if value is None else value.strip().lower() in ("1", "true", "yes", "on")
