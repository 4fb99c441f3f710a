"""Fetch the rows of all rounds of a loop by their keys in one query, instead of looking up one per round.

`Product.objects.get(pk=pk)` in a loop costs a query per round; `Product.objects.in_bulk(pks)` before it costs one. The
loop stays, and asks again for what the one query did not answer: a missing row still raises, a key of another type
is still found. Keys are the primary key or a unique field. Refused: keys that are not unique, keys that depend on what
earlier rounds did, loops that can end early, that delete or reload the rows, or that create rows of the model. A draft
where the loop writes, or changes rows that two rounds may share.
"""

import ast
from typing import NamedTuple

from codemods._django_composite import by_fields
from codemods._helper_lookups import with_helpers
from codemods._key_lookups import Lookup, Unfit, answers
from codemods._lazy import names_of
from codemods._loop_edits import quoted
from codemods._loop_gates import is_pure, rebound
from codemods._loops import Body, imported_as, names_in, targets
from codemods.api import Answer, Meta, Repeat, Sighting
from codemods.index import Index
from codemods.index.django_models import DjangoModel
from codemods.index.facts import dotted

__getattr__ = names_of(CASES="codemods._django_in_bulk_cases")

META = Meta(
    id="django-in-bulk",
    kinds=("n_plus_one_db",),
    tier="B",
    libraries={"Django": ">=4.2"},
    effect="100 -> 1 queries, 41 -> 1 ms",
)
# Steps that leave a queryset one over rows of the model, so that `in_bulk` can follow them.
_PLAIN = frozenset(
    {"all", "filter", "exclude", "select_related", "prefetch_related", "only", "defer", "using", "annotate", "order_by"}
)
_FEWER_FIELDS = frozenset({"only", "defer"})
_SHORTCUTS = {
    "django.shortcuts.get_object_or_404": "in_bulk",
    "django.shortcuts.aget_object_or_404": "ain_bulk",
}
_BULK = {"get": "in_bulk", "aget": "ain_bulk", "first": "in_bulk", "afirst": "ain_bulk"}
_MANAGERS = ("objects", "_default_manager", "_base_manager")
_OWN = ("get", "aget", "first", "afirst", "in_bulk", "ain_bulk")
_CREATES = "get_or_create"
_Rows = tuple[DjangoModel, str, set[str]]  # the model, the source of the queryset, its steps
_TEXT_FIELDS = ("CharField", "TextField", "SlugField", "EmailField", "URLField")


class _Asked(NamedTuple):
    """A lookup: its conditions, and the method for many keys ("" where it gives more than one row)."""

    call: ast.Call
    keywords: list[ast.keyword]
    bulk: str


class _Tail(NamedTuple):
    """The steps behind a condition: their source, their names."""

    text: str
    steps: set[str]


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """A proposal for each statement that a loop repeats to look up one row, and a refusal for each other."""
    tables = frozenset(model.table for model in index.django.all)
    return answers(META.id, index, sighting, with_helpers(lookup, None), tables)


def lookup(body: Body, call: ast.Call, repeat: Repeat) -> Lookup | Unfit | None:
    """The call as a lookup of one row by a unique key."""
    queryset: ast.expr
    tail = _Tail("", set())
    match call:
        case ast.Call(func=ast.Attribute(attr="first" | "afirst" as attr, value=chain), args=[]) if (
            cut := _last_filter(body, chain)
        ) is not None:
            queryset, keywords, tail = cut
            bulk = _BULK[attr]
        case ast.Call(func=ast.Attribute(attr="get" | "aget" as attr, value=queryset), args=[], keywords=keywords):
            bulk = _BULK[attr]
        case ast.Call(args=[queryset], keywords=keywords) if (
            named := imported_as(body.index, body.path, call.func)
        ) in _SHORTCUTS:
            bulk = _SHORTCUTS[named]
        case ast.Call(
            func=ast.Attribute(attr="get_or_create" | "update_or_create", value=queryset), args=[], keywords=keywords
        ):
            bulk = _CREATES
        case ast.Call(func=ast.Attribute(attr="filter", value=queryset), args=[], keywords=keywords):
            bulk = ""
        case _:
            return None
    found = rows_of(body, queryset)
    if found is None and bulk != _CREATES:
        found = _related(body, call, queryset)
        if found is None or not _is_asked(found[0], repeat):
            return _through_a_relation(body, call, queryset, keywords, repeat)
    if found is None or not _is_asked(found[0], repeat):
        return None
    model, rows, steps = found
    return _of_rows(body, (model, f"{rows}{tail.text}", steps | tail.steps), _Asked(call, keywords, bulk), repeat)


