"""Where a query starts: `x.query(M)`, `select(M)`, `M.query`, `M.objects`, a helper that is given M, a kept result."""

import ast
import re
from collections.abc import Iterator

from codemods.index.facts import Query, callee_of, dotted
from codemods.index.managers import manager_root


class Root:
    """Where a query chain starts: the root node, the hops after it in order, the outermost expression."""

    def __init__(
        self, style: str, node: ast.expr, entities: tuple[str, ...], outermost: ast.expr, hops: list[ast.expr]
    ) -> None:
        self.style = style
        self.node = node
        self.entities = entities
        self.outermost = outermost
        self.hops = hops
        self.depth = len(list(down(outermost))) - len(list(down(node)))


def query_of(root: Root, chain: ast.expr) -> Query:
    """The query of a root whose whole chain is an expression; no steps yet."""
    assert chain.end_lineno is not None and chain.end_col_offset is not None
    return Query(
        root.style, ast.unparse(root.node), root.entities,
        (chain.lineno, chain.col_offset, chain.end_lineno, chain.end_col_offset), root.depth, root.node.lineno,
    )  # fmt: skip


def called_root(call: ast.Call) -> Root:
    """A call that may give a query: of the one model among its arguments, or of whatever is called."""
    models = _models_among([*call.args, *(k.value for k in call.keywords)])
    style, entity = ("helper", models[0]) if len(models) == 1 else ("built", callee_of(call.func))
    return Root(style, call, (entity,), call, [])


def settle(body: list[ast.stmt], name: str, query: Query) -> bool:
    """Whether a kept result of a call is a query.

    What is tested may be None: there its one use is where a step can be added, and of several uses none is.
    """
    if not any(step.name in _SHOWS_QUERY for step in query.steps):
        return False
    nodes = [node for statement in body for node in ast.walk(statement)]
    tests = [node.test for node in nodes if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert)]
    if name not in {tested for test in tests for tested in _tested(test)}:
        return True
    chains = [node for node in nodes if isinstance(node, ast.Call | ast.Attribute | ast.Subscript)]
    uses = [(list(down(node)), node) for node in chains]
    uses = [(hops, node) for hops, node in uses if isinstance(hops[-1], ast.Name) and hops[-1].id == name]
    if len({id(hops[-1]) for hops, _ in uses}) != 1:
        return False
    hops, outermost = max(uses, key=lambda use: len(use[0]))
    query.chain = query_of(Root(query.style, hops[-1], query.entities, outermost, []), outermost).chain
    query.depth = len(hops) - 1
    return True


