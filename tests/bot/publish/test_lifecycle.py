"""The state table: what the forge shows, and the steps that follow, row by row.

Ids begin with the state. Rows whose trigger is an answer of the service are tested where it answers. CREATE_RACED:
test_publish_github.py, `eight_runs_at_once` and `lost_answers`. DENIED: `not_permitted` there, and test_board.py,
`token_may_not_open`. LOCKED, ARCHIVED, DISABLED: test_life.py, `closed_for_writing`. LABEL_LAG: `lags_behind` there.
What a state does to a forge is in test_life.py, test_people.py, test_board.py and test_verified.py.
"""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from rig import sample

from bot.publish import marker
from bot.publish.forge import IGNORED, IGNORED_RULE, OBSOLETE, SUPERSEDED, Request
from bot.publish.lifecycle import Action, Goal, Limits, State, Step, Tip, View, is_draft, reconcile, why_unpublishable
from bot.publish.marker import Marker

FP = "f" * 64
BRANCH = f"costmod/m/{FP[:12]}"
OTHER = "costmod/m/eeeeeeeeeeee"
GOAL = Goal(fingerprint=FP, branch=BRANCH, base="main", head="new", content="c2", codemod="m")
OLD = Marker(fp=FP, codemod="m", head="old", base="b", content="c1", title="t", tool="0", hotspot="H")
LIMITS = Limits(most_open=5, most_new=2, nudge_days=30)
TODAY = date(2026, 11, 25)
ASKED = frozenset({FP[:12]})


def request(state: str = "open", said: Marker | None = OLD, **changed: object) -> Request:
    made = {"number": 7, "base": "main", "ours": True, "branch": BRANCH} | changed
    body = marker.write(said) if said else ""
    return Request(url="u", state=state, title="t", body=body, draft=False, **made)


def unwanted(number: int, state: str = "closed", **changed: object) -> Request:
    """One with which people said no to every change of the codemod."""
    marked = said(fp="e" * 64)
    return request(state, marked, number=number, branch=OTHER, labels=(IGNORED, IGNORED_RULE), **changed)


def other(number: int) -> Request:
    return request(said=None, number=number, branch=f"costmod/m/{number:012d}")


def view(*requests: Request, tip: Tip | None = None, **known: object) -> View:
    return View(tips={} if tip is None else {BRANCH: tip}, requests=requests, base="main", **known)


def bot(commit: str, *, in_base: bool = False) -> Tip:
    return Tip(commit=commit, by_bot=True, in_base=in_base)


def human(commit: str) -> Tip:
    return Tip(commit=commit, by_bot=False)


def said(**changed: object) -> Marker:
    return Marker(**{name: getattr(OLD, name) for name in OLD.__struct_fields__} | changed)


def step(state: str, step: str, number: int | None = None, reason: str = "", lease: str | None = None) -> Action:
    return Action(
        state=state, step=step, fingerprint=FP, number=number, branch=BRANCH, reason=reason, lease=lease
    )  # fmt: skip


NEW = step("NEW", "create", lease="")
CURRENT = step("OPEN_CURRENT", "refresh", 7)
OUTDATED = step("OPEN_OUTDATED", "rebuild", 7, lease="old")
CAPPED = step("DEFERRED", "skip", None, "5 pull requests of the bot are open already; merge or close one first")
FOREIGN_REASON = "the branch exists and is not the bot's; rename or delete it to get this pull request"
FOREIGN = step("ORPHAN_FOREIGN", "skip", None, FOREIGN_REASON)
CLOSED = step(
    "CLOSED", "skip", 7, "pull request #7 was closed unmerged, which means no for good; reopen it to change that"
)
IGNORE = step("CLOSED", "ignore", 7, "closed unmerged: ignored from now on")
HUMAN_REASON = "pull request #7 holds commits that the bot did not make; they are never overwritten"
UNMARKED = step(
    "OPEN_FOREIGN", "skip", 7, "pull request #7 has lost the bot's marker; the bot leaves it to its reviewers"
)
MERGED = step("MERGED", "skip", 7, "pull request #7 was merged already")
REOPENED = step("REOPENED", "unignore", 7)
FIVE = tuple(other(number) for number in range(11, 16))
BACK = "#7 was merged; the finding is back"
GONE = step("BASE_GONE", "supersede", 7, "its base branch dev is gone")
INSTEAD = "supersedes #7, whose base branch is gone"
REFUSED = step("CLOSED", "skip", None, "no change of m is wanted; to undo that, reopen pull request #9")
RETARGETED = step(
    "OPEN_RETARGETED", "skip", 7, "pull request #7 was pointed at trunk; run with that base to update it"
)  # fmt: skip
OLD_ONE = "2026-10-11T09:00:00+00:00"  # 45 days
WAITS = step("EXPIRED", "nudge", 7, "open for 45 days without a review")


