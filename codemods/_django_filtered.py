"""Load ahead a part of a collection that a method of the model asks for row by row: a `Prefetch` of its own.

A prefetch of the whole collection would not answer `comments.filter(hidden=False)`. One with that very queryset does,
under an attribute of its own: the method gives that list where it is there, and asks the database everywhere else.
"""

import ast
from collections.abc import Iterator

import msgspec

from codemods import _cst
from codemods._django_chains import CACHED, Chain, spell
from codemods._django_choice import ABOVE, forbids_here
from codemods._django_edit import own_prefetch, prefetch, with_import, with_loads
from codemods._django_own_queries import OwnQuery, own_query
from codemods._django_own_uses import querysets, read_below
from codemods._django_places import Place, Places
from codemods._django_policy import NO_ENTITIES, existing, forbids, left_early, loader, refusal, streams
from codemods._django_proposal import ID, at, beside_of, longest
from codemods.api import Answer, Load, Proposal, Repeat
from codemods.index import Index, first_party
from codemods.index.django_models import DjangoModel

_WHY = "a part of a collection: one more SELECT for all rows, with what the method asks for"

UNSEEN = "no row of this query was seen to come to"


class _Found(msgspec.Struct, frozen=True, eq=False):
    """A query whose rows lead by a chain to rows that a method of theirs is called on."""

    place: Place
    chain: Chain
    own: OwnQuery

    @property
    def rank(self) -> tuple[int, int]:
        return self.place.reached.distance, len(self.chain)

    @property
    def done(self) -> bool:
        """Whether the query loads the list that the method looks for."""
        steps = self.place.query.steps if self.place.query else ()
        given = [ast.parse(argument) for step in steps if step.name == "prefetch_related" for argument in step.args]
        named = (k for node in given for part in ast.walk(node) if isinstance(part, ast.Call) for k in part.keywords)
        return any(k.arg == "to_attr" and ast.unparse(k.value) == repr(self.own.attribute) for k in named)


class _Ways(msgspec.Struct, frozen=True):
    """How the file calls `Prefetch`, the name of the list, and the module to import the model from, if it must."""

    called: str
    attribute: str
    module: str


def filtered(index: Index, places: Places, repeat: Repeat) -> Answer | None:
    """The edit of the one query whose rows issue the statement through a method; None when there is none."""
    found = sorted(_found(places, repeat), key=lambda f: f.rank)
    if not found or (len(found) > 1 and found[1].rank == found[0].rank):
        return None
    best = found[0]
    if best.done:
        message = f"{best.place.where} loads `{best.own.attribute}` already"
        return at(best.place, (repeat,), "R-ALREADY-EAGER", message, done=True)
    needing = querysets(places, best.place, best.own)
    ways = _ways(index, best)
    if needing is None or ways is None or _forbidden(places, best):
        return None
    also = _beside(places, best)
    texts = _edited(index, places, best, ways, also)
    return _proposal(best, repeat, _notes(index, best, ways.attribute, also, needing), texts)


def _edited(index: Index, places: Places, found: _Found, ways: _Ways, also: list[Chain]) -> dict[str, str]:
    """Path -> text, with the query loading the part, and the method giving it."""
    place, own, path = found.place, found.own, found.place.reached.path
    assert place.query
    texts = {file: index.tree.source(file) or "" for file in (own.key[0], path)}
    before = f"{spell(found.chain)}__" if found.chain else ""
    below = longest([f"{before}{ways.attribute}__{spell(chain)}" for chain in read_below(places, own)])
    accessor = f"{before}{own.link.name}"
    ahead = own_prefetch(texts[path], place.query, ways.called, accessor, own.queryset, ways.attribute)
    named: dict[str, list[str]] = {}
    for chain in also:
        how = loader(place.query, place.model, chain, peers=False, one=False).name
        named.setdefault(how, []).append(spell(chain))
    named = {how: longest(paths) for how, paths in named.items()}
    named["prefetch_related"] = [ahead, *below, *named.get("prefetch_related", [])]
    method_first = path != own.key[0] or own.line > place.query.line  # what stands below moves nothing above
    if method_first:
        texts[own.key[0]] = _with_list(texts[own.key[0]], own, ways.attribute)
    texts[path] = with_loads(texts[path], place.query, named)
    if not method_first:
        texts[path] = _with_list(texts[path], own, ways.attribute)
    local = first_party(index)
    texts[path] = with_import(texts[path], [ways.called], local, "Prefetch")
    edit = _cst.import_edit(texts[path], ways.module, [own.link.target.name], local) if ways.module else None
    texts |= {path: _cst.replace(texts[path], [edit])} if edit else {}
    return {file: text for file, text in texts.items() if text != index.tree.source(file)}


