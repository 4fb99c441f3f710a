"""One step of the GitHub Action: settings from the environment, commands as on the command line, outputs for the next.

Reads COSTMOD_* (what action.yml maps its inputs to) and the files that the runner names; never a file of the target.
"""

import contextlib
import io
import os
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.cli import main_with
from bot.errors import UserError
from bot.folder import FILE
from bot.publish.render import entry_name
from bot.publish.sanitize import code, plain, text, visible
from bot.records import Report, Result

LONGEST_SUMMARY = 900 * 1024  # bytes; GitHub drops more than 1 MiB whole
MOST_ANNOTATIONS = 10  # per step
_MODES = ("plan", "prove", "publish", "all", "command", "check")
_DIGEST = re.compile(r" sha256 ([0-9a-f]{64})$", re.MULTILINE)


def run(environment: Mapping[str, str]) -> int:
    """Do what `mode` says; the exit status of the step: 0, or 2 and above when the user or costmod is at fault."""
    try:
        step = _Step(environment)
        status = step.run()
    except UserError as error:
        sys.stdout.write(f"::error::{_escaped(str(error))}\n")
        return 2
    step.tell(status)
    return status if status > 1 else 0


class _Step:
    """One mode, from its inputs to its outputs."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.mode, self._given = environment.get("COSTMOD_MODE") or "all", environment
        if self.mode not in _MODES:
            raise UserError(f"mode: {plain(self.mode, 40)!r} is none of {', '.join(_MODES)}.")
        self._temp = Path(self._required("RUNNER_TEMP"))
        self._report = self._temp / "costmod-report.json"
        self._said = io.StringIO()
        self._outputs: dict[str, str] = {}

    def run(self) -> int:
        """Run the commands of the mode until one fails; the last status."""
        done = 0
        for arguments in self._commands():
            done = self._command(arguments)
            if done > 1:
                break
        return done

    def _commands(self) -> list[list[str]]:
        path = self._given.get("COSTMOD_PATH") or "."
        hotspots = [f"--hotspots={line}" for line in self._lines("COSTMOD_HOTSPOTS")]
        most = self._option("--max-pull-requests", "COSTMOD_MAX_PULL_REQUESTS")
        folder = self._given.get("COSTMOD_PLAN") or str(self._temp / "costmod-plan")
        proof = self._given.get("COSTMOD_PROOF") or str(self._temp / "costmod-proof")
        digest = self._option("--digest", "COSTMOD_DIGEST")
        if self.mode in ("plan", "all") and not hotspots:
            raise UserError("hotspots: names no file; give one path per line.")
        if self.mode == "plan":
            self._outputs["plan-path"] = folder
            sarif = self._given.get("COSTMOD_SARIF_FILE", "")
            scan = [["scan", path, "--format", "sarif", "--out", sarif]] if sarif else []
            closed = ["--forge", "github", *most] if self._given.get("COSTMOD_TOKEN") else []
            return [*scan, ["plan", path, *hotspots, "--out", folder, *closed]]
        if self.mode == "prove":
            self._outputs["proof-path"] = proof
            return [["prove", folder, "--repo", path, "--out", proof, *digest, *most]]
        if self.mode == "publish":
            bound = ["--plan", folder, *self._option("--plan-digest", "COSTMOD_DIGEST")]
            sealed = self._option("--digest", "COSTMOD_PROOF_DIGEST")
            return [["publish", proof, "--repo", path, "--report", str(self._report), *bound, *sealed]]
        if self.mode == "command":
            return [["slash", "--event", self._required("GITHUB_EVENT_PATH")]]
        if self.mode == "check":
            number = self._option("--pull-request", "COSTMOD_PULL_REQUEST")
            return [["check", path, f"--base={self._required('COSTMOD_BASE')}", *hotspots, *number]]
        dry = ["--dry-run"] if self._flag("COSTMOD_DRY_RUN") else []
        return [["run", path, *hotspots, "--report", str(self._report), *most, *dry]]

    def _command(self, arguments: list[str]) -> int:
        """Run one command in this process; nothing that it prints, on either stream, can command the runner."""
        said = io.StringIO()
        stop = secrets.token_hex(16)
        sys.stdout.write(f"::stop-commands::{stop}\n")
        sys.stdout.flush()
        with contextlib.redirect_stdout(said):
            status = main_with(arguments)
        sys.stderr.flush()
        sys.stdout.write(f"{said.getvalue().rstrip()}\n::{stop}::\n")
        sys.stdout.flush()
        self._said.write(said.getvalue())
        if found := _DIGEST.search(said.getvalue()):
            self._outputs["digest"] = found[1]
        return status

    def tell(self, status: int) -> None:
        """Outputs, annotations and the job summary."""
        results = self._results()
        requests = [r.pull_request for r in results if r.pull_request]
        self._outputs |= {
            "outcome": {0: "done", 1: "refused"}.get(status, "failed"),
            "findings": str(sum(r.patch is not None for r in results)),
            "pull-request-urls": "[" + ",".join(f'"{p.url}"' for p in requests if p.url) + "]",
            "operation": ",".join(p.operation for p in requests),
            "report": str(self._report) if self._report.is_file() else "",
        }
        for result in [r for r in results if r.patch][:MOST_ANNOTATIONS]:
            sys.stdout.write(_annotation(result))
        self._append("GITHUB_OUTPUT", "".join(_output(name, value) for name, value in self._outputs.items()))
        self._append("GITHUB_STEP_SUMMARY", _summary(results, self._said.getvalue()))

    def _results(self) -> tuple[Result, ...]:
        import msgspec

        folders = (self._outputs.get(name) for name in ("proof-path", "plan-path"))
        files = [self._report, *(Path(folder) / FILE for folder in folders if folder)]
        for file in files:
            if file.is_file():
                return msgspec.json.decode(file.read_bytes(), type=Report).results
        return ()

    def _append(self, name: str, content: str) -> None:
        path = self._given.get(name)
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(content)

    def _required(self, name: str) -> str:
        value = self._given.get(name, "")
        if not value:
            raise UserError(f"{name.removeprefix('COSTMOD_').lower()}: is needed for mode {self.mode}.")
        return value

    def _option(self, option: str, name: str) -> list[str]:
        value = self._given.get(name, "")
        return [f"{option}={value}"] if value else []

    def _lines(self, name: str) -> list[str]:
        return [line.strip() for line in self._given.get(name, "").splitlines() if line.strip()]

    def _flag(self, name: str) -> bool:
        value = self._given.get(name) or "false"
        if value not in ("true", "false"):
            raise UserError(f"{name.removeprefix('COSTMOD_').lower().replace('_', '-')}: must be true or false.")
        return value == "true"


def _annotation(result: Result) -> str:
    """A notice on the line of a finding."""
    if result.patch is None:
        return ""
    site = result.patch.site
    place = f"file={_escaped(site.file, inside=True)},line={site.line},title=costmod"
    return f"::notice {place}::{_escaped(f'{entry_name(result.hotspot)}: {result.patch.title}')}\n"


def _escaped(value: str, *, inside: bool = False) -> str:
    """A value of a workflow command (actions/toolkit, command.ts)."""
    line = plain(value, 1_000).replace("%", "%25")
    return line.replace(":", "%3A").replace(",", "%2C") if inside else line


def _output(name: str, value: str) -> str:
    """One output; the delimiter is random, so that no value can end it."""
    mark = f"costmod-{secrets.token_hex(16)}"
    return f"{name}<<{mark}\n{value}\n{mark}\n"


def _summary(results: tuple[Result, ...], said: str) -> str:
    """Markdown: a table of what became of each hotspot, then what was printed, as code that it cannot close."""
    rows = [
        f"| {code(entry_name(r.hotspot)).replace('|', chr(92) + '|')} | {text(r.outcome)} | {_what(r)} |"
        for r in results[:100]
    ]
    table = ["| hotspot | outcome | |", "|---|---|---|", *rows, ""] if rows else []
    printed = [f"    {line}" for line in visible(said).splitlines()]
    whole = "\n".join(["### costmod", "", *table, *printed, ""]).encode()
    if len(whole) > LONGEST_SUMMARY:
        whole = whole[:LONGEST_SUMMARY].rpartition(b"\n")[0] + b"\n\n(cut)\n"
    return whole.decode()


def _what(result: Result) -> str:
    request = result.pull_request
    if request is not None and request.url and request.number:
        return f"[#{request.number}]({request.url}) {text(request.reason)}"
    said = result.refusal.message if result.refusal else result.reason or (result.patch.title if result.patch else "")
    return str(text(said))


if __name__ == "__main__":
    sys.exit(run(os.environ))
