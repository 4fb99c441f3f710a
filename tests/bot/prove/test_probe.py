"""The probe in interpreters of its own, as the target would start them."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bot.prove
from bot.prove.observe import Row, read_rows

PROBE = Path(bot.prove.__file__).with_name("probe")
TEST = "tests/test_a.py::test_x"


def start(
    tmp_path: Path, code: str, *, probe: bool = True, python: str | Path = sys.executable, **variables: str
) -> tuple[str, tuple[Row, ...]]:
    """Run `code` as the main program of a tree; its standard output and the rows of the probe."""
    for name in ("tree", "origin", "rows"):
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / "tree/main.py").write_text(code)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROBE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COSTMOD_PROBE_ROOT": str(tmp_path / "tree"),
        "COSTMOD_PROBE_ORIGIN": str(tmp_path / "origin"),
        "PYTEST_CURRENT_TEST": f"{TEST} (call)",
        **({"COSTMOD_PROBE_DIR": str(tmp_path / "rows")} if probe else {}),
        **variables,
    }
    done = subprocess.run(
        [python, str(tmp_path / "tree/main.py")], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout, read_rows(tmp_path / "rows")


@pytest.mark.parametrize("path", sorted(PROBE.rglob("*.py")), ids=lambda path: path.name)
def test_syntax_is_that_of_python_3_8(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and not n.level}
    modules |= {name.name for n in ast.walk(tree) if isinstance(n, ast.Import) for name in n.names}
    assert {str(module).partition(".")[0] for module in modules} <= sys.stdlib_module_names | {"__future__"}


SQL = """
from sqlalchemy import create_engine, text
engine = create_engine("sqlite://")
def load(connection):
    connection.execute(text("SELECT 1 WHERE 'a' = :a"), {"a": "b"})
with engine.connect() as connection:
    for _ in range(3):
        load(connection)
"""


def test_statements_are_counted_with_their_frames(tmp_path: Path) -> None:
    rows = start(tmp_path, SQL)[1]
    assert [(row.test, row.phase, row.text, row.count) for row in rows] == [(TEST, "call", "SELECT ? WHERE ? = ?", 3)]
    assert [(frame.file, frame.line, frame.function) for frame in rows[0].frames] == [
        ("main.py", 5, "load"),
        ("main.py", 8, "<module>"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "leave",
    ["", "import os; os._exit(0)", "import sys; sys.exit(0)", "import os; os.fork() or os._exit(0); os.wait()"],
    ids=["end", "os._exit", "sys.exit", "a fork that counts nothing"],
)
def test_counts_survive_every_way_out(tmp_path: Path, leave: str) -> None:
    assert [row.count for row in start(tmp_path, SQL + leave)[1]] == [3]


@pytest.mark.slow
def test_forked_processes_count_for_themselves(tmp_path: Path) -> None:
    code = SQL + "import os\nif os.fork():\n    os.wait()\nelse:\n    load(engine.connect())\n"
    assert sorted(row.count for row in start(tmp_path, code)[1]) == [1, 3]


@pytest.mark.slow
def test_tests_are_kept_apart(tmp_path: Path) -> None:
    code = SQL + "import os\nos.environ['PYTEST_CURRENT_TEST'] = 'b (setup)'\nload(engine.connect())\n"
    assert [(row.test, row.phase, row.count) for row in start(tmp_path, code)[1]] == [
        (TEST, "call", 3),
        ("b", "setup", 1),
    ]


@pytest.mark.slow
def test_statements_of_asyncio_keep_their_caller(tmp_path: Path) -> None:
    pytest.importorskip("aiosqlite")
    pytest.importorskip("greenlet")
    code = """
import asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
async def load(engine):
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
async def main():
    engine = create_async_engine("sqlite+aiosqlite://")
    await load(engine)
    await engine.dispose()
