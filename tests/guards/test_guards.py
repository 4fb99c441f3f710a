"""Every guard on every version and database: the naive edit does what the table says, and ours is right or refused."""

from collections.abc import Callable, Iterator

import pytest
from guards import django_guards, sqlalchemy_guards
from guards.guard import MODELS_AT, RIGHT, SIZE, STILL_GROWS, Guard, find, measured, verdict
from guards.libraries import Library, Run, libraries

from codemods.api import Answer, No, Proposal, Repeat
from codemods.refusals import REFUSALS

pytestmark = pytest.mark.slow
TABLES = {"sqlalchemy": sqlalchemy_guards.GUARDS, "django": django_guards.GUARDS}


def _runs() -> Iterator[object]:
    """By library, so that one child after the other is started."""
    for orm, guards in TABLES.items():
        for library in libraries(orm):
            for guard in guards:
                if library[1] >= guard.since:
                    yield pytest.param(library, guard, id=f"{' '.join(library)}: {guard.name}")


@pytest.mark.parametrize(("library", "guard"), list(_runs()), indirect=["library"])
def test_guard(library: Library, guard: Guard, answers: Callable[..., list[Answer]]) -> None:
    before = library.run(guard.models, guard.before, guard.rows(SIZE))
    assert before.error == guard.fails
    assert judged(library, guard, guard.naive, before) == guard.expected(library.version, library.database)
    repeats = (guard.repeat,) if guard.repeat else measured(before)
    assert bool(repeats) is guard.repeats
    if not repeats:
        return
    try:
        check_ours(library, guard, before, answers(library.orm, guard, repeats))
    except AssertionError:
        if not guard.wrong:
            raise
        pytest.xfail(guard.wrong)
    assert not guard.wrong, "right by now: take `wrong` out of the table"


def check_ours(library: Library, guard: Guard, before: Run, found: list[Answer]) -> None:
    """The refusal or the whole text that the table says, and an edit for a normal pull request holds when it runs."""
    if guard.ours in REFUSALS:
        assert guard.ours in [a.code if isinstance(a, No) else a.texts["app.py"] for a in found]
        assert {type(a) for a in found} == {No}
        return
    texts = [(a.tier, a.texts["app.py"]) if isinstance(a, Proposal) else a.code for a in found]
    assert texts == [(guard.tier, guard.ours)]
    if guard.tier == "B":
        assert judged(library, guard, guard.ours, before) == RIGHT


@pytest.mark.parametrize("orm", TABLES)
def test_names_are_unique(orm: str) -> None:
    names = [guard.name for guard in TABLES[orm]]
    assert sorted(set(names)) == sorted(names)


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[Answer]]:
    """What the codemod of an ORM answers; versions and databases mostly write the same SQL, so each is asked once."""
    known: dict[tuple[object, ...], list[Answer]] = {}

    def ask(orm: str, guard: Guard, repeats: tuple[Repeat, ...]) -> list[Answer]:
        key = (orm, guard.name, repeats)
        if key not in known:
            files = {"app.py": guard.before, MODELS_AT[orm]: guard.models, "requirements.txt": guard.requires}
            known[key] = find(orm, files, repeats, tmp_path_factory.mktemp("guard"))
        return known[key]

    return ask


def judged(library: Library, guard: Guard, text: str, before: Run) -> str:
    """The verdict on an edit; one that looks right must also take as many statements for fewer rows."""
    after = library.run(guard.models, text, guard.rows(SIZE))
    found = verdict(before, after)
    if found == RIGHT and len(library.run(guard.models, text, guard.rows(4)).selects) != len(after.selects):
        return STILL_GROWS
    return found
