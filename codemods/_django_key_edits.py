"""Edits of all reads of one Django relation on the rows of a query, where nothing but its key is read."""

import ast
import re
from collections.abc import Iterable, Iterator

import msgspec

from codemods import _cst
from codemods._django_chains import spell
from codemods._django_choice import Candidate
from codemods._django_keys import KeyColumn, leaves_out_nulls
from codemods._django_places import Place, Places
from codemods._django_policy import hiding
from codemods._django_shown import Shown
from codemods._django_suspects import Mapper
from codemods._key_reads import Edit, KeyReads, OtherReadError, Wanted
from codemods._row_suspects import trace_rows
from codemods._row_trace import Rows, Sources, Trace
from codemods.api import Load, No, Proposal, Repeat
from codemods.index import Index
from codemods.index.calls import Key
from codemods.index.django_models import DjangoModel
from codemods.index.facts import Function, dotted
from codemods.strategies import KEY_COLUMN


class _Read(msgspec.Struct, frozen=True):
    """`node` is `post.author` in a function; `start` is where the rows were followed from."""

    function: Function
    node: ast.Attribute
    start: Key

    @property
    def key(self) -> Key:
        """The place of the function."""
        return self.function.path, self.function.qualname


class _Noticing(Sources):
    """Notes where a relation of the rows is read."""

    def __init__(self, index: Index, way: tuple[str, ...]) -> None:
        super().__init__(index)
        self._way = way
        self.reads: dict[int, _Read] = {}  # by identity of the node

    def notice(self, start: Key, rows: Rows[DjangoModel], name: str, function: Function, node: ast.Attribute) -> None:
        """Keep it when it is the relation."""
        if (*rows.way, name) == self._way:
            self.reads.setdefault(id(node), _Read(function, node, start))


class _Relation:
    """One relation on the rows of one query, with all reads of it there."""

    def __init__(self, index: Index, places: Places, candidate: Candidate) -> None:
        self._index = index
        self._places = places
        self.candidate = candidate
        self.place = candidate.place
        self.link = candidate.chain[-1]
        self.column = KeyColumn(index, self.link)

    def edits(self) -> Iterator[tuple[_Read, Edit]]:
        """The edit of each read.

        Raises:
            OtherReadError: why the relation is not read for its key alone.
        """
        if self.column.why:
            raise OtherReadError("R-KEY", self.column.why)
        reads, wanted = self._reads()
        for read in reads:
            if not self._is_only_for_these_rows(read):
                raise OtherReadError("R-UNRESOLVED", f"`{read.key[1]}` in {read.key[0]} may be given other rows")
            definition = self._index.definitions.get(read.key)
            assert definition is not None
            text = _text(self._index, read.key[0])
            yield read, KeyReads(read.key[0], text, definition, wanted).edit(read.node)

    def _reads(self) -> tuple[list[_Read], Wanted]:
        place, path = self.place, self.candidate.path
        if place.query is None or place.function is None:
            raise OtherReadError("R-UNRESOLVED", f"{place.where} has no query of its own")
        way = tuple(path.split("__"))
        if len(way) == 1 and (limit := hiding(place.query, self.link)):
            raise OtherReadError("R-SHAPE", f"`.{limit}()` in {place.where} leaves the key out")
        sources = _Noticing(self._index, way)
        trace = trace_rows(sources, Mapper(), place.model, place.function, place.query)
        self._shown(sources)
        if {way, (*way[:-1], self.column.attribute)} & trace.written:
            raise OtherReadError("R-WRITE", f"`{path}` of the rows of {place.where} is assigned")
        # A caller that is not on the way pays for nothing here.
        reads = [
            read for read in sources.reads.values() if self._is_home(read.start) or read.start in self._places.keys
        ]
        if not reads:
            raise OtherReadError("R-UNRESOLVED", f"no read of `{path}` on the rows of {place.where} was found")
        nullable = self.column.nullable and not (len(way) == 1 and leaves_out_nulls(place.query, way[0]))
        return reads, Wanted(way[-1], self.column.attribute, self.column.names, nullable, self.column.truthy)

    def _shown(self, sources: _Noticing) -> None:
        """Follow the rows into the methods of the serializers that get them."""
        home = (self.place.reached.path, self.place.reached.qualname)
        owner = self.place.function.owner if self.place.function else None
        named = self._places.about.serializers_of((home[0], owner)) if owner else []
        shown = Shown(Trace(sources, Mapper(), home), self._places.reads, (home[0], 1))
        for serializer in dict.fromkeys([*named, *sorted(self.place.through)]):
            model = self._places.about.serializer_model(serializer)
            if model is not None and model in self.place.model.lineage():
                shown.serializer(serializer, Rows(self.place.model, each=True))

    def _is_home(self, key: Key) -> bool:
        """Whether it is the function of the query, or a method of a serializer that is written for such rows."""
        if key == (self.place.reached.path, self.place.reached.qualname):
            return True
        model = self._places.about.serializer_model((key[0], key[1].rpartition(".")[0]))
        return model is not None and self._has(model)

    def _has(self, model: DjangoModel | None) -> bool:
        return model is not None and model.all_links().get(self.link.name) is self.link

    def _is_only_for_these_rows(self, read: _Read) -> bool:
        """Whether what stands before the dot is always a row of the model, whoever calls the function."""
        if self._is_home(read.key):
            return True
        if not self._is_home(read.start) and not self._is_alone(self.place.reached.qualname):
            return False  # what another function of that name returns is not known
        if read.start == read.key:
            return True
        if self.is_method(read):
            return True
        return (
            self._is_alone(read.key[1])
            and not read.function.decorators
            and len(self._index.calls.callers(read.key)) <= 1
        )

    def is_method(self, read: _Read) -> bool:
        """Whether the read is one of a model's own: `self.author`."""
        function = read.function
        owner = self._index.django.get(function.path, function.owner) if function.owner else None
        return dotted(read.node.value) == next(iter(function.params), "") and self._has(owner)

    def _is_alone(self, qualname: str) -> bool:
        name = qualname.rpartition(".")[2]
        texts = (_text(self._index, path) for path in self._index.tree.naming(f"def {name}("))
        return sum(len(re.findall(rf"def {name}\(", text)) for text in texts) == 1

    def doubt(self) -> str:
        """The file that makes rows of the model with a related row, which may not be saved then; empty without one."""
        models = "|".join(sorted({m.name for m in self._index.django.all if self._has(m)}))
        found = self._index.tree.matching(rf"(?<!class )\b(?:{models})\([^()]*\b{self.link.name}=")
        return next(iter(found), "")

    def is_left_in(self, after: Iterable[Place]) -> bool:
        """Whether anything is seen to read the relation on these rows, now that the edit is in place."""
        assert self.place.query
        here = [
            place
            for place in after
            if (place.where, place.model.qualname) == (self.place.where, self.place.model.qualname)
            if place.query and place.query.line == self.place.query.line
        ]
        left = {spell(chain) for place in here for chain in place.near | place.far}
        return any(f"{path}__".startswith(f"{self.candidate.path}__") for path in left)


