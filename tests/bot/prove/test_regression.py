"""The test that keeps a fix, in the style of the file that it joins."""

from pathlib import Path

import pytest

from bot.prove.regression import write_test

HELPER = '''class QueryBudget:
    """At most so many SQL statements."""

    def __init__(self, most):
        self.most, self.statements = most, []

    def note(self, conn, cursor, statement, *others):
        self.statements.append(statement)

    def __enter__(self):
        event.listen(Engine, "before_cursor_execute", self.note)

    def __exit__(self, kind, error, traceback):
        event.remove(Engine, "before_cursor_execute", self.note)
        if kind is None:
            assert len(self.statements) <= self.most, "{} statements".format(len(self.statements))
'''
PYTEST = """import pytest
from sqlalchemy import select


@pytest.mark.parametrize("size", [1, 2])
def test_list(client, size):
    assert client.get(size)


def test_other():
    pass
"""
PYTEST_AFTER = f"""import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine


{HELPER}

@pytest.mark.parametrize("size", [1, 2])
def test_list(client, size):
    assert client.get(size)


@pytest.mark.parametrize("size", [1, 2])
def test_list_query_budget(client, size):
    with QueryBudget(3):
        test_list(client, size)


def test_other():
    pass
"""
ASYNC = "import pytest\n\n\nasync def test_list(client):\n    with count_queries(9):\n        await client.get()\n"
FIXTURE = (
    "def test_a(sql_budget):\n    with sql_budget(2):\n        pass\n\n\ndef test_list(client):\n    client.get()\n"
)
DJANGO = (
    "from django.test import TestCase\n\n\nclass ListTests(TestCase):\n    def test_list(self):\n"
    "        self.client.get('/')\n"
)
PYTEST_DJANGO = "import pytest\nfrom django.urls import reverse\n\n\ndef test_list(client):\n    client.get('/')\n"
UNITTEST = (
    "import unittest\n\n\nclass ListTests(unittest.TestCase):\n    def test_list(self):\n        self.get()\n"
    "\n\nif __name__ == '__main__':\n    unittest.main()\n"
)
WRITTEN = {
    "pytest": ("test_a.py::test_list[2]", PYTEST, PYTEST_AFTER, "test_a.py::test_list_query_budget[2]"),
    "a counter that the file uses": (
        "test_a.py::test_list",
        ASYNC,
        ASYNC + "\n\nasync def test_list_query_budget(client):\n    with count_queries(3):\n"
        "        await test_list(client)\n",
        "test_a.py::test_list_query_budget",
    ),
    "a fixture that another test uses": (
        "test_a.py::test_list",
        FIXTURE,
        FIXTURE + "\n\ndef test_list_query_budget(client, sql_budget):\n    with sql_budget(3):\n"
        "        test_list(client)\n",
        "test_a.py::test_list_query_budget",
    ),
    "Django": (
        "test_a.ListTests.test_list",
        DJANGO,
        DJANGO + "\n    def test_list_query_budget(self):\n        with self.assertNumQueries(3):\n"
        "            self.test_list()\n",
        "test_a.ListTests.test_list_query_budget",
    ),
    "pytest-django": (
        "test_a.py::test_list",
        PYTEST_DJANGO,
        PYTEST_DJANGO + "\n\ndef test_list_query_budget(client, django_assert_max_num_queries):\n"
        "    with django_assert_max_num_queries(3):\n        test_list(client)\n",
        "test_a.py::test_list_query_budget",
    ),
    "unittest": (
        "test_a.py::ListTests::test_list",
        UNITTEST,
        UNITTEST.replace(
            "import unittest\n",
            "import unittest\n\nfrom sqlalchemy import event\nfrom sqlalchemy.engine import Engine\n\n\n"
            + HELPER.rstrip("\n")
            + "\n",
            1,
        ).replace(
            "self.get()\n",
            "self.get()\n\n    def test_list_query_budget(self):\n        with QueryBudget(3):\n"
            "            self.test_list()\n",
        ),
        "test_a.py::ListTests::test_list_query_budget",
    ),
}


@pytest.mark.parametrize(("test", "text", "after", "identity"), WRITTEN.values(), ids=WRITTEN)
def test_written(tmp_path: Path, test: str, text: str, after: str, identity: str) -> None:
    (tmp_path / "test_a.py").write_text(text)
    written = write_test(tmp_path, test, 3)
    assert written is not None
    assert (written.change.before, written.change.after) == (text, after)
    assert (written.change.path, written.test) == ("test_a.py", identity)
    compile(written.change.after, "test_a.py", "exec")


NOT_WRITTEN = {
    "no such file": ("test_b.py::test_list", PYTEST),
    "no such test": ("test_a.py::test_gone", PYTEST),
    "no such class": ("test_a.py::Gone::test_list", PYTEST),
    "a file alone": ("test_a.py", PYTEST),
    "outside of the tree": ("../test_a.py::test_list", PYTEST),
    "parameters that cannot be handed on by name": ("test_a.py::test_list", "def test_list(*a):\n    pass\n"),
    "keyword-only parameters": ("test_a.py::test_list", "def test_list(*, a):\n    pass\n"),
    "a test of that name": ("test_a.py::test_list", PYTEST + "\n\ndef test_list_query_budget():\n    pass\n"),
    "inherited from another file": ("test_a.ListTests.test_base", DJANGO),
}


@pytest.mark.parametrize(("test", "text"), NOT_WRITTEN.values(), ids=NOT_WRITTEN)
def test_not_written(tmp_path: Path, test: str, text: str) -> None:
    (tmp_path / "test_a.py").write_text(text)
    (tmp_path / "tree").mkdir()
    tree = tmp_path / "tree" if test.startswith("..") else tmp_path
    assert write_test(tree, test, 3) is None
