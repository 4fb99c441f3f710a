"""Our own table of spans as Parquet, with the columns of `bot.hotspots.rows`; read by DuckDB, in batches."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot.errors import UserError
from bot.hotspots.loops import Limits
from bot.hotspots.plaintraces import Plain, add_up_plain
from bot.hotspots.plaintraces_sql import REST
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
LEAST_ROWS = 50_000  # below it, span by span is as fast
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
    for item in _items(source, None):
        if isinstance(item, Span):
            yield item


def read_whole(source: Source, limits: Limits) -> Iterator[Span | Plain]:
    """What the plain traces of a large table come to, then the spans of all others; raises as `read` does.

    The table has to be all there is of its traces.
    """
    return _items(source, limits)


def _items(source: Source, limits: Limits | None) -> Iterator[Span | Plain]:
    import duckdb  # here, because it is heavy

    with TemporaryDirectory(prefix="costmod-parquet-") as folder:
        path = _as_file(source, folder)
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": folder,
            "preserve_insertion_order": limits is None,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        try:
            with duckdb.connect(config=settings) as database:
                yield from _read(database, path, source, limits)
        except duckdb.Error:
            message = f"{source.label} is a damaged Parquet file, or one of its values is huge; export it again."
            raise UserError(message) from None


def _as_file(source: Source, folder: str) -> str:
    if source.path is not None and PATTERN_CHARACTERS.isdisjoint(source.path):
        return source.path
    with (Path(folder) / "input.parquet").open("wb") as file:
        shutil.copyfileobj(source, file)
    return file.name


def _read(
    database: "duckdb.DuckDBPyConnection", path: str, source: Source, limits: Limits | None
) -> Iterator[Span | Plain]:
    table = database.read_parquet(path, hive_partitioning=False)
    if (error := missing_columns(table.columns, source.label)) is not None:
        raise error
    names = [name for name in COLUMNS if name in table.columns]
    spans = table.project(", ".join(map(_cell, names)))
    spans.create_view("spans")
    ((rows,),) = database.execute("SELECT count(*) FROM spans").fetchall()
    if rows > MOST_ROWS_PER_BYTE * Path(path).stat().st_size:
        raise UserError(f"{source.label} holds {rows} rows in too few bytes to be spans; check what wrote the file.")
    left = spans
    if limits is not None and rows >= LEAST_ROWS:
        types = dict(zip(spans.columns, map(str, spans.types), strict=True))
        whole = ", ".join(f'CAST("{name}" AS {type_}) AS "{name}"' for name, type_ in types.items())
        table.project(whole).create_view("rows")
        if (plain := _plain(database, types, limits)) is not None:
            yield plain
            left = database.view("rows").filter(REST).project(", ".join(map(_cell, names)))
    cells = database.execute(left.sql_query())
    while batch := cells.fetchmany(BATCH):
        for row in batch:
            try:
                yield span_of(dict(zip(names, row, strict=True)))
            except UserError as wrong:
                source.drop("a row without a valid time or id", UserError(f"{source.label}: {wrong}"))


def _plain(database: "duckdb.DuckDBPyConnection", types: dict[str, str], limits: Limits) -> Plain | None:
    import duckdb

    try:
        return add_up_plain(database, types, limits)
    except duckdb.OutOfMemoryException:
        return None


def _cell(name: str) -> str:
    if COLUMNS[name] != TEXT:
        return f'"{name}"'
    return f'left(CAST("{name}" AS VARCHAR), {LONGEST_TEXT.get(name, LONGEST_OTHER)}) AS "{name}"'
