"""pytest's JUnit report, read as what it is: a file written by code that nobody has vetted."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from xml.etree.ElementTree import ParseError, XMLParser

from bot.prove.untrusted import read_bounded

MAX_BYTES = 64 << 20
MAX_TESTS = 500_000
_MAX_NAME = 2000  # characters of an id


@dataclass(frozen=True)
class Outcomes:
    """The tests that ran, and those of them that failed, by id."""

    ran: frozenset[str]
    failed: frozenset[str]


class _RefusedError(ValueError):
    """The report is none that pytest writes."""


def read_junit(report: Path, *roots: Path) -> Outcomes | None:
    """The outcomes in a report; None when there is no usable report.

    Skipped tests did not run. Ids are pytest's own ("tests/test_a.py::TestX::test_y[1]") wherever the dotted class
    name leads to a file below one of the roots. A document type is refused: entities can expand without limit.
    """
    content = read_bounded(report, MAX_BYTES)
    if content is None:
        return None
    cases = _Cases(roots)
    try:
        parser = XMLParser(target=cases, encoding="utf-8")  # noqa: S314 - no document type, no tree, bounded size
        parser.feed(content)
        parser.close()
    except (ParseError, ValueError):
        return None
    return Outcomes(frozenset(cases.ran), frozenset(cases.failed))


class _Cases:
    """Takes the events of the parser, so that no tree is built of whatever the report holds."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self.ran: set[str] = set()
        self.failed: set[str] = set()
        self._roots = roots
        self._known: dict[str, tuple[str, ...]] = {}
        self._case: str | None = None
        self._outcomes: set[str] = set()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "testcase":
            classname, name = (attributes.get(key, "")[:_MAX_NAME] for key in ("classname", "name"))
            self._case, self._outcomes = self._identity(classname, name), set()
        else:
            self._outcomes.add(tag)

    def end(self, tag: str) -> None:
        if tag != "testcase" or self._case is None:
            return
        if "skipped" not in self._outcomes:
            self.ran.add(self._case)
        if self._outcomes & {"failure", "error"}:
            self.failed.add(self._case)
        self._case = None
        if len(self.ran) + len(self.failed) > MAX_TESTS:
            raise _RefusedError

    def doctype(self, *_what: str | None) -> NoReturn:
        raise _RefusedError

    def close(self) -> None:
        """Nothing is kept back."""

    def _identity(self, classname: str, name: str) -> str:
        if not classname and self._is_file(file := name.replace(".", "/") + ".py"):
            return file  # the file could not be imported
        if classname not in self._known:
            self._known[classname] = self._place(classname)
        return "::".join((*self._known[classname], name))

    def _place(self, classname: str) -> tuple[str, ...]:
        parts = [part for part in classname.split(".") if part]
        for length in range(len(parts), 0, -1):
            file = "/".join(parts[:length]) + ".py"
            if self._is_file(file):
                return (file, *parts[length:])
        return (classname,) if classname else ()

    def _is_file(self, path: str) -> bool:
        try:
            return any((root / path).is_file() for root in self._roots)
        except OSError:  # longer than a file name can be
            return False
