"""Git without a work tree: the only file that imports GitPython.

Every call is a fixed argv in an environment built from nothing, inside a bare repository that nobody else can write to.
Hooks, filters, fsmonitor, text conversion, credential helpers and URL rewrites of the user's repository therefore never
run (git-config(1) names them; overriding them one by one in place does not hold).
"""

import base64
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

from bot.errors import UserError
from bot.publish.forge import BRANCH_PREFIX, Remote
from bot.records import Record

BOT_NAME = "costmod-bot"
BOT_EMAIL = "costmod-bot@costmod.invalid"  # .invalid is reserved (RFC 2606): it can be nobody's account
GITHUB_COMMITTER = ("GitHub", "noreply@github.com")  # of every commit that GitHub itself makes and signs
LARGEST_FILE = 1 << 20  # bytes
_FILES_AT_ONCE = 500
_HUNK = re.compile(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@")
LONGEST_TEMPLATE = 20_000  # bytes
TEMPLATE_NAMES = ("pull_request_template.md", "pull_request_template.txt", "pull_request_template")
TEMPLATE_FILES = (
    *TEMPLATE_NAMES,
    *(name.upper().replace(".MD", ".md").replace(".TXT", ".txt") for name in TEMPLATE_NAMES),
)
_TIMEOUT_SECONDS = 600
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF_NAME = re.compile(r"(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)|/\.|\.$|/$))[A-Za-z0-9][A-Za-z0-9._/+-]{0,200}")
_INHERITED = {"PATH", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"} | {
    name for proxy in ("http_proxy", "https_proxy", "no_proxy", "all_proxy") for name in (proxy, proxy.upper())
}
_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.protectNTFS": "true",
    "core.protectHFS": "true",
    "safe.bareRepository": "explicit",
    "protocol.ext.allow": "never",
    "credential.helper": "",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "push.gpgSign": "false",
}


class GitFailed(Exception):  # noqa: N818  a result to branch on, not always an error
    """A git command that did not exit with 0; the message is its standard error without secrets."""


class Base(Record, frozen=True, kw_only=True):
    """A file of the base commit."""

    mode: str  # 100644 or 100755
    content: bytes


class Made(Record, frozen=True, kw_only=True):
    """What a commit with one parent is made of."""

    parent: str
    message: str
    files: dict[str, Base]  # that it writes
    removed: bool  # whether it takes some away


