"""Comments, the dashboard and the job summary: data stays data, and the length stays below the limit."""

import re
from decimal import Decimal

import msgspec
import pytest
from markdown_it import MarkdownIt
from rig import sample
from rig.hostile import HOSTILE, soiled

from bot import action
from bot.publish import dashboard, marker
from bot.publish.act import Candidate
from bot.publish.boxes import ticked
from bot.publish.forge import IGNORED, Request
from bot.publish.fresh import Introduced
from bot.publish.lifecycle import Action
from bot.publish.remark import lead_of, remark_on
from bot.publish.render import LONGEST_BODY
from bot.records import Amount, Finding, FoundLoad, PullRequest, Refusal, Result

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
LIVE = re.compile(r"@\w|#\d|\bGH-\d|https?://\w|www\.\w", re.IGNORECASE)
OWN_HTML = re.compile(r"<details><summary>[A-Za-z,: ]+</summary>\n?|</details>\n?")
OWN_BOX = re.compile(r"<!-- costmod:do:[0-9a-f]{12} -->")
PLAIN = {"text", "text_special", "code_inline", "softbreak", "strong_open", "strong_close"}
LOAD = FoundLoad(path="P.a", statement="s", read_file="a.py", read_line=3, strategy="joinedload", why="to-one",
                 statements_after=0)  # fmt: skip
FINDING = Finding(
    fingerprint="f", codemod="c", tier="B", title="t", file="a.py", function="f", line=2, query="select(P)",
    loads=(LOAD,), entry="GET /x", notes=("n",), diff="+x\n",
)  # fmt: skip
MARKER = marker.Marker(fp="f" * 64, codemod="m", head="h", base="b", content="c", title="t", tool="0", worth="$5")


def check(shown: str, own: re.Pattern[str] | None = None) -> None:
    """No link, image, HTML, mention or issue reference in the parse tree, but what is ours."""
    tokens = PARSER.parse(shown)
    html = [token.content for token in tokens if token.type == "html_block"]
    assert [content for content in html if not OWN_HTML.fullmatch(content)] == []
    inline = [item for token in tokens for item in token.children or ()]
    assert [item.content for item in inline if item.type == "html_inline" and not OWN_BOX.fullmatch(item.content)] == []
    assert {item.type for item in inline} - PLAIN - {"html_inline"} == set()
    texts = ["".join(item.content for item in token.children or () if item.type != "code_inline") for token in tokens]
    assert [text for text in texts if LIVE.search(own.sub("", text) if own else text)] == []


@pytest.mark.parametrize("raw", HOSTILE)
def test_remark(raw: str) -> None:
    saving = soiled(sample.saving(grade="B", attributed=sample.amount(1, 2, 3)), raw)
    found = [Introduced(finding=soiled(FINDING, raw), saving=saving), Introduced(finding=soiled(FINDING, raw))]
    check(remark_on(found, lead_of(found), "foot"))


@pytest.mark.parametrize("raw", HOSTILE)
def test_dashboard(raw: str) -> None:
    states = (("open", ()), ("closed", (IGNORED,)), ("merged", ()))
    body = marker.write(msgspec.structs.replace(MARKER, worth=raw))
    requests = [
        Request(number=7, url="u", state=state, title=raw, body=body, base="main", draft=False, ours=True,
                branch=f"costmod/m/{'f' * 12}", labels=labels)
        for state, labels in states
    ]  # fmt: skip
    given = Candidate(hotspot=sample.hotspot(), patch=sample.patch(title=raw), proof=sample.proof(),
                      saving=sample.saving())  # fmt: skip
    done = PullRequest(forge="github", operation="skipped", reason=raw, branch="x", base="main", head="", title=raw,
                       body="")  # fmt: skip
    actions = [Action(state="DEFERRED", step="skip", fingerprint=sample.FINGERPRINT)]
    refused = [Refusal(hotspot=raw, code="no_query", message=raw, place=raw)]
    shown = dashboard.body_of(requests, [given], [done], refused, actions)
    check(shown, re.compile(r"#7(?!\d)"))
    assert ticked(shown.replace("[ ]", "[x]")) == {sample.FINGERPRINT[:12], "f" * 12}
    headings = re.findall(r"^### (.+)$", shown, re.MULTILINE)
    assert headings == ["Open", "Waiting", "Not proposed", "Ignored, because somebody closed it", "Shipped"]


@pytest.mark.parametrize("raw", HOSTILE)
def test_marker_that_people_wrote_gets_no_box(raw: str) -> None:
    body = marker.write(msgspec.structs.replace(MARKER, fp=raw))
    closed = Request(number=7, url="u", state="closed", title="t", body=body, base="main", draft=False, ours=True,
                     branch=f"costmod/m/{raw[:12]}", labels=(IGNORED,))  # fmt: skip
    assert "- #7 t" in dashboard.body_of([closed], [], [], [], [])


@pytest.mark.parametrize("raw", HOSTILE)
def test_summary(raw: str) -> None:
    results = tuple(
        Result(hotspot=soiled(sample.hotspot(), raw), outcome="refused", reason=raw, patch=None, refusal=refusal)
        for refusal in (Refusal(hotspot="H", code="c", message=raw), None)
    )
    check(action._summary(results, raw))


@pytest.mark.parametrize("raw", HOSTILE)
def test_annotation_is_one_workflow_command(raw: str) -> None:
    patch = msgspec.structs.replace(sample.patch(title=raw), site=soiled(sample.patch().site, raw))
    line = action._annotation(Result(hotspot=soiled(sample.hotspot(), raw), outcome="planned", patch=patch))
    assert line.count("\n") == 1
    assert re.fullmatch(r"::notice file=[^,:]*,line=7,title=costmod::[^\r\n]*\n", line)


@pytest.mark.parametrize("count", [1, 30, 3_000])
def test_what_is_too_long_is_cut_in_a_fixed_order(count: int) -> None:
    finding = msgspec.structs.replace(FINDING, diff="+x\n" * 8_000, notes=("n" * 400,) * 30)
    found = [Introduced(finding=finding)] * count
    shown = remark_on(found, lead_of(found))
    assert len(shown) <= LONGEST_BODY
    assert " more" in shown.splitlines()[-1 if count > 1 else -4]
    requests = [
        Request(number=n, url="u", state="open", title="t" * 250, body=marker.write(MARKER), base="main", draft=False,
                ours=True, branch="b")
        for n in range(count)
    ]  # fmt: skip
    assert len(dashboard.body_of(requests, [], [], [], [])) <= LONGEST_BODY


def test_cost_is_shown_with_its_range_and_its_grade() -> None:
    amount = Amount(low=Decimal(24), expected=Decimal(28), high=Decimal(33))
    found = [
        Introduced(finding=FINDING, saving=sample.saving(attributed=amount, grade="C", grade_reason="list prices"))
    ]
    lines = [line for line in remark_on(found, lead_of(found)).splitlines() if "cost" in line]
    assert lines == ["- Estimated cost: **\\$28 \\[24–33\\]** a month. Grade C: list prices"]
