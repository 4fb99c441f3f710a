"""pytest's JUnit report, read as what it is: a file written by code that nobody has vetted."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

MAX_BYTES = 256 << 20


@dataclass(frozen=True)
class Outcomes:
    """The tests that ran, and those of them that failed, by id."""

    ran: frozenset[str]
    failed: frozenset[str]


def read_junit(report: Path, tree: Path) -> Outcomes | None:
    """The outcomes in a report; None when there is no usable report.

    Skipped tests did not run. Ids are pytest's own ("tests/test_a.py::TestX::test_y[1]") wherever the dotted class
    name leads to a file of the work tree. A document type is refused: entities can expand without limit.
    """
    try:
        if report.stat().st_size > MAX_BYTES:
            return None
        content = report.read_bytes()
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            return None
        root = ElementTree.fromstring(content.decode("utf-8"))  # noqa: S314 - no document type, bounded size
    except (OSError, UnicodeDecodeError, ElementTree.ParseError, ValueError):
        return None
    ran, failed = set(), set()
    for case in root.iter("testcase"):
        identity = _identity(case.get("classname", ""), case.get("name", ""), tree)
        outcomes = {child.tag for child in case}
        if "skipped" not in outcomes:
            ran.add(identity)
        if outcomes & {"failure", "error"}:
            failed.add(identity)
    return Outcomes(frozenset(ran), frozenset(failed))


def _identity(classname: str, name: str, tree: Path) -> str:
    if not classname and (tree / (file := name.replace(".", "/") + ".py")).is_file():
        return file  # the file could not be imported
    parts = [part for part in classname.split(".") if part]
    for length in range(len(parts), 0, -1):
        file = "/".join(parts[:length]) + ".py"
        if (tree / file).is_file():
            return "::".join((file, *parts[length:], name))
    return "::".join(filter(None, (classname, name)))
