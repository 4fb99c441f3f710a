"""The paths that serializers read on what they are given: marshmallow, pydantic and their like."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.rowflow import RowFlow
from codemods.index.shown import Shown

Checkout = Callable[[dict[str, str]], Path]
SCHEMAS = """\
from marshmallow import Schema, fields
from pydantic import BaseModel, Field, field_validator


class AuthorSchema(Schema):
    name = fields.Str()
    team = fields.Nested("TeamSchema")


class TeamSchema(Schema):
    lead = fields.Nested(AuthorSchema)


class Base(Schema):
    id = fields.Int()
    kind = "no field"

    class Meta:
        fields = ("slug", "id")
        additional = ["extra"]


class PostSchema(Base):
    author = fields.Nested(AuthorSchema(only=("name",)))
    writer = fields.Str(attribute="author.email")
    by = fields.Str(source="editor.name")
    tag_names = fields.Function(lambda post: [tag.name for tag in post.tags])
    first = fields.Function(lambda: 1)
    shown = fields.Method("get_shown")
    other = SerializerMethodField()

    def get_shown(self, post): return post.hits.count

    def dump_all(self): return self.session

    def __init__(self, strict): strict.never


class Wrapped(Schema):
    def get_post(self, obj): return AuthorSchema().dump(obj.owner)


class AuthorOut(BaseModel):
    name: str


class PostOut(BaseModel):
    title: str = Field(default="")
    authors: list["AuthorOut"]
    parent: "PostOut | None"

    @field_validator("title")
    def check(cls, value): return value.strip


class Plain: ...


posts_schema = PostSchema(many=True)
"""
POST = {
    "id", "slug", "extra", "author", "author.name", "author.team", "author.team.lead", "author.email", "editor.name",
    "tag_names", "tags", "first", "hits", "hits.count",
}  # fmt: skip
OUT = {"title", "authors", "authors.name", "parent", "strip"}

NAMES = [
    pytest.param("AuthorSchema", {"name", "team", "team.lead"}, id="a class, one that nests itself"),
    pytest.param("PostSchema", POST, id="with what it inherits"),
    pytest.param("PostSchema().dump", POST, id="a new one's method"),
    pytest.param("posts_schema.dump", POST, id="a method of a module's instance"),
    pytest.param("made.dump", POST, id="a method of a local instance"),
    pytest.param("PostOut.model_validate", OUT, id="a class method"),
    pytest.param("PostOut[int]", OUT, id="with a type argument"),
    pytest.param("Wrapped", {"owner", "owner.name", "owner.team", "owner.team.lead"}, id="a method that dumps another"),
    pytest.param("Plain", set(), id="no serializer"),
    pytest.param("gone.dump", set(), id="who knows"),
    pytest.param("helper", set(), id="a function"),
]


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_what_a_serializer_reads(name: str, expected: set[str], checkout: Checkout) -> None:
    app = "from schemas import *\nfrom schemas import posts_schema\ndef helper(): ...\n"
    app += "def view():\n    made = PostSchema()\n    made.dump(1)\n"
    index = Index(checkout({"app.py": app, "schemas.py": SCHEMAS}))
    flow = RowFlow(index.calls, index.definitions)
    shown = Shown(index.tree, index.names, index.calls, index.definitions, flow)
    assert {".".join(path) for path in shown.of(name, ("app.py", "view"))} == expected
    assert shown.of(name, ("gone.py", "view")) == frozenset()


def test_schemas_are_nested_to_an_end(checkout: Checkout) -> None:
    text = "".join(f"class S{n}(Schema):\n    a = fields.Nested('S{n + 1}')\n\n\n" for n in range(9))
    index = Index(checkout({"app.py": text}))
    flow = RowFlow(index.calls, index.definitions)
    shown = Shown(index.tree, index.names, index.calls, index.definitions, flow)
    assert shown.paths(("app.py", "S0")) == {("a",) * n for n in range(1, 5)}
    assert shown.paths(("app.py", "S7")) == {("a",), ("a", "a")}
