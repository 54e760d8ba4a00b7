"""Facts about payments."""

from dataclasses import dataclass

from souk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class PaymentEvent(Event):
    """What every fact about a payment carries. `orders` are the orders it is about."""

    payment_id: str
    checkout_id: str
    buyer_id: str
    orders: list[str]

    @property
    def aggregate(self) -> str:
        """Facts of one payment are delivered in order."""
        return self.payment_id


@dataclass(frozen=True, kw_only=True)
class PaymentCreated(PaymentEvent):
    """A payment was opened for a placed checkout."""

    name = "payment.created"


@dataclass(frozen=True, kw_only=True)
class PaymentCompleted(PaymentEvent):
    """Every order of the attempt is paid, final by policy."""

    name = "payment.completed"


@dataclass(frozen=True, kw_only=True)
class PaymentFailed(PaymentEvent):
    """The last attempt failed or a completed payment left the chain; another may follow."""

    name = "payment.failed"

    reason: str


@dataclass(frozen=True, kw_only=True)
class PaymentCancelled(PaymentEvent):
    """The payment was given up unpaid."""

    name = "payment.cancelled"

    reason: str


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(PaymentEvent):
    """Held money went back to the buyer. Amounts are whole numbers of the asset's smallest unit
    as strings."""

    name = "payment.refunded"

    amount: str
    asset: str
    everything: bool


@dataclass(frozen=True, kw_only=True)
class PaymentReimbursed(PaymentEvent):
    """The seller gave the buyer released money back; `everything` says that the buyer now has all
    of the order's money again. Amounts are whole numbers of the asset's smallest unit as
    strings."""

    name = "payment.reimbursed"

    amount: str
    asset: str
    everything: bool


@dataclass(frozen=True, kw_only=True)
class PaymentChargedBack(PaymentEvent):
    """The buyer's bank took money back. Amounts are whole numbers of the asset's smallest unit as
    strings."""

    name = "payment.charged_back"

    amount: str
    asset: str


@dataclass(frozen=True, kw_only=True)
class PaymentAttemptChanged(PaymentEvent):
    """An attempt moved from one state to another."""

    name = "payment.attempt_changed"

    attempt_id: str
    from_status: str | None
    to_status: str
    reason: str
    transaction_hash: str | None


@dataclass(frozen=True, kw_only=True)
class PaymentLegChanged(PaymentEvent):
    """The money of one order moved, or came nearer to finality."""

    name = "payment.leg_changed"

    leg_id: str
    order_id: str
    from_status: str
    to_status: str
    transaction_hash: str | None
    block_number: int | None


PAYMENT_EVENTS: tuple[type[PaymentEvent], ...] = (
    PaymentCreated,
    PaymentCompleted,
    PaymentFailed,
    PaymentCancelled,
    PaymentRefunded,
    PaymentReimbursed,
    PaymentChargedBack,
    PaymentAttemptChanged,
    PaymentLegChanged,
)
"""Every fact about a payment: what is shown of it is another afterwards."""
