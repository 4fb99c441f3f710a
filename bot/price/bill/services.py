"""Which service of ours a resource belongs to: the settings first, then a tag, then the name in its identifier."""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from bot.price.bill.charges import Charge

TAGS = ("service", "app", "application")
_NAMES = (
    r":function:([^:]+)",  # Lambda
    r":service/(?:[^/]+/)?([^/]+)$",  # ECS
    r":task-definition/([^:/]+)",
    r":(?:db|cluster):([^:]+)$",  # RDS and Aurora
    r"/(?:flexibleServers|servers|sites)/([^/]+)",  # Azure
)


def service_of(charge: Charge, explicit: Mapping[str, str]) -> tuple[str, str] | None:
    """The service and by which rule, or None: then its cost stays unmatched."""
    resource = charge.resource or ""
    for pattern, service in explicit.items():
        if fnmatchcase(resource, pattern):
            return service, "price.services"
    tags = _tags(charge.tags)
    for name in TAGS:
        if tags.get(name):
            return tags[name], f"tag {name}"
    for pattern in _NAMES:
        if found := re.search(pattern, resource):
            return found[1], "name in the ResourceId"
    return None


def _tags(text: str) -> dict[str, str]:
    """Tags by their names in small letters, without the prefix that a provider puts before those of its users."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {re.sub(r"^(user|aws)[:_]", "", str(key).lower()): str(value) for key, value in found.items() if value}


def short_name(resource: str) -> str:
    """A resource as it may be shown to everybody: the end of its identifier, without the account in front."""
    return re.split(r"[:/]", resource.rstrip(":/"))[-1] or "resource"
