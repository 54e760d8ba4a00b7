"""What merchants are told of."""

from souk.core.events import Event, Origin, Reader
from souk.modules.orders.events import OrderStatusChanged
from souk.modules.payments.events import (
    PaymentCancelled,
    PaymentCompleted,
    PaymentCreated,
    PaymentFailed,
    PaymentRefunded,
    PaymentReimbursed,
)
from souk.modules.webhooks.service import Announcements

ANNOUNCED: tuple[type[Event], ...] = (
    PaymentCreated,
    PaymentCompleted,
    PaymentFailed,
    PaymentCancelled,
    PaymentRefunded,
    PaymentReimbursed,
    OrderStatusChanged,
)


def readers(announcements: Announcements) -> list[tuple[type[Event], list[Reader]]]:
    """Which events are announced to the endpoints of those whom they concern."""

    def announce_to_merchants(event: Event, origin: Origin) -> None:
        announcements.announce(event, origin)

    return [(event_class, [announce_to_merchants]) for event_class in ANNOUNCED]
