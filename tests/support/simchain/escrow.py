"""The escrow contract as a table of orders: what may be done to each, and what is logged of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.support.simchain.blocks import Log

RELEASE, REFUND, SILENCE, RULING = 1, 2, 3, 4
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
    silent_bps: int
    fulfil_by: int


@dataclass(frozen=True)
class Slot:
    """Where an order stands in the contract."""

    remaining: int
    released: int = 0
    state: str = "held"
    deadline: int = 0


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


def knock(state: State, verb: str, orders: Sequence[Order], now: int) -> Done | None:
    """What it comes to when a stranger asks to release or refund these; `None` when the contract
    refuses it."""
    said: list[Log] = []
    for order in orders:
        slot = state.get(order.escrow_id)
        if slot is None:
            return None
        if slot.state == "settled":
            continue
        if not is_due(slot, now) or (slot.state == "fulfilled") != (verb == "release"):
            return None
        after = _give(order, slot, verb)
        state = {**state, order.escrow_id: after[0]}
        said.append(after[1])
    return (state, tuple(said)) if said else None


def is_due(slot: Slot, now: int) -> bool:
    """Whether anybody may settle it."""
    return slot.state != "settled" and now > slot.deadline


def _give(order: Order, slot: Slot, verb: str) -> tuple[Slot, Log]:
    kind = RELEASE if verb == "release" else SILENCE if slot.state == "disputed" else REFUND
    shares = {RELEASE: 0, REFUND: 10_000, SILENCE: order.silent_bps}
    to_buyer = slot.remaining * shares[kind] // 10_000
    to_seller = slot.remaining - to_buyer
    figures = (kind, to_buyer, to_seller, to_seller * order.fee_bps // 10_000, 0)
    types = ["uint8", "uint96", "uint96", "uint96", "uint96"]
    new = replace(slot, remaining=0, released=slot.released + to_seller, state="settled")
    return new, _log(order, SETTLED, types, *figures)


def _log(order: Order, event: str, types: list[str], *values: object) -> Log:
    return Log(order.contract, (event, order.escrow_id), encode(types, values))


def _pay(deed: Deed, _slot: Slot | None, _now: int) -> tuple[Slot, Log]:
    order = deed.order
    data = encode(
        ["address", "uint96", "bytes32"], [order.token, order.amount, bytes.fromhex(order.ref[2:])]
    )
    topics = (PAID, order.escrow_id, _word(order.buyer), _word(order.seller))
    return Slot(order.amount, deadline=order.fulfil_by), Log(order.contract, topics, data)


def _fulfil(deed: Deed, slot: Slot, now: int) -> tuple[Slot, Log] | None:
    if slot.state != "held":
        return None
    until = now + deed.order.window
    said = _log(deed.order, FULFILLED, ["uint40"], until)
    return replace(slot, state="fulfilled", deadline=until), said


def _dispute(deed: Deed, slot: Slot, now: int) -> tuple[Slot, Log] | None:
    if slot.state != "fulfilled":
        return None
    said = _log(deed.order, DISPUTED, ["address", "uint40"], deed.order.buyer, now + MONTH)
    return replace(slot, state="disputed", deadline=now + MONTH), said


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
    state = slot.state if left else "settled"
    new = replace(slot, remaining=left, released=slot.released + to_seller, state=state)
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
