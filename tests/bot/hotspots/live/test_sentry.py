"""Sentry against a server that plays its API: issues page by page, then the latest event of each."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rig.live import SECRET, Run, asked
from rig.loopback import Asked, Says, Server, serving
from rig.readings import ORDERS, lines, plain, shown

from bot.errors import UserError
from bot.hotspots.live import sentry

EVENT = json.loads(plain("sentry_flask_issue_event.json"))
ISSUES = "/api/0/organizations/acme/issues/"


def link(request: Asked, cursor: str, results: str, relation: str = "next", host: str | None = None) -> str:
    url = f"http://{host or request.headers['host']}{request.path}?cursor={cursor}"
    return f'<{url}>; rel="{relation}"; results="{results}"; cursor="{cursor}"'


def api(request: Asked) -> Says:
    if request.path == ISSUES:
        second = "cursor" in request.query
        before, after = link(request, "0:0:1", "false", "previous"), link(request, "0:25:0", str(not second).lower())
        return Says([{"id": "3"}] if second else [{"id": "1"}, {"id": "2"}], headers={"Link": f"{before}, {after}"})
    if "/2/" in request.path:
        return Says({"detail": "gone"}, 404)
    if "/3/" in request.path:
        return Says({"eventID": "x", "entries": []})  # stripped by data scrubbing
    return Says(EVENT)


def environment(server: Server) -> dict[str, str]:
    return {"SENTRY_URL": f"{server.url}/", "SENTRY_AUTH_TOKEN": SECRET, "SENTRY_ORG": "acme", "SENTRY_PROJECT": "web"}


def run(folder: Path, answer: Callable[[Asked], Says] = api, **how: Any) -> tuple[Run, Server]:
    with serving(answer) as server:
        return asked("sentry", folder, environment(server), **{"service": None, **how}), server


def test_issues_of_two_pages_to_a_hotspot_with_its_lines(tmp_path: Path) -> None:
    found, server = run(tmp_path)
    assert shown(found.hotspots) == ORDERS
    assert lines(found.hotspots)["orders"] == [("shop/services.py", 18), ("shop/services.py", 19)]
    assert found.inputs == ["event"]
    assert found.said == ["5 of 60 calls used."]
    events = [f"{ISSUES}{issue}/events/latest/" for issue in (1, 2, 3)]
    assert server.paths() == [ISSUES, ISSUES, *events]
    assert {a.headers["authorization"] for a in server.asked} == {f"Bearer {SECRET}"}
    (query,) = server.asked[0].query["query"]
    assert query.startswith("issue.type:[performance_n_plus_one_db_queries,")
    assert query.endswith("] project:web")
    assert server.asked[0].query["statsPeriod"] == ["24h"]
    assert server.asked[1].query == {"cursor": ["0:25:0"]}


def test_the_service_is_the_project(tmp_path: Path) -> None:
    _, server = run(tmp_path, service="other", hours=3)
    assert server.asked[0].query["query"][0].endswith("] project:other")
    assert server.asked[0].query["statsPeriod"] == ["3h"]


def test_a_link_to_another_host_is_not_followed(tmp_path: Path) -> None:
    def elsewhere(request: Asked) -> Says:
        if request.path != ISSUES:
            return Says(EVENT)
        return Says([{"id": "1"}], headers={"Link": link(request, "0:25:0", "true", host="127.0.0.1:1")})

    found, server = run(tmp_path, elsewhere)
    assert len(server.asked) == 2
    assert shown(found.hotspots) == ORDERS


@pytest.mark.parametrize("changed", [{"SENTRY_ORG": "a/../b"}, {"SENTRY_PROJECT": "a b"}])
def test_a_name_that_is_none(changed: dict[str, str]) -> None:
    with pytest.raises(UserError, match="SENTRY_ORG or SENTRY_PROJECT is no short name"):
        sentry.access({"SENTRY_AUTH_TOKEN": SECRET, "SENTRY_ORG": "acme"} | changed)
    assert sentry.access({"SENTRY_AUTH_TOKEN": SECRET, "SENTRY_ORG": "acme"}).base == (
        "https://sentry.io/api/0/organizations/acme"
    )
