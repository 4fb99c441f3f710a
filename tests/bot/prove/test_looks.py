"""Second looks on real applications: what decides quickly, what is flaky, what was broken before, what never ends."""

import sys
from pathlib import Path

import pytest
from prove_apps import SHOP, eager, make_repository, patch_of, proof_of, shop_patch

from bot.config import Config
from bot.prove import looks

UNITTEST = Config(python=sys.executable, test_command="python -m unittest", test_timeout_seconds=60)
CALC = "def total(numbers):\n    return sum(numbers)\n"
TWICE = (
    "import unittest\nfrom calc import total\n\n\nclass T(unittest.TestCase):\n"
    "    def test_1(self):\n        self.assertEqual(total([1, 2]), 3)\n\n"
    "    def test_2(self):\n        self.assertEqual(total([1, 2]), 3)\n"
)
SHOP_TESTS = """
import time
import unittest
from sqlalchemy.orm import Session
from shop import Author, Base, Post, app, engine


class A(unittest.TestCase):
    def test_list_posts(self):
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            session.add_all([Post(author=Author(name=f"a{n}")) for n in range(50)])
            session.commit()
        self.assertEqual(len(app.test_client().get("/posts").json), 50)


class B(unittest.TestCase):
    def test_other(self):
        OTHER
"""
LIST = "test_shop.A.test_list_posts"


@pytest.fixture
def no_suite_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "QUICK_SECONDS", 0.0)


def shop(path: Path, other: str) -> Path:
    return make_repository(path, {"shop.py": SHOP, "test_shop.py": SHOP_TESTS.replace("OTHER", other)})


@pytest.mark.slow
@pytest.mark.usefixtures("no_suite_is_quick")
def test_a_test_that_fails_only_behind_another_is_not_flaky(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "calc", {"calc.py": CALC, "test_calc.py": TWICE})
    leaking = ("sum(numbers)", "sum(numbers) + len(total.__dict__) + (setattr(total, 'called', 1) or 0)")
    proof = proof_of(repository, patch_of("calc.py", CALC, leaking, function="total"), UNITTEST)
    assert (proof.verdict, proof.new_failures, proof.flaky) == ("broken", ("test_calc.T.test_2",), ())


@pytest.mark.slow
@pytest.mark.usefixtures("no_suite_is_quick")
def test_the_tests_that_reach_the_site_decide_quickly(tmp_path: Path) -> None:
    patch = shop_patch(("select(Post).order_by", "select(Post).limit(3).order_by"))
    proof = proof_of(shop(tmp_path / "shop", "pass"), patch, UNITTEST)
    assert (proof.verdict, proof.new_failures) == ("broken", (LIST,))
    assert proof.after is not None
    assert (proof.after.command, proof.after.tests) == (("python", "-m", "unittest", "-k", LIST), 1)


@pytest.mark.slow
def test_what_failed_before_does_not_block(tmp_path: Path) -> None:
    proof = proof_of(shop(tmp_path / "shop", "self.fail()"), eager(), UNITTEST)
    assert (proof.verdict, proof.reason) == (
        "proven",
        f"51 -> 1 SQL statements in {LIST}, and nothing new fails. "
        "1 test failed before the patch too: test_shop.B.test_other.",
    )


@pytest.mark.slow
def test_what_does_not_end_is_not_finished(tmp_path: Path) -> None:
    endless = (
        TWICE.replace("import unittest", "import time, unittest") + "\n    def test_3(self):\n        time.sleep(60)\n"
    )
    repository = make_repository(tmp_path / "calc", {"calc.py": CALC, "test_calc.py": endless})
    config = Config(python=sys.executable, test_command="python -m unittest", test_timeout_seconds=4)
    patch = patch_of("calc.py", CALC, ("sum(numbers)", "sum(list(numbers))"), function="total")
    proof = proof_of(repository, patch, config)
    reached = ("test_calc.T.test_1", "test_calc.T.test_2")
    assert (proof.verdict, proof.reached) == ("held", reached)
    assert proof.after is not None
    assert proof.after.command[3:] == ("-k", reached[0], "-k", reached[1])
    assert proof.reason == (
        "Not finished: the whole suite ran longer than 4 s before the patch. What had reached the site by then: The "
        "tests pass, but the 2 tests that reached the site issued 0 SQL statements before and 0 after: applying the "
        "edit is not fixing."
    )
