"""The boxes of the dashboard, as text."""

import pytest

from bot.publish.boxes import Edit, hidden, people_since, ticked

A, B, C = ("a" * 12, "b" * 12, "c" * 12)
BODY = f"""### Waiting

- [ ] {hidden(A)} one
- [x] {hidden(B)} two
- [X] {hidden(C)} three"""


def test_ticked() -> None:
    assert ticked(BODY) == ticked(BODY.replace("\n", "\r\n")) == {B, C}


@pytest.mark.parametrize(
    "line",
    [
        f"x - [x] {hidden(A)}", f"> - [x] {hidden(A)}", f"- [x]  {hidden(A)}", "- [x] <!-- costmod:do:ABCDEFABCDEF -->",
        "- [x] <!-- costmod:do:aaaa -->", f"- [y] {hidden(A)}", f"- x {hidden(A)}", "- [x] nothing",
    ],
)  # fmt: skip
def test_what_is_no_box(line: str) -> None:
    assert ticked(line) == frozenset()


def edits(*who: str) -> list[Edit]:
    made = [Edit(when=f"2026-11-25T10:00:{n:02d}Z", who=name, ours=name == "bot") for n, name in enumerate(who)]
    return made[::-1]


@pytest.mark.parametrize(
    ("who", "people"),
    [
        ((), set()), (("bot",), set()), (("ann",), {"ann"}), (("ann", "bot"), set()), (("bot", "ann"), {"ann"}),
        (("eve", "bot", "ann", "bob", "ann"), {"ann", "bob"}), (("bot", ""), {""}),
    ],
)  # fmt: skip
def test_people_since_the_bot_wrote(who: tuple[str, ...], people: set[str]) -> None:
    assert people_since(edits(*who)) == people
