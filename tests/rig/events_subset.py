"""Cut the events that costmod reads out of GitHub's own webhook examples.

Run: `npm pack @octokit/webhooks-examples@7.6.1`, unpack it, then
`python tests/rig/events_subset.py package/api.github.com/index.json LICENSE`, the latter with its MIT licence.
Writes github-events.json.gz beside this file: same input, same bytes.
"""

import gzip
import json
import sys
from pathlib import Path

PACKAGE = "@octokit/webhooks-examples@7.6.1"
EVENTS = {
    "issue_comment": ("created", "edited", "deleted"),
    "pull_request": ("opened",),
    "repository_dispatch": ("on-demand-test",),
}
TARGET = Path(__file__).with_name("github-events.json.gz")


def main() -> None:
    """Read the files named on the command line, write the subset."""
    source, licence = (Path(name).read_text() for name in sys.argv[1:3])
    by_name = {event["name"]: event["examples"] for event in json.loads(source)}
    kept = {name: [e for e in by_name[name] if e["action"] in actions] for name, actions in EVENTS.items()}
    kept["pull_request"] = kept["pull_request"][:1]
    text = json.dumps(kept | {"x-source": PACKAGE, "x-license": licence}, sort_keys=True, separators=(",", ":"))
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
