"""The words for what is read on rows of a Django model: chains of relations, and what is done at their end."""

from collections.abc import Iterable
from itertools import takewhile

import msgspec

from codemods.index.accesses import Path
from codemods.index.calls import Key
from codemods.index.django_models import Link


class Use(msgspec.Struct, frozen=True):
    """A method that is called on the manager which the chain before it ends with."""

    method: str


class Via(msgspec.Struct, frozen=True):
    """A function or serializer that gets the rows, or those that the chain before it leads to."""

    key: Key


Chain = tuple[Link, ...]
Reading = tuple[Link | Use | Via, ...]
# Methods of a related manager that a prefetch answers, and those that ask the database again.
CACHED = frozenset({"all", "count", "exists", "contains", "none"})
_ANSWERED = frozenset({"page", "get_page"})  # of a paginator over the rows
QUERIES = frozenset(
    {"filter", "exclude", "order_by", "values", "values_list", "get", "first", "last", "latest", "earliest", "iterator"}
    | {"distinct", "aggregate", "annotate", "count", "exists", "only", "defer", "select_related", "prefetch_related"}
)
HOLDERS = frozenset({"object_list", "qs", "get_queryset()"})
HOPS = 3


def returns(there: Link, link: Link) -> bool:
    """Whether a to-one link leads back to the row that a reverse link came from."""
    return there.kind in ("reverse fk", "reverse o2o") and link.kind in ("fk", "o2o") and there.column == link.column


def short(readings: Iterable[Reading]) -> frozenset[Reading]:
    """Those of at most three relations."""
    return frozenset(r for r in readings if sum(isinstance(part, Link) for part in r) <= HOPS)


def use_of(path: Path) -> str:
    """The first method in a row of them that a prefetch does not answer, else the first."""
    methods = [path[0], *takewhile(lambda n: n.endswith("()") or n in QUERIES, path[1:])]
    names = [name.removesuffix("()") for name in methods]
    return next((n for n in names if n not in CACHED and n not in _ANSWERED), names[0])


def spell(chain: Chain) -> str:
    """`author__publisher`, as Django's loaders take it."""
    return "__".join(link.name for link in chain)
