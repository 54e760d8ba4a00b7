"""What the chain says, handed on to where facts about money arrive."""

from souk.core.events import Event, Handler
from souk.modules.chain.events import EscrowEventOrphaned, EscrowEventReached, EscrowEventSeen
from souk.modules.payments.ports import PaymentGateway, RailMessage
from souk.modules.payments.service import Payments


class RailEvents:
    """Observes what one rail says."""

    def __init__(self, payments: Payments, gateway: PaymentGateway) -> None:
        self._payments = payments
        self._gateway = gateway

    def observe(self, event: Event) -> None:
        """Take one event in; harmless when it was before."""
        message = RailMessage(event.name, event.to_payload())
        observation = self._gateway.parse_observation(message)
        if observation is not None:
            self._payments.observe(observation)


def subscriptions(
    payments: Payments, escrow: PaymentGateway
) -> list[tuple[type[Event], list[Handler]]]:
    """Which events of the chain concern payments."""
    rail = RailEvents(payments, escrow)
    return [
        (EscrowEventSeen, [rail.observe]),
        (EscrowEventReached, [rail.observe]),
        (EscrowEventOrphaned, [rail.observe]),
    ]
