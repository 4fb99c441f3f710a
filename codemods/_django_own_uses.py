"""What is done with the rows that a method of a model gives: whether a list would do, and what is read on them."""

import ast
from collections.abc import Iterator

from codemods._django_chains import QUERIES, Chain, spell
from codemods._django_own_queries import OwnQuery
from codemods._django_places import Place, Places
from codemods.index.accesses import Path
from codemods.index.django_models import Link

_WHOLE = frozenset({"list", "tuple", "set", "sorted", "len", "bool", "any", "all", "enumerate", "reversed"})


def querysets(places: Places, place: Place, own: OwnQuery) -> list[str] | None:
    """Functions that need a queryset of the method, to which no row of the place is seen to go; None if one is."""
    if any(after and (after[0] in QUERIES or after[0] == "all()") for after in _shown(places, own)):
        return None
    needing = []
    for path in places.index.tree.naming(own.name):
        for qualname, node in places.index.definitions.of(path).items():
            if not _needs(node, own.name):
                continue
            own_function = (path, qualname) == (place.reached.path, place.reached.qualname)
            if _reads(places, place, own.name) if own_function else (path, qualname) in place.through:
                return None
            needing.append(f"`{qualname}` in {path}")
    return needing


def read_below(places: Places, own: OwnQuery) -> list[Chain]:
    """The to-one relations that templates on the way read on the rows that the method gives."""
    found: set[Chain] = set()
    for after in _shown(places, own):
        for reading in places.reads.follow(own.link.target, after):
            chain = tuple(part for part in reading if isinstance(part, Link))
            if chain and not any(link.many for link in chain):
                found.add(chain)
    return sorted(found, key=spell)


def _shown(places: Places, own: OwnQuery) -> Iterator[Path]:
    """What templates on the way read on what the method gives."""
    for template in sorted(places.templates):
        for paths in places.index.templates.reads(template).values():
            yield from (path[path.index(own.name) + 1 :] for path in sorted(paths) if own.name in path)


def _needs(node: ast.AST, name: str) -> bool:
    """Whether something else is done with the method's answer than with a list."""
    parts = list(ast.walk(node))
    called = {id(part.func) for part in parts if isinstance(part, ast.Call)}
    whole = {id(rows) for part in parts for rows in _whole(part)}
    for part in parts:
        read = part.func if isinstance(part, ast.Call) else part
        if isinstance(read, ast.Attribute) and read.attr == name and id(part) not in whole | called:
            return True
    return False


def _whole(node: ast.AST) -> Iterator[ast.expr]:
    """What is looped over, counted, asked whether it is empty, or indexed."""
    match node:
        case ast.For(iter=rows) | ast.comprehension(iter=rows) | ast.If(test=rows) | ast.Subscript(value=rows):
            yield rows
        case ast.Call(func=ast.Name(id=name), args=[rows, *_]) if name in _WHOLE:
            yield rows


def _reads(places: Places, place: Place, name: str) -> bool:
    """Whether the function with the query reads the method on its rows."""
    assert place.query and place.function
    read = places.reads.read(place.function, dict.fromkeys(place.query.rows, ()), place.query.chain)
    return read is not None and any(name in path for path in read.read)
