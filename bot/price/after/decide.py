"""The verdict on a merged patch. Pure: what was measured in, one word and a sentence out.

Counts of statements are exact and decide within hours. Resources need whole weeks, and overrule the counts where they
are sure. Whatever is freed but not yet billed less is "partly".
"""

from collections.abc import Sequence

from bot.records import Effect, Realisation, Structure, Worth

_NAMES = {"db_ms": "database CPU", "cpu_ms": "application CPU", "bytes": "traffic"}
_COMPUTING = ("db_ms", "cpu_ms")  # traffic may rise on purpose: a join repeats its parent


def decide(structure: Structure | None, effects: Sequence[Effect], worth: Worth | None) -> tuple[Realisation, str]:
    """The verdict and why; `worth` is what was realised in money, where an amount can be named at all."""
    computing = [effect for effect in effects if effect.metric in _COMPUTING]
    risen = [effect for effect in computing if effect.state == "rose"]
    if structure is not None and structure.state == "regressed":
        return "regressed", structure.reason
    if risen:
        return "regressed", f"{_said(risen)} per request: look at what was deployed with it, or revert"
    if structure is not None and structure.state in ("pending", "not realised"):
        return structure.state, structure.reason
    fallen = [effect for effect in computing if effect.state == "fell"]
    unchanged = bool(computing) and all(effect.state == "unchanged" for effect in computing)
    if structure is None:
        return _by_resources(computing, fallen, unchanged=unchanged)
    if structure.state == "partly":
        return "partly", structure.reason
    if unchanged:
        return "partly", f"fewer statements ({structure.reason}), but {_said(computing)} per request"
    if worth is not None and worth.headroom is not None and _is_nothing(worth):
        return "partly", f"headroom only: {structure.reason}; the freed capacity is still paid for"
    return "realised", "; ".join([structure.reason, *([_said(fallen)] if fallen else [])])


def _by_resources(computing: Sequence[Effect], fallen: Sequence[Effect], *, unchanged: bool) -> tuple[Realisation, str]:
    if fallen:
        return "realised", f"{_said(fallen)} per request"
    if unchanged:
        return "not realised", f"{_said(computing)} per request"
    if any(effect.state == "undecided" for effect in computing):
        return "pending", "the change cannot be told from the noise of these hours yet"
    return "pending", "seven whole days before and after, and a control entry, are needed"


def _is_nothing(worth: Worth) -> bool:
    return worth.cash_now is None or worth.cash_now.expected <= 0


def _said(effects: Sequence[Effect]) -> str:
    return ", ".join(
        f"{_NAMES[e.metric]} {e.change or 0:+.1%} [{e.low or 0:+.1%} to {e.high or 0:+.1%}]" for e in effects
    )
