"""boto3 and moto in an environment of their own, which runs two texts of a module and says what each did."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from guards.libraries import ENVIRONMENTS

AWS = ENVIRONMENTS / "aws"
RUN = Path(__file__).parents[1] / "codemods" / "equality" / "run_aws.py"


def moto_python() -> Path:
    """The interpreter that has them; without one the test is skipped, or fails where guards are required."""
    if not (AWS / "built").exists():
        reason = "no environment with boto3 and moto: run `make .venvs/.ready`"
        if os.environ.get("COSTMOD_REQUIRE_GUARDS"):
            pytest.fail(reason)
        pytest.skip(reason)
    return AWS / "bin" / "python"


def ran(python: Path, scenarios: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))} | {
        "AWS_ACCESS_KEY_ID": "AKIA0123456789ABCDEF", "AWS_SECRET_ACCESS_KEY": "-", "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    done = subprocess.run(
        [python, RUN], input=json.dumps(scenarios), env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[list[dict[str, Any]]] = json.loads(done.stdout)
    return found
