"""The words that codemods and their callers share: what repeats, where it is reached from, what a codemod answers."""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from codemods.index import Index
from codemods.index.endpoints import Endpoint

Tier = Literal["A", "B", "C"]
Evidence = Literal["reader", "rows", "names"]


class Repeat(msgspec.Struct, frozen=True):
    """One statement that repeats per request, read off its syntax.

    `tables` are in FROM order, `columns` the "table.column" compared with a parameter; `count` is repeats per request.
    `dialect` is that of a database ("redis"), empty for other calls: "GET example.org/users/{}". `mean_ns` is what one
    takes, in nanoseconds; 0 where that is not known.
    """

    fingerprint: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    count: int
    shape: str = "column_equals_parameter"
    statement: str = ""
    dialect: str = ""
    mean_ns: int = 0


class Reached(msgspec.Struct, frozen=True):
    """A function that the hotspot's entry reaches; `distance` counts calls from it, `via` names the way in words."""

    path: str
    qualname: str
    distance: int
    via: str


class Sighting(msgspec.Struct, frozen=True):
    """What a codemod is asked about: the repeats of one hotspot and the functions it can come from, nearest first.

    `readers` are the functions, (path, qualified name), that the evidence itself names: what repeats is read there.
    `evidence` says how strong it must be: "reader" the rows of a query are followed to where the evidence names, "rows"
    what repeats is seen on the very rows, "names" any, names on the way included. `attributes`, unless empty, are the
    names read on the lines that the evidence gives in place of statements: what repeats is one of these, read on rows
    that are followed there. `anywhere`: nothing leads to the functions; only rows that are followed to a reader tell.
    """

    kind: str
    repeats: tuple[Repeat, ...]
    reached: Sequence[Reached]
    readers: frozenset[tuple[str, str]] = frozenset()
    evidence: Evidence = "names"
    attributes: frozenset[str] = frozenset()
    anywhere: bool = False


class Load(msgspec.Struct, frozen=True):
    """A relationship, the strategy for it, and why that one."""

    path: str
    strategy: str
    why: str
    repeat: Repeat
    statements_after: int


class Proposal(msgspec.Struct, frozen=True):
    """An edit: whole new text of each file, and what a reviewer must know."""

    codemod: str
    tier: Tier
    path: str
    qualname: str
    line: int
    query: str
    loads: tuple[Load, ...]
    texts: dict[str, str]
    located_by: tuple[str, ...]
    notes: tuple[str, ...] = ()
    does: str = ""  # what the edit does, for a title: "fetch users in one query"; "" for loads


class No(msgspec.Struct, frozen=True):
    """Why not: a code of `codemods.refusals` and a sentence; `done` when the code is already as it should be.

    `foreign`: the repeats are of a sort that the codemod never answers, so that what others say of them counts.
    """

    code: str
    message: str
    repeats: tuple[Repeat, ...]
    candidates: tuple[str, ...] = ()
    path: str | None = None
    qualname: str | None = None
    done: bool = False
    foreign: bool = False


Answer = Proposal | No


class Suspect(msgspec.Struct, frozen=True):
    """What the code alone shows to repeat: the sighting that a trace would give, and the place that it must lead to.

    `loads` are the paths ("Post.author") that are read on every row, each with the file and line that reads it.
    """

    sighting: Sighting
    path: str
    qualname: str
    line: int
    loads: dict[str, tuple[str, int]]


class Meta(msgspec.Struct, frozen=True):
    """What a codemod is: its id, the hotspot kinds it answers, its best tier, the libraries it needs.

    `effect` is what it was measured to do by `bench/loops.py` or the research behind it, operations first.
    `instead_of` is the id of the codemod whose sites this one fixes better where it can: it is asked first, and what it
    declines goes to that one. `last`: it is asked when all others have declined, for it gives less than they do.
    `follows`: it follows rows to their readers, and may be asked of functions that nothing leads to.
    """

    id: str
    kinds: tuple[str, ...]
    tier: Tier
    libraries: dict[str, str] = msgspec.field(default_factory=dict)
    instead_of: str | None = None
    effect: str = ""
    last: bool = False
    follows: bool = False


class Case(msgspec.Struct, frozen=True):
    """A before/after pair, or a case that must stay untouched (`after` is None, `code` says why).

    Cases are the codemod's tests, its documentation and what `costmod codemods ID` prints. `before` is the module
    `app.py`; the entry is the function `view` in `entry`, `repeats` are what the trace would show, `files` are
    the other files, and `others` those of them that the edit changes too, as they are after it. `kind` is that of the
    hotspot, the codemod's first one unless given, `endpoints` are what the settings say of other services; `named`: the
    evidence names the entry's function.
    """

    name: str
    before: str
    after: str | None
    repeats: tuple[Repeat, ...]
    code: str | None = None
    tier: Tier = "B"
    files: dict[str, str] = msgspec.field(default_factory=dict)
    entry: str = "app.py"
    others: dict[str, str] = msgspec.field(default_factory=dict)
    kind: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    named: bool = False


class Codemod(Protocol):
    """The shape of a codemod module.

    It may also have `suspects(index) -> Iterator[Suspect]`, for scans, and `loads_named(index, names) ->
    Iterator[Repeat]`, the statements that reading an attribute of these names can repeat, for evidence without SQL.
    """

    META: Meta
    CASES: tuple[Case, ...]

    @staticmethod
    def find(index: Index, sighting: Sighting) -> list[Answer]:
        """The edits and refusals for a sighting; every repeat is in exactly one answer."""
