"""Issues, comments, labels, reactions, permissions and reviews of the fake GitHub."""

import re
from dataclasses import dataclass, field
from typing import Any

from rig.contract import complete
from rig.github_state import TIME, Pull, State

Answer = tuple[int, Any, dict[str, str]]
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


@dataclass
class Comment:
    """One comment on an issue or a pull request."""

    id: int
    issue: int
    body: str
    author: str
    kind: str = "User"
    created: str = TIME
    reactions: list[tuple[str, str]] = field(default_factory=list)  # (login, content)


@dataclass
class Issue:
    """One issue that is no pull request."""

    number: int
    title: str
    body: str
    author: str
    labels: list[str]
    state: str = "open"


@dataclass
class Review:
    """One review with comments on lines."""

    number: int  # of the pull request
    commit: str
    body: str
    comments: list[dict[str, Any]]
    author: str = ""
    kind: str = "User"


def route(state: State, verb: str, inside: str, query: dict[str, str], body: Any) -> Answer | None:
    """The answer; None for what is not about issues."""
    if found := re.fullmatch(r"/collaborators/([^/]+)/permission", inside):
        return _permission(state, found[1])
    if found := re.fullmatch(r"/issues/comments/(\d+)(/reactions)?", inside):
        return _comment(state, verb, int(found[1]), bool(found[2]), body)
    if found := re.fullmatch(r"/pulls/(\d+)/reviews", inside):
        return _review(state, verb, int(found[1]), body)
    if inside == "/issues":
        return _issues(state, verb, query, body)
    if found := re.fullmatch(r"/issues/(\d+)(/comments|/labels)?(?:/(.+))?", inside):
        return _issue(state, verb, (int(found[1]), found[2] or "", found[3]), body)
    return None


def invalid(resource: str, code: str, name: str) -> Answer:
    """GitHub's 422."""
    error = {"resource": resource, "code": code, "field": name}
    return 422, {"message": "Validation Failed", "errors": [error], "documentation_url": "https://docs.github.com"}, {}


def error(status: int, message: str) -> Answer:
    """GitHub's basic error."""
    return status, {"message": message, "documentation_url": "https://docs.github.com", "status": str(status)}, {}


def _permission(state: State, login: str) -> Answer:
    if login not in state.roles:
        return error(404, f"{login} is not a user")
    permission, role = state.roles[login]
    return 200, {"permission": permission, "role_name": role, "user": None}, {}


def _comment(state: State, verb: str, number: int, reaction: bool, body: Any) -> Answer:
    comment = next((comment for comment in state.comments if comment.id == number), None)
    if comment is None:
        return error(404, "Not Found")
    if reaction:
        mine = (state.login, body["content"])
        status = 200 if mine in comment.reactions else 201
        comment.reactions += [mine] if status == 201 else []
        return status, complete("reaction", {"content": body["content"], "user": state.user(state.login)}), {}
    if verb == "DELETE":
        state.comments.remove(comment)
        return 204, None, {}
    if verb == "PATCH":
        comment.body = body["body"]
    return 200, _shown(state, comment), {}


def _review(state: State, verb: str, number: int, body: Any) -> Answer:
    if verb == "GET":
        here = [review for review in state.reviews if review.number == number]
        return 200, [_shown_review(state, review) for review in here], {}
    pull = next((pull for pull in state.pulls if pull.number == number), None)
    if pull is None:
        return error(404, "Not Found")
    inside = state.lines_in_diff(pull)
    for comment in body.get("comments", ()):
        if not {(comment["path"], line) for line in _span(comment)} <= inside:
            return 422, {"message": "Unprocessable Entity", "errors": ["Line could not be resolved"]}, {}
    review = Review(number, body.get("commit_id", ""), body.get("body", ""), list(body.get("comments", ())))
    state.reviews.append(review)
    return 200, _shown_review(state, review), {}


def _span(comment: dict[str, Any]) -> range:
    return range(comment.get("start_line", comment["line"]), comment["line"] + 1)


def _shown_review(state: State, review: Review) -> Any:
    return complete(
        "pull-request-review",
        {"body": review.body, "user": state.user(review.author or state.login, review.kind), "state": "COMMENTED"},
    )


def _issues(state: State, verb: str, query: dict[str, str], body: Any) -> Answer:
    if verb == "POST":
        issue = Issue(state.next_number(), body["title"], body.get("body", ""), state.login, body.get("labels", []))
        state.issues.append(issue)
        return 201, state.issue(issue), {}
    wanted = set(filter(None, query.get("labels", "").split(",")))
    shown = query.get("state", "open")
    found = [i for i in [*state.issues, *state.pulls] if shown in ("all", i.state) and wanted <= set(i.labels)]
    return 200, [state.issue(issue) for issue in found], {}


def _issue(state: State, verb: str, what: tuple[int, str, str | None], body: Any) -> Answer:
    number, part, name = what
    issue: Issue | Pull | None = next((i for i in [*state.issues, *state.pulls] if i.number == number), None)
    if issue is None:
        return error(404, "Not Found")
    if part == "/comments":
        if verb == "GET":
            return 200, [_shown(state, comment) for comment in state.comments if comment.issue == number], {}
        return 201, _shown(state, state.say(number, body["body"])), {}
    if part == "/labels":
        if verb == "POST":
            issue.labels += [label for label in body if label not in issue.labels]
            state.labels |= set(body)
        elif name not in issue.labels:
            return error(404, "Label does not exist")
        else:
            issue.labels.remove(name)
        return 200, [state.label(label) for label in issue.labels], {}
    if verb == "PATCH":
        issue.title, issue.body = body.get("title", issue.title), body.get("body", issue.body)
        issue.state = body.get("state", issue.state)
        if "body" in body:
            state.edited(number, state.login, state.kind)
    return 200, state.issue(issue), {}


def _shown(state: State, comment: Comment) -> Any:
    address = f"{state.url}/repos/{state.slug}/issues"
    return complete("issue-comment", {
        "id": comment.id, "body": comment.body, "user": state.user(comment.author, comment.kind),
        "url": f"{address}/comments/{comment.id}", "html_url": f"{state.url}/comment/{comment.id}",
        "issue_url": f"{address}/{comment.issue}", "created_at": comment.created,
    })  # fmt: skip
