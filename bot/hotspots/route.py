"""One spelling for a route, whichever framework or APM wrote it."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

_METHOD = re.compile(r"^[A-Z]+ +(?=\S)")
_GROUP_START = re.compile(r"\(\?P<\w+>")
_PARAMETER = re.compile(
    r"<[^<>]*>"  # Flask, Django: <int:id>, <id>
    r"|\{(?:[^{}]|\{[^{}]*\})*\}"  # Starlette, aiohttp, Pyramid: {id}, {id:path}, {id:\d{4}}
    r"|(?<![^/.-]):[^\W\d]\w*"  # :id
)
_VERSION = re.compile(r"v\d+(?:\.\d+)*", re.I)
_VARIABLE = re.compile(r"[\d%@{}<>*]")
_LONG_WORD = 32


def canonical(route: str) -> str:
    """The route with every parameter as {}, without method, regex anchors and edge slashes; "" is the root route."""
    text = _without_groups(_METHOD.sub("", route.strip()))
    text = _PARAMETER.sub("{}", text).replace("\\", "")
    text = re.sub(r"/\?$", "", re.sub(r"[\^$]", "", text))
    return re.sub(r"/{2,}", "/", text).strip("/")


def method_of(name: str) -> str | None:
    """The method that a transaction name opens with, as in `GET /orders`."""
    found = _METHOD.match(name)
    return found[0].strip() if found else None


def canonical_of_url(url: str) -> str:
    """A guess at the route of a concrete URL: segments that look variable become {}."""
    return "/".join(_segment(part) for part in path_of(url).strip("/").split("/"))


def path_of(url: str) -> str:
    """The path of a URL or request target: no host, no query string, no fragment."""
    return _split(url)[1]


def call_target(url: str, template: str | None = None) -> str:
    """Host and templated path of an outbound call: `api.example.com/items/{}`."""
    host, path = _split(url)
    path = (
        canonical(template if template is None or "://" not in template else _split(template)[1])
        if template
        else (canonical_of_url(path))
    )
    return f"{host}/{path}"


def parameters(url: str) -> tuple[str, ...]:
    """What varies in a URL: its variable-looking segments and its query string."""
    found = [part for part in path_of(url).split("/") if _segment(part) == "{}"]
    query = url.partition("?")[2].partition("#")[0]
    return (*found, query) if query else tuple(found)


@lru_cache(maxsize=256)
def _split(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:  # an invalid bracketed host
        return "", re.sub(r"^\w+://[^/]*", "", url.partition("?")[0])
    return parts.netloc.rpartition("@")[2].lower(), parts.path


def _segment(part: str) -> str:
    if _VERSION.fullmatch(part) or part == "{}":
        return part
    variable = _VARIABLE.search(part) is not None or len(part) > _LONG_WORD
    return "{}" if variable else part


def _without_groups(route: str) -> str:
    """Replaces `(?P<name>...)` by {}, counting brackets, since the group's own expression may hold some."""
    while start := _GROUP_START.search(route):
        depth, end = 1, start.end()
        while depth and end < len(route):
            depth += {"(": 1, ")": -1}.get(route[end], 0) if route[end - 1] != "\\" else 0
            end += 1
        route = f"{route[: start.start()]}{{}}{route[end:]}"
    return route
