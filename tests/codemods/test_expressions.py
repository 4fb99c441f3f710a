"""Expressions that are parsed when somebody looks at them."""

import ast

from codemods._expressions import Listed, Named


def test_named_expressions_are_parsed_one_by_one_and_kept() -> None:
    found = Named({"a": "x +\n1", "b": "not ( python"})
    assert (list(found), len(found), "a" in found, "c" in found) == (["a", "b"], 2, True, False)
    assert ast.unparse(found["a"]) == "x + 1"
    assert found["a"] is found["a"]
    assert found.get("c") is None
    found["b"] = found["a"]
    assert found.packed(ast.unparse) == {"a": "x + 1", "b": "x + 1"}
    del found["b"]
    assert dict(found) == {"a": found["a"]}


def test_only_what_can_spell_an_identifier_is_parsed() -> None:
    found = Named({"a": "not ( python", "b": "Key(1)", "c": "\uff2bey(2)"})
    found["d"] = found["b"]
    assert {name: ast.unparse(node) for name, node in found.spelling("Key", "Field")} == {
        "b": "Key(1)", "c": "Key(2)", "d": "Key(1)",
    }  # fmt: skip
    assert found.packed(ast.unparse)["a"] == "not ( python"


def test_listed_expressions_are_parsed_one_by_one_and_kept() -> None:
    found: Listed[ast.expr] = Listed(["a", "b(*c)", "not ( python"])
    assert ast.unparse(found[1]) == "b(*c)"
    assert found[1] is found[1]
    assert [ast.unparse(node) for node in found[:2]] == ["a", "b(*c)"]
    found.append(found[0])
    assert found.packed(ast.unparse) == ["a", "b(*c)", "not ( python", "a"]
    assert len(found) == 4
