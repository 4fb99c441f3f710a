"""Settings: `[tool.costmod]` in pyproject.toml, or a costmod.toml beside it (which wins)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from bot.errors import UserError
from codemods.cache import answer


class Between:
    """Bounds of a number, in the words of pydantic, which need not be loaded to write them down."""

    def __init__(self, **bounds: float) -> None:
        self._bounds = bounds

    def __get_pydantic_core_schema__(self, source: type, handler: Callable[[type], dict[str, Any]]) -> dict[str, Any]:
        return {**handler(source), **self._bounds}


class Section:
    """Base of all settings: kebab-case keys, unknown keys are errors. pydantic is loaded when there is one to check."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "allow_inf_nan": False,
        "alias_generator": lambda name: name.replace("_", "-"),
        "populate_by_name": True,
    }


@dataclass(frozen=True)
class PriceConfig(Section):
    """`[tool.costmod.price]`: where the application runs and how many requests it serves."""

    # "GET /posts" -> requests per 730 h
    requests_per_month: dict[str, Annotated[float, Between(ge=0, le=1e15)]] = field(default_factory=dict)
    application: Literal["fargate", "lambda", "ec2", "none"] = "none"
    database: Literal["aurora-serverless-v2", "aurora-provisioned", "rds", "none"] = "none"
    access_layer: Literal["orm", "dbapi"] = "orm"
    round_trip_ms: Annotated[float, Between(gt=0, le=10_000)] | None = None  # application to database
    cross_az_share: Annotated[float, Between(ge=0, le=1)] | None = None  # of database traffic that crosses zones
    minimum_monthly: Decimal = Decimal(25)  # below it a pull request is opened for latency, and says so


@dataclass(frozen=True)
class PublishConfig(Section):
    """`[tool.costmod.publish]`: the pull request."""

    base: str | None = None  # default: the checked-out branch
    labels: tuple[str, ...] = ("costmod",)
    draft: bool = False
    signoff: bool = False
    max_pull_requests: Annotated[int, Between(ge=1)] = 1
    max_open_pull_requests: Annotated[int, Between(ge=1)] = 5


@dataclass(frozen=True)
class Config(Section):
    """`[tool.costmod]`."""

    test_command: str | list[str] | None = None  # default: detected
    python: str | None = None  # interpreter of the repository's own environment; default: .venv, venv, then PATH
    test_timeout_seconds: Annotated[int, Between(ge=1, le=86_400)] = 900
    test_environment: tuple[str, ...] = ()  # further environment variables that the tests may see
    regression_test: Literal["off", "show", "add"] = "show"  # a test with a query budget: in the proof, or in the patch
    exclude: tuple[str, ...] = ()  # path prefixes never planned on
    minimum_repeats: Annotated[int, Between(ge=2)] = 5  # statements per request from which a loop is a hotspot
    slow_statement_ms: Annotated[int, Between(ge=1)] = 500  # from which one database call is a hotspot by itself
    max_input_mb: Annotated[int, Between(ge=1)] = 8192
    alarm_services: dict[str, str] = field(default_factory=dict)  # "DimensionName=Value" of an alarm -> service
    price: PriceConfig = field(default_factory=PriceConfig)
    publish: PublishConfig = field(default_factory=PublishConfig)


def load(repository: Path) -> Config:
    """The settings of a repository; defaults when it has none.

    Raises:
        UserError: a file that is no TOML, or a key or value that the schema does not know.
    """
    for path, table in ((repository / "costmod.toml", ()), (repository / "pyproject.toml", ("tool", "costmod"))):
        try:
            data = _parsed(path.read_text(encoding="utf-8"), table)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: not readable as TOML ({error}); correct the file.") from error
        for key in table:
            data = data.get(key, {})
            if not isinstance(data, dict):
                raise UserError(f"{path}: {key}: should be a table; write [tool.costmod] above the settings.")
        if path.name == "costmod.toml" or data:
            return _validate(data, path, ".".join(table))
    return Config()


def _parsed(text: str, table: tuple[str, ...]) -> dict[str, Any]:
    """The content; nothing where an earlier run has found no such table in this very text."""
    if table and answer(("settings", text, *table), ("tomllib",), lambda: _held(_toml(text), table)) == "absent":
        return {}
    return _toml(text)


def _toml(text: str) -> dict[str, Any]:
    import tomllib  # here, because most runs find the settings of a repository as they were

    return tomllib.loads(text)


def _held(data: Any, table: tuple[str, ...]) -> str:
    for key in table:
        if not isinstance(data, dict):
            return "there"  # in a wrong way, which is an error
        if key not in data:
            return "absent"
        data = data[key]
    return "there"


def _validate(data: object, path: Path, table: str) -> Config:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(Config).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (table, *first["loc"]) if part != "")
        message = "no such setting" if first["type"] == "unexpected_keyword_argument" else first["msg"].lower()
        raise UserError(f"{path}: {where}: {message}; see `costmod --help` or docs/config.md.") from error