@pytest.mark.parametrize(
    ("there", "actions"),
    [
        pytest.param(view(), [NEW], id="NEW"),
        pytest.param(view(*FIVE[:4]), [NEW], id="NEW-below-cap"),
        pytest.param(view(*FIVE), [CAPPED], id="DEFERRED-at-cap"),
        pytest.param(view(*FIVE, tip=bot("new")), [CAPPED], id="DEFERRED-pushed-at-cap"),
        pytest.param(view(tip=bot("new")), [step("PUSHED_NO_PR", "resume")], id="PUSHED_NO_PR"),
        pytest.param(view(tip=human("new")), [step("PUSHED_NO_PR", "resume")], id="PUSHED_NO_PR-same-commit"),
        pytest.param(view(tip=bot("old")), [step("PUSHED_NO_PR", "resume", lease="old")], id="PUSHED_NO_PR-older"),
        pytest.param(view(tip=human("old")), [FOREIGN], id="ORPHAN_FOREIGN"),
        pytest.param(view(request(), tip=bot("new")), [CURRENT], id="OPEN_CURRENT"),
        pytest.param(view(request(said=said(content="c2")), tip=bot("old")), [CURRENT], id="OPEN_CURRENT-base-moved"),
        pytest.param(view(request(), tip=bot("old")), [OUTDATED], id="OPEN_OUTDATED"),
        pytest.param(view(request(), *FIVE, tip=bot("old")), [OUTDATED], id="OPEN_OUTDATED-over-cap"),
        pytest.param(
            view(request(said=said(head="new", was="old", content="c2")), tip=bot("old")),
            [OUTDATED], id="OPEN_OUTDATED-push-lost-after-body",
        ),
        pytest.param(
            view(request(), tip=human("hum")), [step("OPEN_HUMAN", "note", 7, HUMAN_REASON)], id="OPEN_HUMAN-outdated"
        ),
        pytest.param(
            view(request(said=said(content="c2")), tip=human("hum")),
            [step("OPEN_HUMAN", "skip", 7, HUMAN_REASON)], id="OPEN_HUMAN-nothing-new",
        ),
        pytest.param(
            view(request(), tip=human("old")), [step("OPEN_HUMAN", "note", 7, HUMAN_REASON)],
            id="OPEN_HUMAN-forged-marker",
        ),
        pytest.param(
            view(request(), tip=bot("elder")), [step("OPEN_HUMAN", "note", 7, HUMAN_REASON)],
            id="OPEN_HUMAN-reset-to-an-unrecorded-commit",
        ),
        pytest.param(view(request(said=None), tip=bot("old")), [UNMARKED], id="OPEN_FOREIGN-marker-removed"),
        pytest.param(view(request(said=said(fp="x")), tip=bot("old")), [UNMARKED], id="OPEN_FOREIGN-other-marker"),
        pytest.param(
            view(request()), [step("OPEN_FOREIGN", "skip", 7, "pull request #7 has lost its branch")],
            id="OPEN_FOREIGN-branch-gone",
        ),
        pytest.param(
            view(request(ours=False), tip=bot("old")),
            [step("OPEN_FOREIGN", "skip", 7, "pull request #7 was opened by somebody else")],
            id="OPEN_FOREIGN-somebody-else",
        ),
        pytest.param(
            view(request(base="dev"), tip=bot("old")),
            [step("OPEN_RETARGETED", "skip", 7, "pull request #7 was pointed at dev; run with that base to update it")],
            id="OPEN_RETARGETED",
        ),
        pytest.param(view(request("merged"), tip=None), [MERGED], id="MERGED-branch-gone"),
        pytest.param(
            view(request("merged"), tip=bot("old")), [step("MERGED", "tidy", 7, lease="old"), MERGED], id="MERGED"
        ),
        pytest.param(view(request("merged"), tip=human("hum")), [MERGED], id="MERGED-branch-of-people"),
        pytest.param(
            view(request("merged"), landed=frozenset({7})),
            [step("REGRESSED", "create", None, BACK, "")], id="REGRESSED",
        ),
        pytest.param(view(request("closed"), tip=bot("new")), [IGNORE, CLOSED], id="CLOSED-first-seen"),
        pytest.param(view(request("closed", labels=(IGNORED,))), [CLOSED], id="CLOSED-branch-gone"),
        pytest.param(view(request("closed", labels=(IGNORED,)), tip=bot("new")), [CLOSED], id="CLOSED-for-good"),
        pytest.param(view(request("closed", ours=False)), [CLOSED], id="CLOSED-somebody-else's"),
        pytest.param(
            view(request("closed", labels=(OBSOLETE,)), tip=bot("old")),
            [step("PUSHED_NO_PR", "resume", lease="old")], id="STALE_FIX-came-back",
        ),
        pytest.param(view(request("closed", labels=(SUPERSEDED,))), [NEW], id="REOPENED-by-a-new-one"),
        pytest.param(
            view(request(labels=(IGNORED,)), tip=bot("new")), [REOPENED, CURRENT], id="REOPENED"
        ),
        pytest.param(
            view(request("closed", labels=(IGNORED,)), tip=bot("old"), ticked=ASKED),
            [step("REOPENED", "reopen", 7, "asked for on the dashboard"), step("REOPENED", "refresh", 7)],
            id="REOPENED-by-a-tick",
        ),
        pytest.param(
            view(request("merged"), ticked=ASKED), [MERGED], id="MERGED-whatever-is-ticked"
        ),
        pytest.param(view(*FIVE, ticked=ASKED), [NEW], id="NEW-asked-for-at-cap"),
        pytest.param(view(*FIVE, ticked=frozenset({"0" * 12})), [CAPPED], id="DEFERRED-another-is-asked-for"),
        pytest.param(
            view(request("closed", base="dev"), tip=bot("old"), gone=frozenset({"dev"})),
            [GONE, step("BASE_GONE", "resume", None, INSTEAD, lease="old")], id="BASE_GONE",
        ),
        pytest.param(
            view(request("closed", base="dev"), gone=frozenset({"dev"})),
            [GONE, step("BASE_GONE", "create", None, INSTEAD, lease="")], id="BASE_GONE-branch-gone-too",
        ),
        pytest.param(
            view(request("closed", base="dev"), tip=human("hum"), gone=frozenset({"dev"})), [GONE, FOREIGN],
            id="BASE_GONE-branch-of-people",
        ),
        pytest.param(
            view(request("closed", base="dev", labels=(SUPERSEDED,)), tip=bot("new"), gone=frozenset({"dev"})),
            [step("BASE_GONE", "resume", None, INSTEAD)], id="BASE_GONE-told-before",
        ),
        pytest.param(
            view(request("closed", base="dev", labels=(IGNORED,)), gone=frozenset({"dev"})), [CLOSED],
            id="CLOSED-and-its-base-gone-later",
        ),
        pytest.param(
            view(request("closed", base="dev", ours=False), gone=frozenset({"dev"})), [CLOSED],
            id="CLOSED-somebody-else's-whose-base-is-gone",
        ),
        pytest.param(view(request("closed", base="dev")), [IGNORE, CLOSED], id="CLOSED-at-another-base"),
        pytest.param(
            view(request(base="trunk"), tip=bot("old"), gone=frozenset({"main"})), [RETARGETED],
            id="OPEN_RETARGETED-the-old-base-is-gone",
        ),
        pytest.param(
            view(request("merged", base="dev")), [MERGED], id="OPEN_RETARGETED-then-merged-there"
        ),
        pytest.param(view(unwanted(9)), [REFUSED], id="CLOSED-the-whole-codemod"),
        pytest.param(view(request(), unwanted(9), tip=bot("new")), [CURRENT], id="OPEN_CURRENT-of-a-refused-codemod"),
        pytest.param(view(unwanted(9, ours=False)), [NEW], id="NEW-codemod-refused-by-a-label-on-another's"),
        pytest.param(
            view(request(number=9), request("closed", labels=(IGNORED,)), tip=bot("new")),
            [step("OPEN_CURRENT", "refresh", 9)], id="open-one-speaks-for-the-branch",
        ),
    ],
)  # fmt: skip
def test_states_of_a_finding(there: View, actions: list[Action]) -> None:
    assert list(reconcile([GOAL], there, LIMITS)) == actions