def _beside(places: Places, found: _Found) -> list[Chain]:
    """Other relations that are read on the very same rows."""
    place = found.place
    assert place.query
    have = {spell(found.chain[:n]) for n in range(1, len(found.chain) + 1)}
    done = existing(place.query.steps, places.reads.classes.loaded_by)
    near = [chain for chain in beside_of(place, [], done.paths) if spell(chain) not in have]
    return [chain for chain in near if not forbids_here(places, place, chain)]


def _found(places: Places, repeat: Repeat) -> Iterator[_Found]:
    for place in places.found:
        steps = {step.name for step in place.query.steps} if place.query else NO_ENTITIES
        if place.one or steps & NO_ENTITIES or place.reached.distance >= ABOVE:
            continue
        for key, chains in sorted(place.below.items()):
            for chain in sorted(chains, key=spell):
                own = own_query(places.reads, chain[-1].target if chain else place.model, key)
                if own and own.issues(repeat):
                    yield _Found(place, chain, own)


def _forbidden(places: Places, found: _Found) -> bool:
    """Whether the query cannot load it, or something is done to the rows that the list would not show."""
    query, function = found.place.query, found.place.function
    assert query and function
    chain = (*found.chain, found.own.link)
    never = refusal(query, function, peers=False) or left_early(query, lambda _: True) or streams(query)
    managed = places.reads.classes.managed
    return bool(never or forbids(query, function, chain, lambda _: set(CACHED), managed, peers=False))


def _ways(index: Index, found: _Found) -> _Ways | None:
    """The names that the edit uses; None where one of them means something else."""
    path, own = found.place.reached.path, found.own
    text = index.tree.source(path) or ""
    called, module = prefetch(text), _module(index, path, text, own.link.target)
    plain = own.name.removeprefix("get_")
    names = [*([plain] if plain != own.name else []), f"prefetched_{plain}"]
    attribute = own.attribute or next((n for n in names if not index.tree.naming(n)), None)
    return None if called is None or module is None or attribute is None else _Ways(called, attribute, module)


def _module(index: Index, path: str, text: str, target: DjangoModel) -> str | None:
    """The module to import the model from, "" when the file knows it by its name; None when neither is known."""
    if index.names.resolve(path, target.name) == (target.path, target.qualname):
        return ""
    for node in ast.parse(text).body if target.name not in _cst.bound_names(text) else ():
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            made = index.names.resolve(path, alias.asname or alias.name)
            if made and made == (target.path, alias.name) and isinstance(node, ast.ImportFrom):
                return "." * node.level + (node.module or "")
    return None


def _with_list(text: str, own: OwnQuery, attribute: str) -> str:
    """The text with the method giving the list where it is there."""
    if own.attribute:
        return text
    at, _ = _cst.offsets(text, (own.line, 0, own.line, 0))
    indent = text[at : len(text) - len(text[at:].lstrip())]
    newline = _cst.newline(text)
    lines = [f"if hasattr(self, {_cst.quoted(text, attribute)}):", f"    return self.{attribute}"]
    return text[:at] + "".join(f"{indent}{line}{newline}" for line in lines) + text[at:]


def _notes(index: Index, found: _Found, attribute: str, also: list[Chain], needing: list[str]) -> list[str]:
    own, reached = found.own, found.place.reached
    notes = [f"`{own.key[1]}` in {own.key[0]} gives the list `{attribute}` where it was loaded, not a queryset"]
    if needing:
        notes.append(f"{UNSEEN} {', '.join(needing)}, where a queryset is needed")
    if also:
        notes.append(f"read on the same rows, and loaded with them: {', '.join(map(spell, also))}")
    payers = [f"`{name}` in {file}" for file, name in index.calls.callers((reached.path, reached.qualname))]
    if len(payers) > 1:
        notes.append(f"this query has {len(payers)} callers, and all of them load it now: {', '.join(payers)}")
    return notes


def _proposal(found: _Found, repeat: Repeat, notes: list[str], texts: dict[str, str]) -> Proposal:
    place, own = found.place, found.own
    assert place.query
    loaded = ".".join([place.model.name, *(link.name for link in (*found.chain, own.link))])
    return Proposal(
        ID, "C" if any(note.startswith(UNSEEN) for note in notes) else "B", place.reached.path, place.reached.qualname,
        place.query.line, place.query.root,
        (Load(loaded, "prefetch_related", _WHY, repeat, len(found.chain) + 1),), texts,
        (place.reached.via, f"`{repeat.statement}` is what `{own.key[1]}` in {own.key[0]} asks for",
         f"`{place.query.root}` in {place.where} returns the rows that it is called on"),
        tuple(notes),
    )  # fmt: skip
