"""Which forge a run publishes to."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from bot.errors import UserError
from bot.publish.forge import Forge
from bot.publish.git import git_folder, origin_url
from bot.publish.github import PUBLIC_API, GithubForge, server_of
from bot.publish.local import LocalForge
from bot.publish.sanitize import plain

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_SSH = re.compile(r"(?:ssh://)?(?:[A-Za-z0-9._-]+@)(?P<host>[A-Za-z0-9.-]+)(?::(?:\d+/)?|/)(?P<slug>[^:]+)")


def forge_for(
    kind: Literal["local", "github"] | None,
    repository: Path,
    token: str | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Forge:
    """The forge of a kind: local by default without a token, GitHub with one.

    `environment` gives GITHUB_API_URL for GitHub Enterprise Server; `folder` is where the local forge lives.

    Raises:
        UserError: GitHub without a token, an origin that is not on the API's host, or SHA-256 object ids.
    """
    git_folder(repository)  # refuses here, before any test runs
    if (kind or ("github" if token else "local")) == "local":
        return LocalForge(folder or default_folder(repository))
    if not token:
        raise UserError("--forge github: needs a token; set COSTMOD_TOKEN or GITHUB_TOKEN, or use --forge local.")
    api = (environment or {}).get("GITHUB_API_URL") or PUBLIC_API
    return GithubForge(slug_of(origin_url(repository), api), token, api=api)


def github_for(slug: str, token: str | None, environment: Mapping[str, str]) -> GithubForge:
    """GitHub for a repository that an event names, without a clone of it.

    Raises:
        UserError: no token, or no OWNER/NAME.
    """
    if not token:
        raise UserError("slash: needs a token; set COSTMOD_TOKEN or GITHUB_TOKEN.")
    if not _SLUG.fullmatch(slug):
        raise UserError(f"the event's repository {plain(slug, 80)!r} is no OWNER/NAME.")
    return GithubForge(slug, token, api=environment.get("GITHUB_API_URL") or PUBLIC_API)


def default_folder(repository: Path) -> Path:
    """Outside the repository, so that publishing never makes its work tree dirty."""
    import platformdirs

    path = repository.resolve()
    key = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    return Path(platformdirs.user_data_dir("costmod")) / "forge" / f"{path.name}-{key}"


def slug_of(origin: str | None, api: str) -> str:
    """OWNER/NAME of an origin URL (https or ssh) that is on the same host as the API.

    Raises:
        UserError: no origin, another host, or no OWNER/NAME path.
    """
    if not origin:
        raise UserError("origin: the repository has no such remote; add it with `git remote add origin URL`.")
    host, path = _host_and_path(origin)
    expected = urlsplit(server_of(api)).netloc
    if host.casefold() != expected.casefold():
        shown = plain(host, 80) or "no host"
        raise UserError(f"origin: points to {shown}, but the GitHub API is that of {expected}; set GITHUB_API_URL.")
    slug = path.strip("/").removesuffix(".git")
    if not _SLUG.fullmatch(slug):
        raise UserError(f"origin: {plain(path, 80)!r} is no OWNER/NAME of a repository; correct the remote's URL.")
    return slug


def _host_and_path(origin: str) -> tuple[str, str]:
    """Host (with a port only for http) and path; credentials in the URL are dropped unread."""
    parts = urlsplit(origin)
    if parts.scheme in ("http", "https"):
        return parts.netloc.rpartition("@")[2], parts.path
    found = _SSH.fullmatch(origin)
    return (found["host"], found["slug"]) if found else ("", origin)
