"""A small runner of GitHub Actions: jobs and steps of a workflow, and the composite action, run by bash as GitHub's.

Expressions are looked up, compared and joined, nothing more. Steps of other actions have canned effects; an expression
that names nothing, an unknown input or a missing action is an error.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||[!=]=|[!(),]|[A-Za-z_][\w.-]*)")


@dataclass
class Runner:
    """One workflow run: `job()` runs one of its jobs, `results` holds what came out."""

    folder: Path
    repository: Path  # what actions/checkout brings
    workflow: dict[str, Any]
    github: dict[str, Any]  # the github context; its `event` is written to GITHUB_EVENT_PATH
    environment: dict[str, str] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    artifacts: dict[str, Path] = field(default_factory=dict)
    log: str = ""
    summary: str = ""

    def run(self, *only: str) -> None:
        """Every job, or only some, in the order of the file, which is that of their needs."""
        for name, job in self.workflow["jobs"].items():
            if only and name not in only:
                continue
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            context = {"github": self.github, "needs": {need: self.results[need] for need in needs}}
            skipped = any(self.results[need]["result"] != "success" for need in needs)
            if skipped or not _truth(evaluate(str(job.get("if", "true")), context)):
                self.results[name] = {"result": "skipped", "outputs": {}}
                continue
            self.results[name] = self._job(name, job, context)

    def _job(self, name: str, job: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
        place = self.folder / name
        (place / "temp").mkdir(parents=True)
        (place / "work").mkdir()
        _environment(place / "temp" / "costmod-venv")
        context |= {"runner": {"temp": str(place / "temp")}, "steps": {}}
        result = "success"
        for step in job["steps"]:
            outputs, status = self._step(place, step, context)
            context["steps"][step.get("id", "")] = {"outputs": outputs}
            if status:
                result = "failure"
                break
        outputs = {key: fill(value, context) for key, value in job.get("outputs", {}).items()}
        return {"result": result, "outputs": outputs}

    def _step(self, place: Path, step: dict[str, Any], context: dict[str, Any]) -> tuple[dict[str, str], int]:
        action = step["uses"].partition("@")[0]
        given = {key: fill(str(value), context) for key, value in step.get("with", {}).items()}
        if action == "costmod/costmod":
            return self._composite(place, given)
        if action == "actions/checkout":
            assert given["persist-credentials"] == "False"
            shutil.copytree(self.repository, place / "work", dirs_exist_ok=True)
        elif action == "actions/upload-artifact":
            self.artifacts[given["name"]] = Path(given["path"])
        elif action == "actions/download-artifact":
            shutil.copytree(self.artifacts[given["name"]], given["path"])
        else:
            raise AssertionError(f"no such action here: {action}")
        return {}, 0

    def _composite(self, place: Path, given: dict[str, str]) -> tuple[dict[str, str], int]:
        action = yaml.safe_load((ROOT / "action.yml").read_text())
        unknown = set(given) - set(action["inputs"])
        assert not unknown, f"unknown inputs: {unknown}"
        inputs = {name: given.get(name, spec["default"]) for name, spec in action["inputs"].items()}
        github = self.github | {"action_path": str(ROOT)}
        context: dict[str, Any] = {
            "inputs": inputs, "github": github, "runner": {"temp": str(place / "temp")}, "steps": {},
        }  # fmt: skip
        status = 0
        for step in action["runs"]["steps"]:
            if "uses" in step:
                context["steps"][step["id"]] = {"outputs": {"python-path": sys.executable}}
            elif "pip install" not in step["run"]:  # tests/bot/test_wheel.py installs for real
                outputs, status = self._shell(place, step, context)
                context["steps"][step["id"]] = {"outputs": outputs}
        shown = {name: fill(spec["value"], context) for name, spec in action["outputs"].items()}
        return shown, status

    def _shell(self, place: Path, step: dict[str, Any], context: dict[str, Any]) -> tuple[dict[str, str], int]:
        import json

        temp = place / "temp"
        assert "${{" not in step["run"], "an expression inside of a script"
        files = {name: temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH")}
        files["GITHUB_EVENT_PATH"].write_text(json.dumps(self.github.get("event", {})))
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment |= {name: str(path) for name, path in files.items()} | self.environment
        environment |= {"GITHUB_ACTIONS": "true", "CI": "true", "RUNNER_TEMP": str(temp)}
        environment |= {name: fill(value, context) for name, value in step.get("env", {}).items()}
        script = temp / "step.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=place / "work", env=environment, capture_output=True, text=True, check=False, timeout=250,
        )  # fmt: skip
        self.log += done.stdout + done.stderr
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text() if files["GITHUB_STEP_SUMMARY"].exists() else ""
        return outputs_of(files["GITHUB_OUTPUT"]), done.returncode


def outputs_of(path: Path) -> dict[str, str]:
    """Parse a GITHUB_OUTPUT file: `name=value` and heredocs."""
    found: dict[str, str] = {}
    lines = iter(path.read_text().splitlines() if path.exists() else ())
    for line in lines:
        name, heredoc, mark = line.partition("<<")
        if heredoc:
            found[name] = "\n".join(iter(lambda mark=mark: next(lines), mark))
        else:
            found[line.partition("=")[0]] = line.partition("=")[2]
    return found


def fill(text: str, context: dict[str, Any]) -> str:
    """A text with its expressions replaced."""
    return _EXPRESSION.sub(lambda found: _shown(evaluate(found[1], context)), text)


def evaluate(expression: str, context: dict[str, Any]) -> Any:
    """One expression, with or without its braces."""
    whole = _EXPRESSION.fullmatch(expression.strip())
    tokens = _TOKEN.findall(whole[1] if whole else expression)
    value = _either(tokens, context)
    assert not tokens, f"not understood: {expression}"
    return value


def _either(tokens: list[str], context: dict[str, Any]) -> Any:
    value = _both(tokens, context)
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        other = _both(tokens, context)
        value = value if _truth(value) else other
    return value


def _both(tokens: list[str], context: dict[str, Any]) -> Any:
    value = _equal(tokens, context)
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        other = _equal(tokens, context)
        value = other if _truth(value) else value
    return value


def _equal(tokens: list[str], context: dict[str, Any]) -> Any:
    value = _one(tokens, context)
    if tokens[:1] in (["=="], ["!="]):
        sign = tokens.pop(0)
        return (_shown(value) == _shown(_one(tokens, context))) is (sign == "==")
    return value


def _one(tokens: list[str], context: dict[str, Any]) -> Any:
    token = tokens.pop(0)
    if token == "!":
        return not _truth(_one(tokens, context))
    if token == "contains":
        assert tokens.pop(0) == "("
        whole = _either(tokens, context)
        assert tokens.pop(0) == ","
        part = _either(tokens, context)
        assert tokens.pop(0) == ")"
        return _shown(part).casefold() in _shown(whole).casefold()
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if token == "true":
        return True
    return _looked_up(token, context)


def _looked_up(name: str, context: dict[str, Any]) -> Any:
    """A context value; below an event a missing key is empty, as on GitHub, elsewhere it is a mistake."""
    value: Any = context
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            assert name.startswith(("github.event.", "steps.run.outputs.")), f"names nothing: {name}"
            return ""
        value = value[part]
    return value


def _truth(value: Any) -> bool:
    return value not in ("", "false", None, False, 0)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _environment(folder: Path) -> None:
    """Where the action's install step would have put costmod: this checkout and the libraries of this interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    (packages / "costmod.pth").write_text(f"{ROOT}\n{sysconfig.get_paths()['purelib']}\n")
