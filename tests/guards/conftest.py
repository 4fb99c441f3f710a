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
def library(request: pytest.FixtureRequest) -> Iterator[Library]:
    """The library of an (ORM, version, database)."""
    orm, version, database = request.param
    if reason := why_not(orm, version):
        _missing(reason)
    url = "sqlite://" if database == "sqlite" else request.getfixturevalue("postgres")
    made = Library(orm, version, database, url)
    yield made
    made.close()


def _missing(reason: str) -> None:
    no_interpreter = "no Python" in reason  # nothing that the project could install
    if os.environ.get("COSTMOD_REQUIRE_GUARDS") and not no_interpreter:
        pytest.fail(reason)
    pytest.skip(reason)
