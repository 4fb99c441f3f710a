"""What to do where a class says which model it lists and leaves the query to Django: admin classes, generic views."""

from codemods._django_chains import Chain, spell
from codemods._django_choice import Candidate, forbids_here
from codemods._django_edit import with_get_queryset, with_list_select_related, with_queryset
from codemods._django_places import Place, Places
from codemods._django_policy import Loader, loader, names_in
from codemods._django_proposal import Taken, at, beside_of, longest, propose
from codemods.api import Answer, Repeat
from codemods.index import Index

_ORDERED = "the change list is ordered by a unique key, and to-one relations change no row"
_SEPARATE = "a collection: a separate SELECT leaves the primary statement alone"


def in_class(
    index: Index, places: Places, place: Place, picked: list[tuple[Candidate, Repeat]], repeats: tuple[Repeat, ...]
) -> Answer:
    """The class with a loader of its own, or why it cannot have one."""
    done = names_in(places.reads.classes.values(place.admin).get("list_select_related")) if place.admin else frozenset()
    if all(candidate.path in done for candidate, _ in picked):
        return at(place, repeats, "R-ALREADY-EAGER", f"{place.where} lists them in list_select_related", done=True)
    taken: list[Taken] = []
    for candidate, repeat in picked:
        if candidate.path in done:
            continue
        if no := forbids_here(places, place, candidate.chain):
            return at(place, repeats, *no)
        taken.append((candidate, repeat, _loader(place, candidate.chain)))
    beside = [chain for chain in beside_of(place, taken, done) if not forbids_here(places, place, chain)]
    named: dict[str, list[str]] = {}
    for chain in [*(c.chain for c, _, _ in taken), *beside]:
        named.setdefault(_loader(place, chain).name, []).append(spell(chain))
    loads = {method: longest(paths) for method, paths in sorted(named.items(), reverse=True)}
    text = index.tree.source(place.reached.path) or ""
    edited = _of_admin(places, place, text, loads) if place.admin else _of_view(place, text, loads)
    if isinstance(edited, str):
        return propose(index, place, taken, list(map(spell, beside)), [], {place.reached.path: edited})
    return at(place, repeats, edited[0], edited[1])


def _loader(place: Place, chain: Chain) -> Loader:
    if place.query_of_class is not None:
        return loader(place.query_of_class, place.model, chain, peers=False, one=place.one)
    if any(link.many or link.kind == "generic" for link in chain):
        return Loader("prefetch_related", _SEPARATE, len(chain))
    return Loader("list_select_related", _ORDERED, 0)


def _of_admin(places: Places, place: Place, text: str, loads: dict[str, list[str]]) -> str | tuple[str, str]:
    assert place.admin
    if "prefetch_related" in loads:
        edited = with_get_queryset(text, place.admin[1], "prefetch_related", loads["prefetch_related"])
        if edited is None:
            return "R-OPTION-VAR", f"{place.where} has no place for a queryset of its own"
        text = edited
    if "list_select_related" in loads:
        classes = places.reads.classes
        class_ = classes.class_(place.admin)
        inherited = class_ and "list_select_related" in classes.values(place.admin).keys() - class_.values.keys()
        edited = with_list_select_related(text, place.admin[1], loads["list_select_related"]) if not inherited else None
        if edited is None:
            return "R-OPTION-VAR", f"list_select_related of {place.where} is no plain list of names"
        text = edited
    return text


def _of_view(place: Place, text: str, loads: dict[str, list[str]]) -> str | tuple[str, str]:
    assert place.view and place.query_of_class
    edited = with_queryset(text, place.view[1], place.query_of_class.root, loads)
    return edited or ("R-OPTION-VAR", f"{place.where} has no line with its model that a queryset could follow")
