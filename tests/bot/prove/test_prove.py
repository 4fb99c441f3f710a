"""The whole room on real applications in real repositories."""

import sys
from pathlib import Path

import pytest
from prove_apps import (
    HEALTH_TEST_ONLY,
    SHOP_TESTS,
    eager,
    make_repository,
    patch_of,
    proof_of,
    shop_files,
    shop_patch,
)

from bot.config import Config
from bot.errors import UserError
from bot.prove.checkout import checkout
from bot.prove.prove import prove
from bot.records import OperationCount, Slope

ROWS = {"rows_before": 100, "rows_after": 50, "loads_before": 50}
LIST = "test_shop.py::test_list_posts"
NO_PLUGINS = "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 pytest"
# Plugins of this environment are not the target's: without them a run starts in a third of the time.
BARE = {"python": sys.executable, "test_command": NO_PLUGINS, "test_timeout_seconds": 60}
FAST = Config(**BARE)
CALC = "def total(numbers):\n    return sum(numbers)\n"
CALC_FILES = {
    "calc.py": CALC,
    "test_calc.py": "from calc import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n",
}


def calc_patch(old: str = "sum(numbers)", new: str = "sum(list(numbers))"):
    return patch_of("calc.py", CALC, (old, new), function="total")


def test_an_n_plus_one_is_proven_gone(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "shop", shop_files())
    with checkout(repository) as tree:
        proof = prove(tree, repository, eager(), FAST)
        assert (tree.path / "shop.py").read_text() == shop_files()["shop.py"]
        assert sorted(p.name for p in tree.path.iterdir()) == [".git", "pytest.ini", "shop.py", "test_shop.py"]
    assert (proof.verdict, proof.reason) == (
        "proven",
        f"51 -> 1 SQL statements in {LIST}, and nothing new fails.",
    )
    # The query is built at the site and executed by its caller; what the test itself reads is not counted.
    assert proof.reached == (LIST,)
    assert proof.operations == (OperationCount(test=LIST, before=51, after=1, **ROWS),)
    assert proof.slope == Slope(test=LIST, rows=(50, 100), before=(51, 101), after=(1, 1))
    assert proof.growth == (
        f"O(N) -> O(1) in {LIST}: 51 -> 1 SQL statements at 50 rows, 101 -> 1 SQL statements at 100 rows."
    )
    assert proof.results == (
        "the edited query gives the same 100 rows, with what they lead to, in another physical order"
    )
    assert proof.writes == "nothing written before or after"
    kept = proof.regression_test
    assert kept is not None
    assert kept.code == "def test_list_posts_query_budget():\n    with QueryBudget(2):\n        test_list_posts()\n"
    assert (kept.green, kept.red.split(" (")[0]) == ("passed, exit status 0", "failed, exit status 1")
    assert "52 statements" in kept.red
    assert [frame.split(".<locals>")[0] for frame in proof.frames] == ["shop.py:39 list_posts"]
    assert proof.commit == tree.commit
    assert proof.before is not None
    assert (proof.before.command, proof.before.exit_status, proof.before.tests) == (("python", "-m", "pytest"), 0, 2)


@pytest.mark.slow
def test_distributed_tests_give_the_same_counts(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "shop", shop_files())
    proof = proof_of(repository, eager(), Config(**BARE | {"test_command": f"{NO_PLUGINS} -p xdist -n 2", "regression_test": "off"}))
    assert (proof.verdict, proof.operations) == ("proven", (OperationCount(test=LIST, before=51, after=1, **ROWS),))


@pytest.mark.slow
def test_an_edit_without_effect_is_held(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "shop", shop_files())
    useless = shop_patch(("select(Post).order_by", "select(Post).execution_options().order_by"))
    proof = proof_of(repository, useless, FAST)
    assert (proof.verdict, proof.reason, proof.operations) == (
        "held",
        "The tests pass, but the 1 test that reached the site issued 51 SQL statements before and 51 after: "
        "applying the edit is not fixing.",
        (
            OperationCount(
                test=LIST, before=51, after=51, rows_before=100, rows_after=100, loads_before=50, loads_after=50
            ),
        ),
    )


@pytest.mark.slow
def test_a_site_that_no_test_reaches_is_held(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "shop", shop_files(HEALTH_TEST_ONLY))
    proof = proof_of(repository, eager(), FAST)
    assert (proof.verdict, proof.reason, proof.reached, proof.operations, proof.frames) == (
        "held",
        "The tests pass with the patch, but no test reaches the site.",
        (),
        (),
        (),
    )
    assert proof.harness is not None
    assert (proof.harness.before, proof.harness.after) == ((4, 7), (1, 1))
    assert proof.growth.startswith("Harness, not a test of the repository: 4 -> 1 SQL statements at 3 rows of Post, ")


