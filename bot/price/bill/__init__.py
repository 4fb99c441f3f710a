"""The bill: FOCUS 1.0 to 1.4 or AWS CUR 2.0 in, costs per resource out, each with the rule that let it in."""

from bot.price.bill.charges import Bill, Charge
from bot.price.bill.read import read_bill

__all__ = ["Bill", "Charge", "read_bill"]
