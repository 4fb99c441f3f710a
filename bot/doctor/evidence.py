"""What the files of a repository say about its APM, read and never run: packages, settings, start commands, calls."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from bot.doctor.calls import Call, read_calls
from bot.doctor.packages import MANIFESTS, read_packages
from bot.errors import UserError
from bot.prove.git_command import run_git

MAX_FILES = 50_000
MAX_BYTES = 1 << 20  # of a file
_SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "site-packages", "__pycache__"})
_START_FILES = re.compile(
    r"(?:.*\.)?(?:env|dockerfile|containerfile)(?:\..*)?|procfile.*|makefile|.*\.(?:ya?ml|toml|ini|cfg|sh|service|json|tf)",
    re.IGNORECASE,
)
_LAUNCHERS = ("ddtrace-run", "opentelemetry-instrument", "newrelic-admin")
_NAME = r"((?:DD|OTEL|SENTRY|NEW_RELIC|AWS_XRAY)_[A-Z0-9_]+)"
_SETTINGS = (
    re.compile(rf"\b{_NAME}[\"']?\s*[=:]\s*[\"']?([^\s\"',]*)"),
    re.compile(rf"\bname:\s*[\"']?{_NAME}[\"']?\s*\n\s*value:\s*[\"']?([^\s\"',]*)"),  # Kubernetes
    re.compile(rf"\bENV\s+{_NAME}\s+([^\s\"']+)"),
)
_MENTIONS = (b"sentry_sdk", b"ddtrace", b"opentelemetry", b"newrelic", b"aws_xray_sdk")


class Evidence(msgspec.Struct):
    """Packages by their name on PyPI with what follows it, settings by name, launchers and Python calls."""

    packages: dict[str, str] = {}
    settings: dict[str, str] = {}
    launchers: set[str] = set()
    calls: list[Call] = []
    imports: set[str] = set()  # top-level modules
    texts: dict[str, str] = {}  # newrelic.ini and the like, by file name

    def has(self, *names: str) -> bool:
        """Whether one of the packages is a dependency."""
        return any(name in self.packages for name in names)

    def call(self, *names: str) -> Call | None:
        """The first call of one of the functions, by the dotted name under which it is defined."""
        return next((call for call in self.calls if call.name in names), None)


def gather(folder: Path) -> Evidence:
    """Read what a repository keeps.

    Raises:
        UserError: the folder cannot be listed.
    """
    found = Evidence()
    for path in _files(folder):
        name = PurePosixPath(path).name.lower()
        if name.endswith(".py"):
            data = _bytes(folder / path)
            if any(mention in data for mention in _MENTIONS):
                calls, imports = read_calls(data, path)
                found.calls += calls
                found.imports |= imports
        if MANIFESTS.fullmatch(path.lower()):
            found.packages |= read_packages(name, _text(folder / path))
        if _START_FILES.fullmatch(name):
            _read_start(found, name, _text(folder / path))
    return found


def _read_start(found: Evidence, name: str, text: str) -> None:
    found.launchers.update(launcher for launcher in _LAUNCHERS if re.search(rf"(?<![\w-]){launcher}(?![\w-])", text))
    for pattern in _SETTINGS:
        for match in pattern.finditer(text):
            found.settings.setdefault(match[1], match[2])
    if name.startswith("newrelic"):
        found.texts.setdefault("newrelic.ini", text)


def _files(folder: Path) -> list[str]:
    """Relative paths, by git or, without it, as they lie there; an `.env` that git ignores too."""
    try:
        listed = run_git("ls-files", "-z", "--cached", "--others", "--exclude-standard", directory=folder).split("\0")
        found = [path for path in listed if path]
        found += [path.name for path in folder.glob(".env*") if path.name not in found]
    except (subprocess.CalledProcessError, UserError):
        found = list(_walk(folder))
    except OSError as error:
        raise UserError(f"{folder}: cannot be read ({error.strerror}); name a repository.") from error
    return sorted(found)[:MAX_FILES]


def _walk(folder: Path) -> Iterator[str]:
    for directory, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        for name in files:
            yield (Path(directory) / name).relative_to(folder).as_posix()


def _refuse(error: OSError) -> None:
    raise UserError(f"{error.filename}: cannot be read ({error.strerror}); name a repository.") from error


def _bytes(path: Path) -> bytes:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_BYTES:
            return b""
        return path.read_bytes()
    except OSError:
        return b""


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8", "replace")
