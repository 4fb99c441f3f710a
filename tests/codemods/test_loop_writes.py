"""What a loop writes while rows that were fetched before it are in use."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods._loop_writes import Effects, effects
from codemods._loops import bodies
from codemods.index import Index

HELPERS = """\
def ends():
    return 1


def loops():
    loops()
    return again()


def again():
    loops()


def writes(row):
    row.save()


def passes_on(row):
    writes(row)


def far(row):
    passes_on(row)
"""
VIEW = """\
from helpers import ends, far, loops, passes_on, writes

def view(ids, db, other, seen, session):
    for id in ids:
        row = User.objects.get(id=id)
        {written}
"""
STALE = "the loop writes (line 6): rows that are fetched before it do not see that"


def callee(name: str) -> str:
    return f"`{name}`, which the loop calls, writes: rows that are fetched before it do not see that"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("print(row)", Effects()),
        ("row.seen = 1", Effects(changes_row=True)),
        ("row.tags[0] = 1", Effects(changes_row=True)),
        ("del row.seen", Effects(changes_row=True)),
        ("other.seen = 1", Effects()),
        ("f().seen = 1", Effects()),
        ("setattr(row, 'seen', 1)", Effects(changes_row=True)),
        ("setattr(other, 'seen', 1)", Effects()),
        ("row.save()", Effects(changes_row=True)),
        ("User(name='a')", Effects(refusal=("R-GET-OR-CREATE", "the loop makes rows of User itself (line 6)"))),
        ("db.commit()", Effects(refusal=("R-COMMIT", "the loop ends a transaction (line 6)"))),
        ("row.delete()", Effects(refusal=("R-WRITE", "the loop deletes or reloads the row (line 6)"))),
        ("db.refresh(row)", Effects(refusal=("R-WRITE", "the loop deletes or reloads the row (line 6)"))),
        ("User.objects.update(a=1)", Effects(refusal=("R-WRITE", "the loop writes rows of User (line 6)"))),
        ("User.objects.create(a=1)", Effects(refusal=("R-GET-OR-CREATE", "the loop writes rows of User (line 6)"))),
        ("db.execute('update a')", Effects(doubts=[STALE])),
        ("db.execute('select a')", Effects()),
        (
            "db.execute(update(User))",
            Effects(refusal=("R-WRITE", "the loop writes rows of User (line 6)"), doubts=[STALE]),
        ),
        ("other.save()", Effects(doubts=[STALE])),
        ("Post.objects.filter(a=1).update(a=2)", Effects(doubts=[STALE])),
        ("seen.update(a=2)", Effects()),
        ("session.add(other)", Effects(doubts=[STALE])),
        ("seen.add(other)", Effects()),
        ("ends()", Effects()),
        ("loops()", Effects()),
        ("writes(other)", Effects(doubts=[callee("writes")])),
        ("passes_on(other)", Effects(doubts=[callee("writes")])),
        ("far(other)", Effects()),
    ],
)
def test_effects(written: str, found: Effects, checkout: Callable[[dict[str, str]], Path]) -> None:
    text = VIEW.format(written=written)
    (body,) = bodies(Index(checkout({"app.py": text, "helpers.py": HELPERS})), [("app.py", "view")])
    lookup = next(call for call in body.calls() if ast.unparse(call) == "User.objects.get(id=id)")
    loop = body.loop(lookup)
    assert loop is not None
    assert effects(body, loop, lookup, "User", "row") == found
