"""The program, and the arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

from bot import __version__
from bot.arguments import Argument, Option, Program

program = Program(
    "costmod",
    __version__,
    "Turns what an APM knows into a proven, priced pull request. Deterministic, offline, no model.",
)

Repo = Annotated[Path, Argument("REPO", "A git repository, or a folder of one.", real=True)]
Hotspots = Annotated[
    list[str],
    Option("--hotspots", metavar="FILE...", help="APM exports; - is standard input."),
]
VendorName = Literal["datadog", "newrelic", "xray", "sentry", "jaeger", "prometheus"]
SandboxMode = Literal["off", "auto", "require"]
By = Literal["total", "p99", "cpu", "calls", "cost"]
Rank = Annotated[By, Option("--by", "What ranks first.")]
ReportFile = Annotated[Path | None, Option("--report", metavar="OUT.json", help="Write the JSON report here.")]

RepoOption = Annotated[Path, Option("--repo", real=True, help="The git repository.")]
Folder = Annotated[Path, Option("--out", metavar="FOLDER", help="The plan folder.")]
PlanFolder = Annotated[Path, Argument("FOLDER", "The plan folder.")]
Digest = Annotated[str | None, Option(help="Refuse a plan whose sha256 is another.")]
ForgeKind = Annotated[Literal["local", "github"] | None, Option("--forge", "Default: local without a token.")]
ForgeFolder = Annotated[Path | None, Option("--forge-folder", real=True, help="Where the local forge lives.")]
BillFiles = Annotated[
    list[str] | None, Option("--bill", metavar="FILE", help="FOCUS or CUR 2.0, CSV or Parquet; repeatable.")
]
Sandbox = Annotated[
    SandboxMode | None, Option("--sandbox", "How the tests are held; require: not without namespaces. Default: auto.")
]
MaxPullRequests = Annotated[int | None, Option("--max-pull-requests", least=1, help="Default 1: the most costly one.")]
