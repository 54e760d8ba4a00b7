"""Who may see what was laid down about an order."""

from enum import StrEnum


class Reader(StrEnum):
    """As whom somebody reads."""

    BUYER = "buyer"
    SELLER = "seller"
    ARBITER = "arbiter"
