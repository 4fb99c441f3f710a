"""The report file is replaced in one step; its JSON Schema ships with the package and is that of the records."""

from pathlib import Path

import pytest
from rig.sample import make_repository

import bot.show
from bot.errors import UserError
from bot.records import Report
from bot.show.report import encode, require_writable, schema_text, write

REPORT = Report(version="0", command="fix", commit=None, results=())


def test_the_shipped_schema_is_current() -> None:
    shipped = Path(bot.show.__file__).parent / "report.schema.json"
    assert shipped.read_text() == schema_text()


def test_a_report_replaces_the_one_before_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("older")
    path.chmod(0o640)
    write(REPORT, path)
    assert path.read_bytes() == encode(REPORT)
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "report.json").symlink_to("mine.txt")
    (tmp_path / "mine.txt").write_text("mine")
    write(REPORT, tmp_path / "report.json")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert (tmp_path / "report.json").read_bytes() == encode(REPORT)


def test_no_room_leaves_the_report_before(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "report.json"
    path.write_text("older")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, limits[1]))  # what a full disk does, for this process alone
    try:
        with pytest.raises(UserError) as raised:
            write(REPORT, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(raised.value) == f"{path}: cannot be written (File too large); choose another --report."
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["new.json", "older.json"])
def test_a_report_that_can_be_written_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    repository, _ = make_repository(tmp_path / "repository")
    (repository / "older.json").write_text("older")
    require_writable(repository / name, repository, ["-", repository / "README.md"])
    assert (repository / "older.json").read_text() == "older"
    assert (repository / "new.json").exists() is False
