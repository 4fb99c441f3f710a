"""The traffic of a capture, and the paths that a capture may keep."""

import sys
import sysconfig
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TRACES = ROOT / "traces"

REQUESTS = {
    "/posts": 12,
    "/feed": 5,
    "/archive": 3,
    "/api/latest": 3,
    "/posts/1": 4,
    "/healthz": 4,
}


def send_requests(base_url):
    """Send every request of `REQUESTS`, one after the other."""
    for path, times in REQUESTS.items():
        for _ in range(times):
            with urllib.request.urlopen(base_url + path, timeout=10) as response:
                response.read()


def without_machine_paths(text, database_folder):
    """Rewrite where this machine keeps the blog, its database and its environment."""
    for machine_path, published_path in (
        (database_folder, "/srv/blog/instance"),
        (sys.prefix, "/srv/venv"),
        (str(ROOT), "/srv/blog"),
        (sysconfig.get_path("stdlib"), "/usr/lib/python3"),
    ):
        text = text.replace(machine_path, published_path)
    return text
