"""Cut the operations that costmod calls out of GitHub's OpenAPI description.

Run: `npm pack @octokit/openapi@23.0.2`, unpack it, then
`python tests/rig/openapi_subset.py package/generated/api.github.com.json package/LICENSE`.
Writes github-openapi.json.gz beside this file: same input, same bytes.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

PACKAGE = "@octokit/openapi@23.0.2"
OPERATIONS = {
    "/user": ("get",),
    "/repos/{owner}/{repo}/pulls": ("get", "post"),
    "/repos/{owner}/{repo}/pulls/{pull_number}": ("get", "patch"),
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": ("get", "post"),
    "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers": ("post",),
    "/repos/{owner}/{repo}/labels": ("post",),
    "/repos/{owner}/{repo}/issues": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}": ("get", "patch"),
    "/repos/{owner}/{repo}/issues/{issue_number}/labels": ("post",),
    "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}": ("delete",),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ("get", "patch", "delete"),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": ("post",),
    "/repos/{owner}/{repo}/collaborators/{username}/permission": ("get",),
}
DROPPED = {"description", "summary", "externalDocs", "tags", "title", "examples", "example"}
TARGET = Path(__file__).with_name("github-openapi.json.gz")


def subset(document: dict[str, Any]) -> dict[str, Any]:
    """The operations above, and every component that they reach."""
    paths = {}
    for path, verbs in OPERATIONS.items():
        item = document["paths"][path]
        kept = {verb: item[verb] for verb in verbs}
        if "parameters" in item:
            kept["parameters"] = item["parameters"]
        paths[path] = _slim(kept)
    components: dict[str, Any] = {}
    _reach(paths, document, components)
    return {"openapi": document["openapi"], "paths": paths, "components": components}


def _slim(value: Any, named: bool = False) -> Any:
    """Without prose and examples; below "properties" every key is a name, not a keyword."""
    if isinstance(value, dict):
        return {
            key: _slim(item, named=key in ("properties", "schemas", "responses", "headers") and not named)
            for key, item in value.items()
            if named or not (key in DROPPED or key.startswith("x-"))
        }
    return [_slim(item) for item in value] if isinstance(value, list) else value


def _reach(value: Any, document: dict[str, Any], components: dict[str, Any]) -> None:
    if isinstance(value, list):
        for item in value:
            _reach(item, document, components)
    elif isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            _, _, kind, name = value["$ref"].split("/", 3)
            if kind != "examples" and name not in components.setdefault(kind, {}):
                components[kind][name] = _slim(document["components"][kind][name])
                _reach(components[kind][name], document, components)
        for item in value.values():
            _reach(item, document, components)


def main() -> None:
    """Read the two files named on the command line, write the subset."""
    source, licence = (Path(name).read_text() for name in sys.argv[1:3])
    cut = subset(json.loads(source)) | {"x-source": PACKAGE, "x-license": licence}
    text = json.dumps(cut, sort_keys=True, separators=(",", ":")).encode()
    TARGET.write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == "__main__":
    main()
