"""The Python files of a checkout, read once, each skip with its reason."""

import ast
import os
import re
import stat
import subprocess
import warnings
from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path

from codemods.cache import Store, blob_id, decode, encode, store_for
from codemods.index.facts import TEMPLATE_SUFFIXES, Module, module_facts, ordered
from codemods.index.halves import in_halves
from codemods.index.interpreter import READING, frames
from codemods.index.policies import lacking
from codemods.index.screens import Screens, Search
from codemods.index.template_files import template
from codemods.index.trace import Answer, Question, Trace

MAX_BYTES = 1_000_000
MAX_LINES = 20_000
MAX_COLUMNS = 20_000
MAX_MARKS = 150_000  # dots, commas and opening brackets: each is an object of the syntax tree, or two
MAX_TOTAL = 400_000_000  # characters of all files together
GIT_SECONDS = 120
_MANY = 64  # files
_SCANS = 16  # so often many texts are searched before an index of their identifiers pays
_TEST = re.compile(
    r"(^|/)(tests?|testing|migrations|alembic/versions|node_modules|site-packages|\.?venv)/|(^|/)(test_[^/]*|[^/]*_test|tests|conftest)\.py$"
)
_NO_TEST = re.compile(r"(^|/)(migrations|alembic/versions|node_modules|site-packages|\.?venv)/")  # of those
_GENERATED = re.compile(rb"^[ \t]*#.*(?:@generated\b|\bgenerated (?:by|from)\b.*\bdo not edit\b)", re.I | re.M)
_HEAD = 1_000  # bytes in which a file says that it is generated
_ENCODING = re.compile(rb"(?:[ \t\f]*(?:#[^\n]*)?\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_ASCII_BASED = re.compile(rb"utf-?8|utf_8|(?:us-)?ascii|latin|iso-?8859|cp125|windows-125", re.I)
_CLASS = re.compile(r"class[ \t]+\w+[ \t]*(?:\[[^\]]*\][ \t]*)?\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
_ALIAS = re.compile(r" as (\w+)")
_WORD = re.compile(r"\w+")
_MANIFEST = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|setup\.py|(?:poetry|uv|pdm|Pipfile)\.lock"
    r"|[^/]*(?:requirement|constraint)s?[^/]*\.txt|requirements/[^/]+\.txt)$"
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_NEAR = 100  # characters before an alias in which the name stands
_TO_SPACES = bytes(c if c > 127 or chr(c).isalnum() or c == ord("_") else 32 for c in range(256))


def _editor() -> None:
    """Load LibCST, which whoever edits will want, and which takes as long as reading many files."""
    import libcst

    libcst.Module  # noqa: B018 - loaded by the first use of a name


class _SkipError(Exception):
    """Why a file is not read."""


class Tree:
    """Tracked regular `.py` files below `root`, without symbolic links, submodules and test code.

    Attributes:
        root: the folder.
        files: repository-relative paths with forward slashes, sorted.
        templates: the same for Jinja, Django, Mako and Genshi templates, by their suffix.
        manifests: the same for files that name the libraries of a project, and their versions.
        tests: the same for Python files of tests, which are read and never planned on.
        skipped: path -> why it was not read; "" when git lists no files at all.

    An overlay (path -> text) stands for files that an earlier edit has changed already.
    """

    def __init__(
        self,
        root: Path,
        exclude: tuple[str, ...] = (),
        overlay: Mapping[str, str] | None = None,
        store: Store | None = None,
    ) -> None:
        self.root = root
        self.store = store or store_for(root)
        tracked, self.skipped, listed = _tracked(root)
        kept = [p for p in tracked if not is_test(p) and not p.startswith(exclude or ("\0",))]
        self.files = tuple(p for p in kept if p.endswith(".py"))
        self.templates = tuple(p for p in kept if p.endswith(TEMPLATE_SUFFIXES))
        self.manifests = tuple(p for p in kept if _MANIFEST.search(p))
        self.tests = tuple(p for p in tracked if p.endswith(".py") and is_test(p) and not _NO_TEST.search(p))
        self._known = frozenset(self.files)
        self._sources: dict[str, str | None] = dict(overlay or {})
        self._edited = frozenset(self._sources)
        self._modules: dict[str, Module | None] = {}
        self._found: dict[str, list[str]] = {}
        self._folders: dict[str, bool] = {"": True}  # whether it is a real folder of the checkout
        self._left = MAX_TOTAL
        self._read_bases: set[str] = set()
        self._deriving: dict[str, list[str]] = {}  # name -> files with a class below it
        self._lines: dict[str, list[str]] = {}
        self._test_texts: dict[str, str] = {}
        self._ready: dict[str, bytes | None] = {}  # facts that nobody has looked at yet
        self._holders: dict[bytes, list[str]] | None = None
        self._scans = 0
        self._syntax: dict[str, ast.Module] = {}
        self._screens = Screens(root, self.store, self.files, MAX_TOTAL)
        self.trace = Trace()
        self._listing = "\0".join((*listed, "", *exclude))
        self.trace.note(("listing",), self._listing)

    def edited(self, texts: Mapping[str, str]) -> "Tree":
        """The same checkout with other texts in some files; what is known of the others stays known."""
        tree = copy(self)
        tree._sources = {**self._sources, **texts}
        tree._edited = self._edited | texts.keys()
        tree._modules = {path: module for path, module in self._modules.items() if path not in texts}
        tree.skipped = {path: reason for path, reason in self.skipped.items() if path not in texts}
        tree._ready = {}
        tree._found, tree._syntax, tree._read_bases, tree._deriving, tree._lines = {}, {}, set(), {}, {}
        return tree

    def save(self) -> None:
        """Write to the store what is new."""
        self._screens.keep()
        self.store.save()

    def source(self, path: str) -> str | None:
        """The text with its line ends kept, or None when the file is skipped."""
        text = self.text(path)
        self.note(path, ("text", path), text)
        return text

    def lines(self, path: str, first: int, last: int, *, quiet: bool = False) -> str:
        """Some lines of a file, counted from 1, both included; empty when the file is skipped."""
        if path not in self._lines:
            self._lines[path] = _LINE.findall(self.text(path) or "")
        found = "".join(self._lines[path][first - 1 : last])
        if not quiet:
            self.note(path, ("lines", path, str(first), str(last)), found)
        return found

    def text(self, path: str) -> str | None:
        """The same for searches, from whose answers nothing but what they say is to follow."""
        if path not in self._sources:
            try:
                self._sources[path] = self._read(path)
            except _SkipError as skip:
                self._sources[path] = None
                self.skipped[path] = str(skip)
        return self._sources[path]

    def test_text(self, path: str) -> str:
        """The text of one of `tests`; empty where it cannot be read."""
        if path not in self._test_texts:
            self._test_texts[path] = self._test_text(path)
            self.note(path, ("test", path), self._test_texts[path])
        return self._test_texts[path]

    def _test_text(self, path: str) -> str:
        try:
            return self._read(path)
        except _SkipError:
            return ""

    def policies_lacking(self, has: str, needs: str) -> list[str]:
        """The policy files that allow one IAM action by name, when none of them allows another: see `policies`."""
        found = lacking(self.root, has, needs)
        self.note("", ("policies", has, needs), "\0".join(found))
        return found

    def module(self, path: str) -> Module | None:
        """The facts of one file, or None when it is skipped or none of `files`."""
        if path not in self._modules:
            self._modules[path] = self._module(path) if path in self._known else None
        return self._modules[path]

    def prepare(self, paths: list[str]) -> None:
        """Read the facts of many files that will be asked for."""
        new = [path for path in paths if path in self._known and path not in self._modules and not self._is_kept(path)]
        costs = {path: len(self.text(path) or "") for path in new}
        self._ready |= in_halves(sorted(new, key=lambda path: (-costs[path], path)), self._packed, _editor)

    def _is_kept(self, path: str) -> bool:
        blob = self._screens.blob(path)
        return blob is not None and self.store.get(f"{blob} {path}") is not None

    def parsed(self, path: str) -> ast.Module | None:
        """The syntax tree of one file, or None when it is skipped or none of `files`; only the last one is kept."""
        if path not in self._known:
            return None
        self.source(path)
        return self.syntax_of(path)

    def syntax_of(self, path: str) -> ast.Module | None:
        """The same for who notes by itself what follows from it."""
        if path not in self._syntax:
            text = self.text(path)
            if text is None:
                return None
            if sum(map(text.count, ".,([{")) > MAX_MARKS:
                self.skipped[path] = "too many expressions to be hand-written code"
                return None
            try:
                self._syntax = {path: self.syntax(text)}
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self.skipped[path] = _reason(error)
                return None
        return self._syntax[path]

    @staticmethod
    def syntax(text: str) -> ast.Module:
        """The syntax tree of a text, without a word on what is deprecated in it; errors are those of `ast.parse`."""
        with warnings.catch_warnings(), frames(READING):
            warnings.simplefilter("ignore")
            return ast.parse(text)

    def containing(self, *words: str) -> list[str]:
        """Paths of files whose text holds one of the words, a part of a longer word included."""
        return self.matching(*map(re.escape, words))

    def matching(self, *patterns: str) -> list[str]:
        """Paths of files in whose text a regular expression is found: a cheap screen before any parsing.

        One that begins with letters is searched many times faster than one that begins with a choice.
        """
        return self._asked("\0".join(("matching", *patterns)))

    def deriving(self, name: str) -> list[str]:
        """Paths of files that spell the name among the bases of a class, as itself or under the alias of an import."""
        return self._asked(f"deriving\0{name}")

    def naming(self, text: str) -> list[str]:
        """Paths of files that hold a piece of code such as `def pay(`, the identifiers in it whole."""
        return self._asked(f"naming\0{text}")

    def again(self, question: Question) -> Answer:
        """What the checkout says now to a question of a trace."""
        match question:
            case ("text", path):
                return self.text(path)
            case ("policies", has, needs):
                return "\0".join(lacking(self.root, has, needs))
            case ("test", path):
                return self._test_text(path)
            case ("lines", path, first, last):
                return self.lines(path, int(first), int(last), quiet=True)
            case ("facts", path):
                return self._packed(path) if path in self._known else None
            case ("definition" | "named" as kind, path, name):
                from codemods.index.definitions import asked  # it looks at trees

                return asked(self, kind, path, name)
            case ("template", path):
                return template(self.root, path)
            case ("found", searched, *but):
                return "\0".join(self._screens.ask(searched, self._search(searched), self, frozenset(but)))
        return self._listing

    def blob(self, path: str) -> str | None:
        """The id of a file's content on disk; None where it is skipped, or cannot be known cheaply."""
        return self._screens.blob(path)

    def unchanged(self, blobs: Mapping[str, str]) -> set[str]:
        """The files that have these contents."""
        self._screens.check(self, self._edited)
        return {path for path, blob in blobs.items() if path not in self._edited and self._screens.blob(path) == blob}

    @property
    def edits(self) -> list[tuple[str, str | None]]:
        """The files that have another text than on disk, with it."""
        return [(path, self._sources[path]) for path in sorted(self._edited)]

    def note(self, path: str, question: Question, answer: Answer) -> None:
        """Remember what follows from the content of a file."""
        if self.store.keeps and path not in self._edited:
            self.trace.note(question, answer, path, self.blob(path))

    def _search(self, question: str) -> Search:
        """How the paths are searched that a question asks for."""
        kind, *words = question.split("\0")
        if kind == "deriving":
            return lambda paths: self._deriving_among(words[0], paths)
        if kind == "naming":
            return lambda paths: self._naming_among(words[0], paths)
        return lambda paths: self._fitting(paths, _finder(words))

    def _deriving_among(self, name: str, paths: list[str]) -> list[str]:
        for path in paths:
            if path not in self._read_bases:
                self._read_bases.add(path)
                for base in _bases(self.text(path) or ""):
                    self._deriving.setdefault(base, []).append(path)
        return [*{*self._deriving.get(name, ())}.intersection(paths)]

    def _naming_among(self, text: str, paths: list[str]) -> list[str]:
        words = _WORD.findall(text)
        before, after = r"\b" * text.startswith(words[0]), r"\b" * text.endswith(words[-1])
        whole = before + re.escape(text) + after
        return self._fitting(paths, lambda found: text in found and re.search(whole, found), max(words, key=len))

    def _fitting(self, paths: list[str], fits: Callable[[str], object], identifier: str | None = None) -> list[str]:
        """Those whose text fits; only those that hold the identifier are searched, if there is one."""
        if len(paths) > _MANY:
            self._scans += 1
            if identifier and self._scans > _SCANS:
                paths = sorted(self._holding(identifier).union(self._edited).intersection(paths))
        return [path for path in paths if (text := self.text(path)) and fits(text)]

    def _asked(self, question: str) -> list[str]:
        if question not in self._found:
            search = self._search(question)
            found = self._screens.ask(question, search, self, self._edited)
            if self.store.keeps:
                self.trace.note(("found", question, *sorted(self._edited)), "\0".join(found))
            for path, reason in self._screens.skipped.items():
                if path not in self._edited:
                    self.skipped.setdefault(path, reason)
            edited = search([path for path in self.files if path in self._edited]) if self._edited else ()
            self._found[question] = sorted([*found, *edited])
        return self._found[question]

    def _holding(self, identifier: str) -> set[str]:
        if self._holders is None:
            self._holders = {}
            for path in self.files:
                for word in set((self.text(path) or "").encode().translate(_TO_SPACES).split()):
                    self._holders.setdefault(word, []).append(path)
        return {*self._holders.get(identifier.encode(), ())}

    def _read(self, path: str) -> str:
        if not self.is_real(path.rpartition("/")[0]):
            raise _SkipError("in a folder that is a symbolic link")
        try:
            raw = _content(f"{self.root}/{path}")
        except OSError as error:
            if (self.root / path).is_symlink():
                raise _SkipError("a symbolic link") from error
            raise _SkipError(f"unreadable: {error.strerror}") from error
        self._left -= len(raw)
        if self._left < 0:
            raise _SkipError(f"beyond the first {MAX_TOTAL // 1_000_000} MB of source")
        text = _text(raw, python=path.endswith(".py"))
        if (known := self._screens.blob(path)) and known != blob_id(raw):
            raise _SkipError("changed while it was read")
        return text

    def is_real(self, folder: str) -> bool:
        """Whether it is a folder of the checkout, and no link to one."""
        if folder not in self._folders:
            inside = self.is_real(folder.rpartition("/")[0])
            self._folders[folder] = inside and not os.path.islink(f"{self.root}/{folder}")  # noqa: PTH114 - hot
        return self._folders[folder]

    def _module(self, path: str) -> Module | None:
        data = self._packed(path)
        found = decode(Module, data)  # a tenth of the memory, and the same as in a later run
        if data is not None and found is None:  # what was kept is damaged
            data = self._packed(path, anew=True)
            found = decode(Module, data)
        self.note(path, ("facts", path), data)
        if isinstance(found, str):
            self.skipped[path] = found
            return None
        return found

    def _packed(self, path: str, *, anew: bool = False) -> bytes | None:
        """The facts of a file as they are kept, or why there are none; None when it is skipped before that."""
        blob = self._screens.blob(path) if path not in self._edited else None
        if blob is None:
            text = self.text(path)
            if text is None:
                return None
            blob = blob_id(text.encode())
        key = f"{blob} {path}"
        data = None if anew else self.store.get(key)
        if data is None and (data := self._ready.pop(path, None)) is not None:
            self.store.put(key, data)
        if data is None:
            text = self.text(path)
            if text is None:
                return None
            data = encode(ordered(self._facts(path)), text, int(self.store.keeps))
            self.store.put(key, data)
        return data

    def _facts(self, path: str) -> Module | str:
        """The facts, or why there are none."""
        tree = self.syntax_of(path)
        if tree is None:
            return self.skipped[path]
        try:
            with frames(READING):
                return module_facts(path, tree)
        except RecursionError as error:
            return _reason(error)


def _finder(patterns: list[str]) -> Callable[[str], bool]:
    """Whether one of the patterns is found in a text. Made where it is searched for: most answers are known."""
    literals = [word for pattern in patterns if re.escape(word := pattern.replace("\\", "")) == pattern]
    others = [re.compile(pattern).search for pattern in patterns if re.escape(pattern.replace("\\", "")) != pattern]

    def finds(text: str) -> bool:
        for word in literals:  # several times as fast as an expression
            if word in text:
                return True
        return any(search(text) for search in others)

    return finds


def _bases(text: str) -> set[str]:
    """The names among the bases of all classes, with what those stand for that an import renames."""
    found = set(_WORD.findall(" ".join(_CLASS.findall(text))))
    for alias in _ALIAS.finditer(text):
        if alias[1] in found:
            found.update(_WORD.findall(text[max(0, alias.start() - _NEAR) : alias.start()])[-1:])
    return found


def is_test(path: str) -> bool:
    """Whether a path is test code, a migration or somebody else's package: never planned on."""
    return bool(_TEST.search(path))


def _content(file: str) -> bytes:
    # Not followed, and not waited for: the file may have become a link, a pipe or a device.
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        kind = os.fstat(handle)
        if not stat.S_ISREG(kind.st_mode):
            raise _SkipError("not a regular file")
        raw = b""
        while kind.st_size <= MAX_BYTES >= len(raw) and (more := os.read(handle, MAX_BYTES + 1)):
            raw += more
    finally:
        os.close(handle)
    if max(kind.st_size, len(raw)) > MAX_BYTES or raw.count(b"\n") > MAX_LINES:
        raise _SkipError("too large to be hand-written code")
    return raw


def _text(raw: bytes, *, python: bool) -> str:
    if raw.startswith(b"version https://git-lfs.github.com/spec/"):
        raise _SkipError("a Git LFS pointer")
    if b"\0" in raw or raw.startswith(b"\xef\xbb\xbf"):
        raise _SkipError("a NUL byte or a byte order mark")
    if python:
        if len(raw) > MAX_COLUMNS and max(map(len, raw.split(b"\n"))) > MAX_COLUMNS:
            raise _SkipError("a line too long to be hand-written code")
        if _GENERATED.search(raw[:_HEAD]):
            raise _SkipError("generated code")
        declared = _ENCODING.match(raw[:_HEAD])
        if declared and not _ASCII_BASED.match(declared[1]):
            raise _SkipError(f"in the encoding {declared[1].decode('ascii', 'replace')}")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _SkipError("not UTF-8") from error


def _reason(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"not parsed: {error.msg} (line {error.lineno or 1})"
    return f"not parsed: {error or 'nested too deeply'}"


def _git_flags() -> tuple[str, ...]:
    # The repository's own configuration could name programs to run; none is needed to list files.
    return ("git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")


def _environment() -> dict[str, str]:
    # A hook or a wrapper sets GIT_DIR or GIT_INDEX_FILE: those would list another repository's files.
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _tracked(root: Path) -> tuple[list[str], dict[str, str], list[str]]:
    """The files, why others or all are none, and everything that git lists."""
    try:
        done = subprocess.run(
            [*_git_flags(), "ls-files", "-s", "-z"],
            cwd=root,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=GIT_SECONDS,
        )
    except OSError as error:
        return [], {"": f"git cannot run: {error.strerror}"}, []
    except subprocess.TimeoutExpired:
        return [], {"": f"git lists no files within {GIT_SECONDS} s"}, []
    if done.returncode:
        return [], {"": f"git lists no files: {done.stderr.decode('utf-8', 'replace').strip()}"}, []
    paths = set()
    skipped = {}
    listed = []
    for row in done.stdout.decode("utf-8", "surrogateescape").split("\0"):
        mode, _, path = row.partition("\t")
        listed.append(f"{mode[:6]}{path}")
        if mode.startswith("160000"):
            skipped[path] = "a submodule"
        elif path.endswith((".py", *TEMPLATE_SUFFIXES)) or _MANIFEST.search(path):
            if not path.isprintable():
                skipped[path] = "a name that cannot be printed"
            elif mode.startswith("120000"):
                skipped[path] = "a symbolic link"
            else:
                paths.add(path)
    return sorted(paths), skipped, listed
