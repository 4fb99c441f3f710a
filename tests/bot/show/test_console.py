"""What hotspots, patches and pull requests say on the terminal is printed as it is, and commands nothing."""

import msgspec
import pytest
from rig.sample import hotspot, patch, proof, saving

from bot.records import Entry, Hotspot, Patch, PullRequest, Refusal, Result
from bot.show.console import Screen


def at(route: str) -> Hotspot:
    """The sample at another route."""
    return hotspot(entry=Entry(type="http", method="GET", route_raw=route, route_canonical=route.strip("/")))


def printed(results: list[Result], capsys: pytest.CaptureFixture[str]) -> list[str]:
    Screen().results(results)
    return [line.rstrip("─ ") for line in capsys.readouterr().out.splitlines()]


MARKUP = ["/[/bold]x", "/[bold]x[/]", "/[R-ORDER]", "/x\\[/]", "/:smile:", "/[link=https://a.example]x[/link]"]


@pytest.mark.parametrize("route", MARKUP)
def test_markup_in_a_route_is_text(capsys: pytest.CaptureFixture[str], route: str) -> None:
    refusal = Refusal(hotspot="H-1", code="R-ORDER", message="[red]no[/red]")
    assert printed([Result(hotspot=at(route), outcome="refused", refusal=refusal)], capsys) == [
        f"refused GET {route}: [red]no[/red] [R-ORDER]"
    ]
    assert printed([Result(hotspot=at(route), outcome="planned", patch=patch())], capsys)[1] == (
        f"planned GET {route}: perf(blog): load Post.author with its posts"
    )
    Screen().hotspots([at(route)])
    assert f"GET {route}  N+1 queries" in " ".join(capsys.readouterr().out.split("\n")).replace("   ", "  ")


def hostile(text: str) -> Result:
    """The sample with one text in every place that an export, a repository or a test run can choose."""
    site = msgspec.structs.replace(patch().site, file=text, function=text, located_by=(text, text))
    loads = (msgspec.structs.replace(patch().loads[0], path=text, strategy=text, why=text),)
    changed: Patch = patch(title=text, site=site, loads=loads, notes=(text,), diff=f"--- a\n+++ b\n {text}\n")
    query = msgspec.structs.replace(proof().operations[0], test=text)
    request = PullRequest(
        forge="local", operation="created", number=1, url=text, branch=text, base=text, head=text, title=text,
        body=text, reason=text,
    )  # fmt: skip
    return Result(
        hotspot=at(text), outcome="published", patch=changed, pull_request=request, reason=text,
        refusal=Refusal(hotspot="H-1", code=text, message=text),
        proof=proof(reason=text, operations=(query,), frames=(text,), limits=(text,)),
        saving=saving(headline=text, grade_reason=text, action=text, not_counted=(text,), currency=text),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "a\n::error::x",
        "::error::x",
        "a ::error::x " * 40,
        "a\n##[error]x",
        "##vso[task.setvariable]x",
        "\x1b[2J\x9b2Jx\x07",
    ],
    ids=["second line", "first line", "wrapped", "azure", "azure variable", "escape sequences"],
)
def test_no_text_commands_a_terminal_or_a_ci(capsys: pytest.CaptureFixture[str], text: str) -> None:
    Screen().results([hostile(text)])
    Screen().hotspots([at(text)])
    with Screen().step(text):
        pass
    shown = capsys.readouterr()
    for line in (shown.out + shown.err).split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert "##vso[" not in line
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in line)


def test_a_long_text_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = Refusal(hotspot="H-1", code="R-ORDER", message="x" * 5000)
    (line,) = printed([Result(hotspot=at("/posts"), outcome="refused", refusal=refusal)], capsys)
    assert line == f"refused GET /posts: {'x' * 499}… [R-ORDER]"
