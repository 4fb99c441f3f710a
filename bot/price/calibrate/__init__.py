"""The constants of the model, measured on the project's own driver, ORM, database and machine."""

from bot.price.calibrate.run import Target, calibrate

__all__ = ["Target", "calibrate"]
