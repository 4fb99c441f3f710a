"""Which relationships are read on the rows of a query: in code, in templates, through serializers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.evidence import named_after
from codemods.index.models import Model

Checkout = Callable[[dict[str, str]], Path]
MODELS = """\
class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)


class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    author = relationship("Author")
    comments = relationship("Comment", back_populates="post")


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True)
    post_id = Column(ForeignKey("posts.id"))
    writer_id = Column(ForeignKey("authors.id"))
    post = relationship("Post", back_populates="comments")
    writer = relationship("Author")
"""


def chains(root: Path) -> set[str]:
    """The chains that are read on the rows of the first query of the app; "?" marks those read on some rows."""
    index = Index(root)
    module, model = index.tree.module("app.py"), index.models.get("models.py", "Post", "")
    assert module is not None
    assert model is not None
    function, query = next((f, q) for f in module.functions.values() for q in f.queries)
    key = (function.path, function.qualname)
    found = index.evidence.chains(key, query, model, frozenset())
    assert index.evidence.chains(key, query, model, frozenset()) is found
    assert key in index.evidence.passes(key, query, frozenset())
    return {
        ".".join(hop.relationship.name for hop in chain) + "?" * (() not in contexts)
        for chain, contexts in found.items()
    }


CODE = [
    pytest.param("return [p.author for p in Q]", {"author"}, id="code"),
    pytest.param("return [p.author for p in Q if p.id]", {"author?"}, id="code, on some rows"),
    pytest.param("return [c.writer for p in Q for c in p.comments]", {"comments", "comments.writer"}, id="two hops"),
    pytest.param("return Q.all()", set(), id="nothing"),
]
SERIALIZED = [
    pytest.param("return PostSchema(many=True).dump(Q.all())", {"author", "comments", "comments.writer"}, id="dumped"),
    pytest.param("return posts_schema.dump(Q)", {"author", "comments", "comments.writer"}, id="by an instance"),
    pytest.param("return [PostOut.from_orm(p) for p in Q]", {"author", "comments"}, id="pydantic"),
    pytest.param("return dump(Q)", set(), id="who knows"),
]
RENDERED = [
    pytest.param("return render('loop.html', posts=Q)", {"author", "comments"}, id="a loop"),
    pytest.param("return render('loop.html', {'posts': Q})", {"author", "comments"}, id="a dictionary of values"),
    pytest.param("return render('loop.html', pages=Q)", {"author", "comments"}, id="a name like the model's"),
    pytest.param("return render('other.html', rows=Q)", {"author"}, id="another name"),
    pytest.param("return render('other.html', found=Q)", set(), id="a name that says nothing"),
    pytest.param("return render('macro.html', posts=Q)", {"author"}, id="a macro"),
    pytest.param("return render('with.html', posts=Q)", {"comments", "comments.writer"}, id="what it includes"),
    pytest.param("return render('mako.html', posts=Q)", {"author"}, id="Mako"),
]  # fmt: skip
FILES = {
    "models.py": MODELS,
    "schemas.py": """\
class CommentSchema(Schema):
    writer = fields.Nested("AuthorSchema")


class PostSchema(Schema):
    author = fields.Pluck("AuthorSchema", "id")
    comments = fields.List(fields.Nested(CommentSchema))


class PostOut(BaseModel):
    author: dict
    comments: list[int]


posts_schema = PostSchema()
""",
    "t/loop.html": "{% for p in posts %}{{ p.author.id }}{{ p.comments|length }}{% endfor %}",
    "t/other.html": "{% for row in rows %}{{ row.author.id }}{% endfor %}",
    "t/macro.html": "{% import 'macros.html' as m %}{% for post in posts %}{{ m.line(post) }}{% endfor %}",
    "t/macros.html": "{% macro line(post) %}{{ post.author.id }}{% endmacro %}",
    "t/with.html": "{% for p in posts %}{% include 'rows.html' with rows=p.comments %}{% endfor %}",
    "t/rows.html": "{% for row in rows %}{{ row.writer.id }}{% endfor %}",
    "t/mako.html": "% for p in posts:\n${p.author.id}\n% endfor\n",
}


@pytest.mark.parametrize(("body", "expected"), [*CODE, *SERIALIZED, *RENDERED])
def test_what_is_read(body: str, expected: set[str], checkout: Checkout) -> None:
    app = "from models import Post\nfrom schemas import PostOut, PostSchema, posts_schema\n\n\ndef view(db):\n    "
    assert chains(checkout({"app.py": app + body.replace("Q", "db.query(Post)") + "\n", **FILES})) == expected


def test_the_template_of_a_class(checkout: Checkout) -> None:
    app = """\
from models import Post


class Page(View):
    template = "loop.html"
    number = 1

    def context(self):
        return {"posts": Post.query.order_by(Post.id)}
"""
    assert chains(checkout({"app.py": app, **FILES})) == {"author", "comments"}


@pytest.mark.parametrize(
    ("variable", "model", "expected"),
    [
        ("post", "Post", True),
        ("posts", "Post", True),
        ("blog_post", "BlogPost", True),
        ("post", "BlogPost", True),
        ("contrib", "Contribution", True),
        ("news", "News", True),
        ("row", "row", True),
        ("ros", "Ro", False),
        ("po", "Post", False),
        ("comment", "Post", False),
        ("page", "Post", False),
    ],
)
def test_a_variable_that_is_named_after_a_model(variable: str, model: str, *, expected: bool) -> None:
    assert named_after(variable, Model("m.py", model, None)) is expected
