"""SARIF 2.1.0 of another detector: its findings of an N+1 or of a query in a loop, each at a line.

A finding is taken by the words of its rule (id, name, descriptions, tags) or of its message: "N+1", "n plus one",
"query in a loop", "loop ... queries". There is no statement and no count: the line has to tell what repeats there.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import msgspec

from bot.errors import UserError
from bot.hotspots.detect import identity
from bot.hotspots.jsontext import decode
from bot.hotspots.loops import EntryKey
from bot.hotspots.source import Source
from bot.records import Entry, Hotspot, Location, Metrics, Trust
from bot.records import Source as From

TITLE = "SARIF 2.1.0 of another detector"
VENDOR = "sarif"
FORMAT = "sarif-2.1.0"
NO_STATEMENT = ""  # it has none by nature

CONFIDENCE = 0.4
LIMITS = ("found in the code alone: how often it runs, and with how many statements, is not known",)
_WORDS = re.compile(
    r"\bn ?\+ ?1\b|\bn ?plus ?(?:1|one)\b"
    r"|\b(?:query|queries|sql)\b[\w ]{0,40}\bloops?\b|\bloops?\b[\w ]{0,40}\b(?:query|queries|sql)\b",
    re.I,
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_RUNS = re.compile(rb'"runs"\s*:\s*\[')


class Message(msgspec.Struct):
    """A text, plain or as Markdown."""

    text: str | None = None


class Properties(msgspec.Struct):
    """What a tool adds; only its tags are read."""

    tags: list[str] = []


class Rule(msgspec.Struct, rename="camel"):
    """What a tool looks for."""

    id: str | None = None
    name: str | None = None
    short_description: Message | None = None
    full_description: Message | None = None
    properties: Properties | None = None


class Component(msgspec.Struct):
    """A tool or an extension of it, with its rules."""

    name: str | None = None
    rules: list[Rule] = []


class Tool(msgspec.Struct):
    """What made a run."""

    driver: Component
    extensions: list[Component] = []


class Artifact(msgspec.Struct):
    """A file."""

    uri: str | None = None


class Region(msgspec.Struct, rename="camel"):
    """A place in a file."""

    start_line: int | None = None


class Physical(msgspec.Struct, rename="camel"):
    """A file and the place in it."""

    artifact_location: Artifact | None = None
    region: Region | None = None


class Logical(msgspec.Struct, rename="camel"):
    """A function, by name."""

    name: str | None = None
    fully_qualified_name: str | None = None


class Place(msgspec.Struct, rename="camel"):
    """Where a result is."""

    physical_location: Physical | None = None
    logical_locations: list[Logical] = []


class RuleReference(msgspec.Struct):
    """The rule of a result, where it is not named by `ruleId`."""

    id: str | None = None
    index: int | None = None


class Result(msgspec.Struct, rename="camel"):
    """A finding."""

    rule_id: str | None = None
    rule_index: int | None = None
    rule: RuleReference | None = None
    kind: str | None = None
    message: Message | None = None
    locations: list[Place] | None = None
    suppressions: list[msgspec.Raw] | None = None


class Run(msgspec.Struct):
    """One run of one tool."""

    tool: Tool
    results: list[Result] | None = None


class Log(msgspec.Struct):
    """A SARIF file."""

    version: str | None = None
    runs: list[Run] = []


_LOG = msgspec.json.Decoder(Log)


def sniff(head: bytes) -> bool:
    """Whether the first bytes are a SARIF log."""
    marked = b"sarif" in head.lower() or b'"driver"' in head or b'"2.1.0"' in head
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and _RUNS.search(head) is not None and marked


def read(source: Source) -> Iterator[Hotspot]:
    """A hotspot for every finding of repeated queries; everything else is counted as dropped.

    Raises:
        UserError: no JSON, another version, or what costmod itself has written.
    """
    log = decode(source.read(), _LOG, source.label)
    if log.version is not None and not log.version.startswith("2.1"):
        raise UserError(f"{source.label} is SARIF {log.version[:20]}, costmod reads 2.1.0; convert it.")
    for run in log.runs:
        tool = run.tool.driver.name or "another tool"
        if tool.lower() == "costmod":
            raise UserError(
                f"{source.label} is costmod's own SARIF; `costmod scan` finds the same again, so name an export."
            )
        for result in run.results or ():
            yield from _hotspot(result, _rule(result, run.tool), tool, source)


def _hotspot(result: Result, rule: Rule, tool: str, source: Source) -> Iterator[Hotspot]:
    if result.kind not in (None, "fail", "open", "review") or result.suppressions:
        source.drop("finding that its tool does not hold against the code")
    elif not _WORDS.search(_words(result, rule)):
        source.drop("finding of something other than repeated queries")
    elif not (places := tuple(dict.fromkeys(_places(result)))):
        source.drop("finding without a line")
    else:
        entry = Entry(type="unknown")
        yield Hotspot(
            id=identity("n_plus_one_db", EntryKey(None, "unknown", None, None, None), entry, (), places),
            kind="n_plus_one_db",
            source=From(vendor=VENDOR, format=FORMAT),
            entry=entry,
            patterns=(),
            locations=places,
            metrics=Metrics(requests_in_window=0, p50_ns=0, p95_ns=0, p99_ns=0, total_ns=0),
            trust=Trust(
                confidence=CONFIDENCE, reasons=(f"{_plain(tool)} reports {_plain(rule.id or '')}",), limits=LIMITS
            ),
        )


def _rule(result: Result, tool: Tool) -> Rule:
    """The rule of a result: by id in the driver or an extension, else by its place among the driver's rules."""
    reference = result.rule or RuleReference()
    wanted = result.rule_id or reference.id
    for component in (tool.driver, *tool.extensions):
        for rule in component.rules:
            if wanted is not None and rule.id is not None and (wanted == rule.id or wanted.startswith(f"{rule.id}/")):
                return rule
    index = result.rule_index if result.rule_index is not None else reference.index
    if wanted is None and index is not None and 0 <= index < len(tool.driver.rules):
        return tool.driver.rules[index]
    return Rule(id=wanted)


def _words(result: Result, rule: Rule) -> str:
    """All that is said about a finding, as words: `QueryInLoop` and `query-in-loop` are the same three."""
    said = [rule.id, rule.name, result.rule_id, *(rule.properties.tags if rule.properties else ())]
    said += [m.text for m in (rule.short_description, rule.full_description, result.message) if m]
    return re.sub(r"[\s_./:-]+", " ", _HUMP.sub(" ", " | ".join(filter(None, said))))


def _places(result: Result) -> Iterator[Location]:
    for place in result.locations or ():
        physical = place.physical_location or Physical()
        line = physical.region.start_line if physical.region else None
        uri = physical.artifact_location.uri if physical.artifact_location else None
        if uri and line and line > 0:
            named = place.logical_locations[0] if place.logical_locations else Logical()
            yield Location(
                file=unquote(re.sub(r"^file:/*(?=/)", "", uri)),
                line=line,
                function=named.fully_qualified_name or named.name,
                precision="exact_line",
                provenance="sarif.region.startLine",
            )


def _plain(text: str) -> str:
    return "".join(character for character in text[:60] if character.isprintable())