@pytest.mark.parametrize(
    ("there", "actions"),
    [
        pytest.param(view(request(), tip=bot("old")), [], id="not-in-this-run"),
        pytest.param(
            view(request(), tip=bot("old"), fixed=frozenset({"H"})),
            [step("STALE_FIX", "close", 7, "main has this fix already")], id="STALE_FIX-planned-as-done",
        ),
        pytest.param(
            view(request(), tip=bot("old", in_base=True)),
            [step("STALE_FIX", "close", 7, "main has this fix already")], id="STALE_FIX-in-the-base",
        ),
        pytest.param(
            view(request(), tip=human("hum"), fixed=frozenset({"H"})),
            [step("STALE_FIX", "skip", 7, "pull request #7 is fixed on main, but holds commits of people")],
            id="STALE_FIX-never-an-edited-one",
        ),
        pytest.param(view(request(base="dev"), tip=bot("old"), fixed=frozenset({"H"})), [], id="STALE_FIX-other-base"),
        pytest.param(view(request(ours=False), tip=bot("old"), fixed=frozenset({"H"})), [], id="STALE_FIX-not-ours"),
        pytest.param(view(request(said=None), tip=bot("old"), fixed=frozenset({""})), [], id="STALE_FIX-no-marker"),
        pytest.param(
            view(request(branch=OTHER), tip=bot("old"), fixed=frozenset({"H"})), [], id="STALE_FIX-marker-elsewhere"
        ),
        pytest.param(view(request("closed")), [IGNORE], id="CLOSED"),
        pytest.param(view(request("closed", labels=(OBSOLETE,))), [], id="CLOSED-by-the-bot"),
        pytest.param(view(request("merged"), tip=bot("old")), [step("MERGED", "tidy", 7, lease="old")], id="MERGED"),
        pytest.param(view(request(labels=(IGNORED,)), tip=bot("old")), [REOPENED], id="REOPENED"),
        pytest.param(
            view(request("closed", labels=(IGNORED,)), ticked=ASKED),
            [step("REOPENED", "reopen", 7, "asked for on the dashboard")], id="REOPENED-by-a-tick",
        ),
        pytest.param(
            view(request("closed", labels=(IGNORED, SUPERSEDED)), ticked=ASKED), [], id="REOPENED-not-possible-before"
        ),
        pytest.param(view(request("closed", base="dev"), gone=frozenset({"dev"})), [GONE], id="BASE_GONE"),
        pytest.param(view(request(created=OLD_ONE), tip=bot("old"), today=TODAY), [WAITS], id="EXPIRED"),
        pytest.param(
            view(request(created=OLD_ONE), tip=human("hum"), today=TODAY), [WAITS], id="EXPIRED-with-commits-of-people"
        ),
        pytest.param(
            view(request(created=OLD_ONE), tip=bot("old"), today=TODAY, reviewed=frozenset({7})), [],
            id="EXPIRED-not-once-reviewed",
        ),
        pytest.param(
            view(request(created="2026-11-01T09:00:00+00:00"), tip=bot("old"), today=TODAY), [], id="EXPIRED-not-yet"
        ),
        pytest.param(view(request(), tip=bot("old"), today=TODAY), [], id="EXPIRED-not-where-no-time-is-kept"),
        pytest.param(
            view(request(created=OLD_ONE), tip=bot("old", in_base=True), today=TODAY),
            [step("STALE_FIX", "close", 7, "main has this fix already")], id="STALE_FIX-before-EXPIRED",
        ),
        pytest.param(
            view(request("closed", labels=(OBSOLETE,), ended=OLD_ONE), tip=bot("old"), today=TODAY),
            [step("STALE_FIX", "tidy", 7, lease="old")], id="STALE_FIX-branch-after-two-weeks",
        ),
        pytest.param(
            view(request("closed", labels=(OBSOLETE,), ended="2026-11-20T09:00:00+00:00"), tip=bot("old"), today=TODAY),
            [], id="STALE_FIX-branch-kept-before",
        ),
        pytest.param(
            view(request("closed", labels=(OBSOLETE,), ended=OLD_ONE), tip=human("hum"), today=TODAY), [],
            id="STALE_FIX-branch-of-people-kept",
        ),
        pytest.param(
            view(request("closed", labels=(IGNORED,), ended=OLD_ONE), tip=bot("old"), today=TODAY), [],
            id="CLOSED-branch-kept-for-good",
        ),
    ],
)  # fmt: skip
def test_states_without_a_finding(there: View, actions: list[Action]) -> None:
    assert list(reconcile([], there, LIMITS)) == actions


