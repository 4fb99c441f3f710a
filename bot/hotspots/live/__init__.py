"""Asks a vendor for the dearest traces of a window and saves the answers as files, which the readers then read.

What is asked is a conversation without I/O (one file per vendor); a session carries it out over a transport. So a live
run and its recording give the same hotspots.
"""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol, cast

from bot.errors import UserError
from bot.hotspots.live.access import Access
from bot.hotspots.live.exchange import Conversation, Question
from bot.hotspots.live.recorder import Recorder
from bot.hotspots.live.session import Clock, Session, SystemClock, Vendor
from bot.hotspots.live.transport import Http, Transport
from bot.words import counted

__all__ = ["CALLS", "Name", "fetch"]

Name = Literal["datadog", "newrelic", "xray", "sentry", "jaeger", "prometheus"]
CALLS = 60


class Module(Protocol):
    """The shape of a vendor's file."""

    VENDOR: Vendor

    def access(self, environment: Mapping[str, str]) -> Access:
        """Where the vendor is and what opens it, from environment variables."""

    def ask(self, question: Question, where: Access) -> Conversation:
        """The requests, each sent the answer to it."""


def fetch(  # noqa: PLR0913 - one parameter per option, and what a test replaces
    name: Name,
    folder: Path,
    environment: Mapping[str, str],
    *,
    service: str | None = None,
    hours: int = 24,
    most_calls: int = CALLS,
    limit_mb: int,
    say: Callable[[str], object],
    clock: Clock | None = None,
    transport: Transport | None = None,
) -> list[str]:
    """The files with the answers about the last `hours` of a service (None is all of them), written into `folder`.

    `say` is told how many calls were used, and why no more were.

    Raises:
        UserError: a variable that is not set, credentials that are refused, or nothing to read in any answer.
    """
    vendor = cast(Module, importlib.import_module(f"{__name__}.{name}"))
    clock = clock or SystemClock()
    where = vendor.access(environment)
    end = int(clock.now_s())
    question = Question(service, end - hours * 3600, end)
    recorder = Recorder(folder, limit_mb)
    session = Session(vendor.VENDOR, where, transport or _transport(name, limit_mb), recorder, clock, most_calls)
    try:
        stopped = session.run(vendor.ask(question, where))
    finally:
        say(f"{session.calls} of {counted(most_calls, 'call')} used.")
    if not recorder.inputs:
        whose = f" of {service}" if service else ""
        when = f"in the last {counted(hours, 'hour')}"
        nothing = f"{vendor.VENDOR.title} has nothing{whose} {when}; check --service, widen --hours."
        raise UserError(f"{stopped}." if stopped else nothing)
    if stopped:
        say(f"{stopped}; what was answered until then is used.")
    return recorder.inputs


def _transport(name: Name, limit_mb: int) -> Transport:
    if name != "xray":
        return Http(limit_mb)
    from bot.hotspots.live.aws import Aws

    return Aws()
