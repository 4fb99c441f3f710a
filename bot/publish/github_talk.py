"""Answering on GitHub: permissions, reactions and reviews, over the calls of `GithubForge`."""

from typing import Any

from bot.publish.forge import LineComment, Pull, Request, Said
from bot.publish.github import GithubForge


class GithubTalk:
    """The conversation on one repository's pull requests."""

    def __init__(self, forge: GithubForge) -> None:
        self._forge = forge

    def pull(self, number: int) -> Pull:
        """The pull request as it is now."""
        data = self._forge.rest("GET", f"/pulls/{number}")
        here, base = data["head"]["repo"], data["base"]["repo"]
        return Pull(
            request=self._request(data),
            author=data["user"]["login"],
            head=data["head"]["sha"],
            fork=here is None or here["full_name"].casefold() != base["full_name"].casefold(),
            locked=bool(data.get("locked")),
        )

    def permission(self, login: str) -> str:
        """The role; "none" for whom GitHub does not know as a collaborator, bots included."""
        return self._forge.permission(login)

    def react(self, comment: int, content: str) -> None:
        """Set a reaction; setting it twice is setting it once."""
        path = f"/issues/comments/{comment}/reactions"
        self._forge.apply("a reaction", lambda: None, lambda: self._forge.rest("POST", path, {"content": content}))

    def said(self, number: int) -> tuple[Said, ...]:
        """The comments, oldest first."""
        found: list[Said] = []
        page = 1
        while True:
            shown = self._forge.rest("GET", f"/issues/{number}/comments?per_page=100&page={page}")
            found += [self._said(comment) for comment in shown]
            if len(shown) < 100:
                return tuple(found)
            page += 1

    def review(self, number: int, commit: str, key: str, body: str, comments: tuple[LineComment, ...]) -> None:
        """Post one review of one commit, once per key."""
        line = f"<!-- costmod:{key} -->"
        path = f"/pulls/{number}/reviews"

        def read_back() -> bool | None:
            shown = self._forge.rest("GET", f"{path}?per_page=100")
            return True if any(line in (r.get("body") or "") and self._forge.is_me(r["user"]) for r in shown) else None

        def write() -> bool:
            content = {"commit_id": commit, "body": f"{body}\n\n{line}", "event": "COMMENT",
                       "comments": [_of_line(comment) for comment in comments]}  # fmt: skip
            self._forge.rest("POST", path, content)
            return True

        if not read_back():
            self._forge.apply(f"reviewing #{number}", read_back, write)

    def _said(self, data: dict[str, Any]) -> Said:
        return Said(body=data.get("body") or "", ours=self._forge.is_me(data["user"]), created=data["created_at"])

    def _request(self, data: dict[str, Any]) -> Request:
        return Request(
            number=data["number"],
            url=data["html_url"],
            state="merged" if data["merged_at"] else "open" if data["state"] == "open" else "closed",
            title=data["title"],
            body=data["body"] or "",
            base=data["base"]["ref"],
            draft=bool(data.get("draft")),
            ours=self._forge.is_me(data["user"]),
            branch=data["head"]["ref"],
            labels=tuple(label["name"] for label in data["labels"]),
        )


def _of_line(comment: LineComment) -> dict[str, Any]:
    whole = {"path": comment.path, "line": comment.last, "side": "RIGHT", "body": comment.body}
    if comment.first == comment.last:
        return whole
    return whole | {"start_line": comment.first, "start_side": "RIGHT"}
