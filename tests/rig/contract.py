"""GitHub's own OpenAPI description as a judge of every call between costmod and the fake."""

import gzip
import json
import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_URN = "urn:github"
_SUBSET = Path(__file__).with_name("github-openapi.json.gz")


@cache
def description() -> dict[str, Any]:
    """The subset that openapi_subset.py wrote, with absolute references."""
    text = gzip.decompress(_SUBSET.read_bytes()).decode()
    return json.loads(text.replace('"#/', f'"{_URN}#/'))


@cache
def _registry() -> Registry:
    return Registry().with_resource(_URN, Resource(contents=description(), specification=DRAFT4)).crawl()


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    templates = sorted(description()["paths"], key=lambda path: (path.count("{"), path))
    return [(re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(path))), path) for path in templates]


@dataclass
class Contract:
    """Collects every way in which a call breaks the description."""

    violations: list[str] = field(default_factory=list)

    def request(self, verb: str, path: str, query: str, body: Any) -> dict[str, Any] | None:
        """Check a request; its operation, None when the description has none.

        One exemption: labels may be a bare list. GitHub takes that form and PyGithub sends it, but this version of the
        description lists the object form only.
        """
        operation = _operation(verb, path)
        if operation is None:
            self.violations.append(f"{verb} {path}: no such operation")
            return None
        self._check_query(f"{verb} {path}", operation, query)
        schema = _schema(operation.get("requestBody", {}))
        if body is not None and schema is None:
            self.violations.append(f"{verb} {path}: takes no body")
        elif isinstance(body, list) and operation["operationId"] == "issues/add-labels":
            self._check(f"{verb} {path} request", {"type": "array", "items": {"type": "string"}}, body)
        elif schema is not None:
            self._check(f"{verb} {path} request", schema, body)
            unknown = set(body) - set(schema.get("properties", body)) if isinstance(body, dict) else set()
            self.violations += [f"{verb} {path}: unknown field {name}" for name in sorted(unknown)]
        return operation

    def response(self, verb: str, path: str, operation: dict[str, Any], status: int, body: Any) -> None:
        """Check a response against what the operation documents for its status."""
        documented = _resolved(operation["responses"].get(str(status)))
        if documented is None:
            self.violations.append(f"{verb} {path}: status {status} is not documented")
            return
        schema = _schema(documented)
        if schema is not None:
            self._check(f"{verb} {path} {status}", schema, body)

    def _check(self, where: str, schema: dict[str, Any], value: Any) -> None:
        errors = OAS30Validator(schema, registry=_registry()).iter_errors(value)
        self.violations += [f"{where}: {'/'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]

    def _check_query(self, where: str, operation: dict[str, Any], query: str) -> None:
        known = {
            item["name"]: item for item in map(_resolved, operation.get("parameters", ())) if item["in"] == "query"
        }
        for name, value in parse_qsl(query):
            if name not in known:
                self.violations.append(f"{where}: unknown query parameter {name}")
            elif value not in known[name]["schema"].get("enum", [value]):
                self.violations.append(f"{where}: {name}={value} is not allowed")


def graphql_violations(document: str, variables: dict[str, Any]) -> list[str]:
    """How a GraphQL call breaks GitHub's own schema, as far as graphql_subset.py cut it; CI does not go without."""
    try:
        import graphql
        from graphql.execution.values import get_variable_values
    except ImportError:
        if os.environ.get("COSTMOD_REQUIRE_GUARDS"):
            raise
        return []

    schema, parsed = _graphql_schema(), graphql.parse(document)
    wrong = graphql.validate(schema, parsed)
    if not wrong:
        (operation,) = parsed.definitions
        found = get_variable_values(schema, operation.variable_definitions, variables)
        wrong = found if isinstance(found, list) else []
    return [f"graphql: {error.message}" for error in wrong]


@cache
def _graphql_schema() -> Any:
    import graphql

    return graphql.build_schema(Path(__file__).with_name("github-schema.graphql").read_text())


def complete(name: str, known: dict[str, Any]) -> dict[str, Any]:
    """The JSON of a schema: what is known, and the least valid value for every other required property."""
    schema = description()["components"]["schemas"][name]
    return _least(schema) | known


def _least(schema: dict[str, Any]) -> Any:
    schema = _resolved(schema)
    if schema.get("nullable"):
        return None
    for combined in ("oneOf", "anyOf", "allOf"):
        if combined in schema:
            return _least(schema[combined][0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object" or "properties" in schema:
        return {name: _least(schema["properties"][name]) for name in schema.get("required", ())}
    text = {"date-time": "2026-11-24T00:00:00Z", "uri": "https://example.invalid/x", "email": "a@example.invalid"}
    values = {"string": text.get(schema.get("format", ""), "x"), "boolean": False, "array": []}
    return values.get(schema.get("type", ""), 1)


def _operation(verb: str, path: str) -> dict[str, Any] | None:
    for pattern, template in _routes():
        if pattern.fullmatch(path):
            return description()["paths"][template].get(verb.lower())
    return None


def _resolved(item: dict[str, Any] | None) -> Any:
    if item is not None and "$ref" in item:
        _, _, kind, name = item["$ref"].split("/", 3)
        return description()["components"][kind][name]
    return item


def _schema(holder: dict[str, Any]) -> dict[str, Any] | None:
    return holder.get("content", {}).get("application/json", {}).get("schema")
