"""What becomes of the rows that a call in a loop gives: which names hold one, and whether a list can stand for them."""

import ast

from codemods._key_lookup_gates import asked
from codemods._loop_gates import inside
from codemods._loops import Body, Loop, targets
from codemods.refusals import RefusedError

_READ_ONLY = frozenset({"list", "tuple", "set", "frozenset", "sorted", "len", "sum", "any", "all", "bool", "enumerate"})
_ORDER_FREE = frozenset({"set", "frozenset", "len", "any", "all", "bool"})


class Uses:
    """The uses of the rows; `rows` are the names that hold one, `escape` whether a list of them goes on to others.

    Raises:
        RefusedError: the name of the rows is bound elsewhere too, or is read where the loop does not go.
    """

    def __init__(self, body: Body, loop: Loop, call: ast.Call) -> None:
        self._body = body
        self.rows: set[str] = set()
        self.escape = False
        self.order_free = True
        whole = asked(body, call)[0]
        above = next(body.parents(whole))
        match above:
            case ast.Assign(targets=[ast.Name(id=name)]):
                for read in self._reads(loop, name, call):
                    self._use(read, next(body.parents(read)))
            case _:
                self._use(whole, above)

    def _reads(self, loop: Loop, name: str, call: ast.Call) -> list[ast.Name]:
        ours = {id(node) for node in inside(loop)}
        every = [node for node in self._body.own() if isinstance(node, ast.Name) and node.id == name]
        if len(self._body.bindings(name)) > 1 or not all(id(node) in ours for node in every):
            message = f"`{name}`, which line {call.lineno} of {self._body.path} binds, is bound or read elsewhere too"
            raise RefusedError("R-RESULT", message)
        return [node for node in every if isinstance(node.ctx, ast.Load)]

    def _use(self, rows: ast.AST, above: ast.AST) -> None:
        match above:
            case ast.For(iter=source) | ast.comprehension(iter=source) if source is rows:
                self.order_free = False
                self.rows |= {n.id for n in ast.walk(above.target) if isinstance(n, ast.Name)}
            case ast.Call(func=ast.Name(id=name), args=args) if name in _READ_ONLY and rows in args:
                self.order_free &= name in _ORDER_FREE
                if name == "enumerate":
                    loops = [p for p in self._body.parents(above) if isinstance(p, ast.For) and p.iter is above]
                    self.rows |= set().union(*map(targets, loops))
            case ast.If(test=test) | ast.IfExp(test=test) if test is rows:
                pass
            case ast.UnaryOp(op=ast.Not()):
                pass
            case _:
                self.order_free, self.escape = False, True
