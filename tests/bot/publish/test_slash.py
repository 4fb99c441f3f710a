"""The grammar of `/costmod`, and which events are answered at all."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rig.events import comment_event

from bot.errors import UserError
from bot.publish.slash import Command, Event, is_too_old, parse, read_event

DISCARD = Command(verb="rebase", options=frozenset({"--discard"}))


@pytest.mark.parametrize(
    ("body", "command"),
    [
        pytest.param("/costmod help", Command(verb="help"), id="help"),
        pytest.param("/costmod  fix \t", Command(verb="fix"), id="spaces"),
        pytest.param("Thanks!\r\n\r\n/costmod rebase --discard\r\nbye", DISCARD, id="among-words"),
        pytest.param("/costmod explain @0123abc", Command(verb="explain", pin="0123abc"), id="pinned"),
        pytest.param("```\n/costmod fix\n```\n/costmod ignore", Command(verb="ignore"), id="behind-a-block"),
        pytest.param("~~~~\n~~~\n/costmod fix\n~~~~", None, id="longer-fence"),
        pytest.param("```\n/costmod fix", None, id="block-that-never-ends"),
        pytest.param("```\n``` x\n/costmod fix", None, id="no-closing-fence"),
        pytest.param("> /costmod fix", None, id="quoted"),
        pytest.param("<!-- \n/costmod fix\n-->", None, id="hidden"),
        pytest.param("<!-- \n/costmod fix", None, id="hidden-without-an-end"),
        pytest.param(" /costmod fix", None, id="indented"),
        pytest.param("please /costmod fix", None, id="not-first"),
        pytest.param("/Costmod fix", None, id="case"),
        pytest.param("", None, id="empty"),
        pytest.param("/costmod", "no such command", id="no-verb"),
        pytest.param("/costmodfix", "no such command", id="no-space"),
        pytest.param("/costmod merge", "no such command", id="unknown-verb"),
        pytest.param("/costmod fix; rm -rf /", "no such command", id="shell"),
        pytest.param("/costmod fix $(id)", "no such command", id="substitution"),
        pytest.param("/costmod fix\u202e", "no such command", id="direction"),
        pytest.param("/costmod fix " + "x" * 300, "no such command", id="long"),
        pytest.param("/costmod ignore --discard", "ignore does not take that", id="foreign-option"),
        pytest.param("/costmod rebase --rule", "rebase does not take that", id="option-of-another"),
        pytest.param(
            "/costmod ignore --rule", Command(verb="ignore", options=frozenset({"--rule"})), id="whole-codemod"
        ),
        pytest.param(
            "/costmod fix --pr @0123abc", Command(verb="fix", options=frozenset({"--pr"}), pin="0123abc"), id="stacked"
        ),
        pytest.param("/costmod fix @0123abc @4567def", "fix does not take that", id="two-pins"),
        pytest.param("/costmod fix\n/costmod ignore", "one command per comment", id="two"),
    ],
)  # fmt: skip
def test_grammar(body: str, command: Command | str | None) -> None:
    assert parse(body) == command


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet="/costmd fix-@`~<>!\n\r\t\u200b\u2028;$|&(){}", max_size=60))
def test_no_free_text_passes(body: str) -> None:
    found = parse(body)
    if isinstance(found, Command):
        assert found.verb in ("explain", "fix", "rebase", "reopen", "ignore", "help")
        assert found.options <= {"--discard"}


def write(folder: Path, event: Any) -> Path:
    path = folder / "event.json"
    path.write_text(event if isinstance(event, str) else json.dumps(event))
    return path


def test_event(tmp_path: Path) -> None:
    event = comment_event("/costmod help", number=7, author="ann")
    assert read_event(write(tmp_path, event)) == Event(
        repository="acme/blog", number=7, comment=event["comment"]["id"], body="/costmod help", author="ann",
        created=event["comment"]["created_at"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"action": "edited"}, "only new comments are read, never edited ones", id="edited"),
        pytest.param({"action": "deleted"}, "only new comments are read, never edited ones", id="deleted"),
        pytest.param({"issue": {"pull_request": None}}, "it is not on a pull request", id="issue"),
        pytest.param({"comment": {"user": {"type": "Bot"}}}, "a bot wrote it", id="bot"),
        pytest.param({"comment": {"user": {"login": "x[bot]"}}}, "a bot wrote it", id="bot-by-name"),
        pytest.param({"sender": {"login": "mallory"}}, "somebody else sent it", id="other-sender"),
        pytest.param({"issue": {"locked": True}}, "the conversation is locked", id="locked"),
    ],
)
def test_events_that_are_not_answered(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    event = merged(comment_event("/costmod fix", number=7, author="ann"), changed)
    assert read_event(write(tmp_path, event)) == reason


def merged(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    return one | {name: merged(one[name], value) if isinstance(value, dict) else value for name, value in two.items()}


@pytest.mark.parametrize("content", ["", "{}", "[]", "nul\x00", '{"comment": 1, "issue": 2}'])
def test_files_that_are_no_event_are_one_sentence(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(UserError) as raised:
        read_event(path)
    assert str(raised.value).startswith(f"{path}: is no issue_comment event of GitHub (")


@pytest.mark.parametrize(
    ("created", "old"),
    [
        ("2026-11-24T12:00:00Z", False),
        ("2026-11-24T11:59:59Z", True),
        ("2026-11-25T13:00:00Z", False),
        ("yesterday", True),
        ("2026-11-25T11:00:00", True),
    ],
)
def test_age(created: str, old: bool) -> None:
    assert is_too_old(created, datetime(2026, 11, 25, 12, tzinfo=UTC)) is old
