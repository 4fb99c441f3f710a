"""The lines that a patch adds, and whether one of them is still in the file."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bot.price.after.kept import added, is_there

DIFF = """\
--- a/other.py
+++ b/other.py
@@ -1 +1,2 @@
+import something_else
--- a/app.py
+++ b/app.py
@@ -1,3 +1,5 @@
+from sqlalchemy.orm import joinedload
 def posts():
-    return select(Post)
+    return (
+        select(Post).options(joinedload(Post.author))
+    )
"""
LINES = ("from sqlalchemy.orm import joinedload", "select(Post).options(joinedload(Post.author))")


def test_the_lines_of_the_site_that_say_something(build: Any) -> None:
    assert added(replace(build.patch(), diff=DIFF)) == LINES
    assert added(build.patch()) == ()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("def posts():\n    return (\n            select(Post).options(joinedload(Post.author))\n    )\n", True),
        ("def posts():\n    return select(Post)\n", False),
        ("", False),
        (None, False),
    ],
)
def test_whether_one_is_there(tmp_path: Path, content: str | None, expected: bool) -> None:
    if content is not None:
        (tmp_path / "app.py").write_text(content)
    assert is_there(tmp_path, "app.py", LINES) is expected


def test_without_lines_nothing_can_be_missed(tmp_path: Path) -> None:
    assert is_there(tmp_path, "app.py", ()) is True


def test_a_file_outside_of_the_repository_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("\n".join(LINES))
    (tmp_path / "repository").mkdir()
    assert is_there(tmp_path / "repository", "../app.py", LINES) is False
