import pytest

from bot.prove.environment import allowed_environment, refused_names

PARENT = {
    "PATH": "/bin",
    "HOME": "/home/me",
    "LANG": "de_DE.UTF-8",
    "TZ": "UTC",
    "GITHUB_TOKEN": "s",
    "GITHUB_ENV": "s",
    "ACTIONS_RUNTIME_URL": "s",
    "INPUT_KEY": "s",
    "NPM_TOKEN": "s",
    "AWS_SECRET_ACCESS_KEY": "s",
    "DATABASE_URL": "postgresql://",
}


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        pytest.param((), {"LANG": "de_DE.UTF-8", "TZ": "UTC"}, id="nothing asked"),
        pytest.param(
            ("DATABASE_URL",),
            {"LANG": "de_DE.UTF-8", "TZ": "UTC", "DATABASE_URL": "postgresql://"},
            id="a variable of the project",
        ),
        pytest.param(
            ("GITHUB_TOKEN", "GITHUB_ENV", "ACTIONS_RUNTIME_URL", "INPUT_KEY", "NPM_TOKEN"),
            {"LANG": "de_DE.UTF-8", "TZ": "UTC"},
            id="secrets asked by name",
        ),
        pytest.param(("NOT_SET",), {"LANG": "de_DE.UTF-8", "TZ": "UTC"}, id="a variable that is not set"),
    ],
)
def test_what_the_tests_see(names: tuple[str, ...], seen: dict[str, str]) -> None:
    assert allowed_environment(PARENT, names) == seen


def test_a_locale_is_always_set() -> None:
    assert allowed_environment({}, ()) == {"LANG": "C.UTF-8"}


def test_refused_names_are_told() -> None:
    assert refused_names(("A", "github_token", "MY_TOKEN", "TOKENS")) == ("github_token", "MY_TOKEN")
