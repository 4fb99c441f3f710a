"""A value for a column, by its Python type and length."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

_TIME = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)  # noqa: UP017 - Python 3.8


def value(kind: Any, number: int, length: int | None) -> Any:
    """The same for the same number; text is unique within its length."""
    if kind is str:
        return f"v{number}"[-length:] if length else f"v{number}"
    known = {
        bool: False,
        int: number,
        float: float(number),
        decimal.Decimal: decimal.Decimal(number),
        bytes: b"v",
        dict: {"v": number},
        object: {"v": number},  # JSON, as newer versions of SQLAlchemy say it
        list: [],
        datetime.datetime: _TIME.replace(tzinfo=None),
        datetime.date: _TIME.date(),
        datetime.time: _TIME.time(),
        datetime.timedelta: datetime.timedelta(seconds=number),
        uuid.UUID: uuid.UUID(int=number),
    }
    if kind not in known:
        raise TypeError(f"no value for a column of {getattr(kind, '__name__', kind)}")
    return known[kind]
