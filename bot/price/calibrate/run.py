"""Runs the experiment in the project's own interpreter and turns its answer into a file of constants."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from bot.config import Config
from bot.errors import UserError
from bot.price.calibrate.constants import Answer, constants_of
from bot.price.calibrate.write import hardware, text_of
from bot.prove.interpreter import find_interpreter

URL, SETTINGS = "COSTMOD_DATABASE_URL", "DJANGO_SETTINGS_MODULE"
SIZES = (10, 50)  # statements of one request
ROUNDS = 60
SEED = 7
TIMEOUT = 900
_CHILD = Path(__file__).with_name("child")


@dataclass(frozen=True)
class Target:
    """A database: by SQLAlchemy's URL, or as the settings module of a Django project names it."""

    url: str | None = None
    django: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Target":
        """The database that the environment names.

        Raises:
            UserError: it names none.
        """
        if url := environment.get(URL):
            return cls(url=url)
        if settings := environment.get(SETTINGS):
            return cls(django=settings)
        raise UserError(f"set {URL} to an SQLAlchemy URL, or {SETTINGS} to the settings of a Django project.")


def calibrate(target: Target, repository: Path, config: Config, day: date) -> str:
    """The file of constants, as text. Only temporary tables are made, in a transaction that is rolled back.

    Raises:
        UserError: no interpreter, no such database, or one that cannot be measured.
    """
    interpreter = find_interpreter(repository, config)
    order = {"url": target.url, "django": target.django, "path": str(repository), "sizes": SIZES, "rounds": ROUNDS}
    answer = _answer(interpreter, json.dumps({**order, "seed": SEED}), repository)
    if answer.error:
        raise UserError(f"the measurement in {interpreter} failed: {answer.error}")
    return text_of(constants_of(answer), answer, day, hardware(), os.getloadavg()[0])


def _answer(interpreter: Path, order: str, repository: Path) -> Answer:
    try:
        done = subprocess.run(
            [interpreter, "-I", str(_CHILD)],
            input=order, capture_output=True, text=True, check=False, timeout=TIMEOUT, cwd=repository,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UserError(f"the measurement in {interpreter} took more than {TIMEOUT} s and was ended.") from None
    try:
        return msgspec.json.decode(done.stdout, type=Answer)
    except msgspec.DecodeError:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise UserError(f"the measurement in {interpreter} gave no answer: {last}") from None
