import pytest

from bot.publish.policy import MOST_BYTES, MOST_FILES, why_refused
from bot.records import Change


def change(path: str, after: str = "x = 1\n") -> Change:
    return Change(path=path, before="", after=after)


@pytest.mark.parametrize(
    "path", ["blog/views.py", "a.py", "src/my app/ünï.py", "tests/test_a.py", "setup/setup_db.py", "gitlab/x.py"]
)
def test_allowed(path: str) -> None:
    assert why_refused((change(path),)) is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../x.py", "leaves the tree, or names a part of it ambiguously"),
        ("a/../../x.py", "leaves the tree, or names a part of it ambiguously"),
        ("./x.py", "leaves the tree, or names a part of it ambiguously"),
        ("/etc/x.py", "leaves the tree, or names a part of it ambiguously"),
        ("a//x.py", "leaves the tree, or names a part of it ambiguously"),
        ("", "leaves the tree, or names a part of it ambiguously"),
        ("git~1/x.py", "leaves the tree, or names a part of it ambiguously"),
        ("a. /x.py", "leaves the tree, or names a part of it ambiguously"),
        (".git/hooks/x.py", "is in a protected folder"),
        ("a/.GIT/x.py", "is in a protected folder"),
        (".github/x.py", "is in a protected folder"),
        (".GitHub/scripts/x.py", "is in a protected folder"),
        ("-x.py", "is no plain repository path"),
        ("a\nb.py", "is no plain repository path"),
        ("a\0b.py", "is no plain repository path"),
        (".g\u200cit/x.py", "is no plain repository path"),
        ("a\u202eyp.py", "is no plain repository path"),
        ("C:/x.py", "is no plain repository path"),
        ("a\\x.py", "is no plain repository path"),
        ("~/x.py", "is no plain repository path"),
        ("uv.lock", "is not a Python file"),
        ("pyproject.toml", "is not a Python file"),
        ("Makefile", "is not a Python file"),
        ("x.pyc", "is not a Python file"),
        ("conftest.py", "is a protected file: it builds or tests the project"),
        ("tests/Conftest.py", "is a protected file: it builds or tests the project"),
        ("setup.py", "is a protected file: it builds or tests the project"),
        ("sitecustomize.py", "is a protected file: it builds or tests the project"),
    ],
)
def test_refused_path(path: str, reason: str) -> None:
    assert why_refused((change("ok.py"), change(path))) == f"{path!r} {reason}"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param((), "the patch changes no file", id="nothing"),
        pytest.param((change("a.py"), change("A.py")), "the patch names the same file twice", id="twice"),
        pytest.param(
            tuple(change(f"f{number}.py") for number in range(MOST_FILES + 1)),
            f"the patch changes {MOST_FILES + 1} files; at most {MOST_FILES} are published",
            id="too-many",
        ),
        pytest.param(
            (change("a.py", "é" * (MOST_BYTES // 2 + 1)),), "the changed files are larger than 1 MiB", id="too-large"
        ),
    ],
)
def test_refused_patch(changes: tuple[Change, ...], reason: str) -> None:
    assert why_refused(changes) == reason
