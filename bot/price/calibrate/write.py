"""The file of constants, with where each comes from."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from bot.price.calibrate.constants import Answer, Measured

_HEAD = """\
# Written by `costmod price --calibrate`; `constants` in [tool.costmod.price] names this file, and its values then stand
# in place of the defaults. low, mid and high are the 10th, 50th and 90th percentile over rounds of mixed order, of the
# round trip the quartiles.
"""


def hardware() -> str:
    """The processor and how many of them there are."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return f"{model or platform.machine()}, {os.cpu_count() or 1} CPUs"


def is_busy(load: float) -> bool:
    """Whether others used the processors meanwhile: waiting and cold caches then count as the statement's."""
    return load > (os.cpu_count() or 1)


def text_of(found: Mapping[str, Measured], answer: Answer, day: date, machine: str, load: float) -> str:
    """TOML as `constants.toml` has it."""
    versions = ", ".join(f"{name} {version}".strip() for name, version in answer.versions.items())
    source = f"measured {day} on {machine}, load {load:.1f}: {versions}"
    if answer.server and "inside" in answer.server:
        source += "; with the database, which runs inside"
    blocks = [_HEAD]
    if is_busy(load):
        blocks.append(f"# The machine was busy (load {load:.1f}): these values are too high. Measure on an idle one.\n")
    if answer.server:
        blocks.append(f"# database-cpu keeps its default: {answer.server}.\n")
    for name, one in found.items():
        sizes = ", ".join(f"{size}: {value:g}" for size, value in one.by_size.items())
        at = f"# by statements per request: {sizes}\n" if len(one.by_size) > 1 else ""
        c = one.constant
        blocks.append(
            f"[{name}]\n{at}low = {c.low!r}\nmid = {c.mid!r}\nhigh = {c.high!r}\n"
            f"unit = {json.dumps(c.unit)}\nsource = {json.dumps(source)}\n"
        )
    return "\n".join(blocks)