asyncio.run(main())
"""
    rows = [row for row in start(tmp_path, code)[1] if row.text == "SELECT ?"]
    assert [[frame.function for frame in row.frames] for row in rows] == [["load", "main", "<module>"]]


def test_nothing_is_written_without_a_database_library(tmp_path: Path) -> None:
    assert start(tmp_path, "print('as ever')") == ("as ever\n", ())


def test_without_settings_the_probe_does_nothing(tmp_path: Path) -> None:
    code = "import sys; print([type(f).__name__ for f in sys.meta_path if 'probe' in type(f).__module__])"
    assert start(tmp_path, code, probe=False) == ("[]\n", ())


def test_an_unwritable_directory_does_not_disturb_the_target(tmp_path: Path) -> None:
    missing = str(tmp_path / "none/none")
    assert start(tmp_path, SQL + "print('done')", COSTMOD_PROBE_DIR=missing) == ("done\n", ())


def test_a_shadowed_sitecustomize_still_runs(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/sitecustomize.py").write_text("import builtins\nbuiltins.shadowed = __name__\n")
    paths = os.pathsep.join([str(PROBE), str(tmp_path / "lib")])
    assert start(tmp_path, "print(shadowed)", PYTHONPATH=paths)[0] == "sitecustomize\n"


@pytest.mark.slow
def test_loaders_look_untouched(tmp_path: Path) -> None:
    code = "import inspect, sqlalchemy as s; print(type(s.__loader__).__name__, len(inspect.getsource(s)) > 9)"
    assert start(tmp_path, code)[0] == "SourceFileLoader True\n"


MARKED = '''
"""Docstring."""
from __future__ import annotations
class A:
    def f(self):
        """Kept."""
        return 1
    async def g(self):
        def inner(): return 2
        return inner()
'''


@pytest.mark.parametrize(
    ("function", "call", "reached"),
    [
        ("A.f", "lib.A().f()", 1),
        ("A.g", "asyncio.run(lib.A().g())", 1),
        ("A.g.<locals>.inner", "asyncio.run(lib.A().g())", 1),
        ("A.f", "lib.A()", 0),
        ("f", "lib.A().f()", 0),
        ("<module>", "lib.A().f()", 0),
        ("gone", "lib.A().f()", 0),
    ],
)
def test_the_site_is_marked(tmp_path: Path, function: str, call: str, reached: int) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/lib.py").write_text(MARKED)
    code = (
        f"import asyncio, inspect, lib\n{call}\n{call}\nprint(lib.A.f.__doc__, inspect.getsource(lib.A.f).count('\\n'))"
    )
    output, rows = start(tmp_path, code, COSTMOD_PROBE_FILE="lib.py", COSTMOD_PROBE_FUNCTION=function)
    assert output == "Kept. 3\n"
    assert [(row.kind, row.test, row.phase) for row in rows] == [("reached", TEST, "call")] * reached


def test_path_entries_of_the_original_move_to_the_tree(tmp_path: Path) -> None:
    for side in ("tree", "origin"):
        (tmp_path / side / "lib").mkdir(parents=True)
        (tmp_path / side / "lib/shop.py").write_text(f"side = {side!r}\n")
    paths = os.pathsep.join([str(PROBE), str(tmp_path / "origin/lib")])
    assert start(tmp_path, "import shop; print(shop.side)", PYTHONPATH=paths) == ("tree\n", ())


def test_metadata_of_an_editable_install_stays_in_reach(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    information = tmp_path / "origin/shop.egg-info"
    information.mkdir(parents=True)
    (information / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 7\n")
    code = "from importlib.metadata import version; print(version('shop'))"
    paths = os.pathsep.join([str(PROBE), str(tmp_path / "origin")])
    assert start(tmp_path, code, PYTHONPATH=paths) == ("7\n", ())


def test_a_project_of_a_monorepo_comes_before_the_top(tmp_path: Path) -> None:
    for side, directory in (("top", "tree/src"), ("project", "tree/svc/src")):
        (tmp_path / directory).mkdir(parents=True, exist_ok=True)
        (tmp_path / directory / "shop.py").write_text(f"side = {side!r}\n")
    code = "import shop; print(shop.side)"
    assert start(tmp_path, code, COSTMOD_PROBE_PROJECT="svc")[0] == "project\n"


SHUFFLING = """
import random
def pytest_addoption(parser):
    parser.addoption("--randomly-seed", default=random.getrandbits(32), dest="randomly_seed", type=int)
    parser.addoption("--random-order-seed", default="default:7", dest="random_order_seed")