class Repository:
    """A bare repository that belongs to this run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def commit_on(self, parent: str, files: Mapping[str, bytes], message: str) -> str:
        """Commit whole files on top of `parent`; the same inputs give the same commit id.

        Modes of existing files are kept. Author and committer are the bot, both dates are the parent's committer date.
        """
        modes = {path: base.mode if (base := self.file_at(parent, path)) else "100644" for path in sorted(files)}
        with tempfile.TemporaryDirectory(dir=self.folder.parent) as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._run("read-tree", parent, extra=index)
            for path, mode in modes.items():
                blob = self._run("hash-object", "-w", "--stdin", "--no-filters", stdin=files[path]).strip()
                self._run("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}", extra=index)
            tree = self._run("write-tree", extra=index).strip()
        date = self._run("show", "--no-patch", "--no-ext-diff", "--no-textconv", "--format=%cd", "--date=raw", parent)
        names = {"NAME": BOT_NAME, "EMAIL": BOT_EMAIL, "DATE": date.strip()}
        people = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in names.items()}
        command = ("commit-tree", tree, "-p", parent, "-F", "-")
        return self._run(*command, stdin=message.encode(), extra=people).strip()

    def file_at(self, commit: str, path: str) -> Base | None:
        """A regular file of a commit; None when nothing is there.

        Raises:
            UserError: a symbolic link, a submodule or a folder.
        """
        listed = self._run("ls-tree", "-z", commit, "--", path)
        if not listed:
            return None
        mode, kind, blob = listed.split("\t", 1)[0].split(" ")
        if kind != "blob" or mode not in ("100644", "100755"):
            raise UserError(f"{path}: is no regular file in {commit[:12]}; costmod edits regular files only.")
        return Base(mode=mode, content=self._run_bytes("cat-file", "blob", blob))

    def is_bot_commit(self, commit: str, trailer: str) -> bool:
        """Whether a commit is what `commit_on` makes, or GitHub from it, with a trailer line that begins so.

        GitHub makes commits at its own time and for its own account, so there the trailer alone tells.
        """
        try:
            shown = self._run(
                "show", "--no-patch", "--format=%an%n%ae%n%cn%n%ce%n%ad%n%cd%n%P%n%B", "--date=raw", commit
            )
        except GitFailed:
            return False
        name, email, committer, committer_email, authored, committed, parents, *message = shown.split("\n")
        trailed = any(line.startswith(trailer) for line in message)
        if not trailed or not parents or " " in parents:
            return False
        if (committer, committer_email) == GITHUB_COMMITTER:
            return True
        if (name, email, committer, committer_email) != (BOT_NAME, BOT_EMAIL) * 2:
            return False
        date = self._run("show", "--no-patch", "--format=%cd", "--date=raw", parents).strip()
        return authored == committed == date

    def is_same(self, one: str, other: str) -> bool:
        """Whether two commits have the same tree and the same parents."""
        shown = {self._run("show", "--no-patch", "--format=%T %P", commit).strip() for commit in (one, other)}
        return len(shown) == 1

    def made_of(self, commit: str) -> Made:
        """The parent, the message and the written files of a commit with one parent."""
        parent = self._run("rev-parse", "--verify", f"{_checked_id(commit)}^").strip()
        listed = self._run("diff-tree", "-r", "-z", "--no-renames", parent, commit).split("\0")
        changed = dict(zip(listed[1::2], (about.split()[-1] for about in listed[::2] if about), strict=True))
        found = {path: self.file_at(commit, path) for path in changed}
        message = self._run("show", "--no-patch", "--format=%B", commit).strip()
        files = {path: base for path, base in found.items() if base is not None}
        return Made(parent=parent, message=message, files=files, removed=len(files) < len(found))

    def export(self, commit: str, folder: Path) -> None:
        """Write the regular files of a commit, of at most 1 MiB each; no link, no submodule, no mode, no filter.

        The folder becomes a repository whose index is the commit, so that what it holds can be listed.
        """
        run("init", "--quiet", "--template=", str(folder))
        (folder / ".git" / "objects" / "info").mkdir(exist_ok=True)
        alternates = folder / ".git" / "objects" / "info" / "alternates"
        alternates.write_text(f"{self.folder / 'objects'}\n", encoding="utf-8")
        run("read-tree", commit, git_dir=folder / ".git")
        listed = self._run_bytes("ls-tree", "-r", "-z", "-l", commit).split(b"\0")
        blobs: dict[Path, bytes] = {}
        for entry in filter(None, listed):
            about, _, name = entry.partition(b"\t")
            mode, _, blob, size = about.split()
            if mode in (b"100644", b"100755") and int(size) <= LARGEST_FILE and _is_plain(os.fsdecode(name)):
                blobs[folder / os.fsdecode(name)] = blob
        for some in _batched(blobs):
            shown = self._run_bytes("cat-file", "--batch", stdin=b"\n".join(blob for _, blob in some) + b"\n")
            for path, _ in some:
                header, _, rest = shown.partition(b"\n")
                length = int(header.split()[2])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(rest[:length])
                shown = rest[length + 1 :]

    def merge_base(self, one: str, other: str) -> str | None:
        """Where two histories parted; None when they share nothing."""
        try:
            return self._run("merge-base", one, other).strip()
        except GitFailed:
            return None

    def lines_in_diff(self, base: str, head: str) -> dict[str, set[int]]:
        """By path the lines of `head` that the diff since `base` shows, context included, counted from 1."""
        shown = self._run(
            "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--src-prefix=a/",
            "--dst-prefix=b/", "--end-of-options", base, head,
        )  # fmt: skip
        found: dict[str, set[int]] = {}
        path, line, left = "", 0, 0
        for text in shown.split("\n"):
            if left > 0:
                if text[:1] != "-":
                    found[path].add(line)
                    line, left = line + 1, left - (text[:1] != "\\")
            elif text.startswith("+++ "):
                path = text.removeprefix("+++ b/").rstrip("\t")
            elif hunk := _HUNK.match(text):
                found.setdefault(path, set())
                line, left = int(hunk[1]), int(hunk[2] or 1)
        return found

    def take(self, remote: Remote, ref: str) -> str:
        """Fetch one full ref of a remote; the commit id it was at.

        Raises:
            GitFailed: the remote has no such ref, or cannot be reached.
        """
        name = f"refs/{_checked_ref(ref.removeprefix('refs/'))}"
        kept = f"refs/costmod/taken/{name.removeprefix('refs/')}"
        self._run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote.url, f"+{name}:{kept}",
            remote=remote,
        )  # fmt: skip
        return self._run("rev-parse", "--verify", f"{kept}^{{commit}}").strip()

    def borrow(self, repository: Path, commit: str) -> None:
        """Bring a commit and its history from a repository of this machine."""
        source = git_folder(repository)
        self._run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--update-shallow", "--", str(source),
            f"{_checked_id(commit)}:refs/costmod/base", remote=Remote(url=str(source)),
        )  # fmt: skip

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` contains `older`."""
        try:
            self._run("merge-base", "--is-ancestor", older, newer)
        except GitFailed:
            return False
        return True

    def is_contained(self, commit: str, base: str) -> bool:
        """Whether merging `commit` into `base` would change nothing; False where they conflict."""
        try:
            merged = self._run("merge-tree", "--write-tree", "--no-messages", base, commit).strip()
            return merged == self._run("rev-parse", "--verify", f"{base}^{{tree}}").strip()
        except GitFailed:
            return False

    def pull_request_template(self, commit: str) -> str:
        """The text that the repository wants in its pull requests, where GitHub looks for it; "" without one."""
        listed = self._run("ls-tree", "-r", "--name-only", "-z", commit, "--", ".github", "docs", *TEMPLATE_FILES)
        known = {path.casefold(): path for path in listed.split("\0")}
        names = (f"{folder}{name}" for folder in (".github/", "", "docs/") for name in TEMPLATE_NAMES)
        return next((text for name in names if (text := self._text_at(commit, known.get(name, "")))), "")

    def _text_at(self, commit: str, path: str) -> str:
        try:
            base = None if not path else self.file_at(commit, path)
            return base.content.decode() if base is not None and len(base.content) <= LONGEST_TEMPLATE else ""
        except (UserError, UnicodeDecodeError):
            return ""

    def is_shallow(self) -> bool:
        """Whether history is missing, as after `git clone --depth`."""
        return (self.folder / "shallow").is_file()

    def heads(self, remote: Remote, *branches: str) -> dict[str, str]:
        """The commit ids of those branches that the remote has, in one call."""
        refs = {f"refs/heads/{_checked_ref(branch)}": branch for branch in branches}
        listed = self._run("ls-remote", "--refs", "--", remote.url, *refs, remote=remote)
        found = (line.split("\t", 1) for line in listed.splitlines())
        return {refs[name]: commit for commit, name in found if name in refs}

    def missing(self, remote: Remote, branches: Iterable[str]) -> frozenset[str]:
        """Those of the branches that the remote has not; a name that git may not be given is taken to be there."""
        asked = [branch for branch in sorted(branches) if _REF_NAME.fullmatch(branch)]
        return frozenset(asked) - set(self.heads(remote, *asked)) if asked else frozenset()

    def bot_heads(self, remote: Remote, base: str) -> dict[str, str]:
        """The commit ids of the base and of every branch of the bot that the remote has, in one call."""
        patterns = (f"refs/heads/{_checked_ref(base)}", f"refs/heads/{BRANCH_PREFIX}*")
        listed = self._run("ls-remote", "--refs", "--", remote.url, *patterns, remote=remote)
        found = (line.split("\t", 1) for line in listed.splitlines())
        names = {name.removeprefix("refs/heads/"): commit for commit, name in found}
        return {name: commit for name, commit in names.items() if _REF_NAME.fullmatch(name)}

    def head(self, remote: Remote, branch: str) -> str | None:
        """The commit id of a branch on the remote; None when it is not there."""
        return self.heads(remote, branch).get(branch)

    def bring(self, remote: Remote, branch: str, commit: str) -> None:
        """Fetch a branch, unless the commit it is at is here already."""
        try:
            self._run("cat-file", "-e", f"{_checked_id(commit)}^{{commit}}")
        except GitFailed:
            name = _checked_ref(branch)
            self._run(
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", remote.url,
                f"+refs/heads/{name}:refs/costmod/{name}", remote=remote,
            )  # fmt: skip

    def push(self, remote: Remote, commit: str, branch: str, *, lease: str) -> bool:
        """Push one commit to one branch if the branch is at `lease` ("": does not exist); False when it was not.

        Raises:
            GitFailed: the remote could not be reached, or refused for another reason.
        """
        ref = f"refs/heads/{_checked_ref(branch)}"
        source = _checked_id(commit) if commit else ""
        expected = _checked_id(lease) if lease else ""
        try:
            self._run(
                "push", "--quiet", "--no-verify", "--no-follow-tags", f"--force-with-lease={ref}:{expected}",
                "--", remote.url, f"{source}:{ref}", remote=remote,
            )  # fmt: skip
        except GitFailed:
            if (self.head(remote, branch) or "") == lease:
                raise
            return False
        return True

    def delete(self, remote: Remote, branch: str, *, lease: str) -> bool:
        """Delete a branch that still is at `lease`."""
        return self.push(remote, "", branch, lease=lease)

    def _run(self, *arguments: str, **options: object) -> str:
        return self._run_bytes(*arguments, **options).decode(errors="replace")  # type: ignore[arg-type]

    def _run_bytes(
        self,
        *arguments: str,
        stdin: bytes = b"",
        extra: Mapping[str, str] | None = None,
        remote: Remote | None = None,
    ) -> bytes:
        return run(*arguments, git_dir=self.folder, stdin=stdin, extra=extra, remote=remote)


