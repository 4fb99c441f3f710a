"""From attribute paths to relationships: what reading `row.author.name` or `row.summary()` loads."""

import ast
from collections.abc import Mapping
from typing import NamedTuple

from codemods.index.calls import Calls, Key
from codemods.index.facts import dotted
from codemods.index.models import Model
from codemods.index.relations import Relation, turns_back
from codemods.index.rowflow import RowFlow
from codemods.index.rows import SAME_ROWS, Context, Path

Chain = tuple[Relation, ...]
Chains = dict[Chain, set[Context]]
_MOST = 4  # relationships in a chain
_DEPTH = 5  # members that read members
_PAGES = frozenset({"items", "object_list", "results", "rows"})  # where pages and containers keep their rows


class Meaning(NamedTuple):
    """What reading an attribute of a model means: chains that it loads, and the rows that it hands out."""

    loads: dict[Chain, bool]  # whether reading the attribute loads it whatever the row holds
    rows: tuple[tuple[Chain, Model], ...]


_NOTHING = Meaning({}, ())


class Follow:
    """Resolves paths on models; properties, methods, hybrids and association proxies are read through."""

    def __init__(self, calls: Calls, flow: RowFlow) -> None:
        self._calls = calls
        self._flow = flow
        self._meanings: dict[tuple[Model, str], Meaning] = {}

    def chains(self, model: Model, paths: Mapping[Path, set[Context]], depth: int = _DEPTH) -> Chains:
        """The chains of relationships that reading the paths on rows of the model loads, with the contexts."""
        found: Chains = {}
        for path, contexts in paths.items():
            self._walk(model, path, contexts, found, depth)
        return found

    def _walk(
        self, model: Model, path: Path, contexts: set[Context], found: Chains, depth: int
    ) -> list[tuple[Chain, Model]]:
        """Note what a path loads; the rows that it ends at."""
        at: list[tuple[Chain, Model]] = [((), model)]
        for segment in path:
            after: list[tuple[Chain, Model]] = []
            for chain, here in at:
                meaning = self._meaning(here, segment, depth)
                for load, always in meaning.loads.items():
                    if 0 < len(whole := _straight(chain, load)) <= _MOST:
                        inner = contexts if always else {(*context, segment) for context in contexts}
                        found.setdefault(whole, set()).update(inner)
                ends = ((_straight(chain, more), end) for more, end in meaning.rows)
                after += [(whole, end) for whole, end in ends if len(whole) <= _MOST]
            at = after
        return at

    def _meaning(self, model: Model, segment: str, depth: int) -> Meaning:
        name = segment.removesuffix("()")
        relationship = next((r for m in model.lineage() if (r := m.relationships.get(name))), None)
        if relationship is not None:
            owner = next(m for m in model.lineage() if name in m.relationships)
            hop = (Relation(owner, relationship),)
            return Meaning({hop: True}, ((hop, relationship.target),))
        if (model, name) not in self._meanings:
            self._meanings[model, name] = _NOTHING  # a member that reads itself ends here
            self._meanings[model, name] = self._of_member(model, name, depth - 1) if depth else _NOTHING
        meaning = self._meanings[model, name]
        if meaning is _NOTHING and (name in _PAGES or (segment.endswith("()") and name in SAME_ROWS)):
            return Meaning({}, (((), model),))
        return meaning

    def _of_member(self, model: Model, name: str, depth: int) -> Meaning:
        class_ = (model.path, model.qualname)
        if proxied := self._proxied(class_, name):
            read: Chains = {}
            rows = self._walk(model, proxied, {()}, read, depth)
            return Meaning({chain: () in contexts for chain, contexts in read.items()}, tuple(rows))
        key = self._calls.member(class_, name)
        if key is None:
            return _NOTHING
        seen = self._flow.of_names(key, {"self": ()})
        loads = {chain: () in contexts for chain, contexts in self.chains(model, seen.paths, depth).items()}
        ends = [end for path in seen.returned if path for end in self._walk(model, path, {()}, {}, depth)]
        return Meaning(loads, tuple(dict.fromkeys(ends)))

    def _proxied(self, class_: Key, name: str) -> Path | None:
        """The path behind `tags = association_proxy("post_tags", "tag")`."""
        value = self._calls.class_value(class_, name)
        if not (isinstance(value, ast.Call) and dotted(value.func).endswith("association_proxy")):
            return None
        texts = [a.value for a in value.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        return tuple(texts) or None


def _straight(chain: Chain, more: Chain) -> Chain:
    """Both one after the other, without the steps that lead back to the row that one came from."""
    whole = list(chain)
    for hop in more:
        if whole and turns_back(whole[-1], hop):
            whole.pop()
        else:
            whole.append(hop)
    return tuple(whole)