def _tested(node: ast.expr) -> Iterator[str]:
    """The names whose truth, or whose being None, an expression asks."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.UnaryOp(operand=inner) | ast.Compare(left=inner):
            yield from _tested(inner)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _tested(value)


def _models_among(arguments: list[ast.expr]) -> list[str]:
    names = list(filter(None, map(dotted, arguments)))
    return list(filter(is_class_name, names)) or list(filter(_MODEL_NAME.search, names))


def find_root(node: ast.expr, owner: str | None, rootless: set[int]) -> Root | None:
    """The root of the chain that `node` is, or None: `x.query(M)`, `select(M)`, `M.query`, `M.objects`.

    `rootless` are the ids of the hops of chains that had none: what such a hop stands on is no root of a shorter chain.
    """
    hops: list[ast.expr] = []
    indirect: Root | None = None
    for inner in down(node):
        if hops and id(inner) in rootless:
            break
        style, entities = _root_style(inner, owner)
        above = hops[-1] if hops else None
        if not style and (entities := manager_root(inner, above)):
            style = "manager"
        called = isinstance(above, ast.Call) and above.func is inner
        if style and not (style == "model" and called):  # `Post.query(...)` is a method of that name
            return Root(style, inner, entities, node, hops[::-1])
        if isinstance(above, ast.Attribute):
            style, entities = _indirect_root(inner, above.attr, hops)
            indirect = Root(style, inner, entities, node, hops[::-1]) if style else indirect
        hops.append(inner)
    if indirect is None:
        rootless.update(map(id, hops))
    return indirect


def down(node: ast.expr) -> Iterator[ast.expr]:
    """The node and what it is called or read on, outermost first; a call and its attribute are one hop each."""
    while True:
        yield node
        match node:
            case ast.Call(func=ast.Attribute() as inner):
                node = inner
            case ast.Attribute(value=inner) | ast.Subscript(value=inner):
                node = inner
            case _:
                return


_STARTS = frozenset({"query", "select", "get"})


def _root_style(node: ast.expr, owner: str | None) -> tuple[str, tuple[str, ...]]:
    last = node.func if isinstance(node, ast.Call) else node
    if (last.attr if isinstance(last, ast.Attribute) else getattr(last, "id", "")) not in _STARTS:
        return "", ()
    match node:
        case ast.Call(func=ast.Attribute(attr="query"), args=[_, *_]):
            return "query", _entities(node, owner)
        case ast.Call(func=ast.Name(id="select") | ast.Attribute(value=ast.Name(), attr="select"), args=[_, *_]):
            return "select", _entities(node, owner)
        case ast.Call(func=ast.Attribute(attr="get"), args=[model, _, *_]) if is_class_name(dotted(model)):
            return "get", (dotted(model),)
        case ast.Attribute(value=ast.Name(id="cls"), attr="query") if owner:
            return "model", (owner,)
        case ast.Attribute(value=(ast.Name() | ast.Attribute()) as model, attr="query"):
            name = dotted(model)
            if is_class_name(name) or _MODEL_NAME.search(name):
                return "model", (name,)
        case ast.Call(func=ast.Attribute(value=model, attr="query"), args=[], keywords=[]) if _MODEL_NAME.search(
            dotted(model)
        ):
            return "model", (dotted(model),)
    return "", ()


# Methods by which an expression shows that it is a query, whatever made it.
OF_QUERIES = frozenset({"filter_by", "filter", "order_by", "options", "outerjoin", "with_for_update"})
# Steps by which a name shows that it holds a query.
_SHOWS_QUERY = OF_QUERIES | {"all", "first", "one", "one_or_none", "scalars", "unique", "paginate", "limit", "offset"}
# Names of variables that stand for a model: `model`, `self.model_class`, `db_entity`.
_MODEL_NAME = re.compile(r"(^|[._])(model|entity|klass)(_?(class|cls|type))?$")
_QUERY_MAKERS = ("find", "query", "get_query", "filter", "select", "list_", "all_")
_LOADERS = frozenset(
    {"joinedload", "selectinload", "subqueryload", "contains_eager", "lazyload", "defaultload", "defer"}
)


def _indirect_root(node: ast.expr, method: str, hops: list[ast.expr]) -> tuple[str, tuple[str, ...]]:
    """The root of a query that something else than SQLAlchemy's own functions makes; `method` is called on it."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name() | ast.Attribute() as model, attr=made_by)) if is_class_name(
            dotted(model)
        ) and (method in OF_QUERIES or made_by.startswith(_QUERY_MAKERS)):
            return "method", (dotted(model),)
        case ast.Call(args=arguments) if method in OF_QUERIES:
            models = _models_among(arguments)
            if len(models) == 1:
                return "helper", (models[0],)
            return ("built", (callee_of(node.func),)) if callee_of(node.func) else ("", ())
        case ast.Attribute() if method in OF_QUERIES and dotted(node) and not is_class_name(dotted(node.value)):
            return "related", (dotted(node),)
        case ast.Name() if isinstance(hops[-2:][0], ast.Call) and (
            entity := next(filter(None, map(_option_entity, hops)), "")
        ):
            return "given", (entity,)
    return "", ()


def given_options(root: ast.expr) -> Iterator[tuple[str, ...]]:
    """The options of `session.get(Post, key, options=[...])`."""
    for keyword in root.keywords if isinstance(root, ast.Call) else ():
        if keyword.arg == "options" and isinstance(keyword.value, ast.List | ast.Tuple):
            yield tuple(map(ast.unparse, keyword.value.elts))


def _option_entity(hop: ast.expr) -> str:
    """`Post` of a hop `.options(joinedload(Post.author))`."""
    match hop:
        case ast.Call(func=ast.Attribute(attr="options"), args=[first, *_]):
            while isinstance(first, ast.Call) and isinstance(first.func, ast.Attribute) and not dotted(first.func):
                first = first.func.value  # joinedload(...).joinedload(...): the first one starts at the entity
            if isinstance(first, ast.Call) and first.args and dotted(first.func).rpartition(".")[2] in _LOADERS:
                owner = dotted(first.args[0]).rpartition(".")[0]
                return owner if is_class_name(owner) else ""
    return ""


def is_class_name(name: str) -> bool:
    """Whether a dotted name is written like that of a class."""
    return name.rpartition(".")[2][:1].isupper()


def _entities(call: ast.Call, owner: str | None) -> tuple[str, ...]:
    names = (dotted(argument) or ast.unparse(argument) for argument in call.args)
    return tuple(owner if owner and name == "cls" else name for name in names)
