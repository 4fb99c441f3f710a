"""What the bot says on somebody's pull request about what it introduces."""

from collections.abc import Sequence

from bot.publish.fresh import Introduced
from bot.publish.render import LONGEST_BODY, Budget, template
from bot.words import counted

_CUTS = (
    (10, Budget(diff=6_000)),
    (10, Budget(diff=1_500)),
    (10, Budget(diff=0)),
    (3, Budget(diff=0, rows=2, value=80)),
)


def remark_on(found: Sequence[Introduced], lead: str, foot: str = "") -> str:
    """Markdown of at most 60,000 characters: diffs are cut first, then findings."""
    body = ""
    for shown, budget in _CUTS:
        body = template("introduced.md.j2").render(found=found, lead=lead, foot=foot, shown=shown, budget=budget)
        if len(body) <= LONGEST_BODY:
            break
    return body.strip()


def lead_of(found: Sequence[Introduced]) -> str:
    """The first sentence."""
    if any(one.loop for one in found):
        places = counted(len(found), "place")
        return f"This change introduces {places} with a call per round of a loop or per row (N+1)."
    if len(found) == 1:
        return "This change introduces a query whose every row runs a statement of its own (N+1)."
    return f"This change introduces {len(found)} queries whose every row runs a statement of its own (N+1)."
