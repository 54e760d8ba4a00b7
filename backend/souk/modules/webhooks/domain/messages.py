"""What is told, to whom, and how it is written down."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from souk.core.clock import rfc3339
from souk.core.events import Event
from souk.modules.orders.domain import OrderRecord
from souk.modules.orders.events import OrderStatusChanged
from souk.modules.payments.events import (
    PaymentCancelled,
    PaymentCompleted,
    PaymentCreated,
    PaymentEvent,
    PaymentFailed,
    PaymentRefunded,
    PaymentReimbursed,
)

Data = Mapping[str, object]


class EventType(StrEnum):
    """What an endpoint may ask to be told."""

    PAYMENT_CREATED = PaymentCreated.name
    PAYMENT_COMPLETED = PaymentCompleted.name
    PAYMENT_FAILED = PaymentFailed.name
    PAYMENT_CANCELLED = PaymentCancelled.name
    PAYMENT_REFUNDED = PaymentRefunded.name
    PAYMENT_REIMBURSED = PaymentReimbursed.name
    ORDER_STATUS_CHANGED = OrderStatusChanged.name


PING = "endpoint.ping"
"""The type of what is sent only to try an endpoint."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one account is told of one event."""

    account_id: str
    data: Data


def order_ids(event: Event) -> list[str]:
    """The orders that an event is about."""
    match event:
        case PaymentEvent():
            return event.orders
        case OrderStatusChanged():
            return [event.order_id]
    raise TypeError(f"{event.name} is not told to merchants")


def messages(event: Event, orders: Iterable[OrderRecord]) -> list[Message]:
    """What each party of these orders is told: the buyer of all of them, a seller of those of its
    own store as if there were no others."""
    seen: dict[str, list[str]] = defaultdict(list)
    for order in orders:
        seen[order.buyer_id].append(order.id)
        seen[order.seller_account_id].append(order.id)
    return [Message(account_id, _data(event, own)) for account_id, own in seen.items()]


def _data(event: Event, own: Sequence[str]) -> Data:
    match event:
        case OrderStatusChanged():
            return {
                "order_id": event.order_id,
                "from": event.from_status,
                "to": event.to_status,
                "actor": event.actor,
                "reason": event.reason,
            }
        case PaymentEvent():
            about = {"payment_id": event.payment_id, "checkout_id": event.checkout_id}
            return {**about, "orders": list(own), **_more(event)}
    raise TypeError(f"{event.name} is not told to merchants")


def _more(event: PaymentEvent) -> Data:
    match event:
        case PaymentFailed() | PaymentCancelled():
            return {"reason": event.reason}
        case PaymentRefunded() | PaymentReimbursed():
            # Of one order each, so that nobody is told what another store's order cost.
            return {"amount": event.amount, "asset": event.asset, "everything": event.everything}
        case _:
            return {}


def written(type_: str, at: datetime, data: Data) -> str:
    """The body, byte for byte the same in every attempt. `at` is when it happened."""
    document = {"type": type_, "timestamp": rfc3339(at), "data": data}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
