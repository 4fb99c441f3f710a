"""The body of a pull request: what changed, is it safe, is the number believable, how to say no.

The template prints filtered values only: anything else raises, so no name from a repository or a trace reaches Markdown
unescaped. Templates come from the package alone and run in Jinja2's immutable sandbox.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from bot.publish import sanitize
from bot.records import OPERATION_NAMES, Amount, Hotspot, Input, Patch, Proof, Record, Saving
from bot.shipped import shipped
from bot.words import counted

if TYPE_CHECKING:
    from jinja2 import Template

LONGEST_BODY = 60_000  # GitHub takes 65,536 characters; the rest is for people
_BAR_WIDTH = 40
_EIGHTHS = " ▏▎▍▌▋▊▉"
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
_SMALL = Decimal(10)
_DRIVERS = 3


class Budget(Record, frozen=True, kw_only=True):
    """How much of each part fits. The cut order is fixed: statements, diff, inputs, then lists and long values."""

    statement: int = 4_000  # characters
    diff: int = 24_000  # characters
    inputs: int = 40  # rows
    rows: int = 8  # of every other list
    value: int = sanitize.LONGEST_VALUE  # characters of one value


_CUTS = (
    Budget(),
    Budget(statement=400),
    Budget(statement=400, diff=8_000),
    Budget(statement=400, diff=0),
    Budget(statement=0, diff=0, inputs=5),
    Budget(statement=0, diff=0, inputs=0, rows=3, value=120),
    Budget(statement=0, diff=0, inputs=0, rows=1, value=40),
)


def body_of(
    hotspot: Hotspot, patch: Patch, proof: Proof, saving: Saving, *, draft: bool, room: int = LONGEST_BODY
) -> str:
    """The bot's part of the body in Markdown, at most `room` characters wherever its shortest form allows."""
    body = ""
    for budget in _CUTS:
        body = template("pull_request.md.j2").render(
            hotspot=hotspot, patch=patch, proof=proof, saving=saving, draft=draft, budget=budget, bars=_bars(saving),
            entry=entry_name(hotspot), drivers=_drivers(saving.inputs),
        ).strip()  # fmt: skip
        if len(body) <= room:
            break
    return body


def entry_name(hotspot: Hotspot) -> str:
    """What people call the place the work came in, for example "GET /posts"."""
    entry = hotspot.entry
    if entry.route_raw:
        return f"{entry.method} {entry.route_raw}" if entry.method else entry.route_raw
    return entry.transaction_name or hotspot.id


def bar(count: int, largest: int) -> str:
    """A horizontal bar of block characters; anything above zero shows at least a sliver."""
    eighths = 0 if largest <= 0 else round(_BAR_WIDTH * 8 * count / largest)
    eighths = max(eighths, 1 if count > 0 else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def money(value: Decimal, currency: str) -> str:
    """An amount per month: "$1,500"; below ten "under $10", because less is noise; a loss keeps its sign."""
    sign = _SIGNS.get(currency, f"{currency} ")
    if 0 <= value < _SMALL:
        return f"{sign}0" if value == 0 else f"under {sign}{_SMALL}"
    return f"{'-' if value < 0 else ''}{sign}{abs(value):,f}"


def spread(amount: Amount, currency: str) -> str:
    """An amount with its range, for example "$500 [360–650]"."""
    if 0 <= amount.expected < _SMALL:
        return money(amount.expected, currency)
    return f"{money(amount.expected, currency)} [{amount.low:,f}–{amount.high:,f}]"


def worth(saving: Saving) -> str:
    """What the pull request is worth a month, in one amount; "" where no figure can be given."""
    amounts = [amount.expected for amount in (saving.cash_now, saving.cash_after_action) if amount]
    return money(sum(amounts, Decimal(0)), saving.currency) if amounts and saving.grade != "D" else ""


def duration(nanoseconds: int) -> str:
    """Milliseconds as people read them."""
    milliseconds = nanoseconds / 1e6
    return f"{milliseconds:,.0f} ms" if milliseconds >= 10 else f"{milliseconds:.2g} ms"


def _bars(saving: Saving) -> str:
    largest = max(saving.queries_before, saving.queries_after)
    rows = (("before", saving.queries_before), ("after", saving.queries_after))
    return "\n".join(f"{name:<6} {bar(count, largest)} {count}" for name, count in rows)


def _drivers(inputs: Sequence[Input]) -> frozenset[str]:
    """The inputs that move the result most."""
    ranked = sorted(((abs(given.effect), given.name) for given in inputs if given.effect), reverse=True)
    return frozenset(name for _, name in ranked[:_DRIVERS])


@cache
def template(name: str) -> "Template":
    """A template of the package that prints filtered values only; its context has a `budget`."""
    import jinja2  # heavy
    from jinja2.runtime import Context
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def clipped(escape: Callable[[object, int], Markup]) -> Callable[[Context, object], Markup]:
        return jinja2.pass_context(lambda context, value: escape(value, context["budget"].value))

    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(shipped("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_filtered_only,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "text": clipped(sanitize.text),
        "sentence": clipped(sanitize.sentence),
        "code": clipped(sanitize.code),
        "cell": clipped(sanitize.cell),
        "fence": sanitize.fence,
        "box": sanitize.box,
        "money": lambda value, currency: sanitize.text(money(value, currency)),
        "spread": lambda amount, currency: sanitize.text(spread(amount, currency)),
        "whole": lambda value: sanitize.text(f"{value:,}"),
        "number": lambda value: sanitize.text(f"{value:,.4g}"),
        "percent": lambda share: sanitize.text(f"{share:+.1%}"),
        "counted": lambda number, noun: sanitize.text(counted(number, noun)),
        "duration": lambda nanoseconds: sanitize.text(duration(nanoseconds)),
    }
    environment.globals["names"] = OPERATION_NAMES
    return environment.get_template(name)


def _filtered_only(value: object) -> object:
    if isinstance(value, Markup | int) or value is None:
        return value
    raise TypeError(
        f"a template prints an unfiltered {type(value).__name__}; pass it through text, code, cell or fence"
    )
