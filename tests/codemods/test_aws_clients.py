"""Which service of AWS an expression is a client of."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods._aws_clients import service_of
from codemods._loops import bodies
from codemods.index import Index
from codemods.index.policies import lacking

CASES = {
    "a call": ("def view():\n    boto3.client('sqs').go()\n", "sqs"),
    "by keyword": ("def view():\n    boto3.client(service_name='sqs').go()\n", "sqs"),
    "a service that varies": ("def view(name):\n    boto3.client(name).go()\n", None),
    "a resource": ("def view():\n    boto3.resource('s3').go()\n", "s3.resource"),
    "a table": ("def view():\n    boto3.resource('dynamodb').Table('t').go()\n", "dynamodb.Table"),
    "a table of something else": ("def view(sheet):\n    sheet.Table('t').go()\n", None),
    "a new session": ("def view():\n    boto3.Session().client('sqs').go()\n", "sqs"),
    "a new session that is no one's": ("def view():\n    Session().client('sqs').go()\n", None),
    "a session in a name": ("def view():\n    s = boto3.Session()\n    s.client('sqs').go()\n", "sqs"),
    "a session by its name": ("def view(aws_session):\n    aws_session.client('sqs').go()\n", "sqs"),
    "no session": ("def view(app):\n    app.client('sqs').go()\n", None),
    "an item": ("def view(clients):\n    clients['sqs'].go()\n", None),
    "a name": ("def view():\n    c = boto3.client('sqs')\n    c.go()\n", "sqs"),
    "a name bound twice": ("def view():\n    c = boto3.client('sqs')\n    c = None\n    c.go()\n", None),
    "a name of itself": ("def view():\n    c = c\n    c.go()\n", None),
    "an annotation": ("def view(c: SQSClient):\n    c.go()\n", "sqs"),
    "an annotation in quotes": ("def view(t: 'types.Table'):\n    t.go()\n", "dynamodb.Table"),
    "a name of the module": ("c = boto3.client('sqs')\n\n\ndef view():\n    c.go()\n", "sqs"),
    "made by a function for the module": ("from aws import make\n\nc = make()\n\n\ndef view():\n    c.go()\n", "sqs"),
    "made by nobody for the module": ("c = make()\n\n\ndef view():\n    c.go()\n", None),
    "a function": ("from aws import make\n\n\ndef view():\n    make().go()\n", "sqs"),
    "a function for two": ("from aws import either\n\n\ndef view():\n    either(1).go()\n", None),
    "an unknown function": ("def view():\n    make().go()\n", None),
    "what a call gives": ("def view(makers):\n    makers[0]().go()\n", None),
    "another module": ("import aws\n\n\ndef view():\n    aws.queue.go()\n", "sqs"),
    "another module's class": ("import aws\n\n\ndef view():\n    aws.Maker.go()\n", None),
    "a class attribute": ("class A:\n    c = boto3.client('sqs')\n\n    def view(self):\n        self.c.go()\n", "sqs"),
    "an attribute": (
        "class A:\n    def __init__(self):\n        self.d = 1\n        self.c: object = boto3.client('sqs')\n\n"
        "    def stop(self):\n        self.c = None\n        print(self)\n\n    def view(self):\n        self.c.go()\n",
        "sqs",
    ),
    "an attribute of two kinds": (
        "class A:\n    def __init__(self):\n        self.c = boto3.client('sqs')\n\n"
        "    def other(self):\n        self.c = boto3.client('sns')\n\n    def view(self):\n        self.c.go()\n",
        None,
    ),
    "a property": (
        "class A:\n    @property\n    def c(self):\n        return boto3.client('sqs')\n\n"
        "    def view(self):\n        self.c.go()\n",
        "sqs",
    ),
    "a method": (
        "class A:\n    def c(self):\n        return boto3.client('sqs')\n\n    def view(self):\n        self.c.go()\n",
        None,
    ),
    "self outside of a class": ("def view(self):\n    self.c.go()\n", None),
    "an instance in the module": ("from aws import Maker\n\nm = Maker()\n\n\ndef view():\n    m.go()\n", ""),
    "an object of the repository": ("import aws\n\n\ndef view():\n    m = aws.Maker()\n    m.go()\n", ""),
}
AWS = """\
import boto3

queue = boto3.client("sqs")


class Maker:
    def go(self):
        pass


def make():
    return boto3.client("sqs")


def either(which):
    if which:
        return boto3.client("sns")
    return boto3.client("sqs")
"""


@pytest.mark.parametrize(("text", "service"), CASES.values(), ids=CASES.keys())
def test_service(text: str, service: str | None, checkout: Callable[[dict[str, str]], Path]) -> None:
    index = Index(checkout({"app.py": f"import boto3\n\n\n{text}", "aws.py": AWS}))
    module = index.tree.module("app.py")
    assert module is not None
    (body,) = bodies(index, [("app.py", name) for name in module.functions if name.endswith("view")])
    (receiver,) = (
        call.func.value for call in body.calls() if isinstance(call.func, ast.Attribute) and call.func.attr == "go"
    )
    assert service_of(body, receiver) == service


def test_no_repository_has_no_policies(tmp_path: Path) -> None:
    assert lacking(tmp_path / "none", "sqs:SendMessage", "sqs:Other") == []


def test_policies_that_are_links_are_not_read(checkout: Callable[[dict[str, str]], Path], tmp_path: Path) -> None:
    root = checkout({"policy.json": '"sqs:SendMessage"'})
    assert lacking(root, "sqs:SendMessage", "sqs:Other") == ["policy.json"]
    (tmp_path / "outside.json").write_text('"sqs:SendMessage"')
    (root / "policy.json").unlink()
    (root / "policy.json").symlink_to(tmp_path / "outside.json")
    assert lacking(root, "sqs:SendMessage", "sqs:Other") == []
