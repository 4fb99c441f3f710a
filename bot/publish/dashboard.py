"""The dashboard issue: what is open, waiting, not proposed, ignored and shipped; rebuilt whole on every run."""

from collections.abc import Sequence

from bot.publish import marker
from bot.publish.act import Candidate
from bot.publish.boxes import FINGERPRINT, SHORT
from bot.publish.forge import IGNORED, OBSOLETE, SUPERSEDED, Request
from bot.publish.lifecycle import Action, State
from bot.publish.render import LONGEST_BODY, Budget, bar, template, worth
from bot.records import Patch, PullRequest, Record, Refusal

_ROWS = (100, 30, 10, 3)  # of one section; the fewest that are tried


class Row(Record, frozen=True, kw_only=True):
    """One line."""

    number: int | None = None
    title: str
    worth: str = ""
    note: str = ""
    finding: str = ""  # its fingerprint, where people may ask for it


def body_of(
    requests: Sequence[Request],
    candidates: Sequence[Candidate],
    done: Sequence[PullRequest],
    refused: Sequence[Refusal],
    actions: Sequence[Action],
    deferred: Sequence[Patch] = (),
) -> str:
    """The issue's Markdown, at most 60,000 characters: the rows of every section are cut alike."""
    ours = [request for request in requests if request.ours and marker.read(request.body)]
    states = {action.fingerprint: action.state for action in actions if action.step == "skip"}
    nudges = {action.branch: action.reason for action in actions if action.step == "nudge"}
    reasons = {result.branch: result.reason for result in done}
    skipped = [
        (states.get(c.patch.fingerprint), r.number, _waiting(c.patch, r.reason, worth(c.saving)))
        for c, r in zip(candidates, done, strict=True)
        if r.operation == "skipped"
    ]
    parts = {
        "open": [_row(r, nudges.get(r.branch) or reasons.get(r.branch) or _kind(r)) for r in ours if r.state == "open"],
        "waiting": [row for state, _, row in skipped if state in ("DEFERRED", None)]  # None: it was tried
        + [_waiting(patch, "one at a time, the most costly first") for patch in deferred],
        "rejected": [row for state, number, row in skipped if _is_rejected(state, number)]
        + [Row(title=refusal.place or refusal.hotspot, note=refusal.message) for refusal in refused],
        "ignored": [_row(r) for r in ours if r.state == "closed" and IGNORED in r.labels and not _over(r)],
        "shipped": [_row(r) for r in ours if r.state == "merged"],
    }
    body = ""
    for shown in _ROWS:
        body = template("dashboard.md.j2").render(budget=Budget(value=200), shown=shown, bars=_bars(parts), **parts)
        if len(body) <= LONGEST_BODY:
            break
    return body.strip()


def _row(request: Request, note: str = "") -> Row:
    said = marker.read(request.body)
    name = said.fp if said and FINGERPRINT.fullmatch(said.fp) and request.branch.endswith(said.fp[:SHORT]) else ""
    return Row(number=request.number, title=request.title, worth=said.worth if said else "", note=note, finding=name)


def _waiting(patch: Patch, note: str, amount: str = "") -> Row:
    return Row(title=patch.title, worth=amount, note=note, finding=patch.fingerprint)


def _is_rejected(state: State | None, number: int | None) -> bool:
    """Whether no pull request tells it; one that was closed is listed as ignored."""
    return state in ("REJECTED", "ORPHAN_FOREIGN") or (state == "CLOSED" and number is None)


def _kind(request: Request) -> str:
    return "draft" if request.draft else "ready for review"


def _over(request: Request) -> bool:
    return bool({OBSOLETE, SUPERSEDED} & set(request.labels))


def _bars(parts: dict[str, list[Row]]) -> str:
    """How many there are of each, as bars of our own characters."""
    counts = {name: len(parts[name]) for name in ("open", "waiting", "ignored", "shipped")}
    largest = max(counts.values(), default=0)
    return "\n".join(f"{name:<8} {bar(count, largest)} {count}" for name, count in counts.items())
