"""What one file says, as plain values: imports, classes, functions with their calls, reads, loops and queries."""

import ast
from typing import TypeGuard

import msgspec
from msgspec.structs import replace

from codemods._expressions import Later, Listed, Named
from codemods.cache import decoder

CLASS_BODY = "<body>"


TEMPLATE_SUFFIXES = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".mako", ".txt", ".xml")


class Step(msgspec.Struct, array_like=True):
    """One call in a query chain, for example `.order_by(Post.id)`; conditional when it sits under an `if`.

    Each argument is the source of an expression: `*more` stands as `(*more,)`.
    """

    name: str
    args: tuple[str, ...] = ()
    keywords: tuple[tuple[str, str], ...] = ()
    conditional: bool = False


class Query(msgspec.Struct, array_like=True):
    """One query expression with all that the function does to it afterwards.

    `chain` are the source offsets (line, column in UTF-8 bytes, as `ast` counts) of the expression that starts at the
    root, `depth` how many attribute or call hops lie between that expression and the root call.
    """

    # "query" session.query(M) | "select" select(M) | "model" M.query | "manager" M.objects | "method" M.find(...)
    # "helper" model_query(context, M) | "related" event.sessions | "given" a parameter with options of M
    # "built" build_query(), whose function returns a query | "get" session.get(M, key)
    style: str
    root: str
    entities: tuple[str, ...]
    chain: tuple[int, int, int, int]
    depth: int
    line: int
    steps: list[Step] = msgspec.field(default_factory=list)
    rows: set[str] = msgspec.field(default_factory=set)  # names bound to one row at a time
    loops: list["Loop"] = msgspec.field(default_factory=list)  # loops over its rows


class Read(msgspec.Struct, array_like=True):
    """An attribute read `base.attr`; conditional when not every iteration (or call) reaches it."""

    base: str
    attr: str
    line: int
    conditional: bool
    guards: tuple[str, ...] = ()  # source of the conditions above it, up to the loop


class Call(msgspec.Struct, array_like=True):
    """A call by the callee's dotted source; `names` are the plain names among its arguments."""

    callee: str
    line: int
    names: tuple[str, ...] = ()


class Loop(msgspec.Struct, array_like=True):
    """A `for` loop or comprehension: its targets, what it does, how it can end."""

    line: int
    targets: tuple[str, ...]
    early_exit: bool = False
    calls: list[Call] = msgspec.field(default_factory=list)
    reads: list[Read] = msgspec.field(default_factory=list)
    writes: set[str] = msgspec.field(default_factory=set)  # attributes assigned on a target


class Function(msgspec.Struct, array_like=True):
    """A function or method. `qualname` joins scopes with dots, without `<locals>`."""

    path: str
    qualname: str
    line: int
    end_line: int
    owner: str | None  # qualified name of the class whose method it is
    params: dict[str, str | None]  # name -> annotation source
    decorators: Listed[ast.expr] = msgspec.field(default_factory=Listed)
    calls: list[Call] = msgspec.field(default_factory=list)
    reads: list[Read] = msgspec.field(default_factory=list)
    queries: list[Query] = msgspec.field(default_factory=list)
    loops: list[Loop] = msgspec.field(default_factory=list)
    templates: set[str] = msgspec.field(default_factory=set)  # strings of it that can name a template
    instances: dict[str, str] = msgspec.field(default_factory=dict)  # name -> dotted callee it was made by
    returns_query: bool = False  # a query that is not executed yet
    returned: set[str] = msgspec.field(
        default_factory=set
    )  # names that it returns, with "()" after what it calls for them
    returned_type: str | None = None  # the annotation of its result


class Functions(Later[Function]):
    """Functions by their qualified names."""

    __slots__ = ()

    def _open(self, packed: str | bytes) -> Function:
        return decoder(Function).decode(packed)  # type: ignore[arg-type, no-any-return]


class Class(msgspec.Struct, array_like=True):
    """A class: base names as written and its body's assignments as expressions."""

    path: str
    qualname: str
    line: int
    bases: tuple[str, ...]
    values: Named = msgspec.field(default_factory=Named)
    annotations: Named = msgspec.field(default_factory=Named)
    methods: set[str] = msgspec.field(default_factory=set)
    decorators: Listed[ast.expr] = msgspec.field(default_factory=Listed)


class Module(msgspec.Struct, array_like=True):
    """The facts of one file. An import is (level, module, name or None for the module itself)."""

    path: str
    imports: dict[str, tuple[int, str, str | None]] = msgspec.field(default_factory=dict)
    stars: list[tuple[int, str]] = msgspec.field(default_factory=list)
    classes: dict[str, Class] = msgspec.field(default_factory=dict)
    functions: Functions = msgspec.field(default_factory=Functions)
    values: Named = msgspec.field(default_factory=Named)
    # Module- or function-level calls as statements.
    registrations: Listed[ast.Call] = msgspec.field(default_factory=Listed)
    # Of each of those, what loops over literals around it give to names: the call stands once for every round.
    rounds: list[Named] = msgspec.field(default_factory=list)


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a name or attribute chain, else the empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return ".".join([node.id, *reversed(parts)])
    return ""


def source(node: ast.expr) -> str:
    """The source of an expression; names, which most are, without the cost of `ast.unparse`."""
    return dotted(node) or ast.unparse(node)


