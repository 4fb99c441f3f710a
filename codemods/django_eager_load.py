"""Load a Django relation together with the rows that read it, instead of once per row.

A relation read on every row costs one statement per row: 51 statements where 1 or 2 do. The queryset gets
`.select_related(...)` for a chain of to-one relations when order, lock and row shape are proven to survive a join, and
`.prefetch_related(...)` otherwise; an admin class gets `list_select_related`. Where the project proves Django 6.1 or
newer, to-one relations get `.fetch_mode(models.FETCH_PEERS)` instead: one statement per relation for all rows, at the
first read, and none if nobody reads; it does not reach collections or streamed rows. Relations of models are never
touched. Where a method of the model asks for the same part of a collection on every row, the queryset gets a `Prefetch`
of that part under a name of its own, which the method then gives. Refused: related managers that are filtered per row
otherwise (a prefetch would be ignored), writes or an early exit in the loop, columns limited by `only()` or `defer()`,
combined or streamed querysets, and two places that fit equally well.
"""

from codemods._django_answers import answer
from codemods._django_choice import Candidate, chosen, no
from codemods._django_places import Places
from codemods._django_proposal import ID
from codemods._lazy import names_of
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index

__getattr__ = names_of(
    CASES="codemods._django_all_cases", loads_named="codemods._django_suspects", suspects="codemods._django_suspects"
)

META = Meta(
    id=ID,
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"Django": ">=4.2"},
    effect="51 -> 2 queries, or 1 with a join; 18 -> 3 ms CPU",
    follows=True,
)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """One proposal per place that can take the repeats, and a refusal for each repeat that has no place."""
    if sighting.evidence != "names":  # places are ranked by what is seen there, whichever look finds them
        return [no(r, "R-UNRESOLVED", "nothing was looked for yet") for r in sighting.repeats]
    places, best_of = chosen(index, sighting)
    answers: list[Answer] = []
    picked: dict[tuple[str, str, int], list[tuple[Candidate, Repeat]]] = {}
    for repeat, best in best_of:
        if isinstance(best, No):
            answers.append(_in_part(index, places, best))
            continue
        for one in best:
            key = (one.place.reached.path, one.place.reached.qualname, id(one.place) if one.place.declared else 0)
            picked.setdefault(key, []).append((one, repeat))
    answers.extend(_in_part(index, places, answer(index, places, here)) for here in picked.values())
    return answers


def _in_part(index: Index, places: Places, given: Answer) -> Answer:
    """The answer, or where a collection is refused as a whole, the edit that loads a part of it."""
    if not isinstance(given, No) or given.code != "R-CACHEBYPASS" or len(given.repeats) > 1:
        return given
    from codemods._django_filtered import filtered  # few need it

    return filtered(index, places, given.repeats[0]) or given
