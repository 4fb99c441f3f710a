"""What a CommonMark parser makes of a text of ours that holds data: nothing live may come of the data."""

import re

from markdown_it import MarkdownIt

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# What GitHub makes live in text that CommonMark leaves alone: mentions, references, bare addresses, ids of commits.
LIVE = re.compile(r"@\w|#\d|\bGH-\d|https?://\w|www\.\w|\b[0-9a-f]{40}\b", re.IGNORECASE)
OWN_HTML = re.compile(
    r"<details><summary>[A-Za-z,: ]+</summary>\n?|</details>\n?|</?sub>|<!-- costmod:[a-z]+:[0-9a-f]{12} -->"
)
HIDDEN_LINE = re.compile(r"<!--\s*costmod:[^>]*")
HARMLESS = {"text", "text_special", "code_inline", "softbreak", "strong_open", "strong_close"}


def live(markdown: str, own: str = "") -> list[str]:
    """Every link, image, HTML, mention and reference in the parse tree; `own` matches what is ours."""
    found: list[str] = []
    for token in PARSER.parse(markdown):
        if token.type == "html_block" and not OWN_HTML.fullmatch(token.content):
            found.append(token.content)
        shown = ""
        for item in token.children or ():
            if item.type == "html_inline" and OWN_HTML.fullmatch(item.content):
                continue
            if item.type not in HARMLESS:
                found.append(f"{item.type} {item.content}{item.attrs or ''}")
            shown += "" if item.type == "code_inline" else item.content
        found += LIVE.findall(re.sub(own, "", shown) if own else shown)
    return found
