"""Settings: `[tool.costmod]` in pyproject.toml, or a costmod.toml beside it (which wins)."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import UserError


class Section(BaseModel):
    """Base of all settings: kebab-case keys, unknown keys are errors."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )


class PriceConfig(Section):
    """`[tool.costmod.price]`: where the application runs and how many requests it serves."""

    # "GET /posts" -> requests per 730 h
    requests_per_month: dict[str, Annotated[float, Field(ge=0, le=1e15)]] = Field(default_factory=dict)
    application: Literal["fargate", "lambda", "ec2", "none"] = "none"
    database: Literal["aurora-serverless-v2", "aurora-provisioned", "rds", "none"] = "none"
    access_layer: Literal["orm", "dbapi"] = "orm"
    round_trip_ms: float | None = Field(default=None, gt=0, le=10_000)  # application to database
    cross_az_share: float | None = Field(default=None, ge=0, le=1)  # share of database traffic that crosses zones
    minimum_monthly: Decimal = Decimal(25)  # below it a pull request is opened for latency, and says so


class PublishConfig(Section):
    """`[tool.costmod.publish]`: the pull request."""

    base: str | None = None  # default: the checked-out branch
    labels: tuple[str, ...] = ("costmod",)
    draft: bool = False
    signoff: bool = False
    max_pull_requests: int = Field(default=1, ge=1)
    max_open_pull_requests: int = Field(default=5, ge=1)


class Config(Section):
    """`[tool.costmod]`."""

    test_command: str | list[str] | None = None  # default: detected
    python: str | None = None  # interpreter of the repository's own environment; default: .venv, venv, then PATH
    test_timeout_seconds: int = Field(default=900, ge=1, le=86_400)
    test_environment: tuple[str, ...] = ()  # further environment variables that the tests may see
    exclude: tuple[str, ...] = ()  # path prefixes never planned on
    minimum_repeats: int = Field(default=5, ge=2)  # statements per request from which a loop is a hotspot
    max_input_mb: int = Field(default=512, ge=1)
    price: PriceConfig = Field(default_factory=PriceConfig)
    publish: PublishConfig = Field(default_factory=PublishConfig)


def load(repository: Path) -> Config:
    """The settings of a repository; defaults when it has none.

    Raises:
        UserError: a file that is no TOML, or a key or value that the schema does not know.
    """
    for path, table in ((repository / "costmod.toml", ()), (repository / "pyproject.toml", ("tool", "costmod"))):
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UserError(f"{path}: not readable as TOML ({error}); correct the file.") from error
        for key in table:
            data = data.get(key, {})
            if not isinstance(data, dict):
                raise UserError(f"{path}: {key}: should be a table; write [tool.costmod] above the settings.")
        if path.name == "costmod.toml" or data:
            return _validate(data, path, ".".join(table))
    return Config()


def _validate(data: object, path: Path, table: str) -> Config:
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in (table, *first["loc"]) if part != "")
        raise UserError(f"{path}: {field}: {first['msg'].lower()}; see `costmod --help` or docs/config.md.") from error
