"""What repeated statements consume in a month: CPU, duration, traffic. Units as types, one value per draw."""

from dataclasses import dataclass, replace

from bot.price.factors import DRAWS, Factors
from bot.price.repeats import Repeat
from bot.price.units import Draws, GbSecond, Gigabyte, Million, Quantity, VcpuHour

CALL_CPU = "application-cpu-aws-call"
_MS_PER_HOUR = 3_600_000
# Client spans hold at least this many times the CPU that the database spends on the statement (measured 1.4 to 21).
_SPAN_PER_DATABASE_CPU = 1.4


@dataclass(frozen=True)
class Part:
    """So many of one statement in each request."""

    count: int
    of: Repeat


def avoided(repeated: tuple[Repeat, ...]) -> tuple[Part, ...]:
    """The statements that the patch takes out."""
    return tuple(Part(repeat.avoided, repeat) for repeat in repeated)


def attributed(repeated: tuple[Repeat, ...]) -> tuple[Part, ...]:
    """All statements that the hotspot repeats. Their traffic is what they send, whatever replaces them."""
    return tuple(Part(repeat.before, replace(repeat, joined_collection=False, is_whole=True)) for repeat in repeated)


@dataclass(frozen=True, eq=False)
class Work:
    """A month of some statements."""

    parts: tuple[Part, ...]
    factors: Factors

    def database_cpu(self) -> Quantity[VcpuHour]:
        """Statements x CPU of each, never above what its client span leaves room for."""
        ms = self._per_month([(part.count, self.database_ms(part.of)) for part in self.parts])
        return Quantity(VcpuHour, ms / _MS_PER_HOUR)

    def application_cpu(self) -> Quantity[VcpuHour]:
        """Statements x CPU that the application spends on each."""
        ms = self._per_month([(part.count, self.application_ms(part.of)) for part in self.parts])
        return Quantity(VcpuHour, ms / _MS_PER_HOUR)

    def calls(self, sku: str) -> Quantity[Million]:
        """Calls that are metered by one price row."""
        import numpy as np

        once = np.ones(DRAWS)
        counted = [(float(part.count), once) for part in self.parts if part.of.sku == sku]
        return Quantity(Million, self._per_month(counted) / 1e6)

    def duration(self) -> Quantity[GbSecond]:
        """Statements that did not overlap x (wait for the database + application CPU) x memory held meanwhile."""
        cpu = self.factors["application-cpu"]
        ms = self._per_month([(part.count * part.of.sequential, self._wait_ms(part.of) + cpu) for part in self.parts])
        return Quantity(GbSecond, ms / 1000 * self.factors["lambda-memory"])

    def traffic(self) -> Quantity[Gigabyte]:
        """Statements x bytes of each between application and database; negative where a join repeats its parent."""
        names = {True: "bytes-joined-collection", False: "bytes-separate"}
        total = self._per_month([(part.count, self.factors[names[part.of.joined_collection]]) for part in self.parts])
        return Quantity(Gigabyte, total / 1e9)

    def application_ms(self, repeat: Repeat) -> Draws:
        """By what is called: a database through its driver, or an API through its client."""
        return self.factors["application-cpu" if repeat.sku is None else CALL_CPU]

    def database_ms(self, repeat: Repeat) -> Draws:
        """By the server's own time where it is known, which leaves out what each call costs around it."""
        if repeat.server_ms is not None:
            whole = repeat.server_ms * self.factors.scale("server-time") + self.factors["database-call-overhead"]
            return whole if repeat.is_whole else whole * (1 - self.factors.share(repeat.remaining))
        return _at_most(self.factors["database-cpu"], repeat.span_ms, _SPAN_PER_DATABASE_CPU)

    def _wait_ms(self, repeat: Repeat) -> Draws:
        return _at_most(self.factors["round-trip"] + self.database_ms(repeat), repeat.span_ms, 1.0)

    def _per_month(self, terms: list[tuple[float, Draws]]) -> Draws:
        import numpy as np

        per_request = sum((count * each for count, each in terms), start=np.zeros(DRAWS))
        month = per_request * self.factors.scale("statements") * self.factors.scale("requests")
        return month * self.factors["sampling-error"] if "sampling-error" in self.factors.drawn else month


def _at_most(ms: Draws, span_ms: float | None, divisor: float) -> Draws:
    import numpy as np

    return ms if span_ms is None else np.minimum(ms, span_ms / divisor)
