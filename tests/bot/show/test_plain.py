"""Which texts are changed on their way to the screen, and that ordinary ones are not."""

import pytest

from bot.show.plain import plain, plain_lines


@pytest.mark.parametrize(
    "text",
    [
        "GET /posts",
        "tests/test_a.py::test_b[x]",
        "std::vector",
        "## Title",
        "a # b",
        "x[1:2]",
        "größer",
        "[R-ORDER]",
        "",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert plain(text) == text
    assert plain_lines(f"+{text}\n-{text}\n") == f"+{text}\n-{text}\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", ": :error::x"),
        ("a ::error::x", "a : :error::x"),
        ("a\n::error::x", "a : :error::x"),
        (":::error", ": ::error"),
        ("x##[error]y", "x# #[error]y"),
        ("###[error]", "## #[error]"),
        ("##vso[a]", "# #vso[a]"),
        ("a\x1b[31mb\x85c\x00", "a[31mb c"),
        ("a\r\n\tb", "a b"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" ::error::x\n", " : :error::x\n"),
        ("+::error::x\n", "+::error::x\n"),
        (" x[1: ::2]\n\ty\r\n", " x[1: ::2]\n\ty\n"),
        ("+##[error]\n", "+# #[error]\n"),
        ("+\x1b[31m\n", "+[31m\n"),
    ],
)
def test_several_lines(text: str, shown: str) -> None:
    assert plain_lines(text) == shown
