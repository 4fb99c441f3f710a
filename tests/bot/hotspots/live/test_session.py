"""What every vendor shares: back-off, the cap, redirects, damage, secrets; against a real server on this machine."""

import json
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rig.live import SECRET, asked
from rig.loopback import Asked, Says, serving
from rig.spans import sample

from bot.errors import UserError
from bot.hotspots.live import recorder
from bot.hotspots.live.access import bearer
from bot.hotspots.live.backoff import wait_s
from bot.hotspots.live.transport import Http

TRACES = json.loads(sample("api/jaeger_flask_api_traces.json.gz"))


def jaeger(url: str) -> dict[str, str]:
    return {"JAEGER_URL": url, "JAEGER_TOKEN": SECRET}


def first(*answers: Says) -> Callable[[Asked], Says]:
    """These answers one after the other, then the traces."""
    left: Iterator[Says] = iter(answers)
    return lambda _: next(left, Says(TRACES))


@pytest.mark.parametrize(
    ("answers", "slept"),
    [
        ([], []),
        ([Says({}, 429, {"Retry-After": "7"}), Says({}, 503)], [7.0, 2.0]),
        ([Says({}, 429, {"X-RateLimit-Reset": "11"})], [11.0]),
        ([Says({}, 429, {"X-Sentry-Rate-Limit-Reset": "1795500030"})], [30.0]),
        ([Says({}, 429, {"Retry-After": "Tue, 24 Nov 2026 06:00:09 GMT"})], [9.0]),
        ([Says(b"<html>", 502), Says(b"", 500), Says(b"", 504)], [1.0, 2.0, 4.0]),
        ([Says(b'{"data": [', cut=400)], [1.0]),
        ([Says(b'{"data": [')], [1.0]),
        ([Says(b"<html>ok</html>")], [1.0]),
        ([Says(TRACES, slow_s=5)], [1.0]),
    ],
    ids=["well", "429", "reset", "time", "date", "5xx", "cut", "half a document", "a page", "slow"],
)
def test_what_passes_is_tried_again(tmp_path: Path, answers: list[Says], slept: list[float]) -> None:
    with serving(first(*answers)) as server:
        run = asked("jaeger", tmp_path, jaeger(server.url))
    assert run.slept == slept
    assert run.said == [f"{len(answers) + 1} of 60 calls used."]
    assert [h.entry.route_canonical for h in run.hotspots if h.kind == "n_plus_one_db"] == ["orders"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([Says({}, 429, {"Retry-After": "3600"})], "Jaeger asks to wait 3600 s; run the command again later."),
        ([Says({}, 503)] * 5, "Jaeger answered 503, 5 times."),
        ([Says(b"{")] * 5, "Jaeger answered what is no whole JSON, 5 times."),
        ([Says({}, 401)], "Jaeger refuses the credentials (401); it takes a token in JAEGER_TOKEN"),
        ([Says({"error": SECRET}, 400)], 'Jaeger answered 400 to traces at /api/traces ({"error": "***"}); check'),
        ([Says({"data": 7})], "Jaeger answered in a shape that costmod does not know"),
        ([Says({"data": []})], "Jaeger has nothing of shop in the last 24 hours"),
        ([Says(b"", 302, {"Location": "/api/traces"})] * 9, "Jaeger redirects without end"),
        (
            [Says(b"", 302, {"Location": "http://example.org/"})],
            "a redirect of Jaeger leads to http and another machine",
        ),
        ([Says(b"", 302, {"Location": "file:///etc/passwd"})], "a redirect of Jaeger is no address"),
    ],
)
def test_what_does_not_is_one_sentence(tmp_path: Path, answers: list[Says], message: str) -> None:
    with serving(first(*answers)) as server, pytest.raises(UserError) as error:
        asked("jaeger", tmp_path, jaeger(server.url))
    assert str(error.value).startswith(message)
    assert SECRET not in "".join(traceback.format_exception(error.value))


def test_nobody_listens(tmp_path: Path) -> None:
    with serving(first()) as server:
        pass
    with pytest.raises(UserError, match=r"^Jaeger cannot be reached \(Connection refused\), 5 times\.$"):
        asked("jaeger", tmp_path, jaeger(server.url))


