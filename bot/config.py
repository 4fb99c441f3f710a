"""Settings: `[tool.costmod]` in pyproject.toml, or a costmod.toml beside it (which wins)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from bot.errors import UserError
from codemods.cache import answer

if TYPE_CHECKING:
    from codemods.index.endpoints import Endpoint

SandboxMode = Literal["off", "auto", "require"]


class Between:
    """Bounds of a number or a text, in the words of pydantic, which need not be loaded to write them down."""

    def __init__(self, **bounds: float | str) -> None:
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


Positive = Annotated[float, Between(gt=0)]


@dataclass(frozen=True)
class ScalingConfig(Section):
    """`scaling` of a resource: what the number of replicas (or of ACUs) follows."""

    follows: Literal["cpu", "requests", "nothing"]  # other metrics than CPU do not fall with it
    minimum: Annotated[float, Between(ge=0)] = 1  # replicas, or ACUs
    target: Annotated[float, Between(gt=0, le=1)] = 0.6  # share of a replica's CPU that is aimed at
    replica_vcpu: Positive = 1


@dataclass(frozen=True)
class SmallerConfig(Section):
    """`smaller` of a resource: the next size down, which somebody could choose."""

    name: str
    vcpu: Positive
    cost_share: Annotated[float, Between(ge=0, le=1)] = 0.5  # of what the size of today costs
    memory_gib: Positive | None = None
    connections: Positive | None = None  # the most that it takes


@dataclass(frozen=True)
class ResourceConfig(Section):
    """`[[tool.costmod.price.resources]]`: what a bill does not say about a resource."""

    id: str  # ResourceId, with * for any text
    serves: Literal["application", "database"] | None = None  # default: read off the bill
    vcpu: Positive | None = None  # of one machine; default: read off the bill
    utilisation: Annotated[float, Between(gt=0, le=1)] | None = None  # mean share of its CPU in use
    usage: str | None = None  # CSV of hours, see docs/price.md
    scaling: ScalingConfig | None = None
    smaller: SmallerConfig | None = None
    committed_until: date | None = None  # of the commitment that pays for it


@dataclass(frozen=True)
class ExchangeConfig(Section):
    """`exchange`: another currency in which amounts are shown as well."""

    to: str
    rate: Annotated[Decimal, Between(gt=0)]  # of one unit of the bill's currency
    date: date  # of the rate


@dataclass(frozen=True)
class PriceConfig(Section):
    """`[tool.costmod.price]`: where the application runs, what it is billed, how many requests it serves."""

    # "GET /posts" -> requests per 730 h
    requests_per_month: dict[str, Annotated[float, Between(ge=0, le=1e15)]] = field(default_factory=dict)
    application: Literal["fargate", "lambda", "ec2", "none"] = "none"
    database: Literal["aurora-serverless-v2", "aurora-provisioned", "rds", "none"] = "none"
    access_layer: Literal["orm", "dbapi"] = "orm"
    round_trip_ms: Annotated[float, Between(gt=0, le=10_000)] | None = None  # application to database
    cross_az_share: Annotated[float, Between(ge=0, le=1)] | None = None  # of database traffic that crosses zones
    constants: str | None = None  # a file of `price --calibrate`, from the folder of the settings; instead of defaults
    minimum_monthly: Decimal = Decimal(25)  # below it a pull request is opened for latency, and says so
    bill: tuple[str, ...] = ()  # FOCUS or CUR 2.0 files; they take the place of application and database
    service: str | None = None  # of the hotspots whose source names none
    services: dict[str, str] = field(default_factory=dict)  # ResourceId, with * for any text -> service
    resources: tuple[ResourceConfig, ...] = ()
    exchange: ExchangeConfig | None = None
    carbon_region: Literal["us-east-1", "eu-west-1", "eu-north-1"] | None = None  # an additional line
    carbon_machine: Literal["graviton", "ice-lake", "sapphire-rapids"] = "graviton"


@dataclass(frozen=True)
class PublishConfig(Section):
    """`[tool.costmod.publish]`: the pull request."""

    base: str | None = None  # default: the checked-out branch
    labels: tuple[str, ...] = ("costmod",)
    draft: bool = False
    signoff: bool = False
    reviewers: tuple[str, ...] = ()  # people, and teams as organization/team; GitHub itself asks code owners
    commits: Literal["plain", "verified"] = "plain"  # verified: made and signed by GitHub
    dashboard: bool = False  # keep one issue that lists what is open, waiting, ignored and shipped
    nudge_after_days: Annotated[int, Between(ge=1)] | None = None  # without a review: the dashboard says so
    max_pull_requests: Annotated[int, Between(ge=1)] = 1
    max_open_pull_requests: Annotated[int, Between(ge=1)] = 5


@dataclass(frozen=True)
class BatchConfig(Section):
    """`[[tool.costmod.batch]]`: an endpoint of another service that answers for many things at once."""

    single: Annotated[str, Between(pattern=r"^GET /[^{}\s?]*\{\w*\}[^{}\s?]*$")]  # "GET /users/{id}"
    many: Annotated[str, Between(pattern=r"^GET /[^{}\s?]*\?[^=&\s]+=$")]  # "GET /users?ids="
    style: Literal["repeated", "comma"] = "repeated"  # ?ids=1&ids=2, or ?ids=1,2
    items: str = ""  # dotted path of the list in the answer; the answer itself where empty
    key: Annotated[str, Between(min_length=1)] = "id"  # field of a thing that holds its key
    limit: Annotated[int, Between(ge=1, le=10_000)] = 100  # keys per request


_LIKE = {"single": '"GET /users/{id}"', "many": '"GET /users?ids="'}


@dataclass(frozen=True)
class Config(Section):
    """`[tool.costmod]`."""

    test_command: str | list[str] | None = None  # default: detected
    python: str | None = None  # interpreter of the repository's own environment; default: .venv, venv, then PATH
    test_directory: str | None = None  # default: the top, or the nearest project around the site with its own set-up
    test_timeout_seconds: Annotated[int, Between(ge=1, le=86_400)] = 900
    test_memory_mb: Annotated[int, Between(ge=64)] | None = None  # default: three quarters of the machine's
    sandbox: SandboxMode = "auto"
    test_files: tuple[str, ...] = ()  # untracked files that the tests need, below the repository
    test_environment: tuple[str, ...] = ()  # further environment variables that the tests may see
    regression_test: Literal["off", "show", "add"] = "show"  # a test with a query budget: in the proof, or in the patch
    exclude: tuple[str, ...] = ()  # path prefixes never planned on
    minimum_repeats: Annotated[int, Between(ge=2)] = 5  # statements per request from which a loop is a hotspot
    slow_statement_ms: Annotated[int, Between(ge=1)] = 500  # from which one database call is a hotspot by itself
    max_input_mb: Annotated[int, Between(ge=1)] = 8192
    alarm_services: dict[str, str] = field(default_factory=dict)  # "DimensionName=Value" of an alarm -> service
    batch: tuple[BatchConfig, ...] = ()
    price: PriceConfig = field(default_factory=PriceConfig)
    publish: PublishConfig = field(default_factory=PublishConfig)

    def endpoints(self) -> "tuple[Endpoint, ...]":
        """The endpoints for many things, as codemods take them."""
        from codemods.index.endpoints import Endpoint

        found = []
        for one in self.batch:
            path, _, parameter = one.many.removeprefix("GET ").removesuffix("=").partition("?")
            single = re.sub(r"\{\w*\}", "{}", one.single.removeprefix("GET "))
            found.append(Endpoint(single, path, parameter, one.style, one.items, one.key, one.limit))
        return tuple(found)


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
            return _with_paths(_validate(data, path, ".".join(table)), path.parent)
    return Config()


def _with_paths(config: Config, folder: Path) -> Config:
    """Files that the settings name, from the folder of the settings."""
    if config.price.constants is None:
        return config
    return replace(config, price=replace(config.price, constants=str(folder / config.price.constants)))


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
        config = TypeAdapter(Config).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (table, *first["loc"]) if part != "")
        message = "no such setting" if first["type"] == "unexpected_keyword_argument" else first["msg"].lower()
        if first["type"] == "string_pattern_mismatch":
            message = f"should read like {_LIKE[str(first['loc'][-1])]}"
        raise UserError(f"{path}: {where}: {message}; see `costmod --help` or docs/config.md.") from error
    if config.sandbox == "off":
        raise UserError(
            f"{path}: sandbox: a repository does not switch off what holds its own tests; use `--sandbox off`."
        )
    return config
