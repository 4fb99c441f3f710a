import pytest
from rig import sample

from bot.publish.forge import Request
from bot.publish.lifecycle import Action, Goal, Observation, decide, is_draft, why_unpublishable
from bot.publish.marker import Marker

GOAL = Goal(fingerprint="f", base="main", head="new", content="c2", most_open=5)
OLD = Marker(fp="f", codemod="m", head="old", base="b", content="c1", title="t", tool="0")


def request(state: str = "open", *, ours: bool = True, base: str = "main") -> Request:
    return Request(number=7, url="u", state=state, title="t", body="", base=base, draft=False, ours=ours)


def seen(
    head: str | None = None,
    pull: Request | None = None,
    marked: Marker | None = None,
    *,
    by_bot: bool = True,
    others: int = 0,
) -> Observation:
    return Observation(head=head, head_by_bot=by_bot, request=pull, marker=marked, others_open=others)


def skip(reason: str) -> Action:
    return Action(step="skip", reason=reason)


def marked(**changed: str) -> Marker:
    return Marker(**{name: getattr(OLD, name) for name in OLD.__struct_fields__} | changed)


HUMAN = skip("pull request #7 holds commits that the bot did not make; they are never overwritten")
CAPPED = skip("5 pull requests of the bot are open already; merge or close one first")
FOREIGN = skip("the branch exists and is not the bot's; rename or delete it to get this pull request")
CLOSED = skip("pull request #7 was closed unmerged, which means no for good; reopen it to change that")
UNMARKED = skip("pull request #7 has lost the bot's marker; the bot leaves it to its reviewers")


@pytest.mark.parametrize(
    ("there", "action"),
    [
        pytest.param(seen(), Action(step="create", lease=""), id="new"),
        pytest.param(seen(others=4), Action(step="create", lease=""), id="new-below-cap"),
        pytest.param(seen(others=5), CAPPED, id="new-at-cap"),
        pytest.param(seen("new"), Action(step="resume"), id="pushed-no-request"),
        pytest.param(seen("old"), Action(step="resume", lease="old"), id="pushed-earlier-no-request"),
        pytest.param(seen("new", others=5), CAPPED, id="pushed-at-cap"),
        pytest.param(seen("old", by_bot=False), FOREIGN, id="foreign-branch"),
        pytest.param(seen("new", request("closed")), CLOSED, id="closed"),
        pytest.param(seen(None, request("closed")), CLOSED, id="closed-branch-gone"),
        pytest.param(seen("new", request("merged")), skip("pull request #7 was merged already"), id="merged"),
        pytest.param(seen("new", request(), marked(head="new", content="c2")), Action(step="refresh"), id="current"),
        pytest.param(seen("old", request(), marked(content="c2")), Action(step="refresh"), id="base-moved-elsewhere"),
        pytest.param(seen("old", request(), OLD), Action(step="rebuild", lease="old"), id="outdated"),
        pytest.param(
            seen("old", request(), OLD, others=9), Action(step="rebuild", lease="old"), id="outdated-over-cap"
        ),
        pytest.param(
            seen("old", request(), marked(head="new", was="old", content="c2")),
            Action(step="rebuild", lease="old"),
            id="push-lost-after-body",
        ),
        pytest.param(seen("hum", request(), OLD, by_bot=False), HUMAN, id="human-commit"),
        pytest.param(seen("old", request(), OLD, by_bot=False), HUMAN, id="forged-marker"),
        pytest.param(seen("elder", request(), OLD), HUMAN, id="reset-to-an-unrecorded-bot-commit"),
        pytest.param(seen("old", request(), None), UNMARKED, id="marker-removed"),
        pytest.param(seen("old", request(), marked(fp="other")), UNMARKED, id="marker-of-another-patch"),
        pytest.param(seen(None, request(), OLD), skip("pull request #7 has lost its branch"), id="branch-gone"),
        pytest.param(
            seen("old", request(ours=False), OLD),
            skip("pull request #7 was opened by somebody else"),
            id="somebody-else",
        ),
        pytest.param(
            seen("old", request(base="dev"), OLD),
            skip("pull request #7 was pointed at dev; run with that base to update it"),
            id="retargeted",
        ),
    ],
)
def test_decide(there: Observation, action: Action) -> None:
    assert decide(there, GOAL) == action


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
        ("proven", None),
        ("held", None),
        ("broken", "the proof says broken: R"),
        ("unprovable", "the proof says unprovable: R"),
    ],
)
def test_unpublishable(verdict: str, reason: str | None) -> None:
    assert why_unpublishable(sample.proof(verdict=verdict, reason="R")) == reason
