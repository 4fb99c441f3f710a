"""Calls of a function that rows take part in: methods of rows, and functions that are handed rows or return them."""

import ast
from collections.abc import Mapping

from codemods.index.calls import Key
from codemods.index.facts import Call, callee_of, dotted
from codemods.index.row_bindings import Bindings
from codemods.index.rows import SAME_ROWS, Path, first_of

_TARGETS = 4  # definitions that one call is followed into
_FAMILY = 40  # those of a method and all its overrides, where only the class is known
_MAKES_OBJECTS, _CLASS_OF_OBJECTS = "obj_make_list", 2
_COPIES_ROW = "_from_db_object"  # (context, object, row)
_KEEPS = frozenset({"append", "add", "insert", "extend", "appendleft", "setdefault", "update"})


class RowCalls(Bindings):
    """What a call stands for."""

    def call(self, node: ast.Call) -> Path | None:
        """Read a call; the path that its result stands for."""
        func = node.func
        base = self.value(func.value) if isinstance(func, ast.Attribute) else None
        name = func.attr if isinstance(func, ast.Attribute) else dotted(func)
        lambdas = [a for a in [*node.args, *(k.value for k in node.keywords)] if isinstance(a, ast.Lambda)]
        given = [None if a in lambdas else self.value(a) for a in node.args]
        named = {k.arg: None if k.value in lambdas else self.value(k.value) for k in node.keywords}
        for key, path in named.items():
            if key and path is not None:
                self.run.seen.keys.setdefault(key, set()).add(path)
        rows = first_of([base, *given, *named.values()])
        if rows is not None:
            self._applied(node, lambdas, rows)
        if base is not None:
            return self._method(base, name, node)
        if isinstance(func, ast.Name) and func.id in self.names:
            return self.names[func.id]  # a function that was handed over and returns rows
        if name in _KEEPS and rows is not None and isinstance(func, ast.Attribute):
            self.hold(func.value, rows)
            own = [self._handed(key, given, named) for key in self._defined(node)]
            return first_of([*own, rows])
        if name in ("getattr", "attrgetter") and len(node.args) > 1 and given[0] is not None:
            return self._named_attribute(given[0], node.args[1])
        return self._function(node, given, named, rows)

    def _applied(self, node: ast.Call, lambdas: list[ast.Lambda], rows: Path) -> None:
        """Functions among the arguments run on the rows: `sorted(rows, key=lambda row: ...)`, `map(show, rows)`."""
        for function in lambdas:
            outer = dict(self.names)
            self.names |= dict.fromkeys((a.arg for a in function.args.args), rows)
            self.value(function.body)
            self.names = outer
        for argument in [*node.args, *(k.value for k in node.keywords)]:
            if isinstance(argument, ast.Name | ast.Attribute) and (name := dotted(argument)) and name not in self.names:
                for key in self.run.calls.targets(self.function, Call(name, node.lineno))[:_TARGETS]:
                    self._handed(key, [rows], {})
            elif isinstance(argument, ast.Call) and dotted(argument.func).endswith("attrgetter"):
                for part in argument.args:
                    self._named_attribute(rows, part)

    def _method(self, base: Path, name: str, node: ast.Call) -> Path:
        """A method of the rows or of a row."""
        if name == "get" and node.args:
            self._named_attribute(base, node.args[0])
        if name in SAME_ROWS or name.startswith(("with_", "filter", "order")):
            self.note((*base, f"{name}()"))
            return base
        path = (*base, f"{name}()")
        self.note(path)
        return path

    def _named_attribute(self, base: Path, node: ast.expr) -> Path | None:
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            return None
        path = (*base, *node.value.split("."))
        self.note(path)
        return path

    def _function(
        self, node: ast.Call, given: list[Path | None], named: Mapping[str | None, Path | None], rows: Path | None
    ) -> Path | None:
        call = Call(callee_of(node.func), node.lineno)
        keys = self._defined(node) if rows is not None else self.run.calls.targets(self.function, call)
        if source := next((key for key in keys if key in self.run.sources), None):
            return self._given_back(source)
        if not keys and (rows is not None or self.run.sources):
            keys = self.run.calls.guesses(call) or self._taken_by_name(call)
            if source := next((key for key in keys if key in self.run.sources), None):
                return self._given_back(source)
        if rows is None:
            return None
        if call.callee:
            self.run.seen.handed.add((call.callee, self.key, rows))
        if call.callee.rpartition(".")[2] == _MAKES_OBJECTS and len(node.args) > _CLASS_OF_OBJECTS:
            self._copied(node.args[_CLASS_OF_OBJECTS], rows)
        if not keys:
            return rows  # a wrapper that is not in the tree: list(), sorted(), Paginator()
        return first_of([self._handed(key, given, named) for key in keys])

    def _copied(self, class_: ast.expr, rows: Path) -> None:
        """oslo.versionedobjects: `obj_make_list(context, PostList(), Post, rows)` has Post copy every row."""
        for key in self.run.calls.methods_called(dotted(class_).rpartition(".")[2], _COPIES_ROW)[:_TARGETS]:
            self._handed(key, [None, None, rows], {})

    def _taken_by_name(self, call: Call) -> list[Key]:
        """`IMPL.find_posts()`, where nothing tells what `IMPL` is: a source whose name alone made this its caller."""
        receiver, _, name = call.callee.rpartition(".")
        if not receiver:
            return []
        named = [key for key in self.run.sources if key[1] == name and key != self.key]
        return [key for key in named if self.key in self.run.calls.takers(key)]

    def _defined(self, node: ast.Call) -> list[Key]:
        """The functions of the tree that a call means: by its name, or by the class of what it is called on."""
        keys = self.run.calls.targets(self.function, Call(callee_of(node.func), node.lineno))
        if keys or not isinstance(node.func, ast.Attribute):
            return keys[:_TARGETS]
        # A name alone tells no more than the base: any class below it can be the one.
        return self.run.instances.methods(self.function, node.func.value, node.func.attr)[:_FAMILY]

    def _given_back(self, source: Key) -> Path:
        self.run.seen.visited.add(self.key)
        return self.run.sources[source]

    def _handed(self, key: Key, given: list[Path | None], named: Mapping[str | None, Path | None]) -> Path | None:
        target = self.run.calls.function(key)
        taken = list(target.params) if target else []
        bound = target is not None and target.owner is not None and not self.run.calls.is_static(key)
        params = taken[1 if bound else 0 :]
        names = {p: path for p, path in zip(params, given, strict=False) if path is not None}
        names |= {p: path for p, path in named.items() if p in taken and path is not None}
        if not names:
            return None
        returned = self.run.down(key, names, self.depth, self.context)
        return min(returned, key=len) if returned else None
