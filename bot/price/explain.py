"""A saving as text, for `costmod price --explain`: every line, every input, everything left out."""

from collections.abc import Iterable
from decimal import Decimal

from bot.records import Amount, Saving


def explain(saving: Saving) -> str:
    """The whole record in reading order; nothing is computed here."""
    sections = (
        ("Result", _results(saving)),
        ("Lines, per month: low | expected | high | becomes cash when", _lines(saving)),
        ("Calculation, every factor at its median", saving.formulas),
        ("Inputs: value, origin, what 20 % more or less of it moves (strongest first)", _inputs(saving)),
        ("Not counted", saving.not_counted),
        ("Reproduce", (f"seed {saving.seed}", f"newest price {saving.price_date or 'none'}")),
    )
    blocks = ["\n".join([title, *(f"  {row}" for row in rows)]) for title, rows in sections if rows]
    return "\n\n".join([saving.headline, *blocks]) + "\n"


def _results(saving: Saving) -> tuple[str, ...]:
    amounts = (
        ("cash now", saving.cash_now),
        (f"cash after {saving.action}", saving.cash_after_action),
        (
            f"freed capacity at {'the price paid' if saving.valued == 'paid' else 'list price'}, not cash",
            saving.headroom,
        ),
        ("cost of the hotspot (cash now and freed capacity are not above it)", saving.attributed),
        ("its part of the cash with the other patches on these resources", saving.after_others),
        ("cash of all these patches, nothing counted twice", saving.deduped_total),
        ("a million avoided statements", saving.per_million),
    )
    shown = tuple(f"{name}: {_range(amount, saving.currency)}" for name, amount in amounts if amount)
    grounds = (f"grounds: {saving.grounds} ({saving.grounds_reason})",) if saving.grounds else ()
    other = (saving.converted,) if saving.converted else ()
    energy = (f"energy: {saving.carbon}",) if saving.carbon else ()
    statements = f"SQL statements per request: {saving.queries_before} -> {saving.queries_after}"
    return (f"grade {saving.grade}: {saving.grade_reason}", *grounds, statements, *shown, *other, *energy)


def _lines(saving: Saving) -> tuple[str, ...]:
    return tuple(f"{line.name}: {_range(line.amount, saving.currency)} | {line.cash_when}" for line in saving.lines)


def _inputs(saving: Saving) -> Iterable[str]:
    return tuple(
        f"{row.name} = {row.value} {row.unit} | {row.origin}{_moves(row.effect, saving.currency)}"
        for row in saving.inputs
    )


def _moves(effect: Decimal | None, currency: str) -> str:
    return "" if effect is None else f" | {effect:,f} {currency}"


def _range(amount: Amount, currency: str) -> str:
    return f"{amount.low:,f} | {amount.expected:,f} | {amount.high:,f} {currency}"