def pytest_configure(config):
    print("seeds", config.getoption("randomly_seed"), config.getoption("random_order_seed"))
"""


@pytest.mark.parametrize(
    ("own", "seeds"), [("", "seeds 1 1"), ("--randomly-seed=77", "seeds 77 1")], ids=["none set", "one set"]
)
def test_plugins_that_shuffle_get_one_seed(tmp_path: Path, own: str, seeds: str) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/shuffling.py").write_text(SHUFFLING)
    words = ["-p", "shuffling", "-W", "error", "-c", os.devnull, str(tmp_path / "tree"), *own.split()]
    code = f"import pytest; pytest.main({words!r})"
    output = start(tmp_path, code, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")[0]
    assert output.splitlines()[0] == seeds


DRAWS = """
import random, unittest
def test_a():
    print("drawn", random.random())
def test_b():
    print("drawn", random.random())
class Draws(unittest.TestCase):
    def test_c(self):
        print("drawn", random.random())
"""
RUN_DRAWS = """
import os, pytest, sys, unittest
del os.environ["PYTEST_CURRENT_TEST"]
for _ in range(2):
    pytest.main(["-q", "-s", "-c", os.devnull, "-p", "no:cacheprovider", os.path.dirname(__file__)])
    unittest.main("test_draws", exit=False, testRunner=unittest.TextTestRunner(stream=sys.stdout))
"""


def test_a_test_draws_the_same_random_numbers_in_every_run(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/test_draws.py").write_text(DRAWS)
    output = start(tmp_path, RUN_DRAWS, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")[0]
    drawn = re.findall(r"drawn (\S+)", output)
    assert drawn[:4] == drawn[4:]
    assert len(set(drawn)) == 4  # another sequence in each test, and for the names of pytest and unittest


def test_modules_of_the_original_are_told(tmp_path: Path) -> None:
    for side in ("tree", "origin"):
        (tmp_path / side / "lib").mkdir(parents=True)
        (tmp_path / side / "lib/shop.py").touch()
    (tmp_path / "origin/only_there.py").touch()
    code = f"import sys\nsys.path[:0] = [{str(tmp_path / 'origin/lib')!r}, {str(tmp_path / 'origin')!r}]\n"
    rows = start(tmp_path, code + "import shop, only_there\n")[1]
    assert [(row.kind, row.text) for row in rows] == [("elsewhere", "lib/shop.py")]


def test_a_project_file_named_like_a_standard_module_is_harmless(tmp_path: Path) -> None:
    (tmp_path / "tree/src").mkdir(parents=True)
    (tmp_path / "tree/src/decimal.py").write_text("raise SystemExit(9)\n")
    assert start(tmp_path, "import decimal; print('fine')")[0] == "fine\n"


RUNNER = """
import sys
from sqlalchemy import create_engine, text
engine = create_engine("sqlite://")
def load():
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
def main():
    run()
"""
UNITTEST_RUNNER = """
import unittest
class T(unittest.TestCase):
    def test(self):
        with self.assertRaises(ZeroDivisionError):
            load() or 1 / 0
def run():
    unittest.TextTestRunner(stream=open(os.devnull, "w")).run(T("test"))
import os
main()
"""
PYTEST_RUNNER = """
import os, pytest
def run():
    with open("test_it.py", "w") as file:
        file.write("import sys\\ndef test(): sys.modules['__main__'].load()\\n")
    assert pytest.main(["-qq", "-p", "no:cacheprovider", "test_it.py"]) == 0
os.chdir(os.path.dirname(os.path.abspath(__file__)))
main()
"""


@pytest.mark.parametrize(
    ("runner", "test"),
    [
        pytest.param(UNITTEST_RUNNER, ("main.py", "T.test"), id="unittest"),
        pytest.param(PYTEST_RUNNER, ("test_it.py", "test"), id="pytest"),
    ],
)
def test_what_started_the_test_framework_is_no_frame(tmp_path: Path, runner: str, test: tuple[str, str]) -> None:
    rows = start(tmp_path, RUNNER + runner, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")[1]
    statements = [[(frame.file, frame.function) for frame in row.frames] for row in rows if row.kind == "sql"]
    assert statements == [[("main.py", "load"), test]]
