"""The comment after a merge prints nothing of a repository, a trace or a command line unescaped."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt
from rig.fake_github import Fault
from rig.hostile import HOSTILE
from rig.life import GithubLife, Life

from bot.errors import UserError
from bot.publish import marker
from bot.publish.comment import comment_of, tell
from bot.publish.forge import Wanted
from bot.publish.local import LocalForge
from bot.records import Amount, Effect, StatementCount, Structure, Verification, Worth

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SOME = Worth(
    currency="USD", grade="C", headroom=Amount(low=Decimal(10), expected=Decimal(20), high=Decimal(30))
)  # fmt: skip


def verification(text: str) -> Verification:
    count = StatementCount(fingerprint="f", statement=text, before=50, expected=0, after=0.04)
    effect = Effect(
        metric="cpu_ms", state="rose", days_before=7, days_after=7, before=10, change=0.2, low=0.1, high=0.3
    )  # fmt: skip
    return Verification(
        version=text, patch=text, codemod=text, title=text, hotspot=text, entry=text, file=text, merge=text,
        baseline=text, deployed=text, measured_until=text, verdict="regressed", reason=text,
        structure=Structure(state="realised", reason=text, counts=(count,), all_before=51, all_after=1),
        effects=(effect, Effect(metric="db_ms", state="pending", days_before=7, days_after=1)), control=text,
        expected=SOME, realised=None, action=text, notes=(text,),
    )  # fmt: skip


def shape(markdown: str) -> list[tuple[str, int]]:
    """The blocks and inline elements, without texts."""
    tokens = PARSER.parse(markdown)
    inline = [(child.type, 0) for token in tokens for child in token.children or () if child.type != "text"]
    return [(token.type, token.level) for token in tokens] + inline


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip()])
def test_data_changes_no_structure(text: str) -> None:
    assert shape(comment_of(verification(text))) == shape(comment_of(verification("word")))


def test_a_regression_as_a_whole() -> None:
    assert comment_of(verification("word")) == (
        "### Saving: regressed\n"
        "\n"
        "`word`: word\n"
        "\n"
        "| statement, per request | before | expected at most | after |\n"
        "|---|--:|--:|--:|\n"
        "| `word` | 50 | 0 | 0\\.04 |\n"
        "| all calls | 51 | | 1 |\n"
        "\n"
        "From 0 requests before and 0 after.\n"
        "\n"
        "| resource, per request | before | change | 95 % interval | days before / after |\n"
        "|---|--:|--:|--:|--:|\n"
        "| application CPU, ms | 10 | \\+20.0% (rose) | \\+10.0% to \\+30.0% | 7 / 7 |\n"
        "| database CPU, ms | | pending | | 7 / 1 |\n"
        "\n"
        "Every hour is compared with the same hour of the week before, less the change of `word` in that hour.\n"
        "\n"
        "| per month | expected [low–high] | realised [low–high] |\n"
        "|---|--:|--:|\n"
        "| headroom, not cash | \\$20 \\[10–30\\] | not measured yet |\n"
        "\n"
        "Realised amounts come from the model of the estimate with what was measured, at the traffic of the baseline.\n"
        "\n"
        "The capacity that is freed becomes cash after: word.\n"
        "\n"
        "**Suggested: revert this change** (`git revert word`), or find what else was deployed with it.\n"
        "\n"
        "- word\n"
        "\n"
        "<sub>Baseline `word`, deployed word, measured until word; patch `word`.</sub>\n"
    )


def found(**changed: Any) -> Verification:
    """What a check of the sample's pull request finds."""
    known = {"pull_request": 1, "codemod": "sqlalchemy-eager-load", "hotspot": "H-1"} | changed
    return msgspec.structs.replace(verification("word"), **known)


def test_it_is_told_once_and_brought_up_to_date(life: Life) -> None:
    life()
    if isinstance(life, GithubLife):
        life.github.faults = [Fault("POST", "/issues/1/comments$", 502, {"message": "x"}, after=True)]
    for reason in ("first", "second", "second"):
        tell(life.forge(), found(reason=reason))
        assert life.comments(1) == [comment_of(found(reason=reason)).strip()]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"pull_request": None}, "--comment: the plan names no pull request; give the report of"),
        ({"hotspot": "H-2"}, "--comment: pull request #1 of this forge is not that of the patch; see --forge."),
        ({"codemod": "x"}, "--comment: pull request #1 of this forge is not that of the patch; see --forge."),
    ],
)
def test_comment_never_goes_to_another_pull_request(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    forge = LocalForge(tmp_path / "forge")
    body = marker.write(
        marker.Marker(
            fp="f", codemod="sqlalchemy-eager-load", head="h", base="b", content="c", title="t", tool="0", hotspot="H-1"
        )
    )
    forge.create(Wanted(branch="costmod/x/1", base="main", title="t", body=body, draft=False))
    with pytest.raises(UserError) as raised:
        tell(forge, found(**changed))
    assert str(raised.value).startswith(said)
    assert forge._state(1).comments == {}


def test_the_verdict_comes_first() -> None:
    assert re.match(r"### Saving: (\w| )+\n", comment_of(verification("x")))
