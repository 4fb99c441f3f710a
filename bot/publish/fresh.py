"""What a change of the code introduces: findings that its head has and its base has not, with what they would cost."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import msgspec

from bot.config import Config, load
from bot.plan.plan import diff, fingerprint, plan
from bot.plan.scan import scan
from bot.price import price
from bot.publish.git import Repository
from bot.records import Finding, FoundLoad, Hotspot, Load, Patch, Record, Saving, Site
from codemods.index import Index

Kind = tuple[str, str, tuple[str, ...]]


class Introduced(Record, frozen=True, kw_only=True):
    """One finding that is new, seen from the top of the repository."""

    finding: Finding
    saving: Saving | None = None  # what it would cost, where a trace or a setting says how often it runs
    loop: bool = False  # a call that a loop repeats, in place of a relationship that is read per row


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
        patches = _planned(hotspots, index)
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
    shown = {finding.fingerprint for finding in after}
    loops = {
        key: (hotspot, patch)
        for key, (hotspot, patch) in patches.items()
        if key not in shown and patch.tier != "C" and any(load.batched for load in patch.loads)
    }
    if loops:  # the code alone does not show them: a trace has, so the base is planned with the same traces
        with tempfile.TemporaryDirectory(prefix="costmod-") as folder:
            there = _planned(
                [hotspot for hotspot, _ in loops.values()], _index(copy, base, config, prefix, Path(folder))
            )
        for key, (hotspot, patch) in loops.items():
            if key not in there:
                saving = price(hotspot, patch, None, config, today=today)
                finding = from_top_finding(_finding_of(patch), prefix)
                fresh.append(Introduced(finding=finding, saving=saving, loop=True))
    return fresh


def _planned(hotspots: Iterable[Hotspot], index: Index) -> dict[str, tuple[Hotspot, Patch]]:
    """Every patch for these hotspots, by its fingerprint."""
    return {
        found.fingerprint: (hotspot, found)
        for hotspot in hotspots
        for found in plan(hotspot, index)
        if isinstance(found, Patch)
    }


def _finding_of(patch: Patch) -> Finding:
    site = patch.site
    loads = tuple(
        FoundLoad(path=load.path, statement="", read_file=site.file, read_line=site.line, strategy=load.strategy,
                  why=load.why, statements_after=load.statements_after)
        for load in patch.loads
    )  # fmt: skip
    return Finding(
        fingerprint=patch.fingerprint, codemod=patch.codemod, tier=patch.tier, title=patch.title, file=site.file,
        function=site.function, line=site.line, query=site.query, loads=loads, notes=patch.notes,
        changes=patch.changes, diff=patch.diff,
    )  # fmt: skip


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
