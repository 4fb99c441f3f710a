"""The text of an edit that asks whether there are rows."""

from codemods import _cst
from codemods._django_existence import Asked
from codemods._loops import Body


def edited(body: Body, some: list[Asked]) -> str:
    """The file with `exists()` in each of the places."""
    edits = []
    for one in some:
        assert one.whole is not None
        start, end = body.offsets(one.whole)
        edits.append((body.offsets(one.rows)[1], end, ".exists()"))
        if not one.positive:
            edits.append((start, start, "not "))
    return _cst.replace(body.text, sorted(edits))
