"""Several patches on the same resources: a smaller size, or a replica less, is saved once, whoever made the room."""

from collections.abc import Sequence
from itertools import combinations
from math import comb

import msgspec

from bot.price.amounts import amount
from bot.price.estimate import Priced
from bot.price.factors import DRAWS
from bot.price.model import Model
from bot.price.split import Freed, split
from bot.price.units import Draws

MOST_EXACT = 8  # patches: beyond it each has the part of the sum that it has of the value freed


def together(priced: Sequence[Priced]) -> tuple[Priced, ...]:
    """The savings with what each adds when all of them come true, and with that total; alone they stay as they are.

    Only patches that free the same billed resources are counted together. The parts add up to the total, and no order
    of the patches matters (Shapley values).
    """
    found = list(priced)
    for places in _groups(priced):
        models = [month for place in places if (month := priced[place].month)]
        parts, total = shares(models)
        for place, part in zip(places, parts, strict=True):
            saving = msgspec.structs.replace(
                found[place].saving, after_others=amount(part), deduped_total=amount(total)
            )
            found[place] = Priced(saving, found[place].month)
    return tuple(found)


def shares(models: Sequence[Model]) -> tuple[list[Draws], Draws]:
    """Each model's part of the cash of all of them (now and after actions), and that cash, per draw."""
    import numpy as np

    everyone = frozenset(range(len(models)))
    total = cash(models)
    if len(models) > MOST_EXACT:
        freed = [sum((float(np.median(model.cost(mode))) for mode in model.modes), 0.0) for model in models]
        whole = sum(freed) or 1.0
        return [total * (part / whole) for part in freed], total
    known = {
        frozenset(some): cash([models[place] for place in some])
        for size in range(len(models) + 1)
        for some in combinations(sorted(everyone), size)
    }
    parts = []
    for own in sorted(everyone):
        others = everyone - {own}
        part = np.zeros(DRAWS)
        for size in range(len(others) + 1):
            weight = 1 / (len(models) * comb(len(others), size))
            for some in combinations(sorted(others), size):
                part += weight * (known[frozenset(some) | {own}] - known[frozenset(some)])
        parts.append(part)
    return parts, total


def cash(models: Sequence[Model]) -> Draws:
    """Cash now and after actions, when what these models free on one resource is freed at once."""
    import numpy as np

    models = sorted(models, key=lambda model: model.seed)  # their order decides nothing
    total = np.zeros(DRAWS)
    for name in sorted({mode.name for model in models for mode in model.modes}):
        own = [(model, mode) for model in models for mode in model.modes if mode.name == name]
        mode, account = own[0][1], own[0][1].account
        most = sum((model.cost(of) for model, of in own), start=np.zeros(DRAWS))
        value = sum((model.value(of) for model, of in own), start=np.zeros(DRAWS))
        if account:
            most, value = np.minimum(most, account.ceiling), np.minimum(value, account.ceiling)
        freed = [hours for model, of in own if (hours := model.freed(of)) is not None]
        hours = sum(freed, start=np.zeros(DRAWS)) if freed else None
        for line in split(mode, Freed(value, most, hours), own[0][0].factors, ""):
            if line.kind != "headroom":
                total = total + line.draws
    return total


def _groups(priced: Sequence[Priced]) -> list[list[int]]:
    """Places of the patches that share a billed resource, directly or through others; only where there are several."""
    groups: list[tuple[set[str], list[int]]] = []
    for place, one in enumerate(priced):
        accounts = {
            identity for mode in (one.month.modes if one.month else ()) if mode.account
            for identity in mode.account.resources
        }  # fmt: skip
        if not accounts:
            continue
        same = [group for group in groups if group[0] & accounts]
        rest = [group for group in groups if not group[0] & accounts]
        names = accounts.union(*(group[0] for group in same))
        groups = [*rest, (names, sorted([place, *(number for group in same for number in group[1])]))]
    return [places for _, places in groups if len(places) > 1]