@contextlib.contextmanager
def empty_copy() -> Iterator[Repository]:
    """A bare repository without a commit in a temporary folder; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="costmod-") as scratch:
        folder = Path(scratch) / "copy.git"
        run("init", "--quiet", "--bare", "--template=", str(folder))
        yield Repository(folder)


@contextlib.contextmanager
def private_copy(repository: Path, commit: str) -> Iterator[Repository]:
    """A bare repository in a temporary folder that holds `commit` and its history; removed afterwards.

    Raises:
        UserError: the folder is no git repository, or has no such commit.
    """
    source = git_folder(repository)
    with tempfile.TemporaryDirectory(prefix="costmod-") as scratch:
        folder = Path(scratch) / "copy.git"
        copy = Repository(folder)
        try:
            run("init", "--quiet", "--bare", "--template=", str(folder))
            copy._run(
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--update-shallow", "--", str(source),
                f"{_checked_id(commit)}:refs/costmod/commit", remote=Remote(url=str(source)),
            )  # fmt: skip
        except GitFailed as error:
            if "No space left" in str(error):
                raise UserError(f"{scratch}: no space left; free some, or set TMPDIR to a larger disk.") from error
            raise UserError(
                f"{repository}: commit {commit[:12]} cannot be read ({error}); give a commit of this repository."
            ) from error
        yield copy


def create_bare(folder: Path) -> None:
    """Make an empty bare repository if there is none."""
    if not (folder / "HEAD").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        run("init", "--quiet", "--bare", "--template=", str(folder))
    # A clone with `--depth` has commits without parents. Set in the file: git keeps its environment from receive-pack.
    run("config", "--file", str(folder / "config"), "receive.shallowUpdate", "true")


def difference(folder: Path, base: str, branch: str) -> str:
    """The unified diff of a branch since it left its base, in a bare repository; empty when either is missing."""
    span = f"refs/heads/{_checked_ref(base)}...refs/heads/{_checked_ref(branch)}"
    try:
        shown = run(
            "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--end-of-options", span,
            git_dir=folder,
        )  # fmt: skip
    except GitFailed:
        return ""
    return shown.decode(errors="replace")


def git_folder(repository: Path) -> Path:
    """Where a work tree keeps its objects and branches.

    Raises:
        UserError: no git repository there, one that belongs to another user, or one with SHA-256 object ids.
    """
    command = ("rev-parse", "--path-format=absolute", "--show-object-format", "--git-common-dir")
    try:
        object_format, _, found = run("-C", str(repository), *command).partition(b"\n")
    except GitFailed as error:
        raise UserError(f"{repository}: is no git repository that can be read ({error}).") from error
    if object_format != b"sha1":
        raise UserError(f"{repository}: has {object_format.decode()} object ids; costmod publishes sha1 only.")
    return Path(os.fsdecode(found.rstrip(b"\n")))


def commit_of(repository: Path, revision: str) -> str:
    """The full id of the commit that a branch, tag or id names.

    Raises:
        UserError: the repository has no such commit.
    """
    name = f"{revision}^{{commit}}"
    try:
        found = run("rev-parse", "--verify", "--quiet", "--end-of-options", name, git_dir=git_folder(repository))
        return found.decode().strip()
    except GitFailed as error:
        raise UserError(f"{repository}: no commit {revision!r}; name a branch, tag or commit id.") from error


def origin_url(repository: Path) -> str | None:
    """The URL of the remote `origin` as configured; None without one."""
    config = git_folder(repository) / "config"
    try:
        return run("config", "--file", str(config), "--get", "remote.origin.url").decode().strip()
    except GitFailed:
        return None


def run(
    *arguments: str,
    git_dir: Path | None = None,
    stdin: bytes = b"",
    extra: Mapping[str, str] | None = None,
    remote: Remote | None = None,
) -> bytes:
    """Run one git command; standard output.

    Raises:
        GitFailed: it exited with something else than 0.
        UserError: git is not installed.
    """
    git = _gitpython()
    environment = _environment(git_dir, remote) | dict(extra or {})
    # GitPython starts from a copy of our own environment, so the rest is removed by name (names are no secrets).
    dropped = [part for name in sorted(set(os.environ) - set(environment)) for part in ("-u", name)]
    command = ["env", *dropped, shutil.which("git") or "git", *arguments]
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        started = git.Git(os.sep).execute(
            command, istream=given, as_process=True, env=environment, start_new_session=True
        )
        status, output, errors = _finished(started.proc, arguments[0])
    if status:
        raise GitFailed(_redacted(errors, remote) or f"git {arguments[0]} ended with status {status}")
    return output


def _gitpython() -> ModuleType:
    """GitPython. It runs `git version` when it is imported, which has no business with the secrets of our environment.

    Raises:
        UserError: git is not installed.
    """
    if "git" not in sys.modules:
        dropped = {name: os.environ.pop(name) for name in set(os.environ) - _INHERITED}
        try:
            import git
        except ImportError as error:
            raise UserError("git: not found on PATH; install git 2.38 or newer.") from error
        finally:
            os.environ.update(dropped)
        return git
    return sys.modules["git"]


def _finished(process: "subprocess.Popen[bytes] | None", name: str) -> tuple[int, bytes, str]:
    """Exit status, standard output and error of a git that never outlives this call.

    GitPython's own time limit is a thread that would hold up the end of an interrupted program.
    """
    if process is None:
        raise AssertionError("GitPython forgets a process only when it ends it")
    with process:
        try:
            output, errors = process.communicate(timeout=_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise GitFailed(f"git {name} did not end within {_TIMEOUT_SECONDS} s") from error
        finally:
            with contextlib.suppress(ProcessLookupError):  # the group: git does not end its transport helpers
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, output, errors.decode(errors="replace")


def _environment(git_dir: Path | None, remote: Remote | None) -> dict[str, str]:
    config = dict(_CONFIG)
    if remote is not None and remote.token:
        parts = urlsplit(remote.url)
        config[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = f"Authorization: Basic {_basic(remote.token)}"
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | {
        "HOME": os.devnull,
        "LANG": "C.UTF-8",
        "LANGUAGE": "C",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": _protocol(remote),
        "GIT_CONFIG_COUNT": str(len(config)),
    }
    for number, (key, value) in enumerate(config.items()):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    if git_dir is not None:
        environment["GIT_DIR"] = str(git_dir)
    return environment


def _protocol(remote: Remote | None) -> str:
    """The one transport this call may use; plain http only to this machine."""
    if remote is None:
        return "none"
    if Path(remote.url).is_absolute():
        return "file"
    parts = urlsplit(remote.url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")):
        return parts.scheme
    raise UserError(f"{remote.url}: git may not push there; use an https:// URL.")


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


def _redacted(errors: str, remote: Remote | None) -> str:
    """Standard error as one line, without the token in any form we send it."""
    for secret in (remote.token, _basic(remote.token)) if remote is not None and remote.token else ():
        errors = errors.replace(secret, "***")
    return " ".join(errors.split())[:500]


def _batched(blobs: Mapping[Path, bytes]) -> Iterator[list[tuple[Path, bytes]]]:
    items = list(blobs.items())
    for start in range(0, len(items), _FILES_AT_ONCE):
        yield items[start : start + _FILES_AT_ONCE]


def _is_plain(path: str) -> bool:
    """Whether a path of a tree stays inside the folder it is written to, and out of .git."""
    parts = path.split("/")
    return not ({"", ".", ".."} & set(parts)) and ".git" not in (part.casefold() for part in parts)


def _checked_ref(branch: str) -> str:
    if not _REF_NAME.fullmatch(branch):
        raise UserError(f"{branch!r}: is no plain branch name; use letters, digits and . _ / + - only.")
    return branch


def _checked_id(commit: str) -> str:
    if not _OBJECT_ID.fullmatch(commit):
        raise UserError(f"{commit!r}: is no full commit id; give all 40 hexadecimal digits.")
    return commit
