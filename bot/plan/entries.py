"""What a route, a task or a command reaches: work that somebody waits for or that runs by itself."""

import re

from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.facts import dotted

DEPTH = 6  # calls from the entry
_DECORATORS = frozenset({"task", "shared_task", "periodic_task", "command", "view_config", "api_view", "actor", "job"})
_MARKS = tuple(f"{name}" for name in sorted(_DECORATORS))
_COMMAND = re.compile(r"(^|/)management/commands/[^/]+\.py$")


def reached_entries(index: Index) -> dict[Key, str]:
    """Every function and class on the way from an entry, with the nearest entry in words."""
    entries = {**_decorated(index), **index.urls.views(), **index.routes.functions()}
    named: dict[Key, str] = {}
    starts: dict[Key, str] = {}
    for key, served in entries.items():
        name = f"`{key[1]}` in {key[0]}" + (f", which serves {served}" if served else "")
        named[key] = name
        members = index.calls.members(key) if index.calls.is_class(key) else [key]
        starts |= dict.fromkeys(members, name)
    hops = index.calls.reach(list(starts), DEPTH)
    for key, hop in hops.items():  # nearest first: the caller is named already
        named.setdefault(key, starts.get(key) or named[hop.caller or key])
    return named


def _decorated(index: Index) -> dict[Key, str]:
    """Tasks, commands and views that a decorator makes, and the `handle` of management commands."""
    found: dict[Key, str] = {}
    for path in index.tree.containing(*_MARKS, "def handle("):
        module = index.tree.module(path)
        for function in module.functions.values() if module else ():
            names = {part for d in function.decorators for part in dotted(getattr(d, "func", d)).split(".")}
            command = bool(_COMMAND.search(path)) and function.qualname.endswith(".handle")
            if command or names & _DECORATORS:
                found[path, function.qualname] = ""
    return found
