"""The text of an edit that collects the documents of a loop and inserts them after it."""

import ast

from codemods import _cst, _loop_edits, _loop_layout
from codemods._loop_answers import proposed
from codemods._loop_gates import inside, iterated, rebound, streams
from codemods._loop_rounds import MUTATES
from codemods._loops import Body, names_in, targets
from codemods._mocks import watched
from codemods._mongo_collections import Asked, consider
from codemods.api import Load, Proposal, Reached, Repeat
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

_SINGLE = frozenset({"DuplicateKeyError", "WriteError", "WriteConcernError", "WTimeoutError"})
_NEW = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp, ast.Call, ast.Constant, ast.JoinedStr)
_TAKEN = frozenset({"session", "bypass_document_validation", "comment"})  # what `insert_many` takes alike
_DIFFERS = (
    "the error of a document is a `BulkWriteError`, no `DuplicateKeyError`; those before it are stored, as they were",
    "documents are sent after the last round: if a round fails, or one cannot be encoded, none of them are stored",
)


class InsertEdit:
    """The edit of one `insert_one`.

    Raises:
        RefusedError: why there is none.
    """

    def __init__(self, codemod: str, reached: Reached, body: Body, one: Asked, repeat: Repeat) -> None:
        self.codemod, self.reached, self.body, self.one, self.repeat = codemod, reached, body, one, repeat
        self.where = f"line {one.call.lineno} of {body.path}"
        loop = body.loop(one.call)
        if not isinstance(loop, ast.For):
            raise RefusedError("R-SHAPE", f"the loop around {self.where} is no plain `for`")
        self.loop = loop
        self._consider_loop()
        self.document = self._document()

    # ---- may it be sent after the loop? ----

    def _consider_loop(self) -> None:
        body, loop, where = self.body, self.loop, self.where
        statement = body.statement(self.one.call)
        if not isinstance(statement, ast.Expr) or statement.value is not self.one.whole:
            raise RefusedError("R-RESULT", f"what {where} gives back is used")
        if streams(iterated(loop)):
            raise RefusedError("R-STREAM", f"the loop around {where} goes over a stream, which may have no end")
        if loop.orelse or any(isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) for node in inside(loop)):
            raise RefusedError("R-COND", f"the loop around {where} can leave the function")
        if body.within(self.one.call, (ast.Try, ast.With, ast.AsyncWith), loop):
            raise RefusedError("R-EXC", f"{where} is in a block of its round, which handles what happens there")
        for handler in (h for above in body.parents(loop) if isinstance(above, ast.Try) for h in above.handlers):
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            if caught := {dotted(kind).rpartition(".")[2] for kind in kinds if kind is not None} & _SINGLE:
                message = f"line {handler.lineno} catches {min(caught)}, which `insert_many` does not raise"
                raise RefusedError("R-EXC", message)
        if tests := watched(body, "insert_one"):
            raise RefusedError("R-MOCKED", f"{tests[0]} watches `insert_one`, which {where} would no longer call")
        consider(body, loop, self.one, reads=True)

    def _document(self) -> ast.expr:
        """The document, which nobody changes or reads between the round and the end of the loop.

        Raises:
            RefusedError: somebody may.
        """
        body, call, loop = self.body, self.one.call, self.loop
        others = {keyword.arg for keyword in call.keywords} - _TAKEN
        moving = set().union(*(names_in(k.value) for k in call.keywords)) & (targets(loop) | rebound(body, loop))
        if len(call.args) != 1 or isinstance(call.args[0], ast.Starred) or others or moving:
            raise RefusedError("R-SHAPE", f"{self.where} is given more than a document")
        document = call.args[0]
        if (changed := sorted(names_in(document) & self._changed())) and not isinstance(document, ast.Name):
            raise RefusedError("R-CARRY", f"the rounds change `{changed[0]}`, which is a part of the document")
        if isinstance(document, ast.Name):
            self._consider_name(document)
        elif not isinstance(document, ast.Dict | ast.Call):
            raise RefusedError("R-CARRY", f"`{body.source(document)}` of {self.where} may be another's, and may change")
        return document

    def _consider_name(self, document: ast.Name) -> None:
        body, loop = self.body, self.loop
        if document.id not in targets(loop) | rebound(body, loop):
            raise RefusedError("R-CARRY", f"`{document.id}` of {self.where} is the same document in every round")
        end = (self.one.call.end_lineno, self.one.call.end_col_offset)
        for node in inside(loop):
            if isinstance(node, ast.Name) and node.id == document.id and (node.lineno, node.col_offset) > end:
                message = f"line {node.lineno} of {body.path} uses `{document.id}` after it was inserted"
                raise RefusedError("R-RESULT", message)

    def _changed(self) -> set[str]:
        """The names that were bound before the loop and whose values the rounds change."""
        found = set[str]()
        for node in inside(self.loop):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in MUTATES:
                    found.add(name)
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                    found.add(name)
                case ast.AugAssign(target=ast.Name(id=name)):
                    found.add(name)
        fresh = {name for name in found if self._is_fresh(name)}
        return found - fresh

    def _is_fresh(self, name: str) -> bool:
        """Whether a round binds the name to a value of its own before all else."""
        value = self.body.value(name)
        return isinstance(value, _NEW) and self.body.statement(value) in self.loop.body

    # ---- the text ----

    def proposal(self) -> Proposal:
        """The new text, and what a reviewer must know."""
        body, one, loop = self.body, self.one, self.loop
        place = _loop_edits.before(body, loop)
        _, after = _loop_layout.region(body, loop)
        stop = body.offsets(loop)[1]
        assert place is not None  # nothing stands before a `for` on its line
        indent, end, step = place.indent, _cst.newline(body.text), _loop_edits.step(body)
        documents = _loop_edits.fresh(body, "documents", "new_documents")
        assert isinstance(one.call.func, ast.Attribute)
        more = [f"{keyword.arg}={body.source(keyword.value)}" for keyword in one.call.keywords]
        awaited = "await " if isinstance(one.whole, ast.Await) else ""
        sent = f"{indent}if {documents}:{end}{indent}{step}{awaited}{one.source}.insert_many("
        sent += f"{', '.join([documents, *more])}){end}"
        gap = "" if body.text[stop:after].endswith("\n") else end
        if self._only_inserts():
            given = _loop_edits.line(body, indent, f"{documents} = list(", body.source(loop.iter), ")")
            edits = [(place.at, after, given + sent)]
        else:
            written = body.text[slice(*body.offsets(self.document))]
            edits = [
                (place.at, place.at, f"{indent}{documents} = []{end}"),
                (*body.offsets(one.whole), f"{documents}.append({written})"),
                (after, after, f"{gap}{sent}"),
            ]
        load = Load(f"{one.name or one.source}.insert_one", "insert_many", "one call sends all", self.repeat, 1)
        return proposed(
            self.codemod,
            self.reached,
            body,
            one.call,
            load,
            {body.path: _cst.replace(body.text, edits)},
            doubts=_DIFFERS,
            does="insert documents with one call",
        )

    def _only_inserts(self) -> bool:
        """Whether a list of what the loop goes over is all that is needed of it."""
        body, loop = self.body, self.loop
        if len(loop.body) > 1 or not (isinstance(self.document, ast.Name) and isinstance(loop.target, ast.Name)):
            return False
        uses = [n for n in ast.walk(body.definition) if isinstance(n, ast.Name) and n.id == loop.target.id]
        alone = body.statement(self.one.call) is loop.body[0] and loop.target.id == self.document.id
        return alone and len(uses) == 2 and "#" not in body.text[slice(*_loop_layout.region(body, loop))]