def test_an_answer_above_the_limit(tmp_path: Path) -> None:
    large = Says(b'{"data": [' + b" " * (1 << 20) + b"]}")
    with serving(first(large)) as server, pytest.raises(UserError, match="above `max-input-mb`"):
        asked("jaeger", tmp_path, jaeger(server.url), transport=Http(1))


def test_a_redirect_to_another_host_carries_no_credentials(tmp_path: Path) -> None:
    with serving(first()) as other:
        with serving(first(Says(b"", 307, {"Location": f"{other.url}/elsewhere"}))) as server:
            run = asked("jaeger", tmp_path, jaeger(server.url))
        assert [a.headers.get("authorization") for a in server.asked] == [f"Bearer {SECRET}"]
        assert [(a.path, a.headers.get("authorization")) for a in other.asked] == [("/elsewhere", None)]
        assert SECRET not in repr(other.asked)
    assert run.said == ["2 of 60 calls used."]


def test_a_redirect_on_the_same_host_carries_them(tmp_path: Path) -> None:
    with serving(first(Says(b"", 301, {"Location": "/moved"}))) as server:
        asked("jaeger", tmp_path, jaeger(server.url))
    assert [a.headers.get("authorization") for a in server.asked] == [f"Bearer {SECRET}"] * 2


def test_the_cap_ends_a_run_and_what_was_answered_is_used(tmp_path: Path) -> None:
    def answer(request: Asked) -> Says:
        return Says({"data": ["a", "b", "c"]}) if request.path == "/api/services" else Says(TRACES)

    with serving(answer) as server:
        run = asked("jaeger", tmp_path, jaeger(server.url), service=None, most_calls=3)
    assert len(server.asked) == 3
    assert run.inputs == ["traces", "traces"]
    assert run.said == [
        "3 of 3 calls used.",
        "the cap of 3 calls is reached; raise --max-calls for more; what was answered until then is used.",
    ]
    assert len(run.hotspots) == 1


def test_retries_count_against_the_cap(tmp_path: Path) -> None:
    with (
        serving(first(*[Says({}, 503)] * 9)) as server,
        pytest.raises(UserError, match="the cap of 2 calls is reached"),
    ):
        asked("jaeger", tmp_path, jaeger(server.url), most_calls=2)
    assert len(server.asked) == 2


def test_a_secret_that_a_server_sends_back_is_masked(tmp_path: Path) -> None:
    echo = json.loads(json.dumps(TRACES).replace("connect", f"connect {SECRET}"))
    with serving(lambda _: Says(echo)) as server:
        run = asked("jaeger", tmp_path, jaeger(server.url))  # looks for the secret in every file
    assert b"connect ***" in next(tmp_path.glob("*.json")).read_bytes()
    assert SECRET not in run.document


def test_user_and_password_in_an_address(tmp_path: Path) -> None:
    with serving(first()) as server:
        url = server.url.replace("http://", f"http://me:{SECRET}@")
        asked("jaeger", tmp_path, {"JAEGER_URL": url})
    assert [a.headers["authorization"][:6] for a in server.asked] == ["Basic "]
    place = bearer(url, None)
    assert SECRET not in repr(place) + place.base
    assert place.masked(f"a {SECRET} b".encode()) == b"a *** b"


@pytest.mark.parametrize(
    "url", ["", "nowhere", "ftp://127.0.0.1", "http://jaeger.internal", "https://", "http://[", "https://h:x"]
)
def test_an_address_that_credentials_must_not_go_to(tmp_path: Path, url: str) -> None:
    with pytest.raises(UserError, match=r"^JAEGER_URL (is not set|is no address|leads to http)"):
        asked("jaeger", tmp_path, jaeger(url))


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("{}")
    with pytest.raises(UserError, match="is not empty; record into a new folder"):
        recorder.prepared(tmp_path)
    with pytest.raises(UserError, match="cannot be a folder to record into"):
        recorder.prepared(tmp_path / "old" / "new")
    assert recorder.prepared(tmp_path / "new" / "er").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("text", ["", "soon", "-5", "nan", "inf-", "Thu, 99 Nov"])
def test_a_wait_that_is_none(text: str) -> None:
    assert wait_s({"retry-after": text}, 3, 0.0) == 8.0
