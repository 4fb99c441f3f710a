"""Statements per request: gone, partly gone, still there, more, moved elsewhere, or too few requests to tell."""

from typing import Any

import pytest

from bot.price.after.counts import Counts
from bot.price.after.structure import requests_needed, structure


def counts(author: float, every: float | None = None, requests: int = 100, seen: float = 1.0) -> Counts:
    calls = {"author": author} if author else {}
    return Counts(requests=requests, calls=calls, seen=dict.fromkeys(calls, seen), every=every)


BEFORE = counts(50, 51)


@pytest.mark.parametrize(
    ("before", "after", "state", "reason"),
    [
        (BEFORE, counts(0, 1), "realised", "50 -> 0 per request (expected at most 0)"),
        (BEFORE, counts(0.1, 1.1), "realised", "50 -> 0.1 per request (expected at most 0)"),
        (counts(50), counts(0), "realised", "50 -> 0 per request (expected at most 0)"),
        (
            BEFORE, counts(0.2, 1.2), "partly",
            "part of the statement is gone: 50 -> 0.2 per request (expected at most 0)",
        ),
        (BEFORE, counts(25, 26), "partly", "part of the statement is gone: 50 -> 25 per request (expected at most 0)"),
        (BEFORE, counts(26, 27), "not realised", "the statement still runs: 50 -> 26 per request (expected at most 0)"),
        (BEFORE, counts(75, 76), "not realised", "the statement still runs: 50 -> 75 per request (expected at most 0)"),
        (
            BEFORE, counts(76, 77), "regressed",
            "more of the statement than before: 50 -> 76 per request (expected at most 0)",
        ),
        (
            BEFORE, counts(0, 51), "not realised",
            "the statement is gone, but others run in its place: all calls 51 -> 51 per request",
        ),
        (BEFORE, None, "pending", "the exports after do not show the entry"),
        (counts(0, 1), counts(0, 1), "pending", "the exports before do not show the statement"),
        (BEFORE, counts(0, 1, requests=2), "pending", "2 requests after, at least 3 are needed"),
        (counts(5, 6, seen=0.1), counts(0, 1, requests=28), "pending", "28 requests after, at least 29 are needed"),
        (counts(5, 6, seen=0.1), counts(0, 1, requests=29), "realised", "5 -> 0 per request (expected at most 0)"),
    ],
)  # fmt: skip
def test_states(build: Any, before: Counts, after: Counts | None, state: str, reason: str) -> None:
    found = structure(build.hotspot(), build.patch(build.load()), before, after)
    assert (found.state, found.reason) == (state, reason)


def test_what_the_rewrite_leaves_is_expected(build: Any) -> None:
    patch = build.patch(build.load(after=1, strategy="selectinload"))
    found = structure(build.hotspot(), patch, BEFORE, counts(1, 2))
    assert (found.state, found.counts[0].expected) == ("realised", 1)
    assert structure(build.hotspot(), patch, BEFORE, counts(1.3, 2.3)).state == "partly"


def test_loads_of_other_statements_are_not_counted(build: Any) -> None:
    found = structure(build.hotspot(), build.patch(build.load("tag")), BEFORE, counts(0, 1))
    assert (found.state, found.reason) == ("pending", "the patch names no statement that the hotspot counts")


@pytest.mark.parametrize(("share", "needed"), [(1.0, 3), (0.9, 3), (0.5, 5), (0.1, 29), (0.0, 3)])
def test_requests_that_would_have_shown_the_old_code(share: float, needed: int) -> None:
    assert requests_needed(share) == needed
