"""The libraries on their databases. With COSTMOD_REQUIRE_GUARDS set, as CI does, one that is missing is a failure."""

import os
from collections.abc import Iterator

import pytest

from guards.libraries import Library, why_not
from guards.postgres import binaries, cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL of this session."""
    at = binaries()
    if at is None:
        _missing("no PostgreSQL server is installed (initdb was not found)")
    assert at
    with cluster(at) as url:
        yield url


@pytest.fixture(scope="session")
def children() -> Iterator[dict[object, Library]]:
    """The one child that is alive, under what it was asked for: tests come ordered by library."""
    alive: dict[object, Library] = {}
    yield alive
    for child in alive.values():
        child.close()


@pytest.fixture
def library(request: pytest.FixtureRequest, children: dict[object, Library]) -> Library:
    """The library of an (ORM, version, database)."""
    orm, version, database = request.param
    if request.param not in children:
        if reason := why_not(orm, version):
            _missing(reason)
        url = "sqlite://" if database == "sqlite" else request.getfixturevalue("postgres")
        for other in list(children):
            children.pop(other).close()
        children[request.param] = Library(orm, version, database, url)
    return children[request.param]


def _missing(reason: str) -> None:
    no_interpreter = "no Python" in reason  # nothing that the project could install
    if os.environ.get("COSTMOD_REQUIRE_GUARDS") and not no_interpreter:
        pytest.fail(reason)
    pytest.skip(reason)
