"""Carries a conversation out: counts every call against a hard cap, waits as the server asks, records each answer."""

import time
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from urllib.parse import urljoin, urlsplit

import msgspec

from bot.errors import UserError
from bot.hotspots.live.access import Access, checked, origin
from bot.hotspots.live.backoff import ATTEMPTS, LONGEST_WAIT_S, TRANSIENT, wait_s
from bot.hotspots.live.exchange import Answer, Conversation, Reply, Request
from bot.hotspots.live.recorder import Recorder
from bot.hotspots.live.transport import TooLargeError, Transport, UnreachableError
from bot.words import counted

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEPING_THE_BODY = frozenset({307, 308})
REFUSED = frozenset({401, 403})


class StoppedError(Exception):
    """No more calls; the text is a sentence without a full stop."""


class Clock(Protocol):
    """The time, and waiting."""

    def now_s(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of the machine."""

    def now_s(self) -> float:
        """See `Clock`."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """See `Clock`."""
        time.sleep(seconds)


class Vendor(NamedTuple):
    """What a session has to know of a vendor for its messages; `needs` says what opens it."""

    title: str
    needs: str


class Session:
    """One run against one vendor; `calls` of `most_calls` are used."""

    def __init__(
        self, vendor: Vendor, access: Access, transport: Transport, recorder: Recorder, clock: Clock, most_calls: int
    ) -> None:
        self._vendor, self._access, self._transport = vendor, access, transport
        self._recorder, self._clock = recorder, clock
        self.most_calls = most_calls
        self.calls = 0

    def run(self, conversation: Conversation) -> str | None:
        """Has the conversation; why it ended early, or None. What was recorded by then is good.

        Raises:
            UserError: the vendor refuses, or answers what costmod does not understand.
        """
        try:
            request = next(conversation)
            while True:
                request = conversation.send(self._answer(request))
        except StopIteration:
            return None
        except StoppedError as stopped:
            return str(stopped)
        finally:
            conversation.close()

    def _answer(self, request: Request) -> Answer | None:
        if request.after_s:
            self._clock.sleep(request.after_s)
        for attempt in range(ATTEMPTS):
            headers: Mapping[str, str] = {}
            try:
                reply = self._followed(request)
            except UnreachableError as error:
                problem = f"cannot be reached ({error})"
            else:
                body, headers = self._access.masked(reply.body), reply.headers
                if reply.status in request.without:
                    return None
                if 200 <= reply.status < 300 and _is_json(body):
                    self._recorder.keep(request, body)
                    return Answer(body, headers)
                problem = f"answered {reply.status}"
                if 200 <= reply.status < 300:
                    problem = "answered what is no whole JSON"
                elif reply.status not in TRANSIENT:
                    self._refuse(request, reply.status, body)
            if attempt + 1 < ATTEMPTS:
                self._wait(wait_s(headers, attempt, self._clock.now_s()))
        raise StoppedError(f"{self._vendor.title} {problem}, {ATTEMPTS} times")

    def _wait(self, seconds: float) -> None:
        if seconds > LONGEST_WAIT_S:
            raise StoppedError(f"{self._vendor.title} asks to wait {seconds:.0f} s; run the command again later")
        self._clock.sleep(seconds)

    def _followed(self, request: Request) -> Reply:
        """The reply, through redirects; credentials go to the first host only."""
        url = request.url
        for _ in range(ATTEMPTS):
            if self.calls >= self.most_calls:
                raise StoppedError(
                    f"the cap of {counted(self.most_calls, 'call')} is reached; raise --max-calls for more"
                )
            self.calls += 1
            secrets = self._access.headers if origin(url) == origin(request.url) else {}
            try:
                reply = self._transport.send(request, url, secrets)
            except TooLargeError:
                raise UserError(
                    f"an answer of {self._vendor.title} is above `max-input-mb`; ask for fewer --hours."
                ) from None
            target = reply.headers.get("location")
            if reply.status not in REDIRECTS or target is None:
                return reply
            if request.body is not None and reply.status not in KEEPING_THE_BODY:
                break
            url = checked(urljoin(url, target), f"a redirect of {self._vendor.title}")
        raise UserError(f"{self._vendor.title} redirects without end or to another kind of request; check its address.")

    def _refuse(self, request: Request, status: int, body: bytes) -> None:
        if status in REFUSED:
            raise UserError(f"{self._vendor.title} refuses the credentials ({status}); it takes {self._vendor.needs}.")
        raise UserError(
            f"{self._vendor.title} answered {status} to {request.name} at {urlsplit(request.url).path or '/'}"
            f"{_said(body)}; check what is asked for."
        )


def _said(body: bytes) -> str:
    text = " ".join(body[:200].decode("utf-8", "replace").split())
    return f" ({text})" if text else ""


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    except RecursionError:
        return True
    return True
