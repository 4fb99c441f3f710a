"""The text of a template file of a checkout."""

from pathlib import Path

_MAX_BYTES = 500_000


def template(root: Path, path: str) -> str:
    """The text; empty for a symbolic link, for what is no file, and for what is too large."""
    file = root / path
    if file.is_symlink() or not file.is_file() or file.stat().st_size > _MAX_BYTES:
        return ""
    return file.read_text(encoding="utf-8", errors="replace")