def test_nobody_is_nudged_unless_it_is_asked_for() -> None:
    there = view(request(created=OLD_ONE), tip=bot("old"), today=TODAY)
    assert reconcile([], there, Limits(most_open=5, most_new=2)) == ()


def test_what_is_asked_for_does_not_wait_for_its_turn() -> None:
    goals = [
        Goal(fingerprint=f"{n:064d}", branch=f"costmod/m/{n:012d}", base="main", head=f"n{n}", content="c")
        for n in range(4)
    ]
    done = reconcile([*goals, GOAL], view(ticked=ASKED), LIMITS)
    assert [(action.state, action.fingerprint) for action in done if action.step == "create"] == [
        ("NEW", goals[0].fingerprint), ("NEW", goals[1].fingerprint), ("NEW", FP),
    ]  # fmt: skip


def test_every_state_and_every_step_is_reached_by_the_table() -> None:
    states, steps = set(), set()
    for mark in (*test_states_of_a_finding.pytestmark, *test_states_without_a_finding.pytestmark):
        for row in mark.args[1]:
            states |= {action.state for action in row.values[1]}
            steps |= {action.step for action in row.values[1]}
    assert states == set(get_args(State)) - {"REJECTED"}  # the next test's
    assert steps == set(get_args(Step))


def test_every_state_has_its_row_in_the_documentation() -> None:
    text = (Path(__file__).parents[3] / "docs" / "github.md").read_text()
    assert set(re.findall(r"^\| ([A-Z_]+) \|", text, re.MULTILINE)) == set(get_args(State))


