"""HTTP with the standard library: one exchange at a time, bounded in time and size; redirects are not followed here."""

import http.client
import ssl
import time
import urllib.request
from collections.abc import Mapping
from typing import Protocol
from urllib.error import URLError

from bot.hotspots.live.exchange import Reply, Request

SILENCE_S = 40.0  # between two packets
WHOLE_S = 120.0  # for one answer
CHUNK = 1 << 16
MEBIBYTE = 1 << 20


class UnreachableError(Exception):
    """Nothing came back, or not all of it; the text says why, without values."""


class TooLargeError(Exception):
    """The answer is larger than the limit."""


class Transport(Protocol):
    """Sends a request."""

    def send(self, request: Request, url: str, secrets: Mapping[str, str]) -> Reply:
        """One exchange with `url`, with `secrets` as further headers.

        Raises:
            UnreachableError: no whole answer; it may work the next time.
            TooLargeError: an answer above the limit.
        """


class _AsItIs(urllib.request.HTTPErrorProcessor):
    """Every status is an answer, and a redirect is one too."""

    def http_response(self, request: object, response: object) -> object:  # noqa: ARG002
        return response

    https_response = http_response


class Http:
    """HTTP through the proxies of the environment."""

    def __init__(self, limit_mb: int, silence_s: float = SILENCE_S, whole_s: float = WHOLE_S) -> None:
        self._limit = limit_mb * MEBIBYTE
        self._silence_s, self._whole_s = silence_s, whole_s
        self._opener = urllib.request.build_opener(_AsItIs)

    def send(self, request: Request, url: str, secrets: Mapping[str, str]) -> Reply:
        """See `Transport`."""
        headers = {**request.headers, **secrets, "User-Agent": "costmod"}
        asked = urllib.request.Request(url, request.body, headers, method=request.method)  # noqa: S310 - see `checked`
        until = time.monotonic() + self._whole_s
        try:
            with self._opener.open(asked, timeout=self._silence_s) as response:
                body = self._read(response, until)
                known = {name.lower(): value for name, value in response.headers.items()}
                status = response.status
        except (http.client.HTTPException, URLError, OSError, ValueError) as error:
            reason = _reason(error)
        else:
            if known.get("content-length", "").isdecimal() and int(known["content-length"]) != len(body):
                raise UnreachableError("the answer ended early")
            return Reply(status, known, body)
        raise UnreachableError(reason)

    def _read(self, response: http.client.HTTPResponse, until: float) -> bytes:
        body = bytearray()
        while chunk := response.read1(CHUNK):
            body += chunk
            if len(body) > self._limit:
                raise TooLargeError
            if time.monotonic() > until:
                raise TimeoutError
        return bytes(body)


def _reason(error: BaseException) -> str:
    """What went wrong in a few words; the text of an error may quote what was sent, so none of it is used."""
    inner = error.reason if isinstance(error, URLError) and isinstance(error.reason, BaseException) else error
    if isinstance(inner, TimeoutError):
        return "no answer in time"
    if isinstance(inner, ssl.SSLError):
        return "its certificate is not accepted" if isinstance(inner, ssl.SSLCertVerificationError) else "TLS failed"
    if isinstance(inner, http.client.IncompleteRead):
        return "the answer ended early"
    return getattr(inner, "strerror", None) or type(inner).__name__
