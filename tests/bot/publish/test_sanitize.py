import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rig.hostile import HOSTILE

from bot.publish.sanitize import cell, code, fence, plain, sentence, subject, text

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HARMLESS = {"paragraph_open", "paragraph_close", "inline"}
LIVE = re.compile(r"@\w|#\d|\bGH-\d|https?://\w|www\.\w", re.IGNORECASE)
NAMES = (
    st.text(max_size=60)
    | st.sampled_from(HOSTILE)
    | st.tuples(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE)).map("".join)
)


def shown(markdown: str) -> list[tuple[str, str]]:
    """The inline tokens of one paragraph: type and content."""
    tokens = PARSER.parse(markdown)
    assert {token.type for token in tokens} <= HARMLESS
    return [(item.type, item.content) for token in tokens for item in token.children or ()]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("a", "a"),
        ("a\r\n\tb", "a b"),
        ("\x1b[31mred\x00", "[31mred"),
        ("x\u202ey\u200bz\ufeff", "xyz"),
        (7, "7"),
        ("y" * 600, "y" * 499 + "…"),
    ],
)
def test_plain(raw: object, line: str) -> None:
    assert plain(raw) == line


@pytest.mark.parametrize(
    ("raw", "markdown"),
    [
        ("to-one, no lock (see notes)", "to-one, no lock (see notes)"),
        ("list_posts", "list\\_posts"),
        ("half of 0.30 ms", "half of 0.30 ms"),
        ("<b> & c", "&lt;b&gt; &amp; c"),
        ("1. x", "1\\. x"),
        ("- x", "\\- x"),
        ("@octocat", "@\u200boctocat"),
        ("fixes #1", "fixes #\u200b1"),
        ("$500 [1–2]", "\\$500 \\[1–2\\]"),
    ],
)
def test_text(raw: str, markdown: str) -> None:
    assert text(raw) == markdown


@pytest.mark.parametrize(
    ("raw", "markdown"),
    [
        ("Post.author", "`Post.author`"),
        ("a`b", "``a`b``"),
        ("`a`", "`` `a` ``"),
        ("", "(none)"),
        ("a|b", "`a|b`"),
    ],
)
def test_code(raw: str, markdown: str) -> None:
    assert code(raw) == markdown


@given(NAMES)
def test_text_reads_as_written_and_is_nothing_but_text(raw: str) -> None:
    tokens = shown(f"x {text(raw)} y") + shown(str(text(raw)))
    assert {kind for kind, _ in tokens} <= {"text", "text_special"}
    content = "".join(content for _, content in shown(f"x {text(raw)} y"))
    assert content.replace("\u200b", "") == " ".join(f"x {plain(raw)} y".split(" ")) or not plain(raw).strip()
    assert LIVE.search(content) is None


@given(NAMES)
def test_code_is_one_code_span(raw: str) -> None:
    line = plain(raw)
    tokens = shown(f"x {code(raw)} y")
    assert tokens == (
        [("text", "x "), ("code_inline", line), ("text", " y")] if line.strip() else [("text", "x (none) y")]
    )


@given(NAMES)
def test_cell_is_one_cell(raw: str) -> None:
    tokens = PARSER.parse(f"| a | b |\n|---|---|\n| {cell(raw)} | {text(raw)} |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 4
    line = plain(raw)
    assert [(item.type, item.content) for item in cells[2].children or ()] == (
        [("code_inline", line)] if line.strip() else [("text", "(none)")]
    )


@given(st.text(max_size=200) | st.sampled_from(HOSTILE) | st.text(alphabet="`\n ~x", max_size=60))
def test_fence_is_one_block(raw: str) -> None:
    tokens = PARSER.parse(f"x\n\n{fence(raw, 'sql')}\n\ny\n")
    assert [token.type for token in tokens if token.type not in HARMLESS] == ["fence"]


def test_fence_shows_what_hides_and_says_what_it_cuts() -> None:
    assert fence("a\u202eb\r\nc") == "```\na<U+202E>b\nc\n```"
    assert fence("one\ntwo\nthree", "", 9) == "```\none\ntwo\n… cut: 5 more characters\n```"
    assert fence("one long line", "", 8) == "```\none long\n… cut: 5 more characters\n```"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("perf(blog): load Post.author", "perf(blog): load Post.author"),
        ("fixes #1 for @octocat", "fixes 1 for octocat"),
        ("closes https://github.com/a/b/issues/1", "closes https:github.com/a/b/issues/1"),
        ("GH-12", "GH 12"),
        ("[skip ci] x", "x"),
        ("[skip [skip ci] ci] x", "x"),
        ("[skip @ci] [s#kip ci] [no` ci] skip-che@cks: true x", "x"),
        ("x [ci skip] [no ci] [skip actions] [actions skip]", "x"),
        ("x\n\nskip-checks: true", "x"),
        ("", "perf: remove a repeated query"),
        ("w" * 100, "w" * 71 + "…"),
    ],
)
def test_subject(raw: str, line: str) -> None:
    assert subject(raw) == line


@given(NAMES)
def test_subject_commands_nothing(raw: str) -> None:
    line = subject(raw)
    assert 0 < len(line) <= 72
    assert re.search(r"@|#|://|`|\n|\[\s*(skip ci|ci skip|no ci)\s*\]|skip-checks\s*:|GH-\d", line, re.I) is None


@pytest.mark.parametrize(
    ("raw", "markdown"),
    [
        pytest.param(
            "`GET /posts` is served by `list_posts`", "`GET /posts` is served by `list_posts`", id="data as code"
        ),
        pytest.param("no data at all", "no data at all", id="prose only"),
        pytest.param("- `a` * b", "\\- `a` \\* b", id="prose is escaped, its start too"),
        pytest.param("`a` - b", "`a` - b", id="nothing starts a block behind code"),
        pytest.param("`a`b` c", "\\`a\\`b\\` c", id="a backtick in the data: all of it is prose"),
        pytest.param("", "", id="empty"),
    ],
)
def test_sentence(raw: str, markdown: str) -> None:
    assert str(sentence(raw)) == markdown


@given(NAMES)
def test_sentence_holds_data_as_code_or_text_only(raw: str) -> None:
    tokens = PARSER.parse(f"{sentence(f'`{raw}` is served by `{raw}`')}\n")
    kinds = {item.type for token in tokens for item in token.children or ()}
    assert kinds <= {"text", "text_special", "code_inline"}
