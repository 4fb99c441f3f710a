"""A lookup by key as the codemods see it: what is asked for, by which key, and how to ask for many keys at once."""

import ast
from collections.abc import Callable

import msgspec

from codemods._loops import Body
from codemods.api import Repeat

OF_ROWS = frozenset({"in_bulk", "IN query", "identity map"})  # strategies that cost a row for each key, no request


class Lookup(msgspec.Struct, frozen=True):
    """A call that gives the row of one key.

    `model` is the name of the model, `attribute` the key's. `fetch` is the source, before and after the keys, of what
    gives the rows of many: a mapping from keys to rows, or with `chunk` the rows of that many keys at a time. With
    `held` the rows only have to be kept for the call to find them. `same_row`: the library gives one object per key
    anyhow. `text_column`: the key's column holds text. `edits` are what else the files need, (path, start, end, text),
    and `bring` is the name that the file with the loop must import: (module, name). `twin`: `fetch` is a helper of the
    project. `grouped`: the call gives all rows of its key. `fields`: the key is that of these attributes, a tuple
    of several, and `fetch` what gives one row after the other, before and after conditions on them. `doubts`: what a
    reviewer must know of the call. `lent`: the parameter by which the call, of a helper, is given its row.
    `to_the_end`: nothing tells that it is this loop whose rounds repeat, so that all of them must come to their end.
    """

    call: ast.Call
    key: ast.expr
    model: str
    attribute: str
    fetch: tuple[str, str]
    strategy: str
    chunk: int | None = None
    held: bool = False
    same_row: bool = False
    text_column: bool = False
    edits: tuple[tuple[str, int, int, str], ...] = ()
    bring: tuple[str, str] | None = None
    twin: bool = False
    grouped: "Grouped | None" = None
    fields: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    lent: str = ""
    to_the_end: bool = False


class Grouped(msgspec.Struct, frozen=True):
    """How the rows of one key are asked for.

    `of_key` is what of the key is compared: ".pk" of a row. `ordered`: the query names an order. `is_list`: the call
    gives a list of its own. `exact`: the database finds no key equal that Python tells apart.
    """

    of_key: str
    ordered: bool
    is_list: bool
    exact: bool


class Unfit(msgspec.Struct, frozen=True):
    """A call that asks for rows as the statement does, and why one query cannot stand for those of all rounds."""

    call: ast.Call
    code: str
    message: str


Match = Callable[[Body, ast.Call, Repeat], Lookup | Unfit | None]