DJANGO = {
    "manage.py": "import os, sys\nfrom django.core.management import execute_from_command_line\n\n\ndef main():\n"
    '    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n    execute_from_command_line(sys.argv)\n\n\n'
    'if __name__ == "__main__":\n    main()\n',
    "settings.py": 'SECRET_KEY = "x"\nINSTALLED_APPS = ["blog"]\nUSE_TZ = True\n'
    'DEFAULT_AUTO_FIELD = "django.db.models.AutoField"\n'
    'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}\n',
    "blog/__init__.py": "",
    "blog/models.py": "from django.db import models\n\n\nclass Author(models.Model):\n"
    "    name = models.CharField(max_length=9)\n\n\nclass Post(models.Model):\n"
    "    author = models.ForeignKey(Author, models.CASCADE)\n",
    "blog/names.py": "from blog.models import Post\n\n\nclass Names:\n    def all(self):\n"
    "        return [post.author.name for post in Post.objects.order_by('id')]\n",
    "blog/tests.py": "from django.test import TestCase\nfrom blog.models import Author, Post\n"
    "from blog.names import Names\n\n\nclass NamesTests(TestCase):\n    def setUp(self):\n"
    "        for n in range(50):\n            Post.objects.create(author=Author.objects.create(name=f'a{n}'))\n"
    "        Names().all()\n\n    def test_all(self):\n"
    "        for post in Post.objects.all():  # its own reading and writing does not count\n"
    "            post.author.save()\n            post.save()\n            post.refresh_from_db()\n"
    "        self.assertEqual(Names().all(), [f'a{n}' for n in range(50)])\n",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "test"),
    [
        pytest.param(None, "blog.tests.NamesTests.test_all", id="one process"),
        pytest.param("python manage.py test --parallel 2", "blog.tests.NamesTests.test_all", id="parallel"),
    ],
)
def test_django(tmp_path: Path, command: str | None, test: str) -> None:
    repository = make_repository(tmp_path / "site", DJANGO)
    patch = patch_of(
        "blog/names.py",
        DJANGO["blog/names.py"],
        ("Post.objects.", "Post.objects.select_related('author')."),
        function="Names.all",
    )
    proof = proof_of(repository, patch, Config(python=sys.executable, test_command=command))
    assert (proof.verdict, proof.operations) == ("proven", (OperationCount(test=test, before=51, after=1, **ROWS),))
    assert [frame.split(".<locals>")[0] for frame in proof.frames] == ["blog/names.py:6 Names.all"]
    assert proof.regression_test is not None
    assert proof.regression_test.style == "Django's assertNumQueries"
    assert proof.slope == Slope(test=test, rows=(50, 100), before=(51, 101), after=(1, 1))


UNITTEST = SHOP_TESTS.partition("@pytest.fixture")[0].replace("import pytest", "import unittest") + (
    "class ShopTests(unittest.TestCase):\n    def setUp(self):\n        Base.metadata.create_all(engine)\n"
    "        with Session(engine) as session:\n"
    '            session.add_all([Post(author=Author(name=f"a{n}")) for n in range(50)])\n'
    "            session.commit()\n\n    def tearDown(self):\n        Base.metadata.drop_all(engine)\n\n"
    "    def test_list_posts(self):\n"
    '        self.assertEqual(len(app.test_client().get("/posts").json), 50)\n'
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "test"),
    [
        pytest.param("python -m unittest", "test_shop.ShopTests.test_list_posts", id="unittest"),
        pytest.param(BARE["test_command"], "test_shop.py::ShopTests::test_list_posts", id="under pytest"),
    ],
)
def test_unittest(tmp_path: Path, command: str, test: str) -> None:
    repository = make_repository(tmp_path / "shop", shop_files(UNITTEST))
    proof = proof_of(repository, eager(), Config(python=sys.executable, test_command=command, regression_test="off"))
    assert (proof.verdict, proof.operations) == ("proven", (OperationCount(test=test, before=51, after=1, **ROWS),))


def test_a_broken_unittest_is_named(tmp_path: Path) -> None:
    tests = "import unittest\nfrom calc import total\n\n\nclass T(unittest.TestCase):\n    def test_total(self):\n"
    files = {"calc.py": CALC, "test_calc.py": tests + "        self.assertEqual(total([1, 2]), 3)\n"}
    repository = make_repository(tmp_path / "calc", files)
    config = Config(python=sys.executable, test_command="python -m unittest")
    proof = proof_of(repository, calc_patch(new="max(numbers)"), config)
    assert (proof.verdict, proof.new_failures) == ("broken", ("test_calc.T.test_total",))


