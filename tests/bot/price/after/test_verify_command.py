"""`costmod verify` and `costmod ledger` on the blog's own traces: what is said, what is written, what is refused."""

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rig.blog import OTEL

import bot.show
from bot.cli import _main
from bot.config import Config, PriceConfig
from bot.folder import save
from bot.hotspots import read
from bot.price import price
from bot.publish.forge import Wanted
from bot.publish.local import LocalForge
from bot.publish.marker import Marker, write
from bot.records import Hotspot, PullRequest, Report, Result
from bot.show.verification import schema, schema_text

SETTINGS = '[price]\napplication = "fargate"\ndatabase = "rds"\nrequests-per-month = { "GET /posts" = 100_000_000 }\n'
PRICES = PriceConfig(requests_per_month={"GET /posts": 1e8}, application="fargate", database="rds")


@pytest.fixture(scope="module")
def posts() -> Hotspot:
    return next(h for h in read([str(OTEL)], Config()) if h.entry.route_raw == "/posts")


@pytest.fixture
def project(tmp_path: Path, posts: Hotspot, build: Any) -> Path:
    """A folder with settings, a priced plan, and traces in which the authors are not asked for any more."""
    load = build.load(posts.patterns[0].fingerprint, before=posts.patterns[0].count.p50)
    patch = build.patch(load, fingerprint="ab" * 32)
    saving = price(posts, patch, None, Config(price=PRICES), today=date(2026, 11, 25))
    request = PullRequest(
        forge="local", operation="created", number=7, branch="b", base="main", head="c", title="t", body=""
    )
    result = Result(hotspot=posts, outcome="published", patch=patch, saving=saving, pull_request=request)
    save(tmp_path / "plan", Report(version="0", command="price", results=(result,)))
    (tmp_path / "costmod.toml").write_text(SETTINGS)
    (tmp_path / "after.jsonl").write_text("".join(map(without_authors, OTEL.read_text().splitlines(keepends=True))))
    return tmp_path


def without_authors(line: str) -> str:
    request = json.loads(line)
    for scope in (scope for process in request["resourceSpans"] for scope in process["scopeSpans"]):
        scope["spans"] = [span for span in scope["spans"] if "FROM authors" not in json.dumps(span["attributes"])]
    return json.dumps(request) + "\n"


def verify(project: Path, *more: str) -> int:
    return _main(["verify", "--repo", str(project), "--plan", str(project / "plan"), *more])


def test_the_statement_is_gone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = project / "ledger.jsonl"
    after = ("--before", str(OTEL), "--after", str(project / "after.jsonl"), "--ledger", str(ledger))
    assert verify(project, *after, "--merge", "c0ffee") == 0
    assert capsys.readouterr().out == (
        "realised: 50 -> 0 per request (expected at most 0)\n"
        "GET /posts [sqlalchemy-eager-load abababababab]\n"
        "deployed unknown, measured until 2026-11-24T02:56:49.726Z\n"
        "  statements, 12 requests before, 12 after: realised\n"
        "  50 -> 0 per request, expected at most 0: "
        "SELECT authors.id, authors.name, authors.bio FROM authors WHERE authors.id = ?\n"
        "  51 -> 1 per request: all calls\n"
        "  cash now: realised 17 [0 to 29], expected 17 [0 to 29] USD a month\n"
        "  freed capacity, not cash: realised 36 [25 to 50], expected 36 [25 to 50] USD a month\n"
        "  note: the exports before and after name the same release (1.4.0)\n"
        "  note: the window after begins at 2026-11-24T02:56:49.073Z, before the other one ends at "
        "2026-11-24T02:56:49.726Z\n"
    )
    assert verify(project, *after, "--merge", "c0ffee", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, schema())
    assert (found["verdict"], found["pull_request"], found["merge"]) == ("realised", 7, "c0ffee")
    assert len(ledger.read_text().splitlines()) == 1

    assert _main(["ledger", str(ledger), "--on", "2026-12-01"]) == 0
    assert capsys.readouterr().out == (
        "1 pull request on 2026-12-01: 1 realised\n"
        "realised, cash now: 17 USD a month (expected 17)\n"
        "realised, cash after one action: 0 USD a month (expected 0)\n"
        "realised, freed capacity, not cash: 36 USD a month (expected 36)\n"
        "calibration: no estimated amount was measured by resources yet; 1 by counts of statements alone\n"
    )


