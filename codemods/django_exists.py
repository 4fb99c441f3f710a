"""Ask the database whether there are rows, where that is all that the code wants of a count or of the rows themselves.

`if order.lines.count():` makes the database go over every line, and `if lines:` has it send them all; `exists()` stops
at the first. The answer is the same, also of rows that are there already. It is asked for last: it makes a query
cheaper, where others make it one instead of many. Refused: numbers that are used for more, rows that are read later,
querysets and managers that count in their own way.
"""

from codemods._django_existence import Asked, Asks
from codemods._django_existence_edit import edited
from codemods._lazy import names_of
from codemods._loop_answers import alike, named, nearest, no, proposed
from codemods._loops import Body, bodies
from codemods._mocks import watched
from codemods.api import Answer, Load, Meta, No, Repeat, Sighting
from codemods.index import Index
from codemods.index.calls import Key

__getattr__ = names_of(CASES="codemods._django_exists_cases")

META = Meta(
    id="django-exists",
    kinds=("slow_query", "n_plus_one_db", "repeated_identical"),
    tier="B",
    libraries={"Django": ">=1.8"},
    effect="10,000 -> 1 rows looked at, 3.1 -> 1.1 ms",
    last=True,
)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """For each counted or listed table the functions that only want to know whether there is a row."""
    return [_answer(index, sighting, repeat) for repeat in sighting.repeats]


def _answer(index: Index, sighting: Sighting, repeat: Repeat) -> Answer:
    statement = repeat.statement.lstrip("( ").upper()
    if not statement.startswith("SELECT") or not any(repeat.tables[:1] == (m.table,) for m in index.django.all):
        message = f"no model of Django is counted by `{repeat.statement}`"
        return No("R-UNRESOLVED", message, (repeat,), foreign=True)
    reached = nearest(sighting)
    counted = statement.startswith("SELECT COUNT(")
    asks = Asks(index, repeat.tables[0], counted=counted)
    # Rows are asked for in many places, so only the evidence tells which of these it means.
    found = _found(index, named(sighting), asks) or (_found(index, [*reached], asks) if counted else [])
    fit = [(body, some) for body, some in found if any(one.fits for one in some)]
    if not fit:
        return _refused(found, repeat, counted=counted)
    if len(fit) > 1:
        places = (f"{body.path}:{some[0].at.lineno}" for body, some in fit)
        return alike(places, f"ask for rows of {repeat.tables[0]} alike", repeat)
    body, some = fit[0]
    where = (body.path, body.function.qualname)
    if counted and (tests := watched(body, "count")):
        message = f"{tests[0]} watches `count`, which {where[1]} would no longer call"
        return no("R-MOCKED", message, body, repeat)
    wanted = [one for one in some if one.fits]
    at = wanted[0].at
    load = Load(body.source(at), "exists", "the first row tells", repeat, repeat.count)
    does = f"ask whether there are rows, in place of {'their number' if counted else 'all of them'}"
    texts = {body.path: edited(body, wanted)}
    return proposed(META.id, reached[where], body, at, load, texts, doubts=(), does=does)


def _found(index: Index, keys: list[Key], asks: Asks) -> list[tuple[Body, list[Asked]]]:
    likely = [key for key in keys if (function := index.calls.function(key)) and asks.may_be_in(function)]
    return [(body, some) for body in bodies(index, likely) if (some := list(asks.within(body)))]


def _refused(found: list[tuple[Body, list[Asked]]], repeat: Repeat, *, counted: bool) -> No:
    for body, some in found:
        path, name = body.path, body.function.qualname
        if any(one.is_done for one in some):
            return no("R-EXISTS", f"{name} asks only whether there are rows", body, repeat)
        message = f"line {some[0].at.lineno} of {path} uses more than whether there are rows"
        return No("R-RESULT", message, (repeat,), path=path, qualname=name, foreign=not counted)
    message = f"no function on the way asks whether there are rows with `{repeat.statement}`"
    return No("R-UNRESOLVED", message, (repeat,), foreign=True)
