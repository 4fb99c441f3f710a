"""Our own table of spans as Parquet, with the columns of `bot.hotspots.rows`; read by DuckDB, in batches."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot.errors import UserError
from bot.hotspots.rows import COLUMNS, MEMORY_LIMIT, TEXT, missing_columns, span_of
from bot.hotspots.source import Source
from bot.hotspots.span import Span
from bot.hotspots.statement import MAXIMUM_CHARACTERS

if TYPE_CHECKING:
    import duckdb

TITLE = "costmod span rows as Parquet"
VENDOR = "costmod"
FORMAT = "rows-parquet"
NO_STATEMENT = "fill the column statement"

MAGIC = b"PAR1"
BATCH = 2_048  # rows; with the longest texts some 80 MB
MOST_ROWS_PER_BYTE = 64  # a table of one repeated value packs without end; spans take bytes each
LONGEST_TEXT = {"statement": MAXIMUM_CHARACTERS}
LONGEST_OTHER = 2_000
PATTERN_CHARACTERS = frozenset("*?[{")  # which DuckDB would take for a pattern of file names


def sniff(head: bytes) -> bool:
    """Whether the bytes open as Parquet."""
    return head.startswith(MAGIC)


def read(source: Source) -> Iterator[Span]:
    """Every span of the table; a bad row is dropped.

    Raises:
        UserError: no readable Parquet, or a column that every row needs is missing.
    """
    import duckdb  # here, because it is heavy

    with TemporaryDirectory(prefix="costmod-parquet-") as folder:
        path = _as_file(source, folder)
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": folder,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        try:
            with duckdb.connect(config=settings) as database:
                yield from _spans(database, path, source)
        except duckdb.Error:
            message = f"{source.label} is a damaged Parquet file, or one of its values is huge; export it again."
            raise UserError(message) from None


def _as_file(source: Source, folder: str) -> str:
    if source.path is not None and PATTERN_CHARACTERS.isdisjoint(source.path):
        return source.path
    with (Path(folder) / "input.parquet").open("wb") as file:
        shutil.copyfileobj(source, file)
    return file.name


def _spans(database: "duckdb.DuckDBPyConnection", path: str, source: Source) -> Iterator[Span]:
    table = database.read_parquet(path, hive_partitioning=False)
    if (error := missing_columns(table.columns, source.label)) is not None:
        raise error
    names = [name for name in COLUMNS if name in table.columns]
    table.project(", ".join(map(_cell, names))).create_view("spans")
    (rows,) = database.execute("SELECT count(*) FROM spans").fetchone() or (0,)
    if rows > MOST_ROWS_PER_BYTE * Path(path).stat().st_size:
        raise UserError(f"{source.label} holds {rows} rows in too few bytes to be spans; check what wrote the file.")
    cells = database.execute("SELECT * FROM spans")
    while batch := cells.fetchmany(BATCH):
        for row in batch:
            try:
                yield span_of(dict(zip(names, row, strict=True)))
            except UserError as wrong:
                source.drop("a row without a valid time or id", UserError(f"{source.label}: {wrong}"))


def _cell(name: str) -> str:
    if COLUMNS[name] != TEXT:
        return f'"{name}"'
    return f'left(CAST("{name}" AS VARCHAR), {LONGEST_TEXT.get(name, LONGEST_OTHER)}) AS "{name}"'
