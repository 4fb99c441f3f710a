"""What a hotspot costs as it is, before anything is known about a fix: the order of `--by cost`."""

from datetime import date
from hashlib import sha256

from bot.config import Config
from bot.price import evidence
from bot.price.factors import Factors, draw
from bot.price.model import Model
from bot.price.modes import configured
from bot.price.repeats import as_they_are
from bot.price.table import shipped
from bot.price.volume import requests_per_month
from bot.records import Amount, Hotspot


def attributed(hotspot: Hotspot, config: Config, *, today: date) -> Amount | None:
    """What its repeated SQL statements cost per month of 730 hours; None where volume or prices are unknown.

    Raises:
        UserError: price.requests-per-month has no usable number for the entry.
    """
    volume = requests_per_month(hotspot, config.price)
    modes, _ = configured(config.price, shipped(), today)
    repeated = as_they_are(hotspot)
    if volume is None or not modes or not repeated:
        return None
    seed = sha256(hotspot.id.encode()).hexdigest()
    drawn = {factor.name: draw(factor, seed) for factor in evidence.factors(modes, config.price)}
    rows = {sku: shipped()[sku] for mode in modes for sku in mode.skus}
    return Model(modes, repeated, Factors(drawn, rows)).moved("requests", volume.value).attributed()
