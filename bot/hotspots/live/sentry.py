"""Sentry: the issues in which its own detectors see repeated calls, and the latest event of each, with its spans."""

import re
from urllib.parse import urljoin

import msgspec

from bot.errors import UserError
from bot.hotspots.live.access import Access, Environment, address, bearer, optional, origin, secret, setting
from bot.hotspots.live.exchange import Answer, Conversation, Question, Request, decoded, get
from bot.hotspots.live.session import Vendor

VENDOR = Vendor(
    "Sentry", "SENTRY_AUTH_TOKEN of the organisation SENTRY_ORG, with org:read, project:read and event:read"
)
HOST = "https://sentry.io"
PAGE = 25
PAGES = 4
ISSUES = 40
TYPES = (
    "performance_n_plus_one_db_queries", "performance_consecutive_db_queries", "performance_consecutive_http",
    "performance_n_plus_one_api_calls", "performance_slow_db_query",
)  # fmt: skip
LOST = frozenset({404})
_SLUG = re.compile(r"[A-Za-z0-9_-]+")
_LINK = re.compile(r'<(?P<url>[^<>]+)>((?:\s*;\s*\w+="[^"]*")*)')


class Issue(msgspec.Struct):
    """An issue."""

    id: str = ""


def access(environment: Environment) -> Access:
    """The token, the organisation and perhaps a project, and the address."""
    token = secret(environment, "SENTRY_AUTH_TOKEN")
    organisation = setting(environment, "SENTRY_ORG")
    project = optional(environment, "SENTRY_PROJECT") or ""
    if not _SLUG.fullmatch(organisation) or not _SLUG.fullmatch(project or "any"):
        raise UserError("SENTRY_ORG or SENTRY_PROJECT is no short name; take it from the address of the page.")
    return bearer(f"{address(environment, 'SENTRY_URL', HOST)}/api/0/organizations/{organisation}", token, project)


def ask(question: Question, where: Access) -> Conversation:
    """The calls: the issues, page by page, then an event of each; the service is the project."""
    base, project = where.base, question.service or where.part
    query = f"issue.type:[{','.join(TYPES)}]" + (f" project:{project}" if project else "")
    hours = max(1, (question.end_s - question.start_s) // 3600)
    asked = {"query": query, "statsPeriod": f"{hours}h", "limit": PAGE, "sort": "freq"}
    request: Request | None = get("issues", f"{base}/issues/", asked)
    issues: dict[str, None] = {}
    for _ in range(PAGES):
        if request is None:
            break
        answer = yield request
        issues |= dict.fromkeys(issue.id for issue in decoded(answer, list[Issue], VENDOR.title))
        following = _next(answer, request.url)
        request = get("issues", following) if following else None
    for issue in [issue for issue in issues if issue.isalnum()][:ISSUES]:
        yield get("event", f"{base}/issues/{issue}/events/latest/", keep=True, without=LOST)


def _next(answer: Answer | None, url: str) -> str | None:
    """The next page, on the same host, as the Link header names it."""
    for found in _LINK.finditer(answer.headers.get("link", "") if answer else ""):
        target = urljoin(url, str(found["url"]))
        if 'rel="next"' in found[0] and 'results="true"' in found[0] and origin(target) == origin(url):
            return target
    return None
