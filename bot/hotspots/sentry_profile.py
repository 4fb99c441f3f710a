"""Sentry's profiles: of one transaction (version 1) or of a stretch of time (version 2), in the same frames and stacks.

Every thread is sampled at a fixed rate, whether it runs or waits; only the thread of a transaction is its work. Source:
develop.sentry.dev/sdk/telemetry/profiles/sample-format-v1.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from bot.errors import UserError
from bot.hotspots.frames import Frame
from bot.hotspots.moments import moment
from bot.hotspots.profile import Profile, Sample

T = TypeVar("T")
LIMIT = "threads are sampled whether they run or wait; CPU time is not measured"


class SentryFrame(msgspec.Struct, gc=False):
    """A call; `abs_path` is the file, `filename` a shorter name of it."""

    function: str | None = None
    abs_path: str | None = None
    filename: str | None = None
    lineno: int | None = None


class SentrySample(msgspec.Struct, gc=False):
    """A thread at one moment: the position of its stack."""

    stack_id: int
    thread_id: str | int | None = None


class Samples(msgspec.Struct):
    """Frames, stacks of them (leaf first), and samples of stacks."""

    frames: list[SentryFrame] = []
    stacks: list[list[int]] = []
    samples: list[SentrySample] = []


class ProfiledTransaction(msgspec.Struct):
    """The transaction that a profile is of."""

    name: str | None = None
    trace_id: str | None = None
    active_thread_id: str | int | None = None


class SentryProfile(msgspec.Struct):
    """The payload of a profile item."""

    profile: Samples
    transaction: ProfiledTransaction | None = None
    transactions: list[ProfiledTransaction] = []
    timestamp: str | float | None = None


def profile_of(item: SentryProfile, label: str) -> Profile:
    """The samples of the transaction's thread, or of all threads where there is no transaction.

    Raises:
        UserError: a sample or stack names what the profile does not hold.
    """
    served = item.transaction or next(iter(item.transactions), ProfiledTransaction())
    thread = str(served.active_thread_id) if served.active_thread_id is not None else None
    stacks = _stacks(item.profile, label)
    start = moment(item.timestamp, f"{label}: timestamp") if item.timestamp is not None else None
    samples = tuple(
        Sample(stack=_at(stacks, sample.stack_id, label), count=1, entry=served.name, request=served.trace_id)
        for sample in item.profile.samples
        if thread is None or str(sample.thread_id) == thread
    )
    return Profile(measure="running", samples=samples, start_ns=start, end_ns=start, limits=(LIMIT,))


def _stacks(profile: Samples, label: str) -> list[tuple[Frame, ...]]:
    """The stacks, root first."""
    frames = [Frame(f.abs_path or f.filename or "", f.function or "", f.lineno) for f in profile.frames]
    return [tuple(_at(frames, index, label) for index in reversed(stack)) for stack in profile.stacks]


def _at(items: Sequence[T], index: int, label: str) -> T:
    if not 0 <= index < len(items):
        raise UserError(f"{label} names frame or stack {index} of {len(items)}; check what wrote the file.")
    return items[index]
