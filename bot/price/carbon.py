"""An optional line: the energy of the vCPU-hours that fall away, and what a grid emits for it."""

from bot.config import PriceConfig
from bot.price.model import Model

# Watts per vCPU idle and at full load, kg CO2e per kWh: coefficients of Cloud Carbon Footprint, 2026-04.
WATTS = {"graviton": (0.474, 1.693), "ice-lake": (0.767, 3.758), "sapphire-rapids": (1.036, 4.160)}
GRIDS = {"us-east-1": 0.416, "eu-west-1": 0.316, "eu-north-1": 0.008}
POWER_USAGE_EFFECTIVENESS = 1.135  # assumption
UTILISATION = 0.5  # assumption


def carbon(month: Model, config: PriceConfig) -> str | None:
    """Energy and kg CO2e per month in words, at the median of the draws; None unless a region is set."""
    if config.carbon_region is None:
        return None
    import numpy as np

    grid, (idle, full) = GRIDS[config.carbon_region], WATTS[config.carbon_machine]
    hours = float(sum(float(np.median(freed)) for mode in month.modes if (freed := month.freed(mode)) is not None))
    watts = idle + UTILISATION * (full - idle)
    kwh = hours / UTILISATION * watts / 1000 * POWER_USAGE_EFFECTIVENESS
    used = f"{hours:,.1f} vCPU-h / {UTILISATION} x {watts:.4g} W / 1000 x PUE {POWER_USAGE_EFFECTIVENESS}"
    emitted = f"x {grid} kg/kWh = {kwh * grid:.3g} kg CO2e a month"
    return f"{used} = {kwh:.3g} kWh; {emitted} ({config.carbon_region}, once the capacity is given back)"
