"""Where a vendor is and what opens it: from environment variables only, never shown, never written."""

import base64
import ipaddress
import json
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from bot.errors import UserError

Environment = Mapping[str, str]
MASK = b"***"
SHORTEST_SECRET = 6  # characters; what is shorter is no key, and masking it would tear answers apart
KEYS_ONLY = "paste the key itself, in one line"


class Access:
    """An address with the headers that open it; only `headers` gives these away. `part` is an account or project."""

    def __init__(
        self, base: str, headers: Mapping[str, str] | None = None, secrets: tuple[str, ...] = (), part: str = ""
    ) -> None:
        self.base = base
        self.part = part
        self.headers = dict(headers or {})
        forms = {form for s in secrets for form in (s, quote(s, safe=""), json.dumps(s)[1:-1])}
        self._secrets = sorted((f.encode() for f in forms if len(f) >= SHORTEST_SECRET), key=lambda f: (-len(f), f))

    def __repr__(self) -> str:
        return f"Access({self.base!r})"

    def masked(self, body: bytes) -> bytes:
        """The bytes without any secret that a server may have sent back."""
        for secret in self._secrets:
            body = body.replace(secret, MASK)
        return body


def secret(environment: Environment, *names: str) -> str:
    """The first of the variables that is set, as what can stand in a header.

    Raises:
        UserError: none is set, or it holds what no key holds.
    """
    name, value = _first(environment, names)
    if not value.isascii() or not value.isprintable() or " " in value:
        raise UserError(f"{name} holds characters that no key has; {KEYS_ONLY}.")
    return value


def setting(environment: Environment, *names: str) -> str:
    """The first of the variables that is set; raises as `secret` does."""
    return _first(environment, names)[1]


def optional(environment: Environment, *names: str) -> str | None:
    """As `setting`, or None."""
    return next((value for name in names if (value := environment.get(name, "").strip())), None)


def bearer(base: str, token: str | None, part: str = "") -> Access:
    """An address that a token opens; without one, the user and password in the address do."""
    plain, user = _without_user(base)
    if token is not None:
        return Access(plain, {"Authorization": f"Bearer {token}"}, (token,), part)
    if user is None:
        return Access(plain)
    basic = base64.b64encode(user.encode()).decode()
    return Access(plain, {"Authorization": f"Basic {basic}"}, (basic, user, user.partition(":")[2]))


def address(environment: Environment, name: str, default: str | None = None) -> str:
    """The address in a variable, checked, without a final slash.

    Raises:
        UserError: the variable is not set and there is no default; it is no address; see `checked`.
    """
    value = optional(environment, name) or default or setting(environment, name)
    return checked(value, name).rstrip("/")


def checked(url: str, name: str) -> str:
    """An address that credentials may go to: https, or http to this machine.

    Raises:
        UserError: any other; `name` says where it comes from, the address itself is not shown.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.scheme not in ("http", "https") or not url.isascii() or not url.isprintable():
        raise UserError(f"{name} is no address; it starts with https:// and names a host.")
    if parts.scheme == "http" and not is_loopback(host):
        raise UserError(f"{name} leads to http and another machine; credentials only go over https.")
    return url


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> tuple[str, str, int | None]:
    """What credentials are for: scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _first(environment: Environment, names: tuple[str, ...]) -> tuple[str, str]:
    for name in names:
        if value := environment.get(name, "").strip():
            return name, value
    raise UserError(f"{' or '.join(names)} is not set; set it in the environment, credentials come from nowhere else.")


def _without_user(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    user, at, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=place)), unquote(user) if at else None
