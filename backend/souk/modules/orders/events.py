"""Facts about orders, delivered in order for each order."""

from dataclasses import dataclass

from souk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class _OrderEvent(Event):
    order_id: str

    @property
    def aggregate(self) -> str:
        """The order."""
        return self.order_id


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(_OrderEvent):
    """An order exists and its stock is reserved. `total` is in cents of `currency`."""

    name = "order.placed"
    checkout_id: str
    buyer_id: str
    seller_id: str
    total: str
    currency: str


@dataclass(frozen=True, kw_only=True)
class OrderStatusChanged(_OrderEvent):
    """An order moved on. `from_status` is `None` for its first status."""

    name = "order.status_changed"
    from_status: str | None
    to_status: str
    actor: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderFactNoted(_OrderEvent):
    """Something happened to an order that left its status as it was."""

    name = "order.fact_noted"
    status: str
    actor: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderHoldOpened(_OrderEvent):
    """Nothing irreversible happens to the order until this is closed."""

    name = "order.hold_opened"
    kind: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class OrderHoldClosed(_OrderEvent):
    """A hold ended; others may still be open."""

    name = "order.hold_closed"
    kind: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class OrderTracked(_OrderEvent):
    """A carrier said something about the parcel."""

    name = "order.tracked"
    carrier: str
    code: str
    status: str
