"""Load a Django relation together with the rows that read it, instead of once per row.

A relation read on every row costs one statement per row: 51 statements where 1 or 2 do. The queryset gets
`.select_related(...)` for a chain of to-one relations when order, lock and row shape are proven to survive a join, and
`.prefetch_related(...)` otherwise; an admin class gets `list_select_related`. Models are never touched. Refused:
related managers that are filtered per row (a prefetch would be ignored), writes or an early exit in the loop, columns
limited by `only()` or `defer()`, combined or streamed querysets, and two places that fit equally well.
"""

from codemods._django_answers import answer
from codemods._django_choice import Candidate, choose, no, relations_of
from codemods._django_places import Places
from codemods._django_proposal import ID
from codemods._lazy import names_of
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index

__getattr__ = names_of(
    CASES="codemods._django_cases", loads_named="codemods._django_suspects", suspects="codemods._django_suspects"
)

META = Meta(id=ID, kinds=("n_plus_one_db",), tier="B", libraries={"Django": ">=4.2"})


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """One proposal per place that can take the repeats, and a refusal for each repeat that has no place."""
    if sighting.evidence != "names":  # places are ranked by what is seen there, whichever look finds them
        return [no(r, "R-UNRESOLVED", "nothing was looked for yet") for r in sighting.repeats]
    relations = {r.fingerprint: relations_of(index, r) for r in sighting.repeats}
    if not any(relations.values()):
        return [no(r, "R-UNRESOLVED", f"no relation of a model loads `{r.statement}`") for r in sighting.repeats]
    places = Places(index, sighting)
    found, words = places.all(), places.words()
    answers: list[Answer] = []
    chosen: dict[tuple[str, str, int], list[tuple[Candidate, Repeat]]] = {}
    for repeat in sighting.repeats:
        best = choose(places, found, words, relations[repeat.fingerprint], repeat)
        if isinstance(best, No):
            answers.append(best)
            continue
        for one in best:
            key = (one.place.reached.path, one.place.reached.qualname, id(one.place) if one.place.declared else 0)
            chosen.setdefault(key, []).append((one, repeat))
    answers.extend(answer(index, places, picked) for picked in chosen.values())
    return answers
