"""What to do at the place that should load: an edit of its query, or why not."""

from codemods._django_chains import Chain, spell
from codemods._django_choice import Candidate, forbids_here, is_done
from codemods._django_class_answers import in_class
from codemods._django_edit import peers, with_import, with_loads
from codemods._django_places import Place, Places
from codemods._django_policy import STREAMED, Existing, Loader, existing, loader, refusal, streams
from codemods._django_proposal import Taken, at, beside_of, longest, propose
from codemods.api import Answer, No, Repeat
from codemods.index import Index, first_party


def answer(index: Index, places: Places, picked: list[tuple[Candidate, Repeat]]) -> Answer:
    """One proposal for all queries of a function, or why none of them can take its relations."""
    repeats = tuple(dict.fromkeys(repeat for _, repeat in picked))
    picked = sorted(picked, key=lambda p: (any(link.many for link in p[0].chain), p[0].path))
    by_place: dict[int, list[tuple[Candidate, Repeat]]] = {}
    for one in picked:
        by_place.setdefault(id(one[0].place.query or one[0].place), []).append(one)
    place = picked[0][0].place
    if place.declared:
        return in_class(index, places, place, picked, repeats)
    text = index.tree.source(place.reached.path)
    assert text is not None
    taken: list[Taken] = []
    also: list[Chain] = []
    doubts: list[str] = []
    modes: list[str] = []
    refused: list[No] = []
    last_first = sorted(by_place.values(), key=lambda p: p[0][0].place.query.chain, reverse=True)  # type: ignore[union-attr]
    for here in last_first:
        answer = _at_query(places, here[0][0].place, here, repeats)
        if isinstance(answer, No):
            refused.append(answer)
            continue
        more, beside, named, doubt = answer
        assert here[0][0].place.query
        text = with_loads(text, here[0][0].place.query, named)
        taken, also, doubts = taken + more, also + beside, doubts + doubt
        modes += named.get("fetch_mode", [])
    if not taken:
        return refused[0]
    text = with_import(text, modes, first_party(index))
    return propose(
        index, taken[0][0].place, taken, list(dict.fromkeys(map(spell, also))), doubts, {place.reached.path: text}
    )


def _at_query(
    places: Places, place: Place, picked: list[tuple[Candidate, Repeat]], repeats: tuple[Repeat, ...]
) -> tuple[list[Taken], list[Chain], dict[str, list[str]], list[str]] | No:
    """What is loaded with one query, what beside it, method -> paths, doubts."""
    assert place.query and place.function
    query, done = place.query, existing(place.query.steps, places.reads.classes.loaded_by)
    mode = _mode(places, place, done)

    def how(chain: Chain) -> Loader:
        return loader(query, place.model, chain, peers=mode is not None, one=place.one)

    def forbidden(chain: Chain) -> tuple[str, str] | None:
        return forbids_here(places, place, chain, peers=how(chain).name == "fetch_mode")

    if all(is_done(query, done, candidate.chain) for candidate, _ in picked):
        paths = ", ".join(candidate.path for candidate, _ in picked)
        return at(place, repeats, "R-ALREADY-EAGER", f"{place.where} loads {paths} already", done=True)
    if not done.readable:
        return at(place, repeats, "R-OPTION-VAR", f"the relations that {place.where} loads are not plain names")
    modal = all(how(candidate.chain).name == "fetch_mode" for candidate, _ in picked)
    if why := refusal(query, place.function, peers=modal):
        return at(place, repeats, *why)
    taken: list[Taken] = []
    refused: list[tuple[str, str]] = []
    for candidate, repeat in picked:
        if is_done(query, done, candidate.chain):
            continue
        loading = how(candidate.chain)
        if no := forbidden(candidate.chain) or _in_vain(candidate, loading):
            refused.append(no)
        else:
            taken.append((candidate, repeat, loading))
    if taken and streams(query) and any(method.name == "prefetch_related" for _, _, method in taken):
        return at(place, repeats, "R-STREAM", f"{place.where} streams its rows, and a prefetch needs a chunk size")
    if not taken:
        return at(place, repeats, *refused[0])
    near = [chain for chain in beside_of(place, taken, done.paths) if not is_done(query, done, chain)]
    beside = [c for c in near if not forbidden(c) and (how(c).name == "select_related" or not streams(query))]
    named: dict[str, list[str]] = {}
    for chain in [*(candidate.chain for candidate, _, _ in taken), *beside]:
        method = how(chain).name
        named.setdefault(method, []).append(mode if mode and method == "fetch_mode" else spell(chain))
    doubts = _doubts(taken, refused)
    return taken, beside, {name: longest(paths) for name, paths in named.items()}, doubts


def _doubts(taken: list[Taken], refused: list[tuple[str, str]]) -> list[str]:
    streamed = [STREAMED] if any(method.why == STREAMED for _, _, method in taken) else []
    return [*(f"left alone: {why} ({code})" for code, why in refused), *streamed]


def _in_vain(candidate: Candidate, method: Loader) -> tuple[str, str] | None:
    """Why the load would save nothing: one row, whose relation a second statement would load as well."""
    if not candidate.of_one or candidate.chain[-1].many or method.name != "prefetch_related":
        return None
    return "R-SHAPE", f"{candidate.place.where} gives one row, where only a join saves a statement; {method.why}"


def _mode(places: Places, place: Place, done: Existing) -> str | None:
    """How the file spells the fetch mode of Django 6.1, where the project proves that version and sets no mode."""
    path = place.reached.path
    if done.mode is not None or not places.index.installed.at_least(path, "Django", "6.1"):
        return None
    return peers(places.index.tree.source(path) or "")
