"""Switches the growing of rows on."""

from __future__ import annotations

from .. import imports, seeds
from ..counter import Counter
from ..frames import Frames
from ..recorder import Recorder
from . import django, sqlalchemy
from .spec import Growth


def start(settings: str, counter: Counter, log: Recorder, stack: Frames) -> None:
    """`settings` is JSON: the relations of the patch under "loads"."""
    instruments = {
        "sqlalchemy.orm": sqlalchemy.instrument,
        "django.db.models.query": django.instrument,
        "django.db.backends.base.base": django.commits,
    }
    imports.watch(seeds.at_import())
    growth = Growth(settings, counter, log, stack)
    imports.watch(instruments, lambda: (growth,))
