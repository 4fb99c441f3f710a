import pytest

from bot.errors import UserError
from bot.publish.retry import AnswerLost, RateLimited, apply


class Service:
    """Plays a list of answers; `executed` counts the calls that took effect."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.executed, self.waits = list(answers), 0, []

    def write(self) -> str:
        answer = self.answers.pop(0)
        if answer == "lost-after":
            self.executed += 1
            raise AnswerLost("502")
        if isinstance(answer, Exception):
            raise answer
        self.executed += 1
        return "written"

    def run(self) -> str:
        return apply("key", lambda: "found" if self.executed else None, self.write, self.waits.append)


@pytest.mark.parametrize(
    ("answers", "result", "waits"),
    [
        pytest.param(["ok"], "written", [], id="at-once"),
        pytest.param(["lost-after"], "found", [], id="lost-but-done"),
        pytest.param([AnswerLost("502"), "ok"], "written", [], id="lost-and-not-done"),
        pytest.param([AnswerLost("502"), "lost-after"], "found", [], id="second-lost-but-done"),
        pytest.param([RateLimited(7), "ok"], "written", [7], id="limited"),
        pytest.param([RateLimited(300), RateLimited(1), AnswerLost("x"), "ok"], "written", [300, 1], id="both"),
    ],
)
def test_written_exactly_once(answers: list[object], result: str, waits: list[float]) -> None:
    service = Service(*answers)
    assert (service.run(), service.executed, service.waits) == (result, 1, waits)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        pytest.param(
            [AnswerLost("502")] * 2, "key: the forge failed twice (502); run costmod again to resume.", id="lost-twice"
        ),
        pytest.param(
            [RateLimited(301)],
            "key: the forge's rate limit is used up; run costmod again later to resume.",
            id="too-long",
        ),
        pytest.param(
            [RateLimited(1)] * 4,
            "key: the forge's rate limit is used up; run costmod again later to resume.",
            id="no-end",
        ),
    ],
)
def test_gives_up_without_a_write(answers: list[Exception], sentence: str) -> None:
    service = Service(*answers)
    with pytest.raises(UserError) as raised:
        service.run()
    assert (str(raised.value), service.executed) == (sentence, 0)
