"""The text of a batched lookup: the lines before the loop, and the lookup that is answered from them."""

import ast
from functools import cached_property

from codemods import _cst, _loop_edits, _loop_layout
from codemods._helper_loans import argument
from codemods._key_lookup_gates import Gates, asked
from codemods._lookups import Lookup
from codemods._loop_answers import proposed
from codemods._loop_gates import is_known_beforehand, is_list, is_settled, keeps_rows, makes_list
from codemods._loop_rounds import item_of
from codemods._loops import Body, Comprehension, names_in
from codemods.api import Load, Proposal, Reached, Repeat
from codemods.index import first_party
from codemods.refusals import RefusedError

_SHORT = 2  # `i`, `p`: no plural of such a name says more than the name
_KEYS = ("id", "pk")
_KEPT = "# Kept: the lookups below find these rows without a query."


class Edit:
    """The edit of one lookup.

    Raises:
        RefusedError: why there is none.
    """

    def __init__(self, codemod: str, reached: Reached, body: Body, lookup: Lookup, repeat: Repeat) -> None:
        loop = body.loop(lookup.call)
        assert loop is not None
        self._codemod, self._reached, self._body, self._lookup, self._repeat = codemod, reached, body, lookup, repeat
        self._loop = loop
        self._gates = Gates(body, loop, lookup)
        self._names: list[str] = []

    def proposal(self) -> Proposal:
        """The new texts, and what a reviewer must know."""
        lookup, body = self._lookup, self._body
        place = _loop_edits.before(body, self._loop)
        if place is None:
            raise RefusedError("R-SHAPE", f"no line can stand before the loop around line {lookup.call.lineno}")
        edits: list[tuple[int, int, str]] = []
        keys = self._keys(place.indent, edits)
        edits.append((place.at, place.at, keys[0] + self._fetch(place.indent, keys[1], edits)))
        if len(lookup.fields) > 1:
            message = f"one query has every {lookup.model} whose fields are each asked for, in other pairs too"
            self._gates.doubts.append(message)
        doubts = tuple(dict.fromkeys(self._gates.doubts + self._order_doubts()))
        load = Load(
            f"{lookup.model}.{lookup.attribute}",
            lookup.strategy,
            "one query answers the keys of all rounds",
            self._repeat,
            1,
        )
        return proposed(
            self._codemod,
            self._reached,
            body,
            lookup.call,
            load,
            self._texts(edits),
            doubts=doubts,
            does=self._does,
        )

    @property
    def _does(self) -> str:
        """What the title says."""
        return f"fetch {_loop_edits.plural(self._lookup.model)} in one query"

    def _texts(self, edits: list[tuple[int, int, str]]) -> dict[str, str]:
        body, tree = self._body, self._body.index.tree
        by_path = {body.path: edits}
        for path, start, end, text in self._lookup.edits:
            by_path.setdefault(path, []).append((start, end, text))
        texts = {path: _cst.replace(tree.source(path) or "", some) for path, some in by_path.items()}
        if self._lookup.bring:
            module, name = self._lookup.bring
            edit = _cst.import_edit(texts[body.path], module, [name], first_party(body.index))
            texts[body.path] = _cst.replace(texts[body.path], [edit] if edit else [])
        return texts

    # ---- the keys ----

    @cached_property
    def _items(self) -> tuple[ast.expr, str]:
        """What is gone over and the name of one item of it, `enumerate` taken off unless its number counts."""
        asked = ast.parse(f"[{self._gates.key} for _ in (){self._gates.filters}]")
        return item_of(self._body, self._loop, names_in(asked))

    def _keys(self, indent: str, edits: list[tuple[int, int, str]]) -> tuple[str, str]:
        """The lines that keep what the loop goes over, if it must be kept, and the source of the keys."""
        (source, item), body = self._items, self._body
        rows, lines = body.source(source), ""
        if not is_settled(body, source):
            rows = self._fresh(*self._plurals(source, item))
            head, tail = ("", "") if makes_list(source) or keeps_rows(source) else ("list(", ")")
            lines = _loop_edits.line(body, indent, f"{rows} = {head}", body.source(source), tail)
            edits.append((*body.offsets(source), rows))
        key, filters = self._gates.key, self._gates.filters
        return lines, f"[{key} for {item} in {rows}{filters}]" if key != item or filters else rows

    def _plurals(self, source: ast.expr, item: str) -> list[str]:
        """Names for the list that the loop goes over, best first."""
        words = [item] if item.isidentifier() else []
        words += [_loop_edits.snake(n.id) for n in ast.walk(source) if isinstance(n, ast.Name) and n.id[:1].isupper()]
        match source:
            case ast.Attribute(attr=attr):
                words.append(attr.removesuffix("s"))
        names = [_loop_edits.plural(word) for word in words if len(word) > _SHORT or word in _KEYS]
        return [*names, *(f"all_{name}" for name in names), "entries", "all_entries"]

    def _fresh(self, *wanted: str) -> str:
        """A name that neither the file nor another line of the edit uses."""
        name = _loop_edits.fresh(self._body, *(w for w in wanted if w not in self._names))
        self._names.append(name)
        return name

    def _order_doubts(self) -> list[str]:
        source, _ = self._items
        if is_settled(self._body, source) or is_known_beforehand(self._body, source):
            return []
        return [f"`{self._body.source(source)}` is gone over before the loop: its items, and its errors, come earlier"]

    # ---- the query ----

    def _fetch(self, indent: str, keys: str, edits: list[tuple[int, int, str]]) -> str:
        lookup, body = self._lookup, self._body
        one = _loop_edits.snake(lookup.model)
        many = _loop_edits.plural(one)
        if lookup.held:
            name, note = self._fresh(many, f"known_{many}"), f"{indent}{_KEPT}{_cst.newline(body.text)}"
        else:
            name, note = self._fresh(f"{many}_by_{lookup.attribute}", f"found_{many}"), ""
            found = f"{name}.get({body.source(lookup.key)})"
            edits.append(argument(body, lookup.call, lookup.lent, found) if lookup.lent else self._answered(found))
        opening, closing = lookup.fetch
        if lookup.fields:
            return self._by_fields(indent, name, keys)
        if lookup.chunk is None:
            if lookup.twin and not keys.startswith("[") and not self._is_list():
                keys = f"list({keys})"
            return _loop_edits.line(body, indent, f"{name} = {opening}", keys, closing)
        first = ""
        if keys.startswith("[") or not self._is_list():
            head, inner, tail = ("[", keys[1:-1], "]") if keys.startswith("[") else ("list(", keys, ")")
            keyed = self._fresh(f"{one}_{_loop_edits.plural(lookup.attribute)}", f"{one}_keys")
            first, keys = _loop_edits.line(body, indent, f"{keyed} = {head}", inner, tail), keyed
        return first + note + portions(body, indent, lookup, f"{name} = ", keys)

    def _by_fields(self, indent: str, name: str, keys: str) -> str:
        """The rows whose fields are among those of the keys, by their own."""
        lookup, body = self._lookup, self._body
        end, deeper = _cst.newline(body.text), indent + _loop_edits.step(body)
        row = lookup.fetch[0].partition(" ")[0]
        own, first = f"{row}.{lookup.fields[0]}", ""
        among = [f"{lookup.fields[0]}__in={keys}"]
        if len(lookup.fields) > 1:
            keyed = self._fresh(f"{_loop_edits.snake(lookup.model)}_keys", "asked_keys")
            own = f"({', '.join(f'{row}.{field}' for field in lookup.fields)})"
            among = [f"{field}__in={{key[{n}] for key in {keyed}}}" for n, field in enumerate(lookup.fields)]
            first = f"{indent}{keyed} = {keys}{end}"
        given = [lookup.fetch[1][2:-1]] if lookup.fetch[1] != ")" else []
        rows = _loop_layout.call(body, deeper, f"for {lookup.fetch[0]}", [*given, *among])
        return f"{first}{indent}{name} = {{{end}{deeper}{own}: {row}{end}{rows}{indent}}}{end}"

    def _is_list(self) -> bool:
        """Whether the name is one of a list, which can be cut into portions."""
        source, _ = self._items
        return not is_settled(self._body, source) or is_list(self._body, source)

    def _answered(self, found: str) -> tuple[int, int, str]:
        """The lookup, asked only for what the one query did not answer."""
        body = self._body
        whole = asked(body, self._lookup.call)[0]
        assert isinstance(whole, ast.expr)
        start, end = body.offsets(whole)
        written = body.text[start:end]
        row = self._gates.row()
        begin, stop = body.offsets(body.statement(whole))
        indent = body.text[body.text.rfind("\n", 0, begin) + 1 : begin]
        if row is None or indent.strip() or isinstance(self._loop, Comprehension):
            above = next(body.parents(whole))
            argument = isinstance(above, ast.Call) and whole in above.args
            bare = argument or isinstance(above, ast.keyword | ast.Return | ast.Assign | ast.NamedExpr)
            return start, end, f"{found} or {written}" if bare else f"({found} or {written})"
        newline, deeper = _cst.newline(body.text), _loop_edits.step(body)
        value = body.text[begin:stop].partition("=")[2].lstrip()  # with the parentheses around it
        moved = value.replace(newline, newline + deeper)
        return begin, stop, (
            f"{row} = {found}{newline}{indent}if {row} is None:{newline}{indent}{deeper}{row} = {moved}"
        )  # fmt: skip


