"""What codemods for loops answer with: where they look, the edit that they propose, the refusal that says where."""

import ast
from collections.abc import Iterable, Mapping

from codemods._loops import Body
from codemods.api import Load, No, Proposal, Reached, Repeat, Sighting
from codemods.index.calls import Key

_DONE = frozenset({"R-BATCHED", "R-CACHED", "R-EXISTS"})  # the code is as the edit would make it


def nearest(sighting: Sighting) -> dict[Key, Reached]:
    """The functions of a sighting by place, each as it is reached first."""
    return {(one.path, one.qualname): one for one in reversed(sighting.reached)}


def named(sighting: Sighting) -> list[Key]:
    """Those of its functions that the evidence itself names, nearest first."""
    return [key for key in nearest(sighting) if key in sighting.readers]


def alike(places: Iterable[str], what: str, repeat: Repeat) -> No:
    """The refusal of several places none of which fits better, with what they do."""
    places = tuple(places)
    return No("R-AMBIGUOUS", f"{' and '.join(places)} {what}", (repeat,), places)


def proposed(  # noqa: PLR0913 - what makes up an edit
    codemod: str, reached: Reached, body: Body, at: ast.expr, load: Load, texts: Mapping[str, str], *,
    doubts: Iterable[str], notes: Iterable[str] = (), does: str,
) -> Proposal:  # fmt: skip
    """The edit of a function at an expression: a draft when there are doubts, which come before other notes."""
    doubts = tuple(dict.fromkeys(doubts))
    return Proposal(
        codemod,
        "C" if doubts else "B",
        body.path,
        body.function.qualname,
        at.lineno,
        body.source(at),
        (load,),
        dict(texts),
        (reached.via,),
        (*doubts, *notes),
        does=does,
    )


def no(code: str, message: str, body: Body, repeat: Repeat) -> No:
    """The refusal of a function."""
    return No(code, message, (repeat,), path=body.path, qualname=body.function.qualname, done=code in _DONE)
