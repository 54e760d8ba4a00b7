"""What may follow what.

The table is the only description of it. A fact about money is never illegal: the actors `chain`
and `gateway` ship, complete and cancel an order whatever its status; where the order is past that
already, or final, the fact is noted in the history and the status stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from souk.modules.orders.errors import IllegalTransition


class OrderStatus(StrEnum):
    """Where an order stands between buyer and seller; says nothing about the money."""

    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Actor(StrEnum):
    """Who moved an order. `chain` is the escrow contract and `gateway` a card provider, whose facts
    nobody may refuse; `system` is our own timers."""

    BUYER = "buyer"
    SELLER = "seller"
    CHAIN = "chain"
    GATEWAY = "gateway"
    SYSTEM = "system"
    STAFF = "staff"


class HoldKind(StrEnum):
    """Why nothing irreversible may happen to an order for now."""

    DISPUTE = "dispute"
    CHARGEBACK = "chargeback"
    INCIDENT = "incident"
    ORPHAN = "orphan"
    FRAUD = "fraud"


class StockMove(StrEnum):
    """What a transition does with the goods held for the order."""

    NONE = "none"
    ALLOCATE = "allocate"
    UNALLOCATE = "unallocate"
    RELEASE = "release"
    REVIVE = "revive"


_S = OrderStatus
_A = Actor
FINAL = frozenset({_S.COMPLETED, _S.CANCELLED, _S.EXPIRED})
"""From here only late money (T7, from expired) leads on."""

_UNPAID_ENDS = frozenset({_S.CANCELLED, _S.EXPIRED})

_RAILS = frozenset({_A.CHAIN, _A.GATEWAY})
"""Who tells of money."""

_UNSENT = (_S.PAID, _S.PROCESSING)
_SENT = (_S.SHIPPED, _S.DELIVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row of the table. `number` is its name in the design. `irreversible` rows wait while
    a hold is open, unless the contract has decided already."""

    number: str
    sources: tuple[OrderStatus, ...]
    to: OrderStatus
    actors: frozenset[Actor]
    stock: StockMove = StockMove.NONE
    irreversible: bool = False


def _by(*actors: Actor) -> frozenset[Actor]:
    return frozenset(actors)


TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        number="T4",
        sources=(_S.PENDING_PAYMENT,),
        to=_S.PAID,
        actors=_by(*_RAILS, _A.SYSTEM),
        stock=StockMove.ALLOCATE,
    ),
    Transition(
        number="T6",
        sources=(_S.PENDING_PAYMENT,),
        to=_S.EXPIRED,
        actors=_by(_A.SYSTEM),
        stock=StockMove.RELEASE,
    ),
    Transition(
        number="T6",
        sources=(_S.PENDING_PAYMENT,),
        to=_S.CANCELLED,
        actors=_by(_A.BUYER, _A.SELLER, _A.SYSTEM, _A.STAFF),
        stock=StockMove.RELEASE,
    ),
    Transition(
        number="T7",
        sources=(_S.EXPIRED,),
        to=_S.PAID,
        actors=_by(*_RAILS, _A.SYSTEM),
        stock=StockMove.REVIVE,
    ),
    Transition(
        number="T8",
        sources=_UNSENT,
        to=_S.PENDING_PAYMENT,
        actors=_by(*_RAILS, _A.SYSTEM),
        stock=StockMove.UNALLOCATE,
    ),
    Transition(number="T9", sources=(_S.PAID,), to=_S.PROCESSING, actors=_by(_A.SELLER, _A.SYSTEM)),
    Transition(
        number="T9",
        sources=_UNSENT,
        to=_S.SHIPPED,
        actors=_by(_A.SELLER, _A.SYSTEM, *_RAILS),
    ),
    Transition(
        number="T10",
        sources=(_S.SHIPPED,),
        to=_S.DELIVERED,
        actors=_by(_A.BUYER, _A.SYSTEM, _A.STAFF),
    ),
    Transition(
        number="T11",
        sources=_SENT,
        to=_S.COMPLETED,
        actors=_by(_A.BUYER, _A.SYSTEM, _A.STAFF, *_RAILS),
        irreversible=True,
    ),
    Transition(
        number="T12",
        sources=_UNSENT,
        to=_S.CANCELLED,
        actors=_by(_A.SELLER, _A.SYSTEM, _A.STAFF, *_RAILS),
        stock=StockMove.RELEASE,
        irreversible=True,
    ),
    # What was sent lies with the carrier or the buyer: a refund does not put it on the shelf.
    Transition(
        number="T12",
        sources=_SENT,
        to=_S.CANCELLED,
        actors=_by(_A.SELLER, _A.SYSTEM, _A.STAFF, *_RAILS),
        irreversible=True,
    ),
)

_TABLE = {(source, row.to): row for row in TRANSITIONS for source in row.sources}

# Facts of a rail that no row above provides for: the buyer released before shipping, the rail
# acted before we had seen the payment at the level that makes an order paid. The value
# is what they do with the stock.
_FACTS: Mapping[tuple[OrderStatus, OrderStatus], StockMove] = {
    (_S.PENDING_PAYMENT, _S.SHIPPED): StockMove.ALLOCATE,
    (_S.PENDING_PAYMENT, _S.COMPLETED): StockMove.ALLOCATE,
    (_S.PENDING_PAYMENT, _S.CANCELLED): StockMove.RELEASE,
    (_S.PAID, _S.COMPLETED): StockMove.NONE,
    (_S.PROCESSING, _S.COMPLETED): StockMove.NONE,
}
_FACT_TARGETS = frozenset({_S.SHIPPED, _S.COMPLETED, _S.CANCELLED})


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to an order: `to` is its status afterwards, equal to the one before when a
    fact is only noted."""

    source: OrderStatus
    to: OrderStatus
    stock: StockMove
    irreversible: bool

    @property
    def moves(self) -> bool:
        """Whether the status changes."""
        return self.source is not self.to

    @property
    def ends_unpaid(self) -> bool:
        """Whether the order is given up and nobody has bought anything."""
        return self.source is OrderStatus.PENDING_PAYMENT and self.to in _UNPAID_ENDS


def decide(status: OrderStatus, to: OrderStatus, actor: Actor) -> Step:
    """The step from `status` towards `to`. Raises `IllegalTransition` with the statuses that
    this actor may ask for."""
    row = _TABLE.get((status, to))
    if row is not None and actor in row.actors:
        hold_stops = row.irreversible and actor not in _RAILS
        return Step(status, to, row.stock, hold_stops)
    if actor in _RAILS and to in _FACT_TARGETS:
        stock = _FACTS.get((status, to))
        if stock is None:
            return Step(status, status, StockMove.NONE, False)
        return Step(status, to, stock, False)
    allowed = allowed_transitions(status, actor)
    raise IllegalTransition(status=status, to=to, actor=actor, allowed=allowed)


def allowed_transitions(status: OrderStatus, actor: Actor | None = None) -> list[OrderStatus]:
    """The statuses that may follow, in the order of the table; of one actor, or of anybody."""
    rows = [row for row in TRANSITIONS if status in row.sources]
    return list(dict.fromkeys(row.to for row in rows if actor is None or actor in row.actors))
