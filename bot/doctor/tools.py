"""Optional parts of costmod: for which input or service each is."""

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, metadata, requires
from importlib.util import find_spec

from bot.doctor.check import Check

_USES = {
    "otel": "the span processor for exact lines, in the application",
    "aws": "live X-Ray and CloudWatch",
    "otlp": "length-prefixed OTLP files",
    "datadog": "live Datadog",
}


def extras() -> Iterator[Check]:
    """The extras that this installation knows, installed or not."""
    try:
        names, requirements = metadata("costmod").get_all("Provides-Extra") or [], requires("costmod") or []
    except PackageNotFoundError:
        return
    yield from states(names, requirements)


def states(names: Sequence[str], requirements: Sequence[str]) -> Iterator[Check]:
    """A check per extra; `requirements` as the metadata of a package lists them."""
    for name in sorted(names):
        modules = [_module(line) for line in requirements if f'extra == "{name}"' in line.replace("'", '"')]
        use = f", for {_USES[name]}" if name in _USES else ""
        if all(_is_there(module) for module in modules):
            yield Check("extras", "ok", f"costmod[{name}] is installed{use}")
        else:
            yield Check("extras", "advice", f"costmod[{name}] is not installed{use}", f"pip install 'costmod[{name}]'")


def _module(requirement: str) -> str:
    """The import name of a requirement, by the habit of namespaced packages."""
    name = re.match(r"[\w.-]*", requirement)
    return (name[0] if name else "").replace("opentelemetry-", "opentelemetry.").replace("-", "_")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
