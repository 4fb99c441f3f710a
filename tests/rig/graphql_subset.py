"""Cut the types and fields that costmod asks for out of GitHub's GraphQL schema.

Run: `npm pack @octokit/graphql-schema@15.26.1`, unpack it, then
`python tests/rig/graphql_subset.py package/schema.graphql package/LICENSE.md`.
Writes github-schema.graphql beside this file: same input, same bytes. Inputs are kept whole, without descriptions.
"""

import sys
from pathlib import Path

from graphql import DocumentNode, NamedTypeNode, Node, Visitor, parse, print_ast, visit
from graphql.language import (
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
)  # fmt: skip

PACKAGE = "@octokit/graphql-schema@15.26.1"
FIELDS = {
    "Query": {"repository"},
    "Repository": {"issue"},
    "Issue": {"userContentEdits"},
    "UserContentEditConnection": {"nodes"},
    "UserContentEdit": {"editedAt", "editor"},
    "Actor": {"login"},
    "Bot": {"login"},
    "User": {"login"},
    "Mutation": {"createCommitOnBranch"},
    "CreateCommitOnBranchPayload": {"commit"},
    "Commit": {"oid"},
}
INPUTS = {
    "CreateCommitOnBranchInput",
    "CommittableBranch",
    "CommitMessage",
    "FileChanges",
    "FileAddition",
    "FileDeletion",
}
TARGET = Path(__file__).with_name("github-schema.graphql")


class _Undescribed(Visitor):
    def enter(self, node: Node, *_: object) -> None:
        if getattr(node, "description", None) is not None:
            node.description = None  # type: ignore[attr-defined]


def subset(document: DocumentNode) -> str:
    """The cut schema as text."""
    kept, scalars = [], _scalars(document)
    for node in document.definitions:
        name = node.name.value if hasattr(node, "name") and node.name else ""
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode) and name in FIELDS:
            node.fields = tuple(field for field in node.fields if field.name.value in FIELDS[name])
            node.interfaces = tuple(i for i in node.interfaces if i.name.value in FIELDS)
            node.directives = ()
            kept.append(node)
        elif name in INPUTS or name in scalars:
            kept.append(node)
    return "\n\n".join(print_ast(visit(node, _Undescribed())) for node in kept) + "\n"


def _scalars(document: DocumentNode) -> set[str]:
    """The scalars that the kept fields and inputs name."""
    found: set[str] = set()

    class Names(Visitor):
        def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
            found.add(node.name.value)

    for node in document.definitions:
        name = node.name.value if hasattr(node, "name") and node.name else ""
        for field in getattr(node, "fields", None) or ():
            if name in INPUTS or field.name.value in FIELDS.get(name, ()):
                visit(field, Names())
    kinds = {n.name.value for n in document.definitions if isinstance(n, ScalarTypeDefinitionNode)}
    return found & kinds


def main() -> None:
    """Read the two files named on the command line, write the subset."""
    source, licence = (Path(name).read_text() for name in sys.argv[1:3])
    head = "\n".join(f"# {line}".rstrip() for line in (f"Of {PACKAGE}.", *licence.splitlines()))
    TARGET.write_text(f"{head}\n\n{subset(parse(source, no_location=True))}")


if __name__ == "__main__":
    main()
