"""A client that a function makes in every call, made once by a cached accessor."""

import ast

from codemods import _cst, _loop_edits
from codemods._constructors import Constructor, arguments_of
from codemods._loop_answers import proposed
from codemods._loops import Body
from codemods._mocks import patched
from codemods.api import Load, Proposal, Reached, Repeat
from codemods.index.facts import dotted
from codemods.refusals import RefusedError

_CACHES = frozenset({"cache", "lru_cache", "cached_property", "memoize", "once"})
_CHANGING = frozenset({"meta", "headers", "cookies", "events", "auth", "event_hooks", "connection_pool"})
_SECRETS = frozenset({"aws_session_token"})


def is_kept(body: Body) -> bool:
    """Whether the function makes its client once: it is cached, or it assigns a name of the module."""
    decorated = {
        dotted(d.func if isinstance(d, ast.Call) else d).rpartition(".")[2] for d in body.definition.decorator_list
    }
    return bool(decorated & _CACHES) or any(isinstance(node, ast.Global) for node in body.own())


class Edit:
    """The edit of one function."""

    def __init__(
        self, codemod: str, reached: Reached, body: Body, call: ast.Call, made: Constructor, repeat: Repeat
    ) -> None:
        self.codemod, self.reached, self.body, self.call, self.made, self.repeat = (
            codemod, reached, body, call, made, repeat,
        )  # fmt: skip
        self.where = f"line {call.lineno} of {body.path}"
        self.doubts = list(made.doubts)

    def proposal(self) -> Proposal:
        """The edit.

        Raises:
            RefusedError: why there is none.
        """
        body, made = self.body, self.made
        self._gates()
        decorator, edits = self._decorator()
        edits += self._decorated(decorator) if self._is_factory() else self._accessor(decorator)
        load = Load(made.callee, "cached accessor", "one client serves all calls", self.repeat, self.repeat.count)
        return proposed(
            self.codemod,
            self.reached,
            body,
            self.call,
            load,
            {body.path: _cst.replace(body.text, edits)},
            doubts=self.doubts,
            notes=made.notes,
            does=f"keep the {self._what()}",
        )

    def _what(self) -> str:
        match self.call.args:
            case [ast.Constant(value=str(service)), *_] if self.made.callee == "boto3.client":
                return f"{service} client"
        return self.made.noun.replace("_", " ")

    # ---- may it be kept? ----

    def _gates(self) -> None:
        body, made, call = self.body, self.made, self.call
        if not made.shared:
            raise RefusedError("R-SHARED-SESSION", f"threads must not share what `{made.callee}` makes ({self.where})")
        if any(keyword.arg in _SECRETS or keyword.arg is None for keyword in call.keywords):
            raise RefusedError("R-CARRY", f"{self.where} makes a client for credentials that change")
        arguments = arguments_of(body, call)
        if arguments.varying:
            raise RefusedError("R-CARRY", f"`{arguments.varying}`, with which {self.where} makes a client, can differ")
        self.doubts += [f"`{name}` is read once per process now" for name in arguments.read]
        head = dotted(call.func).partition(".")[0]
        if head not in _cst.bound_names(body.text):
            raise RefusedError("R-SHAPE", f"`{head}` is imported in the function only ({self.where})")
        self._consider_use()
        word = made.callee.partition(".")[0]
        if files := patched(body, word, dotted(call.func).rpartition(".")[2]):
            raise RefusedError(
                "R-MOCKED", f"{files[0]} patches the constructor, and the client of one test would serve others"
            )

    def _consider_use(self) -> None:
        body, call = self.body, self.call
        above = next(body.parents(call), None)
        if isinstance(above, ast.withitem):
            raise RefusedError("R-SHAPE", f"the block of {self.where} closes the client")
        uses: list[ast.expr] = []
        match above:
            case ast.Assign(targets=[ast.Name(id=name)]):
                uses += [
                    n for n in body.own() if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
                ]
            case ast.Attribute():
                uses.append(call)
            case ast.Return() | ast.Assign(targets=[ast.Attribute()]):
                return
            case _:
                self._hand_on()
        for use in uses:
            self._consider_one(use)

    def _consider_one(self, use: ast.expr) -> None:
        body = self.body
        above = next(body.parents(use), None)
        match above:
            case ast.Attribute(attr=attr) if attr in self.made.closers:
                raise RefusedError("R-SHAPE", f"`{attr}` ends the client of {self.where}")
            case ast.Attribute(attr=attr, ctx=ast.Store()):
                raise RefusedError("R-CARRY", f"`{attr}` of the client of {self.where} is set, for all who share it")
            case ast.Attribute(attr=attr) if attr in _CHANGING:
                raise RefusedError(
                    "R-CARRY", f"`{attr}` of the client of {self.where} can be changed for all who share it"
                )
            case ast.Attribute():
                return
            case ast.Subscript() if self.made.items:
                return
            case ast.withitem():
                raise RefusedError("R-SHAPE", f"the block of line {use.lineno} closes the client")
        self._hand_on()

    def _hand_on(self) -> None:
        if self.made.callee != "boto3.client":
            self.doubts.append(f"the client of {self.where} is handed on: nobody who gets it may close it")

    # ---- how it is written ----

    def _is_factory(self) -> bool:
        """Whether the function of the module does nothing but make the client."""
        body = self.body
        arguments = body.definition.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        first, *rest = body.definition.body
        is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        last = rest[0] if is_docstring and len(rest) == 1 else first
        alone = len(rest) == is_docstring
        plain = isinstance(body.definition, ast.FunctionDef) and "." not in body.function.qualname
        return alone and plain and not any(given) and isinstance(last, ast.Return) and last.value is self.call

    def _decorator(self) -> tuple[str, list[tuple[int, int, str]]]:
        """The decorator as the file spells it, and the edit that imports it."""
        text = self.body.text
        module = self.body.index.tree.module(self.body.path)
        if module is not None and module.imports.get("functools") == (0, "functools", None):
            return "@functools.cache", []
        for name, spelled in (("cache", "@cache"), ("lru_cache", "@lru_cache(maxsize=None)")):
            if not _cst.bound_otherwise(text, "functools", name):
                edit = _cst.import_edit(text, "functools", [name])
                return spelled, [edit] if edit else []
        raise RefusedError("R-SHAPE", f"`cache` and `lru_cache` mean something else in {self.body.path}")

    def _decorated(self, decorator: str) -> list[tuple[int, int, str]]:
        start = self._top()
        return [(start, start, f"{decorator}{_cst.newline(self.body.text)}")]

    def _accessor(self, decorator: str) -> list[tuple[int, int, str]]:
        body, end = self.body, _cst.newline(self.body.text)
        service = self.call.args[0].value if self.call.args and isinstance(self.call.args[0], ast.Constant) else ""
        named = str(service).replace("-", "_") if self.made.callee == "boto3.client" else ""
        names = [f"_{named}"] if named.isidentifier() else []
        name = _loop_edits.fresh(body, *names, f"_{named}_{self.made.noun}" if names else f"_{self.made.noun}")
        step = _loop_edits.step(body)
        start, stop = body.offsets(self.call)
        written = self._moved(step)
        lines = [decorator, f"def {name}():", f"{step}return {written}", "", "", ""]
        top = self._top()
        return [(top, top, end.join(lines)), (start, stop, f"{name}()")]

    def _moved(self, step: str) -> str:
        """The call that makes the client, its further lines moved to where a function at the top level has them."""
        body = self.body
        start, stop = body.offsets(self.call)
        first, *rows = body.text[start:stop].split("\n")
        line = body.text[body.text.rfind("\n", 0, start) + 1 :]
        outer = line[: len(line) - len(line.lstrip())]
        strings = [n for n in ast.walk(self.call) if isinstance(n, ast.Constant | ast.JoinedStr)]
        if any(n.lineno != n.end_lineno for n in strings) or not all(row.startswith(outer) for row in rows):
            return body.source(self.call)
        return "\n".join([first, *(f"{step}{row.removeprefix(outer)}" for row in rows)])

    def _top(self) -> int:
        """Where the statement of the module begins that holds the function, its decorators and comments included."""
        text, line = self.body.text, self.body.definition.lineno
        tree = self.body.index.tree.syntax(text)
        holder = next(
            node for node in tree.body if node.lineno <= line <= (node.end_lineno or line) or _holds(node, line)
        )
        decorators = getattr(holder, "decorator_list", [])
        first = min([holder.lineno, *(decorator.lineno for decorator in decorators)])
        rows = text.splitlines(keepends=True)
        while first > 1 and rows[first - 2].startswith("#"):
            first -= 1
        return sum(map(len, rows[: first - 1]))


def _holds(node: ast.stmt, line: int) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(decorator.lineno <= line <= (node.end_lineno or line) for decorator in decorators)
