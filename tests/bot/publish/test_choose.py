from pathlib import Path

import pytest
from rig import sample

from bot.errors import UserError
from bot.publish.choose import default_folder, forge_for, slug_of

API = "https://api.github.com"
GHES = "https://github.acme.example/api/v3"


@pytest.mark.parametrize(
    ("origin", "api"),
    [
        ("https://github.com/acme/blog.git", API),
        ("https://github.com/acme/blog", API),
        ("https://github.com/acme/blog/", API),
        ("https://user:secret@github.com/acme/blog.git", API),
        ("git@github.com:acme/blog.git", API),
        ("ssh://git@github.com/acme/blog.git", API),
        ("ssh://git@github.com:22/acme/blog", API),
        ("https://GitHub.com/acme/blog", API),
        ("https://github.acme.example/acme/blog.git", GHES),
        ("git@github.acme.example:acme/blog.git", GHES),
        ("https://acme.ghe.com/acme/blog.git", "https://api.acme.ghe.com"),
        ("http://127.0.0.1:8000/acme/blog.git", "http://127.0.0.1:8000/api/v3"),
    ],
)
def test_slug(origin: str, api: str) -> None:
    assert slug_of(origin, api) == "acme/blog"


@pytest.mark.parametrize(
    ("origin", "api", "sentence"),
    [
        (None, API, "origin: the repository has no such remote; add it with `git remote add origin URL`."),
        *(
            (origin, api, f"origin: points to {host}, but the GitHub API is that of {expected}; set GITHUB_API_URL.")
            for origin, api, host, expected in (
                ("https://gitlab.com/acme/blog", API, "gitlab.com", "github.com"),
                ("https://github.com.evil.example/a/b", API, "github.com.evil.example", "github.com"),
                ("https://github.com@evil.example/a/b", API, "evil.example", "github.com"),
                ("git@github.com:acme/blog", GHES, "github.com", "github.acme.example"),
                ("https://github.acme.example/a/b", API, "github.acme.example", "github.com"),
                ("/srv/git/blog.git", API, "no host", "github.com"),
                ("ext::sh -c x", API, "no host", "github.com"),
            )
        ),
        *(
            (origin, API, f"origin: {path!r} is no OWNER/NAME of a repository; correct the remote's URL.")
            for origin, path in (
                ("https://github.com/acme", "/acme"),
                ("https://github.com/acme/blog/x", "/acme/blog/x"),
                ("https://github.com/acme/..", "/acme/.."),
                ("git@github.com:-x/blog", "-x/blog"),
            )
        ),
        (
            "https://x/a/b",
            "http://api.github.com",
            "GITHUB_API_URL: 'http://api.github.com' is no https:// address; correct it.",
        ),
        ("https://x/a/b", "https://u:p@x/", "GITHUB_API_URL: 'https://u:p@x/' is no https:// address; correct it."),
    ],
)
def test_no_slug(origin: str | None, api: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        slug_of(origin, api)
    assert str(raised.value) == sentence


def test_without_a_token_the_forge_is_local(repository: Path, tmp_path: Path) -> None:
    forge = forge_for(None, repository, folder=tmp_path / "forge")
    assert (forge.kind, forge.remote().url, forge.remote().token) == (
        "local",
        str(tmp_path / "forge" / "forge.git"),
        None,
    )


def test_with_a_token_the_forge_is_github(repository: Path) -> None:
    sample.run(repository, "remote", "add", "origin", "git@github.acme.example:acme/blog.git")
    forge = forge_for(None, repository, "t0ken", environment={"GITHUB_API_URL": GHES})
    assert (forge.kind, forge.remote().url) == ("github", "https://github.acme.example/acme/blog.git")
    assert "t0ken" not in repr(forge.remote()) + str(forge.remote())


def test_github_without_a_token_is_one_sentence(repository: Path) -> None:
    with pytest.raises(UserError) as raised:
        forge_for("github", repository)
    assert str(raised.value) == (
        "--forge github: needs a token; set COSTMOD_TOKEN or GITHUB_TOKEN, or use --forge local."
    )


def test_default_folder_is_outside_the_repository_and_its_own(tmp_path: Path) -> None:
    one, two = (default_folder(tmp_path / name / "blog") for name in ("a", "b"))
    assert one != two
    assert not one.is_relative_to(tmp_path)
