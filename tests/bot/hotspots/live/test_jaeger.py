"""Jaeger against a server that plays its query service: services, and windows that end where the last one began."""

import copy
import json
from pathlib import Path
from typing import Any

from rig.live import NOW_S, asked
from rig.loopback import Asked, Says, serving
from rig.spans import sample

from bot.hotspots.live.jaeger import TRACES, WINDOWS

ANSWER = json.loads(sample("api/jaeger_flask_api_traces.json.gz"))
NOW_US = int(NOW_S) * 1_000_000


def full(end_us: int) -> dict[str, Any]:
    """As many traces as an answer holds, one second apart, the latest a second before the end."""
    found = []
    for number in range(TRACES):
        span = copy.deepcopy(ANSWER["data"][0]["spans"][0])
        span |= {"startTime": end_us - (number + 1) * 1_000_000, "references": [], "traceID": f"{end_us - number:032x}"}
        found.append({"traceID": span["traceID"], "spans": [span], "processes": {"p1": {"serviceName": "shop"}}})
    return {"data": found}


def test_a_full_answer_is_followed_by_the_window_before_it(tmp_path: Path) -> None:
    def answer(request: Asked) -> Says:
        end = int(request.query["end"][0])
        return Says(full(end)) if end == NOW_US else Says(ANSWER)

    with serving(answer) as server:
        run = asked("jaeger", tmp_path, {"JAEGER_URL": f"{server.url}/ui/"})
    assert server.paths() == ["/ui/api/traces"] * 2
    assert [int(a.query["end"][0]) for a in server.asked] == [NOW_US, NOW_US - TRACES * 1_000_000]
    assert {a.query["start"][0] for a in server.asked} == {str(NOW_US - 24 * 3_600_000_000)}
    assert {(a.query["service"][0], a.query["limit"][0]) for a in server.asked} == {("shop", str(TRACES))}
    assert "authorization" not in server.asked[0].headers
    assert [h.entry.route_canonical for h in run.hotspots] == ["orders"]


def test_windows_end(tmp_path: Path) -> None:
    with serving(lambda request: Says(full(int(request.query["end"][0])))) as server:
        asked("jaeger", tmp_path, {"JAEGER_URL": server.url})
    assert len(server.asked) == WINDOWS


def test_without_a_service_all_are_asked(tmp_path: Path) -> None:
    def answer(request: Asked) -> Says:
        return Says({"data": ["shop", "empty"]} if request.path == "/api/services" else
                    ANSWER if request.query["service"] == ["shop"] else {"data": None})  # fmt: skip

    with serving(answer) as server:
        run = asked("jaeger", tmp_path, {"JAEGER_URL": server.url}, service=None)
    assert [a.query.get("service") for a in server.asked] == [None, ["empty"], ["shop"]]
    assert run.inputs == ["traces"]
    assert len(run.hotspots) == 1