def test_the_comment(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--before", str(OTEL), "--after", str(project / "after.jsonl"))
    assert verify(project, *given, "--format", "markdown") == 0
    written = capsys.readouterr().out
    baseline = written.rpartition("Baseline `")[2][:12]
    assert written == (
        "### Saving: realised\n"
        "\n"
        "`GET /posts`: 50 -&gt; 0 per request (expected at most 0)\n"
        "\n"
        "| statement, per request | before | expected at most | after |\n"
        "|---|--:|--:|--:|\n"
        "| `SELECT authors.id, authors.name, authors.bio FROM authors WHERE authors.id = ?` | 50 | 0 | 0 |\n"
        "| all calls | 51 | | 1 |\n"
        "\n"
        "From 12 requests before and 12 after.\n"
        "\n"
        "| per month | expected [low–high] | realised [low–high] |\n"
        "|---|--:|--:|\n"
        "| cash now | \\$17 \\[0–29\\] | \\$17 \\[0–29\\] |\n"
        "| headroom, not cash | \\$36 \\[25–50\\] | \\$36 \\[25–50\\] |\n"
        "\n"
        "Realised amounts are the estimate's times the part of the statements that is gone, at the traffic of the "
        "baseline: no resource was measured.\n"
        "\n"
        "- the exports before and after name the same release (1.4.0)\n"
        "- the window after begins at 2026-11-24T02:56:49.073Z, before the other one ends at 2026-11-24T02:56:49.726Z\n"
        "\n"
        f"<sub>Baseline `{baseline}`, measured until 2026\\-11-24T02:56:49.726Z; patch `abababababab`.</sub>\n"
    )


def test_the_comment_goes_to_the_pull_request(
    project: Path, posts: Hotspot, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    folder = project / "forge"
    given = ("--before", str(OTEL), "--after", str(project / "after.jsonl"), "--comment", "--forge", "local",
             "--forge-folder", str(folder))  # fmt: skip
    assert verify(project, *given) == 2
    assert "7.json: cannot be read as a pull request" in capsys.readouterr().err
    said = Marker(fp="f", codemod="sqlalchemy-eager-load", head="h", base="b", content="c", title="t", tool="0",
                  hotspot=posts.id)  # fmt: skip
    forge = LocalForge(folder)
    for number in range(1, 8):
        branch = f"costmod/sqlalchemy-eager-load/{number:012d}"
        forge.create(Wanted(branch=branch, base="main", title="t", body=write(said), draft=False))
    assert [verify(project, *given) for _ in range(2)] == [0, 0]
    assert [text.partition("\n")[0] for text in forge._state(7).comments.values()] == ["### Saving: realised"]


def test_the_statement_still_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(project, "--before", str(OTEL), "--after", str(OTEL), "--format", "json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "not realised"
    assert found["realised"]["cash_now"] == {"low": "0", "expected": "0", "high": "0"}


def test_a_report_is_a_plan_too(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--after", str(project / "after.jsonl"), "--deployed", "20261120T1000+0200", "--format", "json"]
    assert verify(project, *given, "--before", str(OTEL)) == 0
    from_plan = capsys.readouterr().out
    report = project / "report.json"
    report.write_bytes((project / "plan" / "costmod-plan.json").read_bytes())
    assert _main(["verify", "--repo", str(project), "--plan", str(report), "--before", str(OTEL), *given]) == 0
    assert capsys.readouterr().out == from_plan
    assert json.loads(from_plan)["deployed"] == "2026-11-20T08:00:00Z"


def test_without_exports_before_the_hotspot_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(project, "--after", str(project / "after.jsonl")) == 0
    assert "note: the exports count only statements that repeat" in capsys.readouterr().out


def test_frozen_is_frozen(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / "baseline.json"
    assert verify(project, "--before", str(OTEL), "--freeze", str(file)) == 0
    first = file.read_bytes()
    assert verify(project, "--before", str(OTEL), "--freeze", str(file)) == 0
    assert file.read_bytes() == first
    (project / "costmod.toml").unlink()  # settings that change later do not move the yardstick
    (project / "plan" / "costmod-plan.json").unlink()
    arguments = ["verify", "--baseline", str(file), "--after", str(project / "after.jsonl"), "--format", "json"]
    assert _main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["realised"]["headroom"]["expected"]) == ("realised", "36")

    file.write_bytes(first.replace(b'"requests": 12', b'"requests": 13'))
    assert _main(arguments) == 2
    assert capsys.readouterr().err == (
        f"costmod: {file}: its content is not what was frozen; somebody changed it, so nothing is compared.\n"
    )


def series(path: Path, factor: float, control: float = 1.0, days: int = 7) -> str:
    lines = ["hour,entry,requests,cpu_ms"]
    for hour in range(24 * (7 + days) + 4):
        for entry, changed in (("GET /posts", factor), ("GET /health", control)):
            at = f"2026-11-{2 + hour // 24:02}T{hour % 24:02}:00Z"
            each = 10 + hour % 5 * 0.1
            lines.append(f"{at},{entry},100,{100 * each * (changed if hour >= 24 * 7 + 2 else 1)}")
    path.write_text("\n".join(lines))
    return str(path)


@pytest.mark.parametrize(
    ("factor", "days", "verdict", "line"),
    [
        (0.5, 7, "realised", "fell, -50.0% [-50.0% to -50.0%] of 10.2 per request (7 days before, 7 after)"),
        (1.5, 7, "regressed", "rose, +50.0% [+50.0% to +50.0%] of 10.2 per request (7 days before, 7 after)"),
        (1.0, 7, "not realised", "unchanged, +0.0% [+0.0% to +0.0%] of 10.2 per request (7 days before, 7 after)"),
        (0.5, 6, "pending", "pending (7 days before, 6 after; seven and seven are needed)"),
    ],
)
def test_resources_alone(
    project: Path, capsys: pytest.CaptureFixture[str], factor: float, days: int, verdict: str, line: str
) -> None:
    hours = series(project / "hours.csv", factor, days=days)
    given = ("--series", hours, "--control", "GET /health", "--deployed", "2026-11-09T02:00Z")
    assert verify(project, *given) == (verdict in ("not realised", "regressed"))
    out = capsys.readouterr().out.replace("-0.0%", "+0.0%")
    assert out.startswith(f"{verdict}: ")
    assert f"  application CPU: {line}\n" in out


def test_measured_resources_are_what_is_priced(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hours = series(project / "hours.csv", 0.5)
    given = ("--after", str(project / "after.jsonl"), "--series", hours, "--control", "GET /health")
    assert verify(project, *given, "--deployed", "2026-11-09T02:00Z", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["basis"] == "resources"
    # 5.1 ms of CPU less in 10^8 requests are 141.7 vCPU-hours at 0.04937 USD; some 60 % of a task are used, and half
    # of what is freed scales in. Database CPU is not measured, so its constant stays.
    assert found["realised"]["cash_now"] == {"low": "0", "expected": "5.8", "high": "9.2"}
    assert int(found["realised"]["headroom"]["expected"]) < int(found["expected"]["headroom"]["expected"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name what came after: exports with --after, or hours with --series and --deployed."),
        (["--baseline", "b.json", "--before", str(OTEL)], "--baseline holds what was before already: leave out"),
        (["--freeze", "b.json", "--after", str(OTEL)], "--freeze only writes down what was before: leave out --after"),
        (["--after", "nothing.json"], "nothing.json does not exist; check the path."),
        (
            ["--after", str(OTEL), "--deployed", "2026-11-25T00:00Z"],
            "the exports after begin at 2026-11-24T02:56:49.073Z, before the deployment at 2026-11-25T00:00:00Z; "
            "export what came later.",
        ),
        (["--after", str(OTEL), "--deployed", "noon"], "--deployed: 'noon' is no time; write for example"),
        (["--after", str(OTEL), "--patch", "ffff"], "the plan holds no such patch; name its folder or report with"),
        (
            ["--after", str(OTEL), "--deployed", "2026-11-20", "--incident", "outage"],
            "--incident: 'outage' is not NAME=START/END",
        ),
        (
            ["--after", str(OTEL), "--deployed", "2026-11-20", "--incident", "outage=2026-11-20/2026-11-19"],
            "--incident outage: it ends before it starts.",
        ),
    ],
)
def test_wrong_use(project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert verify(project, *arguments) == 2
    assert message in capsys.readouterr().err


def test_hours_need_the_deployment_and_the_entry(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hours = series(project / "hours.csv", 0.5)
    assert verify(project, "--series", hours) == 2
    assert "--series needs --deployed" in capsys.readouterr().err
    assert verify(project, "--series", hours, "--deployed", "2026-11-09", "--control", "GET /nowhere") == 2
    assert "no hours of another entry 'GET /nowhere'" in capsys.readouterr().err
    (project / "others.csv").write_text("hour,entry,requests\n2026-11-09T00:00Z,GET /health,100\n")
    assert verify(project, "--series", str(project / "others.csv"), "--deployed", "2026-11-09") == 2
    assert "no hours of the hotspot's entry" in capsys.readouterr().err


def test_the_shipped_schema_is_current() -> None:
    assert (Path(bot.show.__file__).parent / "verification.schema.json").read_text() == schema_text()
