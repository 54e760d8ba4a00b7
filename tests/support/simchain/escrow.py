"""The escrow contract as a table of orders: what may be done to each, and what is logged of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.simchain.blocks import Log

RELEASE, REFUND, RULING = 1, 2, 4
MONTH = 30 * 24 * 3600


def topic(event: str) -> str:
    """The first topic of an event's logs."""
    return "0x" + keccak(event.encode()).hex()


PAID = topic("Paid(bytes32,address,address,address,uint96,bytes32)")
FULFILLED = topic("Fulfilled(bytes32,uint40)")
DISPUTED = topic("Disputed(bytes32,address,uint40)")
SETTLED = topic("Settled(bytes32,uint8,uint96,uint96,uint96,uint96)")
REIMBURSED = topic("Reimbursed(bytes32,uint96)")
CREDITED = topic("Credited(address,address,uint256)")


@dataclass(frozen=True)
class Order:
    """What the parties agreed on; `escrow_id` is what the contract calls it."""

    order_id: str
    leg_id: str
    buyer_id: str
    seller_id: str
    asset: str
    contract: str
    escrow_id: str
    buyer: str
    seller: str
    token: str
    amount: int
    fee_bps: int
    window: int
    ref: str


@dataclass(frozen=True)
class Slot:
    """Where an order stands in the contract."""

    remaining: int
    released: int = 0
    state: str = "held"


@dataclass(frozen=True)
class Deed:
    """Something that somebody does to an order, and will do in whatever block it fits: `share` is
    how many tenths of what remains it moves, `to_seller` of them to the seller. Its hash stays."""

    order: Order
    verb: str
    share: int = 10
    to_seller: int = 0

    @cached_property
    def hash(self) -> str:
        """Of the transaction that does it."""
        named = f"{self.order.escrow_id}/{self.verb}/{self.share}/{self.to_seller}"
        return "0x" + keccak(named.encode()).hex()


State = Mapping[str, Slot]
Done = tuple[State, tuple[Log, ...]]


def apply(state: State, deed: Deed, now: int) -> Done | None:
    """What a deed comes to in a block of this time; `None` when the contract refuses it."""
    slot = state.get(deed.order.escrow_id)
    if (slot is None) != (deed.verb == "pay"):
        return None
    after = _DO[deed.verb](deed, slot, now)
    if after is None:
        return None
    new, said = after
    return {**state, deed.order.escrow_id: new}, (said,)


def _log(order: Order, event: str, types: list[str], *values: object) -> Log:
    return Log(order.contract, (event, order.escrow_id), encode(types, values))


def _pay(deed: Deed, _slot: Slot | None, _now: int) -> tuple[Slot, Log]:
    order = deed.order
    data = encode(
        ["address", "uint96", "bytes32"], [order.token, order.amount, bytes.fromhex(order.ref[2:])]
    )
    topics = (PAID, order.escrow_id, _word(order.buyer), _word(order.seller))
    return Slot(order.amount), Log(order.contract, topics, data)


def _fulfil(deed: Deed, slot: Slot, now: int) -> tuple[Slot, Log] | None:
    if slot.state != "held":
        return None
    said = _log(deed.order, FULFILLED, ["uint40"], now + deed.order.window)
    return replace(slot, state="fulfilled"), said


def _dispute(deed: Deed, slot: Slot, now: int) -> tuple[Slot, Log] | None:
    if slot.state != "fulfilled":
        return None
    said = _log(deed.order, DISPUTED, ["address", "uint40"], deed.order.buyer, now + MONTH)
    return replace(slot, state="disputed"), said


def _settle(deed: Deed, slot: Slot, _now: int) -> tuple[Slot, Log] | None:
    kind = {"release": RELEASE, "refund": REFUND, "rule": RULING}[deed.verb]
    if slot.state == "settled" or (kind == RULING and slot.state != "disputed"):
        return None
    moved = slot.remaining * deed.share // 10
    to_seller = moved * deed.to_seller // 10
    fee = to_seller * deed.order.fee_bps // 10_000
    left = slot.remaining - moved
    figures = (kind, moved - to_seller, to_seller, fee, left)
    types = ["uint8", "uint96", "uint96", "uint96", "uint96"]
    new = Slot(left, slot.released + to_seller, slot.state if left else "settled")
    return new, _log(deed.order, SETTLED, types, *figures)


def _reimburse(deed: Deed, slot: Slot, _now: int) -> tuple[Slot, Log] | None:
    if slot.state != "settled" or not slot.released:
        return None
    back = slot.released * deed.share // 10
    new = replace(slot, released=slot.released - back)
    return new, _log(deed.order, REIMBURSED, ["uint96"], back)


_DO = {
    "pay": _pay,
    "fulfil": _fulfil,
    "dispute": _dispute,
    "release": _settle,
    "refund": _settle,
    "rule": _settle,
    "reimburse": _reimburse,
}


def _word(address: str) -> str:
    return "0x" + address[2:].lower().rjust(64, "0")
