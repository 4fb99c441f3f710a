"""Bounds on the version of a library, as a requirement or a lock states them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.specifiers import Specifier, SpecifierSet
    from packaging.version import Version


@dataclass(frozen=True, slots=True)
class Versions:
    """Nothing below `low` can be installed, and nothing above `high`, itself only if `closed`; None where unknown."""

    low: Version | None = None
    high: Version | None = None
    closed: bool = True

    def at_least(self, version: str) -> bool:
        """Whether nothing older than the version can be installed."""
        if self.low is None:
            return False
        from packaging.version import Version  # it takes as long to import as a small project to read

        return self.low >= Version(version)

    def below(self, version: str) -> bool:
        """Whether nothing as new as the version can be installed."""
        if self.high is None:
            return False
        from packaging.version import Version

        wanted = Version(version)
        return self.high < wanted or (self.high == wanted and not self.closed)


UNKNOWN = Versions()


def either(found: Iterable[Versions]) -> Versions | None:
    """What holds whichever of the statements is the one that counts; None without any."""
    known = list(found)
    if not known:
        return None
    lows = [v.low for v in known if v.low is not None]
    highs = [(v.high, v.closed) for v in known if v.high is not None]
    high, closed = max(highs) if len(highs) == len(known) else (None, True)
    return Versions(min(lows) if len(lows) == len(known) else None, high, closed)


def both(one: Versions, other: Versions) -> Versions:
    """What holds when both statements do."""
    lows = [v.low for v in (one, other) if v.low is not None]
    highs = [(v.high, v.closed) for v in (one, other) if v.high is not None]
    high, closed = min(highs, default=(None, True))
    return Versions(max(lows, default=None), high, closed)


def exactly(version: str) -> Versions:
    """The bounds of a version that a lock names; unknown when it is none."""
    from packaging.version import InvalidVersion, Version

    try:
        return Versions(Version(version), Version(version))
    except InvalidVersion:
        return UNKNOWN


def allowed(specifiers: SpecifierSet) -> Versions:
    """The bounds of `>=4.2,<6`."""
    found = UNKNOWN
    for specifier in specifiers:
        found = both(found, _bounds(specifier))
    return found


def _bounds(specifier: Specifier) -> Versions:
    from packaging.version import InvalidVersion, Version

    text = specifier.version
    try:
        version = Version(text.removesuffix(".*"))
    except InvalidVersion:  # `===` takes any text
        return UNKNOWN
    match specifier.operator:
        case ">=" | ">":
            return Versions(low=version)
        case "<" | "<=":
            return Versions(high=version, closed=specifier.operator == "<=")
        case "==" if text.endswith(".*"):
            return Versions(version, _next(version.release), closed=False)
        case "==" | "===":
            return Versions(version, version)
        case "~=":
            return Versions(version, _next(version.release[:-1]), closed=False)
    return UNKNOWN  # `!=`


def _next(release: tuple[int, ...]) -> Version:
    """The first release that does not begin with these numbers."""
    from packaging.version import Version

    return Version(".".join(map(str, (*release[:-1], release[-1] + 1))))
