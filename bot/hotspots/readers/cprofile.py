"""cProfile and profile statistics (`python -m cProfile -o FILE`): functions, their times and callers, no lines.

The file is Python's marshal, which can make the interpreter do anything: it is opened in a process of its own, without
the user's site, environment or files, under limits of time and memory; only names and numbers come back.
"""

import subprocess
import sys
from collections.abc import Iterator

import msgspec

from bot.errors import UserError
from bot.hotspots.calltree import Function, Node, Times, samples
from bot.hotspots.profile import Profile
from bot.hotspots.source import Source

TITLE = "cProfile statistics"
VENDOR = "cprofile"
FORMAT = "pstats"
NO_STATEMENT = ""

SECONDS = 60
FUNCTIONS_ONLY = "cProfile names the function, not the line that runs; what calls what is estimated"
DICTIONARY, TUPLE_OF_THREE, REFERENCE = ord("{"), (ord(")"), 3), 0x80  # type codes of marshal and their flag

# Runs under `python -I`. Everything that is not exactly (file, line, name) with four numbers is refused.
CHILD = """
import json, marshal, sys
try:
    import resource
    for name, most in (("AS", 2 << 30), ("CPU", 50), ("FSIZE", 0), ("NPROC", 0), ("CORE", 0)):
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (most, most))
except (ImportError, OSError, ValueError):
    pass
def times(value):
    value = (0, 0, 0.0, 0.0) if isinstance(value, int) else value[:4]
    return [float(value[2]), float(value[3])]
def name(key):
    file, line, function = key
    return [str(file), int(line), str(function)]
rows = [
    [name(key), times(value), [[name(caller), times(part)] for caller, part in value[4].items()]]
    for key, value in marshal.loads(sys.stdin.buffer.read()).items()
]
json.dump(rows, sys.stdout)
"""


def sniff(head: bytes) -> bool:
    """Whether marshal's code for a dictionary comes first, then a key of three parts."""
    return len(head) > 3 and head[0] & ~REFERENCE == DICTIONARY and (head[1] & ~REFERENCE, head[2]) == TUPLE_OF_THREE


def read(source: Source) -> Iterator[Profile]:
    """The one profile of the stream.

    Raises:
        UserError: the file is damaged or no statistics of cProfile.
    """
    rows = _rows(source.read(), source.label)
    graph = {
        Function(*key): Node(Times(*times), {Function(*caller): Times(*part) for caller, part in callers})
        for key, times, callers in rows
    }
    yield Profile(measure="wall", samples=tuple(samples(graph)), limits=(FUNCTIONS_ONLY,))


_Key = tuple[str, int, str]
_Pair = tuple[float, float]


def _rows(data: bytes, label: str) -> list[tuple[_Key, _Pair, list[tuple[_Key, _Pair]]]]:
    damaged = UserError(
        f"{label} is damaged, or no statistics of cProfile; write it again with `python -m cProfile -o`."
    )
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-S", "-c", CHILD], input=data, capture_output=True, timeout=SECONDS, check=False,
            env={}, cwd="/" if sys.platform != "win32" else None,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UserError(f"{label} could not be read within {SECONDS} seconds; record a shorter run.") from None
    if child.returncode:
        raise damaged
    try:
        return msgspec.json.decode(child.stdout, type=list[tuple[_Key, _Pair, list[tuple[_Key, _Pair]]]])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise damaged from None
