"""A patch of a sub-project, seen from the top of its repository: where it is published."""

from msgspec.structs import replace

from bot.plan.plan import diff, fingerprint
from bot.records import Patch


def from_top(patch: Patch, prefix: str) -> Patch:
    """The patch with `prefix` ("services/shop/", or "" at the top) before every path, the fingerprint included.

    Two sub-projects may hold the same file and function: only the whole path tells their findings apart.
    """
    if not prefix:
        return patch
    file = f"{prefix}{patch.site.file}"
    changes = tuple(replace(change, path=f"{prefix}{change.path}") for change in patch.changes)
    return replace(
        patch,
        fingerprint=fingerprint(patch.codemod, file, patch.site.function, patch.site.loads),
        site=replace(patch.site, file=file),
        changes=changes,
        diff=diff(changes),
    )
