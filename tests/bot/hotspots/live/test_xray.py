"""AWS X-Ray through boto3: the X-Ray SDK and moto, and a server that plays Transaction Search."""

import gzip
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from guards.libraries import ENVIRONMENTS
from rig.live import SECRET
from rig.loopback import Asked, Says, serving
from rig.readings import plain
from rig.spans import SAMPLES

from bot.errors import UserError
from bot.hotspots.live import xray
from bot.hotspots.live.exchange import Answer, Question, Request

AWS = ENVIRONMENTS / "aws"
PACKAGES = AWS / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
KEY = "AKIA0123456789ABCDEF"
TRAFFIC = Path(__file__).parents[3] / "rig" / "xray_traffic.py"
BATCH = json.loads(plain("xray_flask_batch_get_traces.json"))
TRACE = "6b03f3ae49ae17741718efd6aa7119a7"


def environment(url: str, *, installed: bool = True) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = [*([str(PACKAGES)] if installed else []), os.environ.get("PYTHONPATH", "")]
    return inherited | {
        "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "eu-north-1",
        "AWS_DEFAULT_REGION": "eu-north-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }  # fmt: skip


def costmod(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot.cli", "hotspots", *arguments, "--format", "json"]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


def live(folder: Path, environment: dict[str, str], *arguments: str) -> tuple[list[dict[str, Any]], str]:
    """The hotspots, and what was said; the recording has to replay, and no secret may be in it."""
    run = costmod(folder, environment, "--from", "xray", "--record", "answers", *arguments)
    assert run.returncode == 0, run.stderr
    files = [str(path) for path in sorted((folder / "answers").glob("[!.]*"))]
    assert costmod(folder, environment, *files).stdout == run.stdout
    shown = run.stdout.encode() + run.stderr.encode()
    shown += b"".join(path.read_bytes() for path in (folder / "answers").rglob("*.json"))
    assert SECRET.encode() not in shown
    assert KEY.encode() not in shown
    found: list[dict[str, Any]] = json.loads(run.stdout)["hotspots"]
    return found, run.stderr


@pytest.fixture
def installed() -> None:
    if not (AWS / "built").exists():
        reason = "no environment with boto3 and moto: run `make .venvs/.ready`"
        if os.environ.get("COSTMOD_REQUIRE_GUARDS"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def moto(installed: None, tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "moto.log").open("wb") as log:
        command = [AWS / "bin" / "python", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def test_what_the_sdk_traced_comes_back_from_moto(moto: str, tmp_path: Path) -> None:
    for repeats in ("12", "14"):
        subprocess.run([AWS / "bin" / "python", TRAFFIC, repeats], env=environment(moto), check=True)
    time.sleep(1.1)  # a window ends at a whole second, and moto leaves out what ended in that second
    found, said = live(tmp_path, environment(moto), "--hours", "1")  # moto knows no filters
    (hotspot,) = found
    assert (hotspot["kind"], hotspot["entry"]["route_canonical"]) == ("n_plus_one_db", "orders")
    assert hotspot["patterns"][0]["count"] == {"p50": 12, "p95": 14, "max": 14}
    assert hotspot["patterns"][0]["tables"] == ["items"]
    assert said.splitlines()[0] == "costmod: 3 of 60 calls used."  # where traces go, summaries, one batch


def spans() -> list[dict[str, Any]]:
    """One trace of the OpenTelemetry sample, as Transaction Search returns its spans."""

    found = []
    for line in gzip.decompress((SAMPLES / "otel_flask_stable.jsonl.gz").read_bytes()).splitlines():
        for process in json.loads(line)["resourceSpans"]:
            resource = {a["key"]: next(iter(a["value"].values())) for a in process["resource"]["attributes"]}
            for span in (s for scope in process["scopeSpans"] for s in scope["spans"]):
                plain_ = {a["key"]: next(iter(a["value"].values())) for a in span.get("attributes", [])}
                found.append(span | {"attributes": plain_, "resource": {"attributes": resource}})
    entry = next(s for s in found if s["attributes"].get("http.route") == "/orders")
    return [s for s in found if s["traceId"] == entry["traceId"]]


class TransactionSearch:
    """Answers as CloudWatch Logs and X-Ray do: not at once, and in two pages."""

    def __init__(self) -> None:
        self.polls = 0
        self.listed = 0

    def __call__(self, request: Asked) -> Says:
        target = request.headers.get("x-amz-target", "").rpartition(".")[2] or request.path.strip("/")
        match target:
            case "GetTraceSegmentDestination":
                return Says({"Destination": "CloudWatchLogs", "Status": "ACTIVE"})
            case "StartQuery":
                assert request.document["logGroupName"] == "aws/spans"
                assert '"SERVER" and (attributes.aws.local.service = "shop" or ' in request.document["queryString"]
                return Says({"queryId": "q"})
            case "GetQueryResults":
                self.polls += 1
                rows = [[{"field": "traceId", "value": TRACE}, {"field": "longest", "value": "9"}]]
                return Says({"status": "Running", "results": []} if self.polls == 1 else
                            {"status": "Complete", "results": rows})  # fmt: skip
            case "StartTraceRetrieval":
                assert request.document["TraceIds"] == [f"1-{TRACE[:8]}-{TRACE[8:]}"]
                return Says({"RetrievalToken": "token"})
        assert target == "ListRetrievedTraces"
        assert request.document["TraceFormat"] == "OTEL"
        self.listed += 1
        documents = [{"Id": s["spanId"], "Document": json.dumps(s)} for s in spans()]
        half = len(documents) // 2
        if self.listed == 1:
            return Says({"RetrievalStatus": "RUNNING", "TraceFormat": "OTEL", "Traces": []})
        if self.listed == 2:
            return Says({"__type": "ThrottledException", "message": "slower"}, 429)
        if "NextToken" not in request.document:
            page, more = documents[:half], {"NextToken": "next"}
        else:
            page, more = documents[half:], {}
        return Says(
            {"RetrievalStatus": "COMPLETE", "Traces": [{"Id": f"1-{TRACE[:8]}-{TRACE[8:]}", "Spans": page}], **more}
        )


def test_transaction_search(installed: None, tmp_path: Path) -> None:
    with serving(TransactionSearch()) as server:
        found, said = live(tmp_path, environment(server.url), "--service", "shop")
    (hotspot,) = found
    assert (hotspot["kind"], hotspot["entry"]["route_canonical"]) == ("n_plus_one_db", "orders")
    assert hotspot["id"] == "277db2a1598e8d73"
    assert said == "costmod: 9 of 60 calls used.\n"


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        (
            "AccessDeniedException",
            400,
            "AWS X-Ray refuses the credentials (403); it takes credentials of the AWS profile",
        ),
        (
            "InvalidRequestException",
            400,
            'AWS X-Ray answered 400 to summaries at / ({"code": "InvalidRequestException"})',
        ),
    ],
)
def test_a_refusal(installed: None, tmp_path: Path, code: str, status: int, message: str) -> None:
    def refusing(_: Asked) -> Says:
        return Says({"__type": code, "message": SECRET}, status)

    with serving(refusing) as server:
        run = costmod(tmp_path, environment(server.url), "--from", "xray")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.splitlines()[1].startswith(f"costmod: {message}")
    assert SECRET not in run.stderr
    assert len(run.stderr.splitlines()) == 2


def test_without_credentials(installed: None, tmp_path: Path) -> None:
    without = environment("http://127.0.0.1:9") | {"HOME": str(tmp_path), "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    del without["AWS_ACCESS_KEY_ID"], without["AWS_SECRET_ACCESS_KEY"]
    run = costmod(tmp_path, without, "--from", "xray")
    assert run.returncode == 2
    assert run.stderr.splitlines()[-1].startswith("costmod: AWS is not set up (NoCredentialsError); check AWS_PROFILE")


def test_without_boto3(tmp_path: Path) -> None:
    (tmp_path / "boto3.py").write_text("raise ImportError\n")
    without = environment("http://127.0.0.1:9", installed=False)
    without["PYTHONPATH"] = os.pathsep.join([str(tmp_path), without["PYTHONPATH"]])
    run = costmod(tmp_path, without, "--from", "xray")
    assert (run.returncode, run.stderr) == (
        2,
        "costmod: AWS X-Ray needs boto3; install it with `pip install costmod[aws]`.\n",
    )


def converse(answers: list[Any], question: Question) -> list[Request]:
    """The requests of a conversation that is sent these answers; None is a question that is not understood."""
    conversation = xray.ask(question, xray.access({}))
    asked = [next(conversation)]
    for answer in answers:
        try:
            asked.append(conversation.send(None if answer is None else Answer(json.dumps(answer).encode())))
        except StopIteration:
            return asked
    raise AssertionError("the conversation goes on")


def test_the_slowest_of_each_path_in_batches_of_five() -> None:
    def summary(number: int, path: str, seconds: float) -> dict[str, Any]:
        return {
            "Id": f"1-{number:08x}-{0:024x}",
            "ResponseTime": seconds,
            "Http": {"HttpURL": f"http://h{path}?q={number}"},
        }

    first = [summary(n, f"/orders/{n}", n) for n in range(1, 6)]
    second = [summary(n, "/slow", 99) for n in range(11, 13)] + [summary(20, "/quick", 0.1)]
    pages = [{"TraceSummaries": first, "NextToken": "n"}, {"TraceSummaries": second}]
    asked = converse([None, *pages, {"TraceSummaries": []}, BATCH, {"Traces": []}], Question('s"', 0, 8 * 3600))
    assert [request.name for request in asked] == ["destination", *["summaries"] * 3, *["traces"] * 2]
    documents = [json.loads(request.body or b"") for request in asked]
    assert documents[1] == {
        "StartTime": 2 * 3600, "EndTime": 8 * 3600, "TimeRangeType": "TraceId", "FilterExpression": 'service("s\\"")',
    }  # fmt: skip
    assert documents[2]["NextToken"] == "n"
    assert (documents[3]["StartTime"], documents[3]["EndTime"]) == (0, 2 * 3600)
    ids = [int(trace[2:10], 16) for document in documents[4:] for trace in document["TraceIds"]]
    assert ids == [11, 12, 5, 4, 3, 20]
    assert len(documents[4]["TraceIds"]) == 5


def test_a_long_time_is_looked_at_in_eight_places() -> None:
    week = Question(None, 0, 7 * 86_400)
    asked = converse([{"Destination": "XRay"}, *[{"TraceSummaries": []}] * 8], week)
    windows = [json.loads(request.body or b"") for request in asked[1:]]
    assert [w["EndTime"] for w in windows] == [7 * 86_400 - n * 75_600 for n in range(8)]
    assert {w["EndTime"] - w["StartTime"] for w in windows} == {6 * 3600}
    assert "FilterExpression" not in windows[0]


SEARCHED = {"Destination": "CloudWatchLogs"}
STARTED = {"queryId": "q"}
IDS = {"status": "Complete", "results": [[{"field": "traceId", "value": TRACE}, {"field": "traceId", "value": "none"}]]}
RETRIEVAL = {"RetrievalToken": "t"}
DAY = Question(None, 0, 86_400)


def test_a_retrieval_that_fails_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"ended the retrieval of traces \(FAILED\)"):
        converse([SEARCHED, STARTED, IDS, RETRIEVAL, {"RetrievalStatus": "FAILED"}], DAY)


@pytest.mark.parametrize(
    "answers",
    [
        [SEARCHED, STARTED, {"status": "Complete", "results": []}],
        [SEARCHED, STARTED, *[{"status": "Running"}] * xray.POLLS],
        [SEARCHED, STARTED, IDS, RETRIEVAL, *[{"RetrievalStatus": "RUNNING"}] * xray.POLLS],
    ],
    ids=["no id", "a query that never ends", "a retrieval that never ends"],
)
def test_transaction_search_ends(answers: list[Any]) -> None:
    asked = converse(answers, DAY)
    assert len(asked) == len(answers)
    assert {request.after_s for request in asked if request.name in ("ids", "traces")} == {xray.POLL_S}
    assert "service" not in json.loads(asked[1].body or b"")["queryString"]


def test_pages_of_a_batch() -> None:
    one = {"TraceSummaries": [{"Id": f"1-{7:08x}-{0:024x}"}, {}]}
    asked = converse([None, one, {"Traces": [], "NextToken": "n"}, {"Traces": []}], Question(None, 0, 3600))
    assert [json.loads(request.body or b"").get("NextToken") for request in asked] == [None, None, None, "n"]
