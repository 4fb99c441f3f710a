"""What of an input could not be used, so that the good part of it still can."""

from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from bot.errors import UserError
from bot.records import Hotspot


class Losses:
    """Counts of dropped parts by reason, and what else limits an input; `first` is raised should nothing be good."""

    def __init__(self) -> None:
        self.first: UserError | None = None
        self._counts: Counter[str] = Counter()
        self._notes: dict[str, None] = {}

    def drop(self, reason: str, error: UserError | None = None) -> None:
        """Counts one part that is left out; `reason` says what is wrong with it, `error` in full."""
        self._counts[reason] += 1
        self.blame(error)

    def blame(self, error: UserError | None) -> None:
        """Keeps the first error that says what is wrong, without counting a part."""
        self.first = self.first or error

    def note(self, limit: str) -> None:
        """Remembers that the input is not all there, where no part of it can be counted."""
        self._notes[limit] = None

    def add(self, other: "Losses") -> None:
        """Takes in what another input lost."""
        self._counts.update(other._counts)
        self._notes.update(other._notes)

    def sentences(self) -> tuple[str, ...]:
        """One short sentence for each reason, without a full stop."""
        return (*(f"{count} dropped: {reason}" for reason, count in sorted(self._counts.items())), *self._notes)

    def limit(self, hotspots: Iterable[Hotspot]) -> list[Hotspot]:
        """The hotspots with the sentences among their limits."""
        sentences = self.sentences()
        if not sentences:
            return list(hotspots)
        trusts = ((hotspot, hotspot.trust) for hotspot in hotspots)
        return [replace(hotspot, trust=replace(trust, limits=trust.limits + sentences)) for hotspot, trust in trusts]