@pytest.mark.parametrize(
    ("new", "failures"),
    [
        pytest.param("max(numbers)", ("test_calc.py::test_total",), id="a test fails"),
        pytest.param(
            "(((", ("test_calc.py", "test_calc.py::test_total"), id="no longer parses", marks=pytest.mark.slow
        ),
        pytest.param("__import__('os')._exit(0)", (), id="leaves with 0 and no report", marks=pytest.mark.slow),
    ],
)
def test_broken_patches(tmp_path: Path, new: str, failures: tuple[str, ...]) -> None:
    proof = proof_of(make_repository(tmp_path / "calc", CALC_FILES), calc_patch(new=new), FAST)
    assert (proof.verdict, proof.new_failures) == ("broken", failures)


@pytest.mark.slow
def test_a_flaky_test_is_named_and_does_not_block(tmp_path: Path) -> None:
    state = tmp_path / "runs"
    tests = CALC_FILES["test_calc.py"] + (
        f"\n\ndef test_flaky():\n    with open({str(state)!r}, 'a+') as f:\n        f.write('x')\n        f.seek(0)\n"
        "        assert len(f.read()) != 2\n"
    )
    repository = make_repository(tmp_path / "calc", CALC_FILES | {"test_calc.py": tests})
    proof = proof_of(repository, calc_patch(), FAST)
    assert (proof.verdict, proof.flaky, proof.new_failures) == ("held", ("test_calc.py::test_flaky",), ())
    assert state.read_text() == "xxx"  # before, after, once more


@pytest.mark.slow
def test_a_test_that_fails_again_without_the_patch_is_flaky(tmp_path: Path) -> None:
    state = tmp_path / "runs"
    tests = CALC_FILES["test_calc.py"] + (
        f"\n\ndef test_decays():\n    with open({str(state)!r}, 'a+') as f:\n        f.write('x')\n        f.seek(0)\n"
        "        assert len(f.read()) < 2\n"
    )
    proof = proof_of(make_repository(tmp_path / "calc", CALC_FILES | {"test_calc.py": tests}), calc_patch(), FAST)
    assert (proof.verdict, proof.flaky, proof.new_failures) == ("held", ("test_calc.py::test_decays",), ())


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        pytest.param(
            "def test_a():\n    assert 0\n\n\ndef test_b():\n    pass\n",
            "1 test failed before the patch: test_calc.py::test_a.",
            id="failing test",
        ),
        pytest.param(
            "import nowhere\n",
            "1 test failed before the patch: test_calc.py (E ModuleNotFoundError: No module named 'nowhere').",
            id="collection error",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "", "The test command ended with exit status 5 before the patch.", id="no tests", marks=pytest.mark.slow
        ),
        pytest.param(
            "import os\n\n\ndef test_a():\n    print('1 passed in 0.01s', flush=True)\n    os._exit(1)\n",
            "The test command ended with exit status 1 before the patch.",
            id="output that claims to have passed",
        ),
    ],
)
def test_without_a_green_baseline_nothing_is_proven(tmp_path: Path, tests: str, reason: str) -> None:
    repository = make_repository(tmp_path / "calc", {"calc.py": CALC, "test_calc.py": tests})
    proof = proof_of(repository, calc_patch(), FAST)
    assert (proof.verdict, proof.after, proof.new_failures) == ("unprovable", None, ())
    assert " ".join(proof.reason.split()) == reason


def test_no_test_at_all(tmp_path: Path) -> None:
    proof = proof_of(
        make_repository(tmp_path / "calc", {"calc.py": CALC}),
        calc_patch(),
        Config(python=sys.executable, test_command=["python", "-c", "pass"]),
    )
    assert (proof.verdict, proof.reason) == (
        "unprovable",
        "The test command ran no test; set `test-command` in [tool.costmod].",
    )


def test_code_of_another_checkout_proves_nothing(tmp_path: Path) -> None:
    repository = tmp_path / "calc"
    tests = f"import sys\nsys.path.insert(0, {str(repository)!r})\n" + CALC_FILES["test_calc.py"]
    make_repository(repository, {"calc.py": CALC, "tests/test_calc.py": tests})
    proof = proof_of(repository, calc_patch(new="max(numbers)"), FAST)
    assert proof.verdict == "unprovable"
    assert proof.reason.startswith("The tests import calc.py from the repository itself")


def test_a_patch_for_another_state_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "calc", CALC_FILES | {"calc.py": CALC + "\n# newer\n"})
    with pytest.raises(UserError) as caught:
        proof_of(repository, calc_patch(), FAST)
    assert str(caught.value) == ("calc.py: differs from the commit under test; commit or stash the changes first.")


@pytest.mark.slow
def test_tests_that_need_this_hosts_services_get_the_network_back(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        connect = f"    import socket\n    socket.create_connection({server.getsockname()!r}, timeout=5).close()\n"
        tests = CALC_FILES["test_calc.py"] + f"\n\ndef test_service():\n{connect}"
        proof = proof_of(make_repository(tmp_path / "calc", CALC_FILES | {"test_calc.py": tests}), calc_patch(), FAST)
    assert proof.verdict == "held"
    assert next(limit for limit in proof.limits if "network" in limit).startswith("network not limited: ")