def of_keys(id_: str, index: Index, places: Places, candidates: list[Candidate], repeat: Repeat) -> Proposal | No:
    """The proposal of the codemod `id_` for a repeat that the relations of all these candidates issue, or why none."""
    try:
        return _proposal(id_, index, places, candidates, repeat)
    except OtherReadError as other:
        reached = candidates[0].place.reached
        return No(other.code, str(other), (repeat,), path=reached.path, qualname=reached.qualname)


def _proposal(id_: str, index: Index, places: Places, candidates: list[Candidate], repeat: Repeat) -> Proposal:
    relations = [_Relation(index, places, candidate) for candidate in candidates]
    edits: dict[str, set[Edit]] = {}
    where: set[tuple[str, int]] = set()
    doubts: list[str] = []
    for relation in relations:
        for read, edit in relation.edits():
            edits.setdefault(read.key[0], set()).add(edit)
            where.add((read.key[0], read.node.lineno))
            if relation.is_method(read) and (file := relation.doubt()):
                doubts.append(
                    f"{file} makes such rows: of one whose {relation.link.name} is saved later, the key is None"
                )
    texts = {path: _cst.replace(_text(index, path), sorted(new)) for path, new in edits.items()}
    after = Places(index.edited(texts), places.sighting).all()
    for relation in relations:
        if relation.is_left_in(after):
            path = relation.candidate.path
            raise OtherReadError("R-UNRESOLVED", f"`{path}` is read elsewhere too, for more than its key")
    place = candidates[0].place
    assert place.query
    loads = {f"{r.place.model.name}.{r.candidate.path.replace('__', '.')}": r.column.attribute for r in relations}
    return Proposal(
        id_, "C" if doubts else "B", place.reached.path, place.reached.qualname, place.query.line, place.query.root,
        tuple(
            Load(name, KEY_COLUMN, f"only the key is read, and the row holds it as `{attribute}`", repeat, 0)
            for name, attribute in loads.items()
        ),
        texts,
        (place.reached.via, *(f"`{repeat.statement}` is the lazy load of {name}" for name in loads),
         f"`{place.query.root}` in {place.where} returns the rows that own {', '.join(loads)}"),
        (f"the key is read at {', '.join(f'{path}:{line}' for path, line in sorted(where))}", *dict.fromkeys(doubts)),
    )  # fmt: skip


def _text(index: Index, path: str) -> str:
    """The text of a file that the index has read."""
    text = index.tree.source(path)
    assert text is not None
    return text
