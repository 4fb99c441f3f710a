"""One trace as a tree, whatever is missing from it."""

from collections.abc import Iterator, Sequence

from bot.hotspots.traces import Node

ENTRY_KINDS = frozenset({"server", "consumer"})


class Tree:
    """Who called whom in one trace. A span whose parent was not exported hangs under the root of the trace."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self._by_id = {node.span_id: node for node in nodes}
        self._root = min(
            (node for node in nodes if node.kind != "client" and node.parent_id not in self._by_id),
            key=lambda node: (node.parent_id is not None, node.kind != "server", node.start_ns, node.span_id),
            default=None,
        )
        self._parents = {
            node.span_id: self._by_id.get(node.parent_id, self._root)
            for node in nodes
            if node.parent_id is not None and node is not self._root
        }
        self._entries: dict[str, Node | None] = {}

    def node(self, span_id: str) -> Node:
        """The span with this id."""
        return self._by_id[span_id]

    def parent(self, node: Node) -> Node | None:
        """The span that called this one."""
        return self._parents.get(node.span_id)

    def entry(self, node: Node) -> Node | None:
        """Where the work came in: the nearest server or consumer span, else the topmost span that is no call."""
        if node.kind in ENTRY_KINDS:
            return node
        if (known := self._entries.get(node.span_id)) is not None:
            return known
        parent = self.parent(node)
        if parent is not None and (known := self._entries.get(parent.span_id)) is not None:
            self._entries[node.span_id] = known
            return known
        chain: dict[str, Node] = {}
        current: Node | None = node
        while current is not None and current.span_id not in self._entries and current.span_id not in chain:
            chain[current.span_id] = current
            if current.kind in ENTRY_KINDS:
                break
            current = self.parent(current)
        if current is not None and current.span_id in self._entries:
            found = self._entries[current.span_id]
        else:
            found = next((link for link in reversed(chain.values()) if link.kind != "client"), None)
        self._entries.update(dict.fromkeys(chain, found))
        return found

    def callers(self, node: Node) -> Iterator[Node]:
        """The spans above that are no calls themselves, nearest first, up to the entry."""
        entry = self.entry(node)
        seen = {node.span_id}
        while (above := self.parent(node)) is not None and above.span_id not in seen:
            seen.add(above.span_id)
            node = above
            if node.kind != "client":
                yield node
            if node is entry:
                return

    def is_inner(self, node: Node) -> bool:
        """Whether an outer call already stands for this one: an ORM span over a driver span, an SDK span over HTTP."""
        outer = self.parent(node)
        if outer is None or outer.kind != "client":
            return False
        seen = {node.span_id}
        while outer is not None and outer.kind == "client" and outer.span_id not in seen:
            if outer.call is not None and (outer.call == node.call or "http" in (outer.category, node.category)):
                return True
            seen.add(outer.span_id)
            outer = self.parent(outer)
        return False
