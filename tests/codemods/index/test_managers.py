"""Which expressions start a Django query, and of which model."""

import ast
import textwrap

import pytest

from codemods.index.facts import module_facts

ROOTS = [
    pytest.param("Post.objects", [("Post.objects", ("Post",))], id="the manager"),
    pytest.param("m.Post.objects.all()", [("m.Post.objects", ("m.Post",))], id="by its module"),
    pytest.param("Post.published.filter(a=1)", [("Post.published", ("Post",))], id="a manager of its own"),
    pytest.param("self.queryset.all()", [("self.queryset", ("self",))], id="the queryset of a view"),
    pytest.param("cls.objects.all()", [("cls.objects", ("self",))], id="of the class itself"),
    pytest.param("super().get_queryset()", [("super().get_queryset()", ("self",))], id="the hook of a base"),
    pytest.param("Color.RED.value", [], id="a constant"),
    pytest.param("Post.published", [], id="an attribute that nothing is called on"),
    pytest.param(
        "auth.get_user_model().objects.all()", [("auth.get_user_model().objects", ("get_user_model()",))], id="the user"
    ),
    pytest.param("get_model('a.B').objects.all()", [], id="a model by what a call is given"),
    pytest.param("get_model().objects.all()", [], id="a model that another call gives"),
    pytest.param("get_user_model().recent.all()", [], id="another manager of the user"),
    pytest.param("post.objects.all()", [], id="an instance"),
    pytest.param("self.things.all()", [], id="a related manager"),
    pytest.param("super().queryset.all()", [], id="an attribute of a base"),
]


@pytest.mark.parametrize(("text", "expected"), ROOTS)
def test_a_query_that_starts_at_a_manager(text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    function = module_facts("app.py", ast.parse(f"def view(self):\n    return {text}\n")).functions["view"]
    assert [(q.root, q.entities) for q in function.queries if q.style == "manager"] == expected


def test_all_is_no_end_of_a_query() -> None:
    text = """
    def view():
        posts = Post.objects.all().order_by("id")
        return [post for post in posts.iterator()]
    """
    (query,) = module_facts("app.py", ast.parse(textwrap.dedent(text))).functions["view"].queries
    assert ([step.name for step in query.steps], query.rows) == (["all", "order_by", "iterator"], {"post"})


def test_the_queries_of_a_class_body() -> None:
    text = "class A(View):\n    queryset = Post.objects.all()\n    name = 'a'\n\nclass B(View):\n    name = f()\n"
    functions = module_facts("app.py", ast.parse(text)).functions
    assert {name: [q.root for q in f.queries] for name, f in functions.items()} == {
        "<module>": [],
        "A.<body>": ["Post.objects"],
    }