def _last_filter(body: Body, chain: ast.expr) -> tuple[ast.expr, list[ast.keyword], _Tail] | None:
    """A queryset before its last `filter`, the conditions of that, and what follows it."""
    whole, steps = body.source(chain), set[str]()
    while isinstance(chain, ast.Call) and isinstance(chain.func, ast.Attribute):
        if chain.func.attr == "filter":
            before = body.source(chain)
            is_cut = not chain.args and whole.startswith(before)
            return (chain.func.value, chain.keywords, _Tail(whole[len(before) :], steps)) if is_cut else None
        steps.add(chain.func.attr)
        chain = chain.func.value
    return None


def _is_asked(model: DjangoModel, repeat: Repeat) -> bool:
    return model.table is not None and model.table in repeat.tables[:1]


def _of_rows(body: Body, found: _Rows, asked_for: _Asked, repeat: Repeat) -> Lookup | Unfit | None:
    (model, rows, steps), (call, keywords, bulk) = found, asked_for
    where = f"line {call.lineno} of {body.path}"
    if bulk == _CREATES:
        keywords = [keyword for keyword in keywords if keyword.arg != "defaults"]
    columns = {column.rpartition(".")[2] for column in repeat.columns if column.startswith(f"{model.table}.")}
    asked = {_column(model, keyword.arg) for keyword in keywords}
    if not asked & columns or (columns - asked and not steps & {"filter", "exclude"}):
        return None
    if bulk == _CREATES:
        return Unfit(call, "R-GET-OR-CREATE", f"{where} creates the rows that it does not find")
    if len(keywords) > 1 and bulk and not steps - _PLAIN and not steps & _FEWER_FIELDS:
        return by_fields(body, call, keywords, model, rows, awaited=bulk == "ain_bulk")
    if len(keywords) > 1:
        return Unfit(call, "R-KEYEQ", f"{where} looks up {model.name} by {len(keywords)} fields, not by one key")
    name = (keywords[0].arg or "").removesuffix("__exact")
    if name in {*model.keys()}:
        name = model.pk
    elif name not in model.unique_names():
        return Unfit(call, "R-KEYEQ", f"{where} looks up {model.name} by `{name}`, which is not declared unique")
    elif name in model.all_links():
        return Unfit(call, "R-KEYEQ", f"{where} looks up {model.name} by the row `{name}`, not by a key")
    if not bulk:
        return None
    if steps - _PLAIN:
        extra = ", ".join(f"`{step}`" for step in sorted(steps - _PLAIN))
        return Unfit(call, "R-SHAPE", f"{where} looks up rows behind {extra}, which no lookup of many is known to keep")
    if name != model.pk and steps & _FEWER_FIELDS:
        return Unfit(call, "R-SHAPE", f"{where} loads only some fields, and the key need not be one of them")
    by = "" if name == model.pk else f", field_name={quoted(body, name)}"
    awaited = "await " if bulk == "ain_bulk" else ""
    fetch = (f"{awaited}{rows}.{bulk}(", f"{by})")
    return Lookup(
        call, keywords[0].value, model.name, name, fetch, "in_bulk", text_column=_holds_text(body, model, name)
    )


def _through_a_relation(
    body: Body, call: ast.Call, queryset: ast.expr, keywords: list[ast.keyword], repeat: Repeat
) -> Unfit | None:
    """`product.variants.get(pk=pk)`: whose rows these are, and that they stay the same, is not known."""
    names = {"id" if keyword.arg == "pk" else keyword.arg for keyword in keywords}
    if not isinstance(queryset, ast.Attribute) or not names & {c.rpartition(".")[2] for c in repeat.columns}:
        return None
    source = body.source(queryset)
    message = f"line {call.lineno} of {body.path} looks up a row through `{source}`: of which model is not known"
    return Unfit(call, "R-UNRESOLVED", message)


