"""What is offered for a unit of gas, in wei (EIP-1559)."""

from dataclasses import dataclass

# Nodes keep the older of two transactions with one nonce unless the newer offers a tenth more
# (geth) or an eighth more (others) of both.
_MORE = 8


@dataclass(frozen=True, slots=True)
class GasPrice:
    """What the next block takes from everybody, and what is usually added."""

    base_fee: int
    tip: int

    @property
    def least(self) -> int:
        """What a transaction must offer to be taken soon."""
        return self.base_fee + self.tip


@dataclass(frozen=True, slots=True)
class Fees:
    """The most that a transaction pays for a unit of gas, and how much of that as a tip."""

    max_fee: int
    tip: int

    def is_enough(self, price: GasPrice) -> bool:
        """Whether this would be taken soon at a price."""
        return self.max_fee >= price.least and self.tip >= price.tip


def bid(price: GasPrice, most: int) -> Fees:
    """Enough for the base fee to double, or as much of that as is allowed."""
    return Fees(min(2 * price.base_fee + price.tip, most), price.tip)


def outbid(old: Fees, price: GasPrice, most: int) -> Fees:
    """What a node takes in the place of `old`, and soon; it may be more than `most` only where the
    step that nodes ask for is."""
    wanted = bid(price, most)
    return Fees(max(_raised(old.max_fee), wanted.max_fee), max(_raised(old.tip), wanted.tip))


def _raised(fee: int) -> int:
    return fee + -(-fee // _MORE)
