"""What goes to a vendor and comes back, without the network: a conversation yields requests and is sent the answers."""

from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec

from bot.errors import UserError

JSON = MappingProxyType({"Accept": "application/json", "Content-Type": "application/json"})


class Question(NamedTuple):
    """Which service, all where it is None, and which window, in seconds since 1970."""

    service: str | None
    start_s: int
    end_s: int


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call, without credentials; `name` goes into the name of the recorded file.

    `keep` says that a reader reads the answer. A status in `without` is answered with None, the conversation goes on.
    """

    name: str
    method: str
    url: str
    headers: Mapping[str, str] = JSON
    body: bytes | None = None
    keep: bool = False
    without: frozenset[int] = frozenset()
    after_s: float = 0.0  # to wait before it is sent


class Answer(NamedTuple):
    """What came back; names of headers are in lower case."""

    body: bytes
    headers: Mapping[str, str] = {}


class Reply(NamedTuple):
    """An answer before anybody looked at its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Conversation = Generator[Request, Answer | None, None]


def get(name: str, url: str, query: Mapping[str, object] | None = None, **how: Any) -> Request:
    """A GET; values of the query that are None are left out."""
    query = {key: value for key, value in (query or {}).items() if value is not None}
    return Request(name=name, method="GET", url=f"{url}?{urlencode(query, doseq=True)}" if query else url, **how)


def post(name: str, url: str, document: object, **how: Any) -> Request:
    """A POST of a JSON document."""
    return Request(name=name, method="POST", url=url, body=msgspec.json.encode(document), **how)


T = TypeVar("T")


def decoded(answer: Answer | None, shape: type[T], title: str) -> T:
    """The answer as a record.

    Raises:
        UserError: it has another shape.
    """
    try:
        return msgspec.json.decode(answer.body if answer else b"{}", type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = str(error)[:200]
    raise UserError(f"{title} answered in a shape that costmod does not know ({reason}); record it and report it.")


def quoted(text: str) -> str:
    """A value between double quotes, as search languages and selectors take it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
