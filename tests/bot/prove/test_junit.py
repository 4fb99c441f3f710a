from pathlib import Path

import pytest

from bot.prove.junit import Outcomes, read_junit

CASE = '<testcase classname="{}" name="{}">{}</testcase>'


def report(*cases: tuple[str, str, str]) -> str:
    return "<testsuites><testsuite>" + "".join(CASE.format(*case) for case in cases) + "</testsuite></testsuites>"


READ = {
    "passed": (report(("tests.test_a", "test_x", "")), {"tests/test_a.py::test_x"}, set()),
    "class and parameter": (
        report(("tests.test_a.TestA.TestB", "test_x[1-a b]", "")),
        {"tests/test_a.py::TestA::TestB::test_x[1-a b]"},
        set(),
    ),
    "failure": (report(("tests.test_a", "t", "<failure/>")), {"tests/test_a.py::t"}, {"tests/test_a.py::t"}),
    "passed, then an error at its end": (
        report(("tests.test_a", "t", ""), ("tests.test_a", "t", "<error/>")),
        {"tests/test_a.py::t"},
        {"tests/test_a.py::t"},
    ),
    "a file that could not be imported": (
        report(("", "tests.test_a", "<error/>")),
        {"tests/test_a.py"},
        {"tests/test_a.py"},
    ),
    "skipped": (report(("tests.test_a", "t", "<skipped/>")), set(), set()),
    "no such file": (report(("gone.test_a", "t", "")), {"gone.test_a::t"}, set()),
    "no test": (report(), set(), set()),
}


@pytest.mark.parametrize(("text", "ran", "failed"), READ.values(), ids=READ)
def test_reports(tmp_path: Path, text: str, ran: set[str], failed: set[str]) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").touch()
    (tmp_path / "junit.xml").write_text(text)
    assert read_junit(tmp_path / "junit.xml", tmp_path) == Outcomes(frozenset(ran), frozenset(failed))


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite>&b;</testsuite>'
UNUSABLE = {
    "document type": BOMB.encode(),
    "another encoding": BOMB.encode("utf-16"),
    "cut short": report(("a", "b", "")).encode()[:-5],
    "empty": b"",
    "no XML": b"1 passed",
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_reports(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "junit.xml").write_bytes(content)
    assert read_junit(tmp_path / "junit.xml", tmp_path) is None


def test_no_report(tmp_path: Path) -> None:
    assert read_junit(tmp_path / "junit.xml", tmp_path) is None


def test_a_report_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "junit.xml").write_text(report())
    monkeypatch.setattr("bot.prove.junit.MAX_BYTES", 10)
    assert read_junit(tmp_path / "junit.xml", tmp_path) is None
