from pathlib import Path

import msgspec
import pytest

from bot.prove import observe
from bot.prove.observe import NONE, Frame, Key, Row, Sums
from bot.records import OperationCount, Site

SITE = Site(file="app/views.py", function="Views.list", line=1, query="", loads=(), located_by=())
APP = Frame("app/views.py", 7, "Views.list")
MODEL = Frame("app/models.py", 3, "Post.name")
TEST = Frame("tests/test_app.py", 9, "test_list")


def statement(*frames: Frame, test: str = "t", phase: str = "call", text: str = "SELECT a", count: int = 1) -> Row:
    return Row(kind="sql", test=test, phase=phase, text=text, count=count, frames=frames)


COUNTED = {
    "application": ([statement(APP, TEST, count=50), statement(APP, text="SELECT b")], {"t": 51}),
    "the application through a test": ([statement(MODEL, TEST)], {"t": 1}),
    "the test itself": ([statement(TEST)], {}),
    "a conftest": ([statement(Frame("conftest.py", 1, "posts"))], {}),
    "a tests module": ([statement(Frame("blog/tests.py", 1, "T.setUp"))], {}),
    "no project frame": ([statement()], {}),
    "setup": ([statement(APP, phase="setup")], {}),
    "outside of a test": ([statement(APP, test="", phase="call")], {}),
    "transaction control": ([statement(APP, text="SAVEPOINT s1"), statement(APP, text="BEGIN")], {}),
    "a table named like it": ([statement(APP, text="SELECT begin")], {"t": 1}),
    "names that only look like tests": ([statement(Frame("app/latest_news.py", 1, "f"))], {"t": 1}),
}


@pytest.mark.parametrize(("rows", "counts"), COUNTED.values(), ids=COUNTED)
def test_application_statements(rows: list[Row], counts: dict[str, int]) -> None:
    found = {key.test: sums.calls for key, sums in observe.application_counts(rows).items() if key.kind == "sql"}
    assert found == counts


REACHED = {
    "frame": ([statement(MODEL, APP)], {"t"}),
    "frame before Python 3.11": ([statement(Frame("app/views.py", 7, "list"))], {"t"}),
    "marker": ([Row("reached", "t", "call", "", 1, ())], {"t"}),
    "marker in setup": ([Row("reached", "t", "setup", "", 1, ())], set()),
    "another function": ([statement(Frame("app/views.py", 7, "Views.detail"))], set()),
    "another class": ([statement(Frame("app/views.py", 7, "Other.list"))], set()),
    "another file": ([statement(Frame("app/other.py", 7, "Views.list"))], set()),
    "outside of a test": ([statement(APP, test="")], set()),
}


@pytest.mark.parametrize(("rows", "tests"), REACHED.values(), ids=REACHED)
def test_reached(rows: list[Row], tests: set[str]) -> None:
    assert observe.reached_tests(rows, SITE) == tests


def test_the_largest_drop_comes_first() -> None:
    before = {Key("a", "sql"): Sums(5, 50, 4), Key("b", "http"): Sums(51), Key("c", "sql"): Sums(2)}
    after = {Key("a", "sql"): Sums(1, 50), Key("b", "http"): Sums(1), Key("c", "sql"): Sums(2), Key("d", "sql"): NONE}
    assert observe.compare_counts(before, after, {"a", "b", "c"}) == (
        OperationCount(test="b", kind="http", before=51, after=1),
        OperationCount(test="a", before=5, after=1, rows_before=50, rows_after=50, loads_before=4),
        OperationCount(test="c", before=2, after=2),
    )


def call(kind: str, text: str, count: int = 1) -> Row:
    return msgspec.structs.replace(statement(APP, text=text, count=count), kind=kind)


def test_operations_are_counted_by_kind_and_loads_apart() -> None:
    lazy = msgspec.structs.replace(statement(APP, count=3), rows=3, load="lazy")
    rows = [statement(APP), lazy, call("http", "GET //h/{}", 7), call("aws", "SQS.SendMessage"), call("commit", "x")]
    assert observe.application_counts(rows) == {
        Key("t", "sql"): Sums(4, 3, 3),
        Key("t", "http"): Sums(7),
        Key("t", "aws"): Sums(1),
    }


def test_frames_of_the_most_repeated_statement() -> None:
    rows = [
        statement(TEST, MODEL, APP, text="SELECT lazy", count=30),
        statement(APP, text="SELECT lazy", count=20),
        statement(APP, text="SELECT other", count=40),
        statement(MODEL, test="not reached", count=99),
    ]
    assert observe.repeating_frames(rows, frozenset({"t"})) == (
        "app/models.py:3 Post.name",
        "app/views.py:7 Views.list",
    )


def test_nothing_repeats() -> None:
    assert observe.repeating_frames([statement(APP), statement(MODEL, text="b")], frozenset({"t"})) == ()


def test_files_of_several_processes_are_read_and_torn_lines_left_out(tmp_path: Path) -> None:
    line = msgspec.json.encode(statement(APP))
    (tmp_path / "1.jsonl").write_bytes(line + b"\n" + line[:20])
    (tmp_path / "2.jsonl").write_bytes(b'{"kind": "nonsense"}\n\xff\n' + line + b"\n")
    (tmp_path / "3.txt").write_bytes(line)
    assert observe.read_rows(tmp_path) == (statement(APP), statement(APP))


def test_numbers_and_rows_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = msgspec.json.encode(statement(APP))
    bad = line.replace(b'"count":1', b'"count":-1') + b"\n" + line.replace(b'"count":1', b'"count":9e99')
    (tmp_path / "1.jsonl").write_bytes(bad + b"\n" + line * 1 + b"\n" + line + b"\n" + line)
    monkeypatch.setattr(observe, "MAX_ROWS", 2)
    assert observe.read_rows(tmp_path) == (statement(APP), statement(APP))


def test_outcomes_and_imports() -> None:
    rows = [
        Row("outcome", "a", "passed", "", 1, ()),
        Row("outcome", "b", "failed", "", 1, ()),
        Row("outcome", "c", "skipped", "", 1, ()),
        Row("elsewhere", "", "", "app.py", 1, ()),
    ]
    outcomes = observe.unittest_outcomes(rows)
    assert (outcomes.ran, outcomes.failed) == ({"a", "b"}, {"b"})
    assert observe.imported_elsewhere(rows) == ("app.py",)
