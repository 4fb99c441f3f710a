"""One line of the doctor's answer."""

from typing import Literal

import msgspec

Status = Literal["ok", "missing", "advice"]


class Check(msgspec.Struct, frozen=True):
    """What was looked at, how it stands, and what to do about it where something is to do."""

    topic: str  # "sentry", "tests", ...
    status: Status
    text: str
    fix: str = ""