def _related(body: Body, call: ast.Call, queryset: ast.expr) -> _Rows | None:
    """The rows behind `team.members` where one relation has that name, and no round changes whose."""
    loop = body.loop(call)
    if not isinstance(queryset, ast.Attribute) or loop is None or not is_pure(queryset):
        return None
    if names_in(queryset) & (targets(loop) | rebound(body, loop)):
        return None
    model = body.index.django.only_accessors.get(queryset.attr)
    if model is None:
        return None
    made = body.index.calls.class_value((model.path, model.qualname), "objects")
    own = _own_methods(body, model, made) if made is not None else None
    return (model, body.source(queryset), {f"objects.{own}"} if own else set())


def _column(model: DjangoModel, keyword: str | None) -> str:
    """The column that a keyword of a lookup compares, as far as the declarations tell."""
    name = (keyword or "").removesuffix("__exact")
    link = model.all_links().get(name)
    if link is not None and link.column is not None:
        return link.column
    return model.pk if name == "pk" else name


def _holds_text(body: Body, model: DjangoModel, name: str) -> bool:
    value = body.index.calls.class_value((model.path, model.qualname), name)
    return isinstance(value, ast.Call) and dotted(value.func).endswith(_TEXT_FIELDS)


def rows_of(body: Body, node: ast.expr) -> _Rows | None:
    """The model whose rows a queryset gives, the source of the queryset, and the steps that it takes."""
    source = body.source(node)
    inner, steps = node, set[str]()
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        steps.add(inner.func.attr)
        inner = inner.func.value
    if inner is node and (model := _model(body, inner)) is not None:  # a shortcut takes the model itself
        manager = "objects" if _has_one_manager(body, model) else "_default_manager"
        return model, f"{source}.{manager}", steps
    if isinstance(inner, ast.Name) and inner.id == "self":
        managed = _managed(body)
        return (managed, source, steps) if managed is not None else None
    if not isinstance(inner, ast.Attribute) or (model := _model(body, inner.value)) is None:
        return None
    made = body.index.calls.class_value((model.path, model.qualname), inner.attr)
    if inner.attr not in _MANAGERS and not (made and any("Manager" in w or w == "as_manager" for w in _words(made))):
        return None
    if made is not None and (own := _own_methods(body, model, made)):
        steps.add(f"{inner.attr}.{own}")
    return model, source, steps


def _model(body: Body, node: ast.expr) -> DjangoModel | None:
    name = dotted(node)
    if name == "cls":
        name = body.function.owner or ""
    return body.index.django.get(body.path, name, body.function.qualname) if name else None


def _managed(body: Body) -> DjangoModel | None:
    """The model of the manager whose method the function is, if it is that of one model only."""
    owner = body.function.owner
    if owner is None:
        return None
    calls, key = body.index.calls, (body.path, owner)
    if any(calls.member(key, name) for name in _OWN):
        return None
    holders = [body.index.django.get(path, name, name) for path, name in calls.holders(key)]
    models = [model for model in holders if model is not None]
    return models[0] if len(models) == 1 == len(holders) else None


def _words(node: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)
    }


def _has_one_manager(body: Body, model: DjangoModel) -> bool:
    """Whether `objects` is what a shortcut asks: no manager has another name."""
    values = body.index.calls.class_values((model.path, model.qualname))
    made = {name for name, v in values.items() if isinstance(v, ast.Call) and _words(v.func) & _manager_words(v)}
    return made <= {"objects"}


def _manager_words(node: ast.expr) -> set[str]:
    return {word for word in _words(node) if "Manager" in word or word in ("as_manager", "from_queryset")}


def _own_methods(body: Body, model: DjangoModel, made: ast.expr) -> str | None:
    """The method of a lookup that the classes behind a manager define themselves."""
    calls = body.index.calls
    keys = (body.index.names.resolve(model.path, name, model.qualname) for name in sorted(_words(made)))
    classes = [key for key in keys if key is not None and calls.is_class(key)]
    return next((name for name in _OWN for key in classes if calls.member(key, name)), None)
