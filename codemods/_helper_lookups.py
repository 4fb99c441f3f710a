"""A loop whose lookup is behind a helper: `get_user(order.user_id)`, whose body is the lookup by its parameter.

Where the helper's session finds rows that are kept (an identity map), its caller keeps them. Else a twin for many keys
goes beside it, and the helper stays for what the twin does not answer. A helper that only passes its key on to such a
helper gets a twin that passes the keys on.
"""

import ast
from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from codemods._helper_calls import given_by, import_of, model_here, session_here
from codemods._helper_loans import Loan, is_lent, loan
from codemods._helper_shapes import objection, shape
from codemods._helper_twins import Twin, twin
from codemods._key_errors import BROAD, OF_KEYS
from codemods._lookups import Lookup, Match, Unfit
from codemods._loop_gates import is_pure, moving
from codemods._loops import Body, bodies, names_in
from codemods.api import Repeat
from codemods.index.calls import Key
from codemods.index.facts import Call, callee_of, dotted

Warm = Callable[[Body, ast.Call, str, str, ast.expr, Repeat], Lookup | Unfit | None]
_DEPTH = 2  # helpers behind a helper


class _Asks(NamedTuple):
    """A function, a call in it, and what that looks up."""

    helper: Body
    call: ast.Call
    asked: Lookup | Unfit


class _Named(NamedTuple):
    """The functions that a call can mean; `guessed` when only their name tells."""

    keys: list[Key]
    guessed: bool


