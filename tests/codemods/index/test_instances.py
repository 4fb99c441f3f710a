"""Which class of the tree a value is of: the methods that a call on it can mean."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import Index
from codemods.index.instances import Instances

CLASSES = """\
class Box:
    def put(self, row): ...

class Shelf(Box):
    def __init__(self, boxes):
        self.boxes = [Box() for _ in boxes]
        self.named = {}
    def make(self):
        self.named["a"] = Shelf([])
        return Box()
    def all(self):
        if not self.boxes:
            return
        return self.boxes
    def view(self, x): ...

class Twin(Box): ...
class Other:
    class Twin(Box): ...
class App(Box): ...

async def load(): return Box()
def again(): return again()
def nothing(x): return x
def outside(x): return unknown(x)
"""
BOX, SHELF = ("app.py", "Box.put"), ("app.py", "Shelf.put")

# Every text is the body of `def view(x, boxes: "list[Box]")` with the receiver as its last expression.
FOUND = [
    pytest.param("Box()", id="a constructor"),
    pytest.param("b = Box()\nb", id="a name"),
    pytest.param("b: Box = Box()\nb", id="annotated"),
    pytest.param("Box() if x else None", id="one or the other"),
    pytest.param("x or Box()", id="either"),
    pytest.param("(await load())", id="awaited"),
    pytest.param("[Box()][-1]", id="an item of a list"),
    pytest.param("bs = []\nbs.append(Box())\nbs[0]", id="an item that was appended"),
    pytest.param("bs = {}\nbs[x] = Box()\nbs[x]", id="an item that was put under a key"),
    pytest.param("bs = {x: Box()}\nbs.get(x)", id="an item by its key"),
    pytest.param("bs = [Box()]\nfor b in sorted(bs, key=x): ...\nb", id="an item that a loop runs over"),
    pytest.param("bs = {x: Box()}\n[b for b in bs.values()]\nb", id="an item in a comprehension"),
    pytest.param("boxes[0]", id="an item of an annotated parameter"),
    pytest.param("Shelf(x).make()", id="what a method returns"),
    pytest.param("Shelf(x).all()[0]", id="an item of what a method returns"),
    pytest.param("shelf = outside(x)\nshelf", id="a name that is spelled like one class"),
    pytest.param("boxes[1:][0]", id="an item of a part"),
]
NOT_FOUND = [
    pytest.param("x", id="a parameter"),
    pytest.param("boxes", id="the container itself"),
    pytest.param("bs = []\nbs.append(Box())\nbs", id="a list, whatever is in it"),
    pytest.param("bs = [Box()]\nfor b in bs:\n    for c in b: ...\nc", id="an item of an item"),
    pytest.param("again()", id="a function that returns itself"),
    pytest.param("again()[0]", id="an item of that"),
    pytest.param("nothing(x)", id="what it was given"),
    pytest.param("outside(x)[0]", id="what is not in the tree"),
    pytest.param("x + 1", id="a number"),
    pytest.param("(x + 1)[0]", id="an item of a number"),
    pytest.param("x.y", id="an attribute"),
    pytest.param("x.box", id="an attribute that is spelled like a class"),
    pytest.param("twin", id="a name that two classes have"),
    pytest.param("app", id="a name of three letters"),
]  # fmt: skip


def methods(checkout: Callable[[dict[str, str]], Path], text: str, function: str = "view") -> list[tuple[str, str]]:
    index = Index(checkout({"app.py": text}))
    place, definition = index.calls.function(("app.py", function)), index.definitions.get(("app.py", function))
    assert place is not None and definition is not None
    last = definition.body[-1]
    assert isinstance(last, ast.Expr)
    return Instances(index.calls, index.definitions).methods(place, last.value, "put")


def view(body: str) -> str:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f'{CLASSES}\ndef view(x, boxes: "list[Box]"):\n{lines}\n'


@pytest.mark.parametrize("body", FOUND)
def test_a_class_that_is_told(body: str, checkout: Callable[[dict[str, str]], Path]) -> None:
    assert methods(checkout, view(body)) == [BOX]


@pytest.mark.parametrize("body", NOT_FOUND)
def test_a_class_that_nothing_tells(body: str, checkout: Callable[[dict[str, str]], Path]) -> None:
    assert methods(checkout, view(body)) == []


@pytest.mark.parametrize("receiver", ["self.boxes[0]", "self.named[x]", "self.make()"])
def test_what_an_object_keeps(receiver: str, checkout: Callable[[dict[str, str]], Path]) -> None:
    """An item of an attribute is what any method of the class puts there."""
    text = CLASSES.replace("def view(self, x): ...", f"def view(self, x): {receiver}")
    assert methods(checkout, text, "Shelf.view") == [BOX]