def chain_of(node: ast.expr) -> str:
    """`repos().posts.first()` for a chain of names and calls, without arguments; else the empty string."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr) if before := chain_of(value):
            return f"{before}.{attr}"
        case ast.Call(func=func) if before := chain_of(func):
            return f"{before}()"
    return ""


def callee_of(func: ast.expr) -> str:
    """The dotted source of what is called; `Posts().page` on a new instance, `?.page` on anything else."""
    if name := dotted(func):
        return name
    if not isinstance(func, ast.Attribute):
        return ""
    made_by = dotted(func.value.func) if isinstance(func.value, ast.Call) else ""
    return f"{made_by}().{func.attr}" if made_by else f"?.{func.attr}"


def is_template(value: object) -> TypeGuard[str]:
    """Whether a constant can be the name of a template."""
    return isinstance(value, str) and value.endswith(TEMPLATE_SUFFIXES) and " " not in value


def module_facts(path: str, tree: ast.Module) -> Module:
    """The facts of a parsed file."""
    from codemods.index.queries import QueryReader  # the reader builds on the values above

    module = Module(path)
    _Scopes(module, QueryReader).body(tree.body, Function(path, "<module>", 1, 0, None, {}), None, ())
    return module


def ordered(found: Module | str) -> Module | str:
    """Facts whose sets stand as sorted lists, so that the same file has the same bytes in every process."""
    if isinstance(found, Module):
        for class_ in found.classes.values():
            class_.methods = sorted(class_.methods)  # type: ignore[assignment]
        for function in found.functions.values():
            function.templates = sorted(function.templates)  # type: ignore[assignment]
            function.returned = sorted(function.returned)  # type: ignore[assignment]
            for query in function.queries:
                query.rows = sorted(query.rows)  # type: ignore[assignment]
            for loop in (*function.loops, *(loop for query in function.queries for loop in query.loops)):
                loop.writes = sorted(loop.writes)  # type: ignore[assignment]
    return found


class _Scopes:
    """Walks scopes and hands every function's own statements to the query reader."""

    def __init__(self, module: Module, reader: type) -> None:
        self.module = module
        self.reader = reader

    def body(self, body: list[ast.stmt], function: Function, owner: Class | None, scope: tuple[str, ...]) -> None:
        self.module.functions[function.qualname] = function
        self.reader(self, function, owner, scope).read(body)

    def definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: Class | None, scope: tuple[str, ...]
    ) -> None:
        inner = (*scope, node.name)
        if owner is not None:
            owner.methods.add(node.name)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        params = {a.arg: source(a.annotation) if a.annotation else None for a in arguments}
        name = ".".join(inner)
        function = Function(
            self.module.path, name, node.lineno, node.end_lineno or node.lineno,
            owner.qualname if owner else None, params, Listed(node.decorator_list),
            returned_type=source(node.returns) if node.returns else None,
        )  # fmt: skip
        if twin := self.module.functions.get(name):  # a property and its setter, two branches of an `if`
            function = replace(
                twin,
                end_line=function.end_line,
                params=twin.params | params,
                decorators=Listed([*twin.decorators, *function.decorators]),
            )
        for part in (part for decorator in node.decorator_list for part in ast.walk(decorator)):
            if isinstance(part, ast.Constant) and is_template(part.value):  # @view_config(renderer="posts.jinja2")
                function.templates.add(part.value)
        defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]  # FastAPI: `posts=Depends(get_posts)`
        annotations = [a.annotation for a in arguments if isinstance(a.annotation, ast.Subscript)]
        self.body([ast.Expr(e) for e in (*defaults, *annotations)] + node.body, function, owner, inner)

    def class_(self, node: ast.ClassDef, scope: tuple[str, ...]) -> None:
        inner = (*scope, node.name)
        name = ".".join(inner)
        bases = tuple(source(base) for base in node.bases)
        class_ = Class(self.module.path, name, node.lineno, bases, decorators=Listed(node.decorator_list))
        self.module.classes[name] = class_
        self.class_body(node, class_, inner)
        for statement in node.body:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    if isinstance(target, ast.Name):
                        class_.values[target.id] = statement.value
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                class_.annotations[statement.target.id] = statement.annotation
                if statement.value is not None:
                    class_.values[statement.target.id] = statement.value
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if (value := _declared(statement)) is not None:
                    class_.values[statement.name] = value
                self.definition(statement, class_, inner)
            elif isinstance(statement, ast.ClassDef):
                self.class_(statement, inner)

    def class_body(self, node: ast.ClassDef, class_: Class, scope: tuple[str, ...]) -> None:
        """The queries among a class's attributes, as those of a function `Class.<body>`."""
        name = f"{class_.qualname}.{CLASS_BODY}"
        function = Function(self.module.path, name, node.lineno, node.end_lineno or node.lineno, class_.qualname, {})
        values = [ast.Expr(s.value) for s in node.body if isinstance(s, (ast.Assign, ast.AnnAssign)) and s.value]
        self.body(list(values), function, None, scope)
        if not function.queries:
            del self.module.functions[name]

    def import_(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                self.module.imports.setdefault(bound, (0, alias.name if alias.asname else bound, None))
            return
        for alias in node.names:
            if alias.name == "*":
                self.module.stars.append((node.level, node.module or ""))
            else:
                # The first of several counts: what comes later is a fallback for an ImportError, or local.
                self.module.imports.setdefault(alias.asname or alias.name, (node.level, node.module or "", alias.name))


def _declared(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.expr | None:
    """What a `@declared_attr` function of a mixin returns."""
    last = node.body[-1]
    if any("declared_attr" in dotted(d).split(".") for d in node.decorator_list) and isinstance(last, ast.Return):
        return last.value
    return None
