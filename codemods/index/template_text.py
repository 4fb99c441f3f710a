"""Other template languages as the tags of Jinja: Mako, Genshi and Chameleon, as far as names and loops go."""

import re

_REWRITES = (
    (re.compile(r"\$\{(.*?)\}", re.DOTALL), r"{{ \1 }}"),
    (re.compile(r"""\bpy:for\s*=\s*["'](.*?)["']"""), r"{% for \1 %}"),
    (re.compile(r"""\bpy:(?:if|with|test|when|content|replace|attrs)\s*=\s*["'](.*?)["']"""), r"{{ \1 }}"),
    (re.compile(r"""\btal:repeat\s*=\s*["']([\w,\s()]+?)\s+([\w./()]+?)["']"""), r"{% for \1 in \2 %}"),
    (re.compile(r"""\btal:(?:condition|content|replace|attributes|define)\s*=\s*["'](.*?)["']"""), r"{{ \1 }}"),
    (re.compile(r"^[ \t]*%[ \t]*for\s+(.*?):[ \t]*$", re.MULTILINE), r"{% for \1 %}"),
    (re.compile(r"^[ \t]*%[ \t]*(?:if|elif|while)\s+(.*?):[ \t]*$", re.MULTILINE), r"{{ \1 }}"),
    (re.compile(r"""<(?:xi:include\s+href|%include\s+file|%namespace[^>]*?file|%inherit\s+file)\s*=\s*["'](.*?)["']"""),
     r'{% include "\1" %}'),
)  # fmt: skip


def as_jinja(text: str) -> str:
    """The text with expressions, loops and includes of other languages written as Jinja's."""
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    return text
