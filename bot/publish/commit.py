"""Names and words of one patch on the forge: its branch, its commit message, its file contents."""

import io
import re
import tokenize
from collections.abc import Callable

from bot.errors import UserError
from bot.publish.forge import BRANCH_PREFIX
from bot.publish.git import BOT_EMAIL, BOT_NAME, Base
from bot.publish.marker import digest
from bot.publish.sanitize import subject
from bot.records import Change, Load, Patch
from codemods.strategies import KEY_COLUMN

_CODEMOD = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FINGERPRINT = re.compile(r"[0-9a-f]{12,64}")


def branch_of(patch: Patch) -> str:
    """`costmod/<codemod>/<first 12 digits of the fingerprint>`.

    Raises:
        UserError: an id that would make no plain branch name.
    """
    if not _CODEMOD.fullmatch(patch.codemod):
        raise UserError(f"{patch.codemod!r}: is no codemod id; use lower-case letters, digits, - and _ only.")
    if not _FINGERPRINT.fullmatch(patch.fingerprint):
        raise UserError(f"{patch.fingerprint!r}: is no fingerprint; plan the hotspot again.")
    return f"{BRANCH_PREFIX}{patch.codemod}/{patch.fingerprint[:12]}"


def fingerprint_trailer(patch: Patch) -> str:
    """The trailer line by which git knows the bot's commit for this patch."""
    return f"Costmod-Fingerprint: {patch.fingerprint}"


def _what(load: Load) -> str:
    if load.strategy == KEY_COLUMN:
        return f"read {load.path}_id, the key itself,"
    return f"{'batch' if load.batched else 'load'} {load.path} with {load.strategy}"


def message_of(patch: Patch, *, signoff: bool) -> str:
    """Subject, one line per load, trailers (git-interpret-trailers(1))."""
    place = f"{patch.site.function} ({patch.site.file})"
    loads = [subject(f"- {_what(load)} in {place}", 200) for load in patch.loads[:20]]
    trailers = [f"Costmod-Codemod: {patch.codemod}", fingerprint_trailer(patch)]
    if signoff:
        trailers.append(f"Signed-off-by: {BOT_NAME} <{BOT_EMAIL}>")
    paragraphs = [[subject(patch.title)], loads, trailers]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n"


def content_hash(patch: Patch) -> str:
    """Identity of the edit, so that a base which moved elsewhere changes nothing."""
    return digest(
        patch.codemod, *(part for change in patch.changes for part in (change.path, change.before, change.after))
    )


def files_of(patch: Patch, base_file: Callable[[str], Base | None]) -> dict[str, bytes] | str:
    """New contents by path in the encoding of the base; or, in one sentence, why the patch no longer fits."""
    files = {}
    for change in patch.changes:
        base = base_file(change.path)
        content = _encoded(change, base.content if base else b"")
        if content is None:
            return f"{change.path} is not what the patch was planned on; plan again"
        files[change.path] = content
    return files


def _encoded(change: Change, before: bytes) -> bytes | None:
    """The new bytes, if some reading of the old bytes is exactly the text that the patch was planned on."""
    for encoding in _encodings(before):
        try:
            if before.decode(encoding) == change.before:
                return change.after.encode(encoding)
        except (UnicodeError, LookupError):
            continue
    return None


def _encodings(content: bytes) -> tuple[str, ...]:
    try:
        declared = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
    except SyntaxError:
        return ()
    return (declared, "utf-8")
