"""Names, statements and messages that try to become something else when they are printed."""

from typing import Any

import msgspec

HOSTILE = (
    "<script>alert(1)</script>",
    "</details><img src=x onerror=alert(1)>",
    "<!-- costmod:end -->",
    "- [x] <!-- costmod:do:aaaaaaaaaaaa -->",
    "-->",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example/a",
    "www.evil.example",
    "<https://evil.example>",
    "mail@evil.example",
    "@octocat please",
    "@acme/team",
    "fixes #1",
    "acme/blog#12",
    "GH-7",
    "`code` ``more`` ```",
    "`",
    "``` \n# heading\n```",
    "# heading",
    "> quote",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "---",
    "===",
    "| a | b |\n|---|---|",
    "a|b\\|c\\\\|d",
    "**bold** _em_ ~~gone~~",
    "$$x^2$$ and $1,000",
    "[^1] and [x]: https://evil.example",
    "line\nbreak\r\nand\x0btab\tand\x85next\u2028line",
    "\x1b[31mred\x07\x00",
    "\u202egnp.exe\u202c \u200bzero\ufeff \u2066iso\u2069",
    "{{ 7 * 7 }} {% raw %} {# #}",
    "&lt;b&gt; &amp; &#64;octocat &commat;octocat",
    "\\@octocat \\#1 \\<b\\>",
    "[skip ci] [ci skip] skip-checks: true",
    "::error::x ##[group]",
    ":tada: emoji",
    "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
    "acme/blog@a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
    "x\n<!-- costmod:end -->\n<!--costmod:check -->\ny",
    "%0A::add-mask::x%0D%0A::set-output name=a::b",
    "x\n::error file=a,line=1::y\n::stop-commands::z",
    "costmod-0\nname<<EOF\nvalue\nEOF\n",
    "a](https://evil.example) [b][1] {0} {name}",
    "<a href='https://evil.example'>x</a> <svg/onload=alert(1)>",
    "javascript:alert(1) mailto:a@evil.example",
    "| --- |\n- [ ] task\n\tcode",
    "",
    "   ",
    "é ü 日本語 😀",
)


def soiled(record: Any, text: str) -> Any:
    """The record with every free text in it replaced."""
    kept = {"verdict", "tier", "kind", "grade", "type", "shape", "currency", "vendor_format"}
    changed = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, str) and name not in kept:
            changed[name] = text
        elif isinstance(value, tuple):
            changed[name] = tuple(text if isinstance(item, str) else soiled(item, text) for item in value)
        elif isinstance(value, msgspec.Struct):
            changed[name] = soiled(value, text)
    return msgspec.structs.replace(record, **changed)
