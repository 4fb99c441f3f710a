"""Every text of ours that holds data, with hostile data: a CommonMark parser finds nothing live that came of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rig import sample
from rig.hostile import HOSTILE, soiled
from rig.markdown import HIDDEN_LINE, PARSER, live
from rig.runner import outputs_of

from bot import action
from bot.errors import UserError
from bot.publish import answer, check, dashboard, marker, page, remark, suggest
from bot.publish.act import Candidate
from bot.publish.boxes import ticked
from bot.publish.comment import comment_of
from bot.publish.forge import IGNORED, Pull, Request
from bot.publish.fresh import Introduced
from bot.publish.lifecycle import Action
from bot.publish.render import body_of
from bot.publish.slash import Event
from bot.records import (
    Change,
    Effect,
    Finding,
    FoundLoad,
    Patch,
    PullRequest,
    Refusal,
    Result,
    Scan,
    StatementCount,
    Structure,
    Verification,
    Worth,
)  # fmt: skip
from bot.show.sarif import sarif
from codemods import discover

LOAD = FoundLoad(path="P.a", statement="s", read_file="a.py", read_line=3, strategy="joinedload", why="to-one",
                 statements_after=0)  # fmt: skip
FINDING = Finding(
    fingerprint="f", codemod="sqlalchemy-eager-load", tier="B", title="t", file="a.py", function="f", line=2,
    query="select(P)", loads=(LOAD,), entry="GET /x", notes=("n",), diff="+x\n",
    changes=(Change(path="a.py", before="a\n", after="b\n"),),
)  # fmt: skip
MARKER = marker.Marker(fp="f" * 64, codemod="m", head="h", base="b", content="c", title="t", tool="0", worth="$5")
EVENT = Event(repository="a/b", number=7, comment=1, body="", author="ann", created="2026-11-25T12:00:00Z")


def request_of(raw: str, state: Any = "open", labels: tuple[str, ...] = ()) -> Request:
    """A pull request of the bot whose title and marker hold data."""
    said = msgspec.structs.replace(soiled(MARKER, raw), fp="f" * 64)
    return Request(number=7, url="u", state=state, title=raw, body=marker.write(said), base="main", draft=False,
                   ours=True, branch=f"costmod/m/{'f' * 12}", labels=labels)  # fmt: skip


def pull_request(raw: str, **proof: Any) -> str:
    records = (sample.hotspot(), sample.patch(), sample.proof(**proof), sample.saving())
    return body_of(*(soiled(record, raw) for record in records), draft=bool(proof))


def remark_with(raw: str) -> str:
    saving = soiled(sample.saving(grade="B", attributed=sample.amount(1, 2, 3)), raw)
    finding = soiled(FINDING, raw)
    found = [Introduced(finding=finding, saving=saving), Introduced(finding=finding),
             Introduced(finding=finding, loop=True)]  # fmt: skip
    return remark.remark_on(found, remark.lead_of(found), check.FOOT)


def explanation(raw: str) -> str:
    pull = Pull(request=request_of(raw), author="ann", head="h", fork=False, locked=False)
    nothing: Any = None
    return answer._explain(answer.Desk(nothing, nothing, EVENT, pull, datetime(2026, 11, 25, tzinfo=UTC)))


def issue(raw: str) -> str:
    states = (("open", ()), ("closed", (IGNORED,)), ("merged", ()))
    given = Candidate(hotspot=sample.hotspot(), patch=sample.patch(title=raw), proof=sample.proof(),
                      saving=sample.saving())  # fmt: skip
    done = PullRequest(forge="github", operation="skipped", reason=raw, branch="x", base="main", head="", title=raw,
                       body="")  # fmt: skip
    actions = [Action(state="DEFERRED", step="skip", fingerprint=sample.FINGERPRINT)]
    refused = [Refusal(hotspot=raw, code="no_query", message=raw, place=raw)]
    return dashboard.body_of([request_of(raw, *state) for state in states], [given], [done], refused, actions)


def verification(raw: str) -> str:
    count = StatementCount(fingerprint="f", statement=raw, before=50, expected=0, after=0.04)
    effect = Effect(metric="cpu_ms", state="rose", days_before=7, days_after=7, before=10, change=0.2, low=0.1,
                    high=0.3)  # fmt: skip
    return comment_of(Verification(
        version=raw, patch=raw, codemod=raw, title=raw, hotspot=raw, entry=raw, file=raw, merge=raw, baseline=raw,
        deployed=raw, measured_until=raw, verdict="regressed", reason=raw, control=raw, action=raw, notes=(raw,),
        structure=Structure(state="realised", reason=raw, counts=(count,), all_before=51, all_after=1),
        effects=(effect,), expected=Worth(currency="USD", grade="C", headroom=sample.amount(1, 2, 3)), realised=None,
    ))  # fmt: skip


def summary(raw: str) -> str:
    return action._summary(
        tuple(
            Result(hotspot=soiled(sample.hotspot(), raw), outcome="refused", reason=raw, patch=None, refusal=refusal)
            for refusal in (Refusal(hotspot="H", code="c", message=raw), None)
        ),
        raw,
    )


def suggestion(raw: str) -> str:
    change = Change(path="a.py", before="a\n", after=f"{raw}\n")
    finding = msgspec.structs.replace(FINDING, changes=(change,))
    return "\n\n".join(c.body for c in suggest.suggestions(finding, {"a.py": {1}}, "Every row runs a statement."))


SURFACES: dict[str, tuple[Callable[[str], str], str]] = {
    "pull request": (pull_request, ""),
    "draft": (lambda raw: pull_request(raw, verdict="held"), ""),
    "check comment": (remark_with, ""),
    "reply to explain": (explanation, ""),
    "reply to what is refused": (lambda raw: answer.refusal(UserError(raw), answer.HELP), ""),
    "suggestion": (suggestion, ""),
    "dashboard": (issue, r"#7(?!\d)"),
    "comment after the merge": (verification, ""),
    "job summary": (summary, ""),
}


@pytest.mark.parametrize("surface", SURFACES)
def test_data_stays_data(surface: str) -> None:
    made, own = SURFACES[surface]
    word = made("word")
    assert live(word, own) == []
    shown = {raw: made(raw) for raw in HOSTILE}
    assert {raw: found for raw, markdown in shown.items() if (found := live(markdown, own))} == {}
    hidden = HIDDEN_LINE.findall(word)
    assert {raw for raw, markdown in shown.items() if HIDDEN_LINE.findall(markdown) != hidden} == set()


@pytest.mark.parametrize("surface", sorted(SURFACES.keys() - {"suggestion", "job summary", "reply to explain"}))
def test_data_changes_no_heading_and_no_table(surface: str) -> None:
    made, _ = SURFACES[surface]
    counted = ("heading_open", "table_open", "tr_open", "td_open", "list_item_open", "blockquote_open", "fence", "hr")

    def shape(raw: str) -> list[str]:
        return [token.type for token in PARSER.parse(made(raw)) if token.type in counted]

    expected = shape("word")
    assert {raw for raw in HOSTILE if raw.strip() and shape(raw) != expected} == set()


def test_suggestion_is_one_block() -> None:
    for raw in HOSTILE:
        blocks = [token.type for token in PARSER.parse(suggestion(raw)) if token.level == 0 and token.nesting >= 0]
        assert blocks in ([], ["paragraph_open", "fence"]), raw  # none where the block would not give the text back
    assert suggestion("``` \n# heading\n```") != ""


def test_hidden_lines_in_data_are_not_found_again() -> None:
    """A statement or a file that quotes our hidden lines would otherwise end the part that is ours."""
    for raw in (marker.END, marker.BEGIN, marker.write(MARKER), "<!-- costmod:check -->", "<!--costmod:reply-1-->"):
        body = marker.compose(pull_request(raw), "people's words", MARKER)
        assert (marker.human_text(body), marker.read(body)) == ("people's words", MARKER)


@pytest.mark.parametrize("raw", HOSTILE)
def test_annotation_is_one_workflow_command(raw: str) -> None:
    patch: Patch = msgspec.structs.replace(sample.patch(title=raw), site=soiled(sample.patch().site, raw))
    line = action._annotation(Result(hotspot=soiled(sample.hotspot(), raw), outcome="planned", patch=patch))
    assert line.count("\n") == 1
    assert re.fullmatch(r"::notice file=[^,:]*,line=7,title=costmod::(?:[^\r\n%]|%25)*\n", line)


def test_annotation_cannot_be_written_in_percents() -> None:
    """The runner turns %0A back into a line end."""
    patch = sample.patch(title="x%0A::add-mask::y%0D")
    line = action._annotation(Result(hotspot=sample.hotspot(), outcome="planned", patch=patch))
    assert line.endswith(": x%250A::add-mask::y%250D\n")


def test_output_is_one_output(tmp_path: Path) -> None:
    for raw in HOSTILE:
        (tmp_path / "outputs").write_text(action._output("a", raw) + action._output("b", "c"))
        found = outputs_of(tmp_path / "outputs")
        assert (list(found), found["b"]) == (["a", "b"], "c"), raw


def test_sarif_messages_hold_no_link() -> None:
    """SARIF 2.1.0, 3.11.6: brackets before parentheses are a link in every message, plain ones too."""
    for raw in HOSTILE:
        finding = msgspec.structs.replace(soiled(FINDING, raw), codemod=FINDING.codemod)
        made = msgspec.json.decode(sarif(Scan(version="1", findings=(finding,), skipped={"a.py": raw}), discover()))
        texts = [message["text"] for message in messages(made["runs"][0]["results"])]
        texts += [message["text"] for message in messages(made["runs"][0]["invocations"])]
        assert len(texts) == 4
        assert [text for text in texts if re.search(r"\]\(|[\r\n\x00-\x1f\u2028\u202e]", text)] == []


def messages(value: Any) -> list[dict[str, str]]:
    """Every message object, but for texts that are code to insert."""
    if isinstance(value, list):
        return [found for item in value for found in messages(item)]
    if not isinstance(value, dict):
        return []
    here = [value[name] for name in ("message", "description") if name in value]
    return here + [found for name, item in value.items() if name not in ("message", "description")
                   for found in messages(item)]  # fmt: skip


def test_page_of_the_local_forge_holds_no_markup_of_data() -> None:
    for raw in HOSTILE:
        html = page.render_issue(raw, issue(raw)).partition("<body>")[2]
        names = "body html div h1 h3 p table thead tbody tr th td ul li code pre em strong span details summary"
        assert set(re.findall(r"</?(\w+)", html)) <= set(names.split()), raw


@pytest.mark.parametrize("raw", [raw for raw in HOSTILE if not re.fullmatch("[0-9a-f]{12,64}", raw)])
def test_a_box_is_of_our_own_branch(raw: str) -> None:
    assert ticked(issue(raw).replace("[ ]", "[x]")) == {sample.FINGERPRINT[:12], "f" * 12}
    body = marker.write(msgspec.structs.replace(MARKER, fp=raw))
    closed = msgspec.structs.replace(request_of("t", "closed", (IGNORED,)), body=body, branch=f"costmod/m/{raw[:12]}")
    assert "- #7 t" in dashboard.body_of([closed], [], [], [], [])