def portions(body: Body, indent: str, lookup: Lookup, head: str, keys: str) -> str:
    """The lines of `head` and the rows of all keys, so many at a time: a list, or a dictionary by key."""
    opening, closing = lookup.fetch
    used = names_in(ast.parse(f"{opening}{keys}{closing}", mode="eval"))
    row = next(name for name in (_loop_edits.snake(lookup.model), "row", "found_row") if name not in used)
    brackets, each = ("[]", row) if lookup.held else ("{}", f"{row}.{lookup.attribute}: {row}")
    deeper, end = indent + _loop_edits.step(body), _cst.newline(body.text)
    portion = f"{opening}{keys}[start : start + {lookup.chunk}]{closing}"
    lines = [
        f"{indent}{head}{brackets[0]}",
        f"{deeper}{each}",
        f"{deeper}for start in range(0, len({keys}), {lookup.chunk})",
    ]
    rows = _loop_edits.line(body, deeper, *_opened(f"for {row} in ", portion))
    return "".join(f"{text}{end}" for text in lines) + f"{rows}{indent}{brackets[1]}{end}"


def _opened(head: str, portion: str) -> tuple[str, str, str]:
    """`query(...)` cut at the parentheses of its last call with arguments, where a line may break."""
    node = ast.parse(portion, mode="eval").body
    call = node.value if isinstance(node, ast.Await) else node
    assert isinstance(call, ast.Call)
    while not call.args and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        call = call.func.value  # `.unique()`
    assert call.func.end_col_offset is not None
    assert call.end_col_offset is not None
    at = len(portion.encode()[: call.func.end_col_offset].decode()) + 1
    end = len(portion.encode()[: call.end_col_offset].decode()) - 1
    return head + portion[:at], portion[at:end], portion[end:]