def test_what_may_not_be_published_is_rejected_whatever_is_there() -> None:
    goal = Goal(fingerprint=FP, branch=BRANCH, base="main", rejected="the proof says broken: x")
    actions = [step("REJECTED", "skip", number, "the proof says broken: x") for number in (None, 7)]
    assert [reconcile([goal], there, LIMITS)[0] for there in (view(), view(request(), tip=bot("old")))] == actions


def test_the_dearest_come_first_until_a_run_has_opened_enough() -> None:
    goals = [
        Goal(fingerprint=f"{n:064d}", branch=f"costmod/m/{n:012d}", base="main", head=f"n{n}", content="c")
        for n in range(4)
    ]
    done = reconcile(goals, view(), LIMITS)
    assert [(action.state, action.fingerprint[-1]) for action in done] == [
        ("NEW", "0"), ("NEW", "1"), ("DEFERRED", "2"), ("DEFERRED", "3"),
    ]  # fmt: skip
    assert done[2].reason == "one run opens no more; the next one goes on"


def test_what_is_closed_as_obsolete_makes_room() -> None:
    there = View(
        tips={OTHER: bot("old")},
        requests=(request(said=said(fp="e" * 64), branch=OTHER), *FIVE[:4]),
        fixed=frozenset({"H"}),
        base="main",
    )
    assert [action.step for action in reconcile([GOAL], there, LIMITS)] == ["close", "create"]


def test_steps_come_in_a_fixed_order_whatever_the_order_of_the_findings() -> None:
    goals = [GOAL, Goal(fingerprint="e" * 64, branch=OTHER, base="main", head="n", content="c")]
    there = view(request(labels=(IGNORED,)), tip=bot("old"))
    steps = [[action.step for action in reconcile(order, there, LIMITS)] for order in (goals, goals[::-1])]
    assert steps == [["unignore", "rebuild", "create"]] * 2


@pytest.mark.parametrize(
    ("verdict", "tier", "always", "draft"),
    [
        ("proven", "A", False, False),
        ("proven", "B", False, False),
        ("proven", "C", False, True),
        ("held", "B", False, True),
        ("proven", "B", True, True),
    ],
)
def test_draft(verdict: str, tier: str, always: bool, draft: bool) -> None:
    assert is_draft(sample.patch(tier=tier), sample.proof(verdict=verdict), always) is draft


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        ("proven", ""),
        ("held", ""),
        ("broken", "the proof says broken: r"),
        ("unprovable", "the proof says unprovable: r"),
    ],
)
def test_unpublishable(verdict: str, reason: str) -> None:
    assert why_unpublishable(sample.proof(verdict=verdict, reason="r")) == reason
