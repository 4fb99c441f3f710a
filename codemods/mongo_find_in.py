"""Fetch the documents of all rounds of a loop by their `_id` in one `find`, instead of a `find_one` per round.

`users.find_one({"_id": user_id})` in a loop costs a round trip per round. A `find` with `$in` before it costs one per
thousand keys, its documents are held in a dictionary, and the loop stays: it asks again for what was not found there,
so a document that does not exist is `None` as before. Always a draft: rounds with one key share one document, and what
is written meanwhile is not seen. Refused: other fields than `_id`, of which nothing shows that they are unique, loops
that can end early, that handle errors per round, or that write to the collection.
"""

import ast

from codemods._key_lookups import Lookup, Unfit, answers
from codemods._lazy import names_of
from codemods._loop_edits import plural, snake
from codemods._loops import Body
from codemods._mongo_collections import asked, is_sent
from codemods._mongo_finds import FindEdit, FindLookup
from codemods.api import Answer, Meta, No, Repeat, Sighting
from codemods.index import Index

__getattr__ = names_of(CASES="codemods._mongo_find_in_cases")

META = Meta(
    id="mongo-find-in",
    kinds=("n_plus_one_db", "repeated_identical"),
    tier="C",
    libraries={"pymongo": ">=3"},
    effect="100 -> 1 commands, 45 -> 1 ms CPU",
)


def find(index: Index, sighting: Sighting) -> list[Answer]:
    """For each repeated `find` the draft that asks for many documents at once, or why there is none."""
    found: list[Answer] = []
    for repeat in sighting.repeats:
        if is_sent(repeat, "find"):
            one = Sighting(sighting.kind, (repeat,), sighting.reached, sighting.readers, sighting.evidence)
            found += answers(META.id, index, one, lookup, frozenset(), FindEdit)
        else:
            message = f"`{repeat.statement}` is no `find` of MongoDB"
            found.append(No("R-UNRESOLVED", message, (repeat,), foreign=True))
    return found


def lookup(body: Body, call: ast.Call, _: Repeat) -> Lookup | Unfit | None:
    """The call as a lookup of one document by its `_id`."""
    one = asked(body, call, "find_one")
    if one is None or not call.args:
        return None
    where = f"line {call.lineno} of {body.path}"
    match call.args[0]:
        case ast.Dict(keys=[ast.Constant(value="_id")], values=[key]) if not isinstance(key, ast.Dict):
            pass
        case ast.Dict(keys=keys):
            by = (
                ", ".join(f"`{str(key.value) if isinstance(key, ast.Constant) else '...'}`" for key in keys)
                or "nothing"
            )
            return Unfit(call, "R-KEYEQ", f"{where} asks by {by}, and only a single `_id` is known to be unique")
        case _:
            return Unfit(call, "R-KEYEQ", f"{where} does not spell out what it asks for")
    if len(call.args) > 2 or {k.arg for k in call.keywords} - {"projection"} or (len(call.args) == 2 and call.keywords):
        return Unfit(call, "R-SHAPE", f"{where} is given more than a filter and the fields that it wants")
    fields = [*call.args[1:], *(k.value for k in call.keywords)]
    if any(not isinstance(f, ast.Dict | ast.List) or "_id" in _named(f) for f in fields):
        return Unfit(call, "R-SHAPE", f"the documents of {where} may come without their `_id`")
    spelled = body.source(fields[0]) if fields else ""
    wanted = f", {'projection=' if call.keywords else ''}{spelled}" if fields else ""
    many = snake(one.name.rpartition(".")[2])
    ends = (many[:-3] + "y" if many.endswith("ies") else "", many.removesuffix("es"), many.removesuffix("s"))
    singular = next((word for word in ends if word.isidentifier() and plural(word) == many), "document")
    # `fetch` has a place for the keys, so that what it reads is seen to be the same in all rounds.
    fetch = (f"{one.source}.find([", f"]{wanted})")
    return FindLookup(call, key, singular, "id", fetch, "$in", text_column=True, asked=one)


def _named(fields: ast.expr) -> set[object]:
    parts = fields.keys if isinstance(fields, ast.Dict) else fields.elts  # type: ignore[attr-defined]
    return {part.value if isinstance(part, ast.Constant) else "_id" for part in parts}