def with_helpers(lookup: Match, warm: Warm | None) -> Match:
    """The match, extended to calls of helpers; `warm` is the lookup as a caller can prepare it in its session."""

    known: dict[tuple[Key, str, int, frozenset[str]], list[_Asks]] = {}  # what a function looks up, out of its loops

    def behind(found: Body, moving: frozenset[str], repeat: Repeat, depth: int) -> list[_Asks]:
        known_as = ((found.path, found.function.qualname), repeat.fingerprint, depth, moving)
        if known_as not in known:
            helpers = [found.asked_with(moving)]
            outside = [(h, c) for h in helpers for c in h.calls() if h.loop(c) is None]
            known[known_as] = [_Asks(h, c, f) for h, c in outside if (f := lookup(h, c, repeat))]
            if not known[known_as] and depth:
                passing = [(h, c) for h, c in outside if any(shape(h, c, name) for name in h.function.params)]
                known[known_as] = [_Asks(h, c, f) for h, c in passing if (f := of_helper(h, c, repeat, depth - 1))]
        return known[known_as]

    def of_helper(body: Body, call: ast.Call, repeat: Repeat, depth: int) -> Lookup | Unfit | None:
        named = _targets(body, call)
        helpers = bodies(body.index, named.keys)
        asks = [one for helper in helpers for one in behind(helper, _moving(body, call, helper), repeat, depth)]
        return _behind(body, call, repeat, asks, named, warm) if asks else None

    def match(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | Unfit | None:
        return lookup(body, call, repeat) or of_helper(body, call, repeat, _DEPTH)

    return match


def _behind(
    body: Body, call: ast.Call, repeat: Repeat, found: list[_Asks], named: _Named, warm: Warm | None
) -> Lookup | Unfit:
    helper, inner, asked = found[0]
    name = helper.function.qualname.rpartition(".")[2]
    where = f"line {call.lineno} of {body.path}"
    if isinstance(asked, Unfit):
        return Unfit(call, asked.code, asked.message)
    if len(named.keys) > 1 or len(found) > 1:
        return Unfit(call, "R-SHAPE", f"`{name}`, which {where} calls, can be any of several functions")
    if reason := objection(helper):
        return Unfit(call, "R-SHAPE", f"`{name}`, which {where} calls, {reason}")
    if is_lent(helper, inner, call):
        return Unfit(call, "R-BATCHED", f"`{name}`, which {where} calls, is lent its row")
    if caught := _caught(helper):
        return Unfit(call, "R-EXC", f"`{name}`, which {where} calls, catches {caught}")
    way = _Way(helper, inner, asked, call, named.guessed)
    made = _handed_on(body, way, repeat, warm) or _lent(body, way)
    if made is None:
        asks_by = asked.key.id if isinstance(asked.key, ast.Name) else ""
        more = shape(helper, inner, asks_by) is None
        reason = "does more than look up a row" if more else "takes its key in another way"
        return Unfit(call, "R-SHAPE", f"`{name}`, which {where} calls, {reason}")
    if isinstance(made, Lookup) and named.guessed:
        taken = f"`{ast.unparse(call.func)}` is taken for `{helper.function.qualname}`, the only one of that name"
        return replace(made, doubts=(*made.doubts, taken))
    return made


class _Way(NamedTuple):
    """A call of a helper, and the lookup in that; `guessed` when only a name tells that it is this one."""

    helper: Body
    inner: ast.Call
    asked: Lookup
    call: ast.Call
    guessed: bool

    def given(self, body: Body) -> dict[str, ast.expr] | None:
        """Parameter -> argument, if the call waits for the helper as it must."""
        awaited = isinstance(next(body.parents(self.call), None), ast.Await)
        given = given_by(self.helper, self.call)
        return given if awaited == isinstance(self.helper.definition, ast.AsyncFunctionDef) else None

    def import_(self, body: Body) -> tuple[str, str] | None:
        """The import by which the caller has the helper."""
        return ("", "") if self.guessed else import_of(body, self.helper, self.call)


def _handed_on(body: Body, way: _Way, repeat: Repeat, warm: Warm | None) -> Lookup | Unfit | None:
    """The lookup of a helper that is nothing else."""
    helper, inner, asked, call, guessed = way
    if not isinstance(asked.key, ast.Name):
        return None
    form, given = shape(helper, inner, asked.key.id), way.given(body)
    key = given.get(asked.key.id) if given is not None else None
    if form is None or given is None or key is None:
        return None
    doubts = (*asked.doubts, *form.doubts)
    if warm is not None and asked.held and not form.first and not guessed:
        session = session_here(body, helper, inner, call, given)
        prepared = warm(body, call, session, model_here(body, helper, inner), key, repeat) if session else None
        if isinstance(prepared, Lookup):
            return replace(prepared, doubts=doubts)
    made = twin(body, Twin(helper, asked, call, key, way.import_(body), form.first))
    if made is None:
        name = helper.function.qualname.rpartition(".")[2]
        message = f"nothing beside `{name}` would be at hand for line {call.lineno} of {body.path}"
        return Unfit(call, "R-SHAPE", message)
    return replace(made, doubts=doubts)


def _lent(body: Body, way: _Way) -> Lookup | Unfit | None:
    """The lookup of a helper that does more with its row."""
    given = way.given(body)
    return loan(body, Loan(way.helper, way.inner, way.asked, way.call, given, way.import_(body))) if given else None


def _targets(body: Body, call: ast.Call) -> _Named:
    callee = callee_of(call.func)
    is_asked = call.args or call.keywords or isinstance(call.func, ast.Attribute)
    calls = [c for c in body.function.calls if c.line == call.lineno and c.callee == callee] if is_asked else []
    keys = dict.fromkeys(key for c in calls for key in body.index.calls.targets(body.function, c))
    if keys or not calls or not is_pure(call.func):
        return _Named(list(keys), guessed=False)
    return _Named(_only_one(body, calls[0]), guessed=True)


def _moving(body: Body, call: ast.Call, helper: Body) -> frozenset[str]:
    """The parameters of a helper that a call gives anew in every round; all of them where that is not known."""
    given, changing = given_by(helper, call), moving(body, body.loop(call))
    if given is None:
        return helper.moving
    names = {name for name, value in given.items() if names_in(value) & changing}
    if isinstance(call.func, ast.Attribute) and names_in(call.func.value) & changing:
        names |= set(list(helper.function.params)[:1])  # `self`
    return frozenset(names)


def _only_one(body: Body, call: Call) -> list[Key]:
    """The method that a call means if no other function of the tree has its name; a module's own is no method."""
    found = body.index.calls.guesses(call)
    head = call.callee.partition(".")[0]
    module = body.index.tree.module(body.path)
    return found if len(found) == 1 and module is not None and head not in module.imports else []


def _caught(helper: Body) -> str:
    """Errors of a single key that the helper catches, which a query for many would raise before the loop."""
    kinds = [node.type for node in helper.own() if isinstance(node, ast.ExceptHandler)]
    parts = [part for kind in kinds for part in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    names = {"any error" if part is None else dotted(part).rpartition(".")[2] for part in parts}
    return " and ".join(sorted(names & (OF_KEYS | BROAD | {"any error"})))
