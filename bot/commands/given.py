"""What commands are given: settings, exports, a forge, the results of another step."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bot.commands.options import By, SandboxMode, VendorName
from bot.commands.output import say_so
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.config import Config
    from bot.publish.forge import Forge
    from bot.records import Hotspot, Result


def settings(repo: Path, max_pull_requests: int | None = None, sandbox: SandboxMode | None = None) -> "Config":
    """The settings of a repository, with what the command line says instead."""
    from bot.config import load

    if not repo.is_dir():
        raise UserError(f"{repo}: no such folder; name a git repository.")
    config = load(repo)
    if max_pull_requests is None and sandbox is None:
        return config
    from dataclasses import replace

    publish = (
        config.publish if max_pull_requests is None else replace(config.publish, max_pull_requests=max_pull_requests)
    )
    return replace(config, publish=publish, sandbox=sandbox or config.sandbox)


def with_bill(config: "Config", bill: list[str] | None) -> "Config":
    """The settings with the bill of the command line, whose paths start where the command does."""
    if not bill:
        return config
    from dataclasses import replace

    paths = tuple(os.path.realpath(path) for path in bill)
    return replace(config, price=replace(config.price, bill=paths))


def hotspots_in(files: list[str], config: "Config", by: By) -> "list[Hotspot]":
    """The hotspots of these exports, the first in rank first."""
    from bot.hotspots import read
    from bot.hotspots.again import read_again
    from bot.hotspots.rank import rank

    found = rank(read_again(files, config, read), by)
    if by != "cost":
        return found
    from datetime import UTC, datetime

    from bot.price.attributed import attributed

    today = datetime.now(UTC).date()
    costs = {hotspot.id: attributed(hotspot, config, today=today) for hotspot in found}
    return sorted(found, key=lambda hotspot: -cost.expected if (cost := costs[hotspot.id]) else 0)


@contextlib.contextmanager
def asked(
    vendor: VendorName, config: "Config", what: tuple[str | None, int, int], record: Path | None
) -> Iterator[list[str]]:
    """The files with what a vendor answers, in the folder `record` or for as long as they are read."""
    from tempfile import TemporaryDirectory

    from bot.hotspots.live import fetch
    from bot.hotspots.live.recorder import prepared

    service, hours, most = what
    with TemporaryDirectory(prefix="costmod-live-") if record is None else contextlib.nullcontext(record) as folder:
        got = fetch(vendor, prepared(Path(folder)), os.environ, service=service, hours=hours, most_calls=most,
                    limit_mb=config.max_input_mb, say=say_so)  # fmt: skip
        yield got


def forge_of(kind: Literal["local", "github"] | None, repo: Path, folder: Path | None) -> "Forge":
    """The forge that is asked for, or that there is a token for."""
    from bot.publish.choose import forge_for

    return forge_for(kind, repo, token(), environment=os.environ, folder=folder)


def token() -> str | None:
    """The token of the forge, from the environment only."""
    return os.environ.get("COSTMOD_TOKEN") or os.environ.get("GITHUB_TOKEN")


def results_in(plan: Path) -> "tuple[Result, ...]":
    """The results in a plan folder or a report."""
    from bot.folder import read, read_file

    return (read(plan) if plan.is_dir() else read_file(plan)).results
