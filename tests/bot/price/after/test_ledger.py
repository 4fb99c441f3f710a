"""The ledger is only appended to, each line once, also by several processes; totals count each patch once."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from bot.errors import UserError
from bot.price.after.calibration import Total, summary
from bot.price.after.ledger import Entry, append, entry_of, in_a_year, read
from bot.records import Amount, Verification, Worth

DAY = date(2027, 1, 1)


def amount(*values: int) -> Amount:
    low, expected, high = map(Decimal, values)
    return Amount(low=low, expected=expected, high=high)


def worth(*cash: int, headroom: Amount | None = None) -> Worth:
    return Worth(currency="USD", grade="C", cash_now=amount(*cash), headroom=headroom)


def found(patch: str = "p1", until: str = "2026-12-01T00:00:00Z", verdict: str = "realised", **fields: object) -> Entry:
    known = {
        "version": "1", "codemod": "c", "title": "perf: x", "hotspot": "h", "entry": "GET /", "baseline": "b",
        "file": "app.py", "basis": "resources",
        "deployed": "2026-11-20T10:00Z", "reason": "",
    }  # fmt: skip
    return entry_of(Verification(patch=patch, measured_until=until, verdict=verdict, **known | fields))


def test_a_line_is_there_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    assert append(path, found()) is True
    assert append(path, found("p2")) is True
    assert append(path, found()) is False
    assert read(path) == (found(), found("p2"))
    assert path.read_bytes().count(b"\n") == 2


def test_the_line(tmp_path: Path) -> None:
    entry = found(expected=worth(10, 20, 30), pull_request=7, merge="c0ffee", action="resize", price_date="2026-07-02")
    assert msgspec.json.decode(msgspec.json.encode(entry)) == {
        "schema": "costmod.ledger/1", "key": entry.key, "id": "p1", "hotspot": "h", "title": "perf: x",
        "pull_request": 7, "merge": "c0ffee", "model": "1", "price_date": "2026-07-02",
        "expected": {
            "currency": "USD", "grade": "C", "cash_now": {"low": "10", "expected": "20", "high": "30"},
            "cash_after_action": None, "headroom": None,
        },
        "realised": None, "basis": "resources", "action": "resize", "status": "realised", "file": "app.py", "lines": [],
        "measured_until": "2026-12-01T00:00:00Z",
        "expires": "2027-11-20",
    }  # fmt: skip


def test_an_interrupted_line_is_closed_and_skipped(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    append(path, found())
    path.write_bytes(path.read_bytes() + msgspec.json.encode(found("p2"))[:50])
    assert append(path, found("p3")) is True
    assert read(path) == (found(), found("p3"))


@pytest.mark.parametrize("line", ['{"id": 7}', "[]", "text", '{"schema":"costmod.ledger/2","id":"p"}'])
def test_a_line_of_somebody_else_is_an_error(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(UserError, match=r"ledger\.jsonl: line 1: no "):
        append(path, found())
    assert path.read_text() == line + "\n"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").symlink_to("mine.txt")
    with pytest.raises(UserError, match="the ledger cannot be written"):
        append(tmp_path / "ledger.jsonl", found())
    assert not (tmp_path / "mine.txt").exists()


def test_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no ledger to read"):
        read(tmp_path / "ledger.jsonl")


def test_nothing_measured_is_no_line() -> None:
    with pytest.raises(UserError, match="nothing was measured"):
        found(until=None)


def test_two_processes_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    script = (
        "import sys; from pathlib import Path; from bot.price.after.ledger import Entry, append\n"
        "for n in range(30):\n"
        "    append(Path(sys.argv[1]), Entry(key=f'k{n}', id=f'p{n}', hotspot='h', title='t', model='1',\n"
        "        status='realised', measured_until='2026-12-01', expires='2027-12-01'))\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert sorted(entry.key for entry in read(path)) == sorted(f"k{n}" for n in range(30))


@pytest.mark.parametrize(
    ("day", "expected"), [(date(2026, 11, 20), date(2027, 11, 20)), (date(2028, 2, 29), date(2029, 2, 28))]
)
def test_a_year(day: date, expected: date) -> None:
    assert in_a_year(day) == expected


def test_the_last_decided_line_of_a_patch_counts() -> None:
    lines = [
        found(until="2026-11-21", expected=worth(10, 20, 30), realised=worth(5, 6, 7)),
        found(until="2026-11-28", expected=worth(10, 20, 30), realised=worth(12, 15, 18)),
        found(until="2026-11-22", expected=worth(10, 20, 30), realised=worth(1, 1, 1)),
        found(until="2026-11-30", verdict="pending", expected=worth(10, 20, 30)),
        found("p2", until="2026-11-28", expected=worth(10, 20, 30), realised=worth(40, 40, 40)),
        found("p3", verdict="pending", expected=worth(1, 1, 1)),
        found("p4", verdict="not realised"),
    ]
    seen = summary(lines, DAY)
    assert (seen.pull_requests, seen.status) == (4, {"not realised": 1, "pending": 1, "realised": 2})
    assert seen.realised == (Total(currency="USD", cash_now=Decimal(55)),)
    assert seen.expected == (Total(currency="USD", cash_now=Decimal(40)),)
    assert (seen.judged, seen.in_range, seen.ratio) == (2, 1, Decimal("0.92"))  # of 20 / 15 and 20 / 40


def test_counts_alone_say_nothing_about_the_constants() -> None:
    lines = [found(expected=worth(1, 2, 3), realised=worth(1, 2, 3), basis="statements")]
    seen = summary(lines, DAY)
    assert (seen.judged, seen.in_range, seen.by_counts, seen.ratio) == (0, 0, 1, None)
    assert seen.realised == (Total(currency="USD", cash_now=Decimal(2)),)


def test_every_amount_has_to_be_in_range() -> None:
    expected = worth(10, 20, 30, headroom=amount(1, 2, 3))
    inside, outside = (worth(12, 15, 18, headroom=amount(0, n, 9)) for n in (3, 4))
    lines = [found(n, expected=expected, realised=r) for n, r in (("p1", inside), ("p2", outside))]
    assert summary(lines, DAY).in_range == 1


def test_after_twelve_months_a_saving_is_history() -> None:
    lines = [found(expected=worth(10, 20, 30), realised=worth(10, 20, 30))]
    assert [summary(lines, date(2027, 11, day)).expired for day in (19, 20)] == [0, 1]
    late = summary(lines, date(2027, 11, 20))
    assert (late.realised, late.status, late.judged, late.in_range) == ((), {}, 1, 1)


def test_rewritten_code_saves_nothing_any_more() -> None:
    lines = [found(expected=worth(1, 2, 3), realised=worth(1, 2, 3)), found("p2", realised=worth(1, 5, 9))]
    seen = summary(lines, DAY, lambda entry: entry.id == "p2")
    assert (seen.pull_requests, seen.rewritten, seen.expired, seen.status) == (2, 1, 0, {"realised": 1})
    assert seen.realised == (Total(currency="USD", cash_now=Decimal(5)),)
    assert seen.judged == 1  # the estimate was right or wrong all the same


def test_currencies_are_not_mixed() -> None:
    euro = msgspec.structs.replace(worth(1, 2, 3), currency="EUR")
    lines = [found(expected=worth(1, 2, 3), realised=worth(1, 2, 3)), found("p2", expected=euro, realised=euro)]
    assert [(total.currency, total.cash_now) for total in summary(lines, DAY).realised] == [("EUR", 2), ("USD", 2)]


def test_an_empty_ledger() -> None:
    assert summary([], DAY).pull_requests == 0
