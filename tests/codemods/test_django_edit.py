"""The layout of edits in admin classes."""

import pytest

from codemods._django_edit import with_get_queryset, with_list_select_related


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "class A:\n    x = 'b'\n",
            "class A:\n    list_select_related = ('a',)\n    x = 'b'\n",
            id="before the first",
        ),
        pytest.param(
            'class A:\n    """Doc."""\n', 'class A:\n    """Doc."""\n    list_select_related = ("a",)\n', id="docstring"
        ),
        pytest.param(
            'class A:\n    """Doc."""',
            'class A:\n    """Doc."""\n    list_select_related = ("a",)',
            id="no last line end",
        ),
        pytest.param(
            "class A:\r\n    pass\r\n", 'class A:\r\n    list_select_related = ("a",)\r\n', id="in place of pass"
        ),
        pytest.param(
            "class A:\n    @x\n    def f(self): pass\n",
            'class A:\n    list_select_related = ("a",)\n    @x\n    def f(self): pass\n',
            id="above a decorator",
        ),
        pytest.param("class A: pass\n", None, id="a class on one line"),
        pytest.param("class B:\n    pass\n", None, id="no such class"),
        pytest.param("def A():\n    pass\n", None, id="a function"),
        pytest.param("class A:\n    list_select_related = ()\n", None, id="an empty list"),
    ],
)
def test_where_list_select_related_goes(before: str, after: str | None) -> None:
    assert with_list_select_related(before, "A", ["a"]) == after


def test_a_long_list_gets_a_row_per_name() -> None:
    paths = [f"relation_number_{n}__another" for n in range(4)]
    rows = "".join(f'        "{path}",\n' for path in paths)
    assert with_list_select_related("class A:\n    x = 1\n", "A", paths) == (
        f"class A:\n    list_select_related = (\n{rows}    )\n    x = 1\n"
    )


HOOK = """    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("a", "b")
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "class A:\n    x = 1\n\n    def f(self): pass\n", f"class A:\n    x = 1\n\n{HOOK}\n    def f(self): pass\n",
            id="above the first method",
        ),
        pytest.param(
            "class A:\n    @x\n    def f(self): pass\n", f"class A:\n{HOOK}\n    @x\n    def f(self): pass\n",
            id="above a decorator",
        ),
        pytest.param("class A:\n    x = 1\n\n\ny = 1\n", f"class A:\n    x = 1\n\n{HOOK}\n\ny = 1\n", id="at the end"),
        pytest.param("class A:\n    x = 1", f"class A:\n    x = 1\n\n{HOOK[:-1]}", id="no last line end"),
        pytest.param(
            "class A:\r\n    x = 1  # one\r\n", "class A:\r\n    x = 1  # one\r\n\r\n" + HOOK.replace("\n", "\r\n"),
            id="another line end",
        ),
        pytest.param("class A:\n    pass\n", f"class A:\n{HOOK}", id="in place of pass"),
        pytest.param("class A:\n    x = 1\n    def get_queryset(self): pass\n", None, id="a hook that is there"),
        pytest.param("class A:\n    async def get_queryset(self): pass\n", None, id="an asynchronous hook"),
        pytest.param("class A: pass\n", None, id="a class on one line"),
        pytest.param("class B:\n    pass\n", None, id="no such class"),
    ],
)  # fmt: skip
def test_where_a_queryset_hook_goes(before: str, after: str | None) -> None:
    assert with_get_queryset(before, "A", "prefetch_related", ["a", "b"]) == after
