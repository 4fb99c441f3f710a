"""A call to AWS per round, collected in the loop and made for many at once after it."""

import ast
from functools import cached_property

from codemods import _cst
from codemods._aws_batches import Batch
from codemods._aws_clients import service_of
from codemods._aws_effects import effects
from codemods._aws_sending import Sending
from codemods._aws_tables import key_names
from codemods._loop_answers import proposed
from codemods._loop_gates import is_pure, iterated, rebound, streams
from codemods._loops import Body, names_in, targets
from codemods._mocks import watched
from codemods.api import Load, Proposal, Reached, Repeat
from codemods.refusals import RefusedError


class Write:
    """The edit of one call."""

    def __init__(self, codemod: str, reached: Reached, body: Body, call: ast.Call, repeat: Repeat, row: Batch) -> None:
        loop = body.loop(call)
        assert loop is not None
        assert isinstance(call.func, ast.Attribute)
        self.codemod, self.reached, self.body, self.call, self.repeat, self.row = (
            codemod, reached, body, call, repeat, row,
        )  # fmt: skip
        self.where = f"line {call.lineno} of {body.path}"
        self.loop = self._plain(loop)
        self.receiver = call.func.value
        self.given = {keyword.arg or "": keyword.value for keyword in call.keywords}
        self.doubts = list(row.doubts)

    def _plain(self, loop: ast.AST) -> ast.For:
        if not isinstance(loop, ast.For):
            raise RefusedError("R-SHAPE", f"the loop around {self.where} is no plain `for`")
        return loop

    def proposal(self) -> Proposal:
        """The edit.

        Raises:
            RefusedError: why there is none.
        """
        body, row = self.body, self.row
        self._gates()
        self._consider()
        text = _cst.replace(body.text, Sending(body, self.loop, self.call, row, self.keys).edits())
        name = f"{row.service}.{row.method}"
        load = Load(
            name, row.batch, f"one call takes {row.limit} entries", self.repeat, -(-self.repeat.count // row.limit)
        )
        return proposed(
            self.codemod,
            self.reached,
            body,
            self.call,
            load,
            {body.path: text},
            doubts=self.doubts,
            notes=self._notes(),
            does=f"make {row.method} calls in batches",
        )

    # ---- may it be taken out of the loop? ----

    def _gates(self) -> None:
        body, row, loop = self.body, self.row, self.loop
        if "" in self.given:
            raise RefusedError("R-SHAPE", f"the arguments of {self.where} are not spelled out")
        taken = {*row.shared, *row.entry, row.wrapped}
        if unknown := sorted(self.given.keys() - taken):
            raise RefusedError("R-PARTIAL", f"`{row.batch}` takes no `{unknown[0]}` ({self.where})")
        statement = body.statement(self.call)
        if body.within(self.call, ast.Await, statement):
            raise RefusedError("R-SHAPE", f"{self.where} is made on an asynchronous client")
        if not isinstance(statement, ast.Expr) or statement.value is not self.call:
            raise RefusedError("R-PARTIAL", f"a round uses the answer of {self.where}")
        if body.within(self.call, ast.Try, loop):
            raise RefusedError("R-PARTIAL", f"a round handles the errors of {self.where}")
        if body.within(self.call, (ast.With, ast.AsyncWith, ast.Match), loop):
            raise RefusedError("R-SHAPE", f"a round makes {self.where} inside a block of its own")
        self._check_loop()
        for node in (self.receiver, *(value for name, value in self.given.items() if name in row.shared)):
            self._is_fixed(node)
        if files := watched(body, row.method):
            raise RefusedError(
                "R-MOCKED", f"{files[0]} watches `{row.method}`, which is called for failed entries only"
            )
        if row.action and (files := body.index.tree.policies_lacking(f"{row.service}:{row.operation}", row.action)):
            raise RefusedError("R-IAM", f"{files[0]} allows {row.service}:{row.operation} and not {row.action}")

    def _check_loop(self) -> None:
        loop = self.loop
        if loop.orelse:
            raise RefusedError("R-SHAPE", f"the loop around {self.where} has an `else`")
        if streams(iterated(loop)):
            raise RefusedError("R-STREAM", f"the loop around {self.where} goes over a stream")

    def _is_fixed(self, node: ast.expr) -> None:
        """Checks that a part of the call is the same in every round."""
        loose = (targets(self.loop) | rebound(self.body, self.loop)) & names_in(node)
        if loose:
            raise RefusedError("R-CARRY", f"`{sorted(loose)[0]}`, on which {self.where} depends, changes")
        if node is not self.receiver and not is_pure(node):
            self.doubts.append(f"`{self.body.source(node)}` is worked out once per batch")

    def _consider(self) -> None:
        body, loop = self.body, self.loop
        found = effects(body, loop, self.call, ast.unparse(self.receiver))
        if found.refusal:
            raise RefusedError(*found.refusal)
        self.doubts += found.doubts
        if service_of(body, self.receiver) is None:
            name = body.source(self.receiver)
            self.doubts.append(f"`{name}` is taken for a boto3 client of {self.row.service} by its arguments alone")
        if {"MessageGroupId", "MessageDeduplicationId"} & self.given.keys():
            self.doubts.append("an entry that failed is sent after those of its batch, which a FIFO queue can tell")
        own = targets(loop) | rebound(body, loop)
        for above in body.parents(loop):
            handlers = above.handlers if isinstance(above, ast.Try) else []
            if any(names_in(handler) & own for handler in handlers):
                self.doubts.append(f"the handler of line {handlers[0].lineno} reads names of the round that failed")
        if self.row.failures == "writer" and not self.keys:
            self.doubts.append(
                "two items with one key in a batch are an error: where they occur, name the key in `overwrite_by_pkeys`"
            )

    @cached_property
    def keys(self) -> list[str]:
        """The key attributes of the table, as far as the code tells."""
        return key_names(self.body, self.receiver, self.given)

    def _notes(self) -> list[str]:
        row = self.row
        notes = [row.bill, f"It needs the permission {row.action}, where {row.service}:{row.operation} was enough."]
        if row.failures == "writer":
            notes.append("An item that DynamoDB does not accept takes the others of its request with it, up to 24.")
        elif row.failures != "raises":
            notes.append(
                "A failed entry ends the work after its batch was sent, no longer before the entries behind it."
            )
        return notes if row.action else [notes[0], *notes[2:]]
