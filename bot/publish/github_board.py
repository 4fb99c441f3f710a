"""The dashboard issue on GitHub, and who has ticked its boxes, over the calls of `GithubForge`.

GitHub lets an issue's body be edited by its author, which is this token, and by whoever may write to the repository.
The boxes do not rely on that: GraphQL names the editors (`Issue.userContentEdits`), and the role of every person among
them since the bot's own last edit is asked for.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.errors import UserError
from bot.publish import boxes, marker
from bot.publish.boxes import Edit, Ticks
from bot.publish.forge import DASHBOARD_LABEL, MAY_WRITE

if TYPE_CHECKING:
    from bot.publish.github import GithubForge

TITLE = "costmod dashboard"
_KEY = "<!-- costmod:dashboard -->"
_MOST_EDITS = 100
EDITS = """\
query($owner: String!, $name: String!, $number: Int!, $most: Int!) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) {
      userContentEdits(first: $most) {
        nodes { editedAt editor { __typename login } }
      }
    }
  }
}"""


def ticks(forge: "GithubForge") -> Ticks:
    """What is ticked on the dashboard; nothing of it counts unless everybody who edited it may write."""
    there = _found(forge)
    seen = boxes.ticked(there[0]["body"]) if there else frozenset()
    if not seen:
        return Ticks()
    people = boxes.people_since(_edits(forge, there[0]))
    allowed = bool(people) and all(who and forge.permission(who) in MAY_WRITE for who in people)
    return Ticks(seen=seen, asked=seen if allowed else frozenset())


def keep(forge: "GithubForge", body: str, seen: frozenset[str]) -> str:
    """Write the one open issue that has the label and the hidden line; its address.

    One that was ticked since `seen` is left to the next run: rewritten, it would not be known any more who ticked it.
    """
    text = f"{body}\n\n{_KEY}"

    def is_done(issue: Mapping[str, Any]) -> bool:
        return marker.lines(issue["body"]) == marker.lines(text) or bool(boxes.ticked(issue["body"]) - seen)

    def read_back() -> str | None:
        return next((str(issue["html_url"]) for issue in _found(forge) if is_done(issue)), None)

    def write() -> str:
        there = _found(forge)
        if not there:
            forge.ensure_label(DASHBOARD_LABEL)
            content = {"title": TITLE, "body": text, "labels": [DASHBOARD_LABEL]}
            return str(forge.rest("POST", "/issues", content)["html_url"])
        if not is_done(there[0]):
            forge.rest("PATCH", f"/issues/{there[0]['number']}", {"body": text})
        return str(there[0]["html_url"])

    address = forge.apply("the dashboard issue", read_back, write)
    for later in _found(forge)[1:]:  # runs at the same time: the first one stays
        close = partial(forge.rest, "PATCH", f"/issues/{later['number']}", {"state": "closed"})
        forge.apply(f"closing #{later['number']}", lambda: None, close)
    return address


def _found(forge: "GithubForge") -> list[dict[str, Any]]:
    """The dashboards of this token, the oldest first."""
    shown = forge.rest("GET", f"/issues?state=open&labels={DASHBOARD_LABEL}&per_page=100")
    ours = [
        i | {"body": i.get("body") or ""} for i in shown if _KEY in (i.get("body") or "") and forge.is_me(i["user"])
    ]
    return sorted(ours, key=lambda issue: int(issue["number"]))


def _edits(forge: "GithubForge", issue: Mapping[str, Any]) -> list[Edit]:
    """The latest edits; none where GitHub does not tell."""
    owner, _, name = forge.slug.partition("/")
    given = {"owner": owner, "name": name, "number": issue["number"], "most": _MOST_EDITS}
    try:
        data = forge.graphql("the edits of the dashboard", EDITS, given)
    except UserError:
        return []
    shown = data["repository"]["issue"]["userContentEdits"]
    author = str(issue["user"]["login"]).removesuffix("[bot]")  # which GraphQL leaves out
    return [_edit(node, author) for node in shown["nodes"] or () if node] if shown else []


def _edit(node: Mapping[str, Any], author: str) -> Edit:
    """An edit by the bot that wrote the issue is ours; a personal token cannot be told from its person."""
    editor = node["editor"] or {}
    ours = editor.get("__typename") == "Bot" and editor["login"] == author
    return Edit(when=node["editedAt"], who=editor.get("login", ""), ours=ours)
