"""Which template files are read."""

from pathlib import Path

from codemods.index.template_files import template


def test_links_folders_and_large_files_are_empty(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"{{ x }} \xff")
    (tmp_path / "link.html").symlink_to("a.html")
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "fits.html").write_text("x" * 500_000)
    (tmp_path / "large.html").write_text("x" * 500_001)
    names = ("a", "link", "folder", "fits", "large", "none")
    assert {name: template(tmp_path, f"{name}.html") for name in names} == {
        "a": "{{ x }} \N{REPLACEMENT CHARACTER}", "link": "", "folder": "", "fits": "x" * 500_000, "large": "",
        "none": "",
    }  # fmt: skip
