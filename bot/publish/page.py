"""A pull request as one self-contained HTML page: no script, no external resource."""

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.records import Record
from bot.shipped import shipped

if TYPE_CHECKING:
    from jinja2 import Template
    from markdown_it.token import Token

_OPEN = re.compile(r"<details><summary>([^<>&]{1,200})</summary>")
_HIDDEN = re.compile(r"<!--[^>]*-->")
_BOX = re.compile(r"^(- \[[ xX]\]) <!-- costmod:do:[0-9a-f]{12} -->", re.MULTILINE)


class Page(Record, frozen=True, kw_only=True):
    """What the page shows."""

    number: int
    state: str  # open, draft, closed, merged
    title: str
    branch: str
    base: str
    labels: tuple[str, ...]
    body: str  # Markdown
    diff: str  # unified
    comments: tuple[str, ...] = ()  # Markdown


def render(page: Page) -> str:
    """The HTML text."""
    comments = [_html(comment) for comment in page.comments]
    return _template().render(page=page, body=_html(page.body), comments=comments, diff=diff_lines(page.diff))


def render_issue(title: str, body: str) -> str:
    """The HTML text of something that has a title and a body only."""
    issue = Page(number=0, state="open", title=title, branch="", base="", labels=(), body=body, diff="")
    return render(issue)


@cache
def _template() -> "Template":
    import jinja2  # heavy
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(shipped("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("pull_request.html.j2")


def diff_lines(diff: str) -> list[tuple[str, str]]:
    """Each line with its class: file, hunk, add, del or same."""
    return [(_line_class(line), line) for line in diff.splitlines()]


def _line_class(line: str) -> str:
    if line.startswith(("diff --git ", "index ", "--- ", "+++ ", "new file", "deleted file", "old mode", "new mode")):
        return "file"
    return {"@": "hunk", "+": "add", "-": "del"}.get(line[:1], "same")


def _html(body: str) -> Any:
    """Markdown with raw HTML switched off; only our own folding lines, found as whole paragraphs, come through."""
    from markdown_it import MarkdownIt
    from markupsafe import Markup, escape

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")

    def fenced(tokens: Sequence["Token"], position: int, *_: object) -> str:
        token = tokens[position]
        if token.info.strip() != "diff":
            return f"<pre><code>{escape(token.content)}</code></pre>\n"
        rows = (f'<span class="{kind}">{escape(line)}</span>' for kind, line in diff_lines(token.content))
        return f'<pre class="diff">{"".join(rows)}</pre>\n'

    parser.add_render_rule("fence", lambda _, *arguments: fenced(*arguments))
    parser.add_render_rule("fold", lambda _, tokens, position, *__: tokens[position].content)
    tokens = _folded(parser.parse(_BOX.sub(r"\1", body)))
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704  parsed with html off


def _folded(tokens: "list[Token]") -> "list[Token]":
    """Paragraphs that are nothing but a folding line or a hidden comment become that line, or nothing."""
    from markdown_it.token import Token

    kept: list[Token] = []
    depth, position = 0, 0
    while position < len(tokens):
        source = tokens[position + 1].content if tokens[position].type == "paragraph_open" else ""
        opened = _OPEN.fullmatch(source)
        if opened:
            depth += 1
            kept.append(Token("fold", "", 0, content=f"<details><summary>{opened[1]}</summary>\n"))
        elif source == "</details>" and depth:
            depth -= 1
            kept.append(Token("fold", "", 0, content="</details>\n"))
        elif not (source and _HIDDEN.fullmatch(source)):
            kept.append(tokens[position])
            position += 1
            continue
        position += 3
    return [*kept, *(Token("fold", "", 0, content="</details>\n") for _ in range(depth))]
