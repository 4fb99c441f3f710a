"""What a change of the code introduces: findings that its head has and its base has not, with what they would cost."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec

from bot.config import Config, load
from bot.plan.plan import diff, fingerprint, plan
from bot.plan.scan import scan
from bot.price import price
from bot.publish.git import Repository
from bot.records import Finding, Hotspot, Load, Patch, Record, Saving, Site
from codemods.index import Index

Kind = tuple[str, str, tuple[str, ...]]


class Introduced(Record, frozen=True, kw_only=True):
    """One finding that is new, seen from the top of the repository."""

    finding: Finding
    saving: Saving | None = None  # what it would cost, where a trace or a setting says how often it runs


def introduced(  # noqa: PLR0913  two commits, what is known of their cost
    copy: Repository,
    base: str,
    head: str,
    config: Config,
    *,
    prefix: str = "",
    hotspots: Sequence[Hotspot] = (),
    today: date,
) -> list[Introduced]:
    """The findings of `head` that `base` has not, most telling first; nothing of either is run.

    A finding that only moved, with its query and what it loads, is not new.
    """
    before = findings_at(copy, base, config, prefix)
    with tempfile.TemporaryDirectory(prefix="costmod-") as folder:
        index = _index(copy, head, config, prefix, Path(folder))
        after = list(scan(index))
        patches = {
            found.fingerprint: (hotspot, found)
            for hotspot in hotspots
            for found in plan(hotspot, index)
            if isinstance(found, Patch)
        }
    known = {finding.fingerprint for finding in before}
    gone = Counter(map(_kind, before)) - Counter(_kind(f) for f in after if f.fingerprint in known)
    fresh = []
    for finding in after:
        if finding.fingerprint in known:
            continue
        if gone[_kind(finding)] > 0:
            gone[_kind(finding)] -= 1
            continue
        found = patches.get(finding.fingerprint)
        saving = price(found[0], found[1], None, config, today=today) if found else None
        fresh.append(Introduced(finding=from_top_finding(finding, prefix), saving=saving))
    return fresh


def findings_at(copy: Repository, commit: str, config: Config, prefix: str = "") -> list[Finding]:
    """The findings of one commit, as they are seen from `prefix`."""
    with tempfile.TemporaryDirectory(prefix="costmod-") as folder:
        return list(scan(_index(copy, commit, config, prefix, Path(folder))))


def settings_at(copy: Repository, commit: str) -> Config:
    """The settings of one commit."""
    with tempfile.TemporaryDirectory(prefix="costmod-") as folder:
        copy.export(commit, Path(folder))
        return load(Path(folder))


def from_top_finding(finding: Finding, prefix: str) -> Finding:
    """The finding with `prefix` before every path, the fingerprint included."""
    if not prefix:
        return finding
    file = f"{prefix}{finding.file}"
    changes = tuple(msgspec.structs.replace(c, path=f"{prefix}{c.path}") for c in finding.changes)
    paths = tuple(load.path for load in finding.loads)
    return msgspec.structs.replace(
        finding,
        fingerprint=fingerprint(finding.codemod, file, finding.function, paths),
        file=file,
        changes=changes,
        diff=diff(changes),
    )


def patch_of(finding: Finding) -> Patch:
    """The finding as a patch: it has no trace, so how often its statements repeat is not known."""
    loads = tuple(
        Load(
            path=load.path, strategy=load.strategy, why=load.why, fingerprint="", statements_before=0,
            statements_after=load.statements_after,
        )
        for load in finding.loads
    )  # fmt: skip
    return Patch(
        hotspot="",
        codemod=finding.codemod,
        tier=finding.tier,
        fingerprint=finding.fingerprint,
        title=finding.title,
        site=Site(
            file=finding.file, function=finding.function, line=finding.line, query=finding.query,
            loads=tuple(load.path for load in finding.loads), located_by=(),
        ),
        loads=loads,
        changes=finding.changes,
        diff=finding.diff,
        notes=finding.notes,
    )  # fmt: skip


def _index(copy: Repository, commit: str, config: Config, prefix: str, folder: Path) -> Index:
    copy.export(commit, folder)
    path = folder / prefix
    path.mkdir(parents=True, exist_ok=True)
    return Index(path, config.exclude)


def _kind(finding: Finding) -> Kind:
    return finding.codemod, finding.query, tuple(load.path for load in finding.loads)
