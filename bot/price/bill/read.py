"""Reads the files of a bill with DuckDB, which sums equal charges: a million rows become a few thousand.

The only file of this room that imports DuckDB. Sums are decimals with 15 places, so their order does not matter and
the same bill gives the same digits on any number of threads.
"""

import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import UserError
from bot.price.bill.charges import Bill, Charge
from bot.price.bill.columns import COSTS, FIELDS, NEEDED, expressions, version
from bot.price.bill.rules import LATE_HOURS, bill_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SUFFIXES = {".csv": "read_csv", ".gz": "read_csv", ".zst": "read_csv", ".parquet": "read_parquet"}
_KEYS = [field for field in FIELDS if field not in (*COSTS, "start_s", "end_s", "currency", "tags", "account")]
_EXACT = "DECIMAL(38, 15)"


def read_bill(paths: Sequence[Path]) -> Bill:
    """The bill in these files, all of one format.

    Raises:
        UserError: a file that cannot be read or is no bill, files of two formats, costs that are no numbers, two
            currencies, or fewer than three days.
    """
    import duckdb

    with duckdb.connect(config={"autoinstall_known_extensions": False}) as database:
        database.execute("SET preserve_insertion_order = false")
        try:
            kinds = {_view(database, place, path) for place, path in enumerate(paths)}
            if len(kinds) != 1:
                raise UserError(
                    f"the bill mixes {' and '.join(sorted(kinds))}; give the files of one format at a time."
                )
            database.execute(f"CREATE TEMP TABLE charges AS {' UNION ALL '.join(_selects(len(paths)))}")
            return _bill(database, kinds.pop(), paths)
        except duckdb.Error as error:
            first = str(error).splitlines()[0]
            raise UserError(f"{', '.join(map(str, paths))}: the bill cannot be read ({first}).") from error


def _view(database: "DuckDBPyConnection", place: int, path: Path) -> str:
    """Let `bill_N` be the rows of a file under our own names."""
    function = _SUFFIXES.get(path.suffix.lower())
    if function is None:
        raise UserError(f"{path}: a bill is a .csv (also .gz, .zst) or .parquet file.")
    if not path.is_file():
        raise UserError(f"{path}: no such bill.")
    text = ", all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"'"
    source = f"{function}({_quoted(str(path))}{text if function == 'read_csv' else ''})"
    described = database.execute(f"DESCRIBE FROM {source}").fetchall()
    types = {str(row[0]): str(row[1]) for row in described}
    kind = version(types)
    if kind is None:
        missing = min(([n for n in names if n not in types] for names in NEEDED.values()), key=len)
        raise UserError(f"{path}: neither a FOCUS bill nor a CUR 2.0: it has no column {', '.join(missing)}.")
    columns = ", ".join(f"{sql} AS {name}" for name, sql in expressions(types).items())
    database.execute(f"CREATE TEMP VIEW bill_{place} AS FROM {source} SELECT {columns}")
    return kind


def _selects(count: int) -> list[str]:
    return [f"(FROM bill_{place})" for place in range(count)]


def _bill(database: "DuckDBPyConnection", kind: str, paths: Sequence[Path]) -> Bill:
    names = ", ".join(map(str, paths))
    rows, undated, unpriced, first, last = _one(
        database,
        f"""FROM charges SELECT count(*), count(*) FILTER (start_s IS NULL OR end_s IS NULL),
            count(*) FILTER (billed IS NULL OR TRY_CAST(billed AS {_EXACT}) IS NULL), min(start_s), max(end_s)""",
    )
    if not rows:
        raise UserError(f"{names}: the bill has no row.")
    if undated or unpriced:
        what = f"{undated} without a readable period" if undated else f"{unpriced} without a readable cost"
        raise UserError(f"{names}: of {rows} rows {what}; export the bill again.")
    currencies = sorted(str(row[0]) for row in database.execute("SELECT DISTINCT currency FROM charges").fetchall())
    if len(currencies) > 1:
        raise UserError(f"{names}: costs in {' and '.join(currencies)}, which are never added; export one currency.")
    sums = ", ".join(f"sum(TRY_CAST({name} AS {_EXACT})) AS {name}" for name in COSTS)
    zero = " ".join(
        f", count(*) FILTER (CAST(billed AS {_EXACT}) > 0 AND coalesce(TRY_CAST({name} AS {_EXACT}), 0) = 0)"
        for name in ("effective", "contracted")
    )
    keys = ", ".join(_KEYS)
    late = f"start_s >= {last} - {LATE_HOURS * 3600} AND start_s > {first}"
    found = database.execute(
        f"""FROM charges SELECT {keys}, {late} AS late, max(tags) AS tags, max(account) AS account, {sums}, count(*),
            count(*) FILTER (CAST(billed AS {_EXACT}) > 0) {zero}, max(end_s)
            GROUP BY {keys}, late ORDER BY ALL""",
    ).fetchall()
    kept_end = max((int(row[-1]) for row in found if not row[len(_KEYS)]), default=int(first))
    return bill_of(kind, currencies[0], int(first), kept_end, [_charge(row) for row in found])


def _charge(row: tuple[Any, ...]) -> Charge:
    known = dict(zip(_KEYS, row, strict=False))
    late, tags, account, *sums = row[len(_KEYS) : -1]
    quantity, effective, contracted, billed, list_, rows, priced, no_effective, no_contracted = sums
    return Charge(
        **{
            **known,
            "provider": known["provider"] or "",
            "service": known["service"] or "",
            "service_category": known["service_category"] or "",
            "category": known["category"] or "",
            "correction": bool(known["correction"]),
            "meter": known["meter"] or "",
            "unit": known["unit"] or "",
            "cores": _decimal(known["cores"]),
            "memory": _decimal(known["memory"]),
        },
        late=late,
        tags=_object(tags),
        account=account,
        rows=rows,
        priced=priced,
        quantity=quantity or Decimal(0),
        effective=effective,
        contracted=contracted,
        billed=billed,
        list_=list_,
        unpriced_effective=no_effective,
        unpriced_contracted=no_contracted,
    )


def _object(text: str | None) -> str:
    """A JSON object as it is always written."""
    return json.dumps(json.loads(text), sort_keys=True) if text else ""


def _decimal(text: str | None) -> Decimal | None:
    """The number in front of a unit: "8", "64 GiB"."""
    try:
        return Decimal(text.split()[0].replace(",", "")) if text and text.split() else None
    except InvalidOperation:
        return None


def _one(database: "DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    row = database.execute(query).fetchone()
    assert row is not None  # an aggregate has a row
    return row


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
