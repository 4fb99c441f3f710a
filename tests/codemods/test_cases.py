"""Every codemod's own cases: whole texts, the second run, and more cases that stay untouched than cases that change."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import discover
from codemods.api import Case, Codemod, No, Proposal, Reached, Sighting
from codemods.index import Index
from codemods.refusals import REFUSALS

CODEMODS = discover()
ALL = [pytest.param(c, case, id=f"{c.META.id}: {case.name}") for c in CODEMODS.values() for case in c.CASES]


def answers(codemod: Codemod, case: Case, root: Path) -> tuple[Index, list[Proposal | No]]:
    index = Index(root, endpoints=case.endpoints)
    hops = index.calls.reach([(case.entry, "view")], 6)
    reached = tuple(Reached(*key, hop.distance, "the entry") for key, hop in hops.items())
    readers = frozenset({(case.entry, "view")} if case.named else ())
    return index, codemod.find(index, Sighting(case.kind or codemod.META.kinds[0], case.repeats, reached, readers))


@pytest.mark.parametrize(("codemod", "case"), ALL)
def test_case(codemod: Codemod, case: Case, checkout: Callable[[dict[str, str]], Path]) -> None:
    root = checkout({"app.py": case.before, **case.files})
    _, found = answers(codemod, case, root)
    if case.after is None:
        assert [type(a) for a in found] == [No]
        assert {a.code for a in found if isinstance(a, No)} == {case.code}
        return
    (proposal,) = found
    assert isinstance(proposal, Proposal)
    assert (proposal.tier, proposal.texts) == (case.tier, {"app.py": case.after, **case.others})
    for path, text in proposal.texts.items():
        (root / path).write_text(text, newline="")
    _, again = answers(codemod, case, root)
    assert [a.done for a in again if isinstance(a, No)] == [True] * len(again)


@pytest.mark.parametrize("codemod", CODEMODS.values(), ids=CODEMODS.keys())
def test_line_ends(codemod: Codemod, checkout: Callable[[dict[str, str]], Path]) -> None:
    """In a file of DOS, and in one whose last line has no end: the same edit, its lines ended as all others are."""
    changing = [case for case in codemod.CASES if case.after is not None and not case.others]
    case = max(changing, key=lambda case: depth(case.before.rstrip("\n").rpartition("\n")[2]))
    assert case.after is not None
    for before, after in ((dos(case.before), dos(case.after)), (case.before.rstrip("\n"), case.after.rstrip("\n"))):
        root = checkout({"app.py": "", **case.files})
        (root / "app.py").write_text(before, newline="")
        _, (proposal,) = answers(codemod, case, root)
        assert isinstance(proposal, Proposal)
        assert proposal.texts["app.py"].rstrip("\r\n") == after.rstrip("\r\n")


def depth(row: str) -> int:
    return len(row) - len(row.lstrip())


def dos(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


@pytest.mark.parametrize("codemod", CODEMODS.values(), ids=CODEMODS.keys())
def test_precision_first(codemod: Codemod) -> None:
    untouched = [case for case in codemod.CASES if case.after is None]
    assert len(untouched) * 2 >= len(codemod.CASES)
    assert {case.code for case in untouched} <= REFUSALS.keys()
    assert len({case.name for case in codemod.CASES}) == len(codemod.CASES)
