"""What the chain says, handed on to where facts about money arrive."""

from souk.core.documents import CachedDocuments
from souk.core.events import Event, Handler
from souk.core.inbox import InboxHandler
from souk.modules.chain.domain import IncidentReason
from souk.modules.chain.events import (
    ChainIncidentOpened,
    EscrowEventOrphaned,
    EscrowEventReached,
    EscrowEventSeen,
)
from souk.modules.payments.events import PAYMENT_EVENTS, PaymentEvent
from souk.modules.payments.ports import PaymentGateway, RailMessage
from souk.modules.payments.queries import subject
from souk.modules.payments.service import INBOX_SOURCE, Payments, Proving

_DOUBTFUL = frozenset({IncidentReason.REORG_BELOW_FINAL})


class RailEvents:
    """Observes what one rail says."""

    def __init__(self, payments: Payments, gateway: PaymentGateway) -> None:
        self._payments = payments
        self._gateway = gateway

    def observe(self, event: Event) -> None:
        """Take one event in; harmless when it was before."""
        message = RailMessage(event.name, event.to_payload())
        for said in self._gateway.parse_observation(message):
            self._payments.observe(said)


class Incidents:
    """Stops what an incident puts into doubt."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def freeze(self, event: Event) -> None:
        """Hold orders up when what was final is gone. The other reasons say that the chain cannot
        be read at present; they take nothing back of what was read."""
        if isinstance(event, ChainIncidentOpened) and event.reason in _DOUBTFUL:
            self._payments.freeze_unsettled(
                event.chain_id, event.incident_id, from_block=event.block_number
            )


class Proved:
    """Has proved what counts."""

    def __init__(self, proving: Proving) -> None:
        self._proving = proving

    def want(self, event: Event) -> None:
        """See to it that the fact will be proved; harmless when it is wanted already."""
        if isinstance(event, EscrowEventReached):
            self._proving.want(event)


class ShownPayments:
    """What is kept of payments to be shown again."""

    def __init__(self, documents: CachedDocuments) -> None:
        self._documents = documents

    def forget(self, event: Event) -> None:
        """Show nobody any more what a payment was before it changed."""
        if isinstance(event, PaymentEvent):
            self._documents.forget(subject(event.payment_id))


def subscriptions(
    payments: Payments, escrow: PaymentGateway, documents: CachedDocuments
) -> list[tuple[type[Event], list[Handler]]]:
    """Which events of the chain concern payments, and which of payments what is kept of them."""
    rail, shown = RailEvents(payments, escrow), ShownPayments(documents)
    changes: list[tuple[type[Event], list[Handler]]] = [
        (changed, [shown.forget]) for changed in PAYMENT_EVENTS
    ]
    return [
        *changes,
        (EscrowEventSeen, [rail.observe]),
        (EscrowEventReached, [rail.observe]),
        (EscrowEventOrphaned, [rail.observe]),
        (ChainIncidentOpened, [Incidents(payments).freeze]),
    ]


def proofs(proving: Proving) -> list[tuple[type[Event], list[Handler]]]:
    """Which events of the chain have to be proved."""
    return [(EscrowEventReached, [Proved(proving).want])]


def inbox_handlers(payments: Payments) -> dict[str, InboxHandler]:
    """Who handles what has arrived from outside, by its source."""
    return {INBOX_SOURCE: payments.handle_webhook}
