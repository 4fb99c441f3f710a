"""Endpoints of other services that give many things at once, as a project states them: nothing tells that by itself."""

from typing import Literal

import msgspec


class Endpoint(msgspec.Struct, frozen=True):
    """`GET /users?ids=`, which answers for many what `GET /users/{id}` answers for one.

    `single` is the path of one thing, `{}` in place of its key; `many` that of the list, whose `parameter` takes the
    keys, repeated or with commas, `limit` at a time. The list stands at the dotted path `items` of the answer ("" for
    the answer itself), and each thing has its key in `key`.
    """

    single: str
    many: str
    parameter: str
    style: Literal["repeated", "comma"] = "repeated"
    items: str = ""
    key: str = "id"
    limit: int = 100
