"""What the escrow contract speaks of: terms, states, signed offers, events and refusals.

Accounts and tokens are names, and an order is its own id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import Enum, IntEnum

COIN, NOBODY = "coin", "nobody"  # both are address 0
ESCROW, PERMIT2 = "escrow", "permit2"


class Status(IntEnum):
    """Where an order stands."""

    NONE, PAID, FULFILLED, DISPUTED, SETTLED = range(5)


class Kind(IntEnum):
    """Why held money moved."""

    RELEASE, REFUND, ARBITER_SILENT, RULING, SETTLEMENT = range(1, 6)


class Way(Enum):
    """How a token treats an account, or an account the native coin."""

    TAKES = "takes"
    REFUSES = "refuses"  # gets nothing; a token answers false
    SLOW = "slow"  # takes, but needs more gas than a push gives
    DENIED = "denied"  # neither gets nor gives; a denylist that reverts
    PRETENDS = "pretends"  # gets nothing, and the token answers true
    LIES = "lies"  # gets, and the token answers false
    TAXES = "taxes"  # gets 99 percent


@dataclass(frozen=True, slots=True)
class Order:
    """The terms, in the contract's order of fields. `ref` stands for a document."""

    buyer: str
    seller: str
    token: str
    amount: int
    arbiter: str
    fee_to: str
    fee_bps: int
    silent_bps: int
    pay_by: int
    fulfil_by: int
    window: int
    ref: int


FIELDS = tuple(each.name for each in fields(Order))


@dataclass(frozen=True, slots=True)
class State:
    """What the contract keeps of an order."""

    remaining: int = 0
    released: int = 0
    deadline: int = 0
    status: Status = Status.NONE


@dataclass(frozen=True, slots=True)
class Offer:
    """What a party signs for `settle`: to this division, from this very state, until then."""

    order: Order
    to_buyer: int
    to_seller: int
    remaining: int
    status: Status
    valid_until: int


@dataclass(frozen=True, slots=True)
class Permit:
    """EIP-2612: the owner allows the escrow `value`."""

    token: str
    owner: str
    value: int
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Authorization:
    """EIP-3009: the buyer transfers `value` for this cart, after and before these moments."""

    token: str
    buyer: str
    value: int
    after: int
    before: int
    cart: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Permit2Transfer:
    """Permit2: the signer transfers `value` for this cart."""

    token: str
    value: int
    nonce: int
    deadline: int
    cart: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody's signature over exactly this. One with a `fault` is bytes that no one accepts."""

    by: str
    over: Offer | Permit | Authorization | Permit2Transfer
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A log of the contract; orders stand where the contract has their ids."""

    name: str
    arguments: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A custom error of the contract, or `OUTSIDE`."""

    name: str
    arguments: tuple[object, ...] = ()


OUTSIDE = Refusal("Outside")  # token, payee or Permit2 refused; in what words, is not ours to say


class Refused(Exception):
    """The call reverts; `refusals` are all reasons for it, of which the contract gives one."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = frozenset(refusals)
        super().__init__(", ".join(sorted(map(str, self.refusals))))
