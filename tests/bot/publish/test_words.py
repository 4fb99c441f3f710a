"""Comments and the dashboard: what they say, and that their length stays below the limit."""

import re
from decimal import Decimal

import msgspec
import pytest
from rig import sample

from bot.publish import dashboard, marker
from bot.publish.forge import IGNORED, Request
from bot.publish.fresh import Introduced
from bot.publish.remark import lead_of, remark_on
from bot.publish.render import LONGEST_BODY
from bot.records import Amount, Finding, FoundLoad, Refusal

LOAD = FoundLoad(path="P.a", statement="s", read_file="a.py", read_line=3, strategy="joinedload", why="to-one",
                 statements_after=0)  # fmt: skip
FINDING = Finding(
    fingerprint="f", codemod="c", tier="B", title="t", file="a.py", function="f", line=2, query="select(P)",
    loads=(LOAD,), entry="GET /x", notes=("n",), diff="+x\n",
)  # fmt: skip
MARKER = marker.Marker(fp="f" * 64, codemod="m", head="h", base="b", content="c", title="t", tool="0", worth="$5")


@pytest.mark.parametrize("count", [1, 30, 3_000])
def test_what_is_too_long_is_cut_in_a_fixed_order(count: int) -> None:
    finding = msgspec.structs.replace(FINDING, diff="+x\n" * 8_000, notes=("n" * 400,) * 30)
    found = [Introduced(finding=finding)] * count
    shown = remark_on(found, lead_of(found))
    assert len(shown) <= LONGEST_BODY
    assert " more" in shown.splitlines()[-1 if count > 1 else -4]
    requests = [
        Request(number=n, url="u", state=state, title="t" * 250, body=marker.write(MARKER), base="main", draft=False,
                ours=True, branch=f"costmod/m/{MARKER.fp[:12]}", labels=(IGNORED,) if state == "closed" else ())
        for n in range(count) for state in ("open", "closed", "merged")
    ]  # fmt: skip
    refused = [Refusal(hotspot="h", code="c", message="m" * 400, place="p" * 400)] * count
    shown = dashboard.body_of(requests, [], [], refused, [])
    assert len(shown) <= LONGEST_BODY
    rows = {1: 1, 30: 30, 3_000: 30}[count]  # of every section alike
    assert (shown.count("| #"), shown.count("ppp | mmm"), shown.count("… and ")) == (2 * rows, 0, 4 * (count > rows))
    assert len(re.findall(r"^\| p{199}… \| m{199}… \|$", shown, re.MULTILINE)) == rows


def test_cost_is_shown_with_its_range_and_its_grade() -> None:
    amount = Amount(low=Decimal(24), expected=Decimal(28), high=Decimal(33))
    found = [
        Introduced(finding=FINDING, saving=sample.saving(attributed=amount, grade="C", grade_reason="list prices"))
    ]
    lines = [line for line in remark_on(found, lead_of(found)).splitlines() if "cost" in line]
    assert lines == ["- Estimated cost: **\\$28 \\[24–33\\]** a month. Grade C (A is best, D worst): list prices"]
