"""Read the key that a row holds itself, instead of loading a related object for nothing but its primary key.

`post.author.id` costs one statement per row, and `post.author_id` is the same value without any: better than loading
the authors ahead. The reads of the rows of one query become reads of the key column, with the tests around them:
`if post.author:` becomes `if post.author_id is not None:`. Refused: relations of which more is read than the key (they
are for `django-eager-load`), keys that refer to another field, primary keys of another name unless read as `pk`, empty
keys that nothing tests for, assignments, rows whose key is deferred, helpers that others call with rows of their own.
"""

from codemods._django_choice import Candidate, chosen, no, relations_of
from codemods._django_places import Places
from codemods._lazy import names_of
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index

__getattr__ = names_of(CASES="codemods._django_fk_id_cases")

META = Meta(
    id="django-fk-id",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"Django": ">=4.2"},
    instead_of="django-eager-load",
    effect="51 -> 1 statements, 23 -> 1 ms CPU",
    follows=True,
)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each relation that is only read for its key, and a refusal for each other repeat."""
    if sighting.evidence != "names":  # as the eager load does: it ranks the places
        return [no(repeat, "R-UNRESOLVED", "nothing was looked for yet") for repeat in sighting.repeats]
    places, best_of = chosen(index, sighting)
    return [_answer(index, places, best, repeat) for repeat, best in best_of]


def _answer(index: Index, places: Places, best: list[Candidate] | No, repeat: Repeat) -> Answer:
    if isinstance(best, No):
        return _already(index, places, repeat) or best
    from codemods._django_key_edits import of_keys  # most repeats have no place

    found = of_keys(META.id, index, places, best, repeat)
    return (_already(index, places, repeat) or found) if isinstance(found, No) else found


def _already(index: Index, places: Places, repeat: Repeat) -> No | None:
    """The answer where code on the way reads the key column, and nothing there names the relation."""
    words = places.words()
    for link in relations_of(index, repeat):
        if not link.many and f"{link.name}_id" in words and link.name not in words:
            return No("R-ALREADY-EAGER", f"`{link.name}_id` is read on the way already", (repeat,), done=True)
    return None
