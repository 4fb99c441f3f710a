"""The packages that a project depends on, as its manifests name them."""

import configparser
import re
import tomllib
from collections.abc import Iterator

MANIFESTS = re.compile(
    r"(?:.*/)?(?:pyproject\.toml|pipfile|setup\.cfg|setup\.py|(?:.*[-_.])?requirements?(?:[-_.].*)?\.(?:txt|in))"
    r"|(?:.*/)?requirements/[^/]*\.(?:txt|in)"
)
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*([^;#]*)")
_QUOTED = re.compile(r"[\"']([A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?\s*(?:[<>=!~][^\"']*)?)[\"']")


def read_packages(name: str, text: str) -> dict[str, str]:
    """Package -> version specifier ("" where there is none), of one manifest by its lower-case file name."""
    if name in ("pyproject.toml", "pipfile"):
        try:
            requirements = list(_of_toml(tomllib.loads(text)))
        except tomllib.TOMLDecodeError:
            return {}
    elif name == "setup.cfg":
        requirements = list(_of_setup_cfg(text))
    elif name == "setup.py":
        requirements = _QUOTED.findall(text)
    else:
        requirements = [line for line in text.splitlines() if not line.lstrip().startswith(("#", "-"))]
    found = {}
    for requirement in requirements:
        if match := _REQUIREMENT.match(requirement):
            found[re.sub(r"[-_.]+", "-", match[1]).lower()] = match[2].strip()
    return found


def _of_toml(data: dict[str, object]) -> Iterator[str]:
    for key, value in data.items():
        if key in ("dependencies", "packages", "dev-dependencies", "dev-packages") and isinstance(value, dict):
            for package, version in value.items():  # Poetry and Pipfile: a table
                yield f"{package} {version if isinstance(version, str) else ''}"
        elif key in ("dependencies", "optional-dependencies", "dependency-groups"):
            yield from _texts(value)
        elif isinstance(value, dict):
            yield from _of_toml(value)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _of_setup_cfg(text: str) -> Iterator[str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    if parser.has_option("options", "install_requires"):
        yield from parser.get("options", "install_requires").splitlines()
    if parser.has_section("options.extras_require"):
        for _, value in parser.items("options.extras_require"):
            yield from value.splitlines()
