"""The states of attempts, legs and payments, and which may follow which."""

from collections.abc import Mapping
from enum import StrEnum


class PaymentMethod(StrEnum):
    """How a buyer pays. `STRIPE` leaves the kind of card or account to the payer; `CRYPTO` leaves
    it to us what the wallet pays in, and the money goes into the same contract as by `ESCROW`."""

    STRIPE = "STRIPE"
    CREDIT_CARD = "CREDIT_CARD"
    DEBIT_CARD = "DEBIT_CARD"
    BANK_TRANSFER = "BANK_TRANSFER"
    ESCROW = "ESCROW"
    CRYPTO = "CRYPTO"


CARD_METHODS = frozenset(
    {
        PaymentMethod.STRIPE,
        PaymentMethod.CREDIT_CARD,
        PaymentMethod.DEBIT_CARD,
        PaymentMethod.BANK_TRANSFER,
    }
)
"""Those that a card provider serves, accounts at banks included."""

ESCROW_METHODS = frozenset(PaymentMethod) - CARD_METHODS
"""Those that the contract serves."""


class AttemptStatus(StrEnum):
    """Where one try to pay stands. `unknown` means that the provider was asked and did not
    answer: it is looked up, never asked again under a new key."""

    CREATED = "created"
    AWAITING_PAYER = "awaiting_payer"
    SUBMITTED = "submitted"
    CONFIRMING = "confirming"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    REPLACED = "replaced"
    ORPHANED = "orphaned"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_A = AttemptStatus
# A fact of the rail comes when it comes, also after we gave an attempt up.
_FACTS = frozenset({_A.CONFIRMING, _A.SUCCEEDED, _A.ORPHANED})
_GIVEN_UP = frozenset({_A.FAILED, _A.EXPIRED, _A.CANCELLED, _A.REPLACED})

ATTEMPT_TRANSITIONS: Mapping[AttemptStatus, frozenset[AttemptStatus]] = {
    _A.CREATED: _GIVEN_UP | _FACTS | {_A.AWAITING_PAYER, _A.UNKNOWN},
    _A.AWAITING_PAYER: _GIVEN_UP | _FACTS | {_A.SUBMITTED, _A.UNKNOWN},
    # What the wallet sent came to nothing, and the same calls may be signed again.
    _A.SUBMITTED: _GIVEN_UP | _FACTS | {_A.UNKNOWN, _A.AWAITING_PAYER},
    _A.UNKNOWN: _GIVEN_UP | _FACTS | {_A.AWAITING_PAYER, _A.SUBMITTED},
    # Of several orders only some were paid, and the time to pay the rest is over.
    _A.CONFIRMING: _FACTS - {_A.CONFIRMING} | {_A.EXPIRED},
    _A.SUCCEEDED: _FACTS - {_A.SUCCEEDED},
    _A.ORPHANED: _GIVEN_UP | _FACTS - {_A.ORPHANED},
    # The calls of an attempt that was given up may be handed out again while they can be paid.
    # A card that was declined may be followed by another one, until that is called off.
    _A.FAILED: _FACTS | {_A.AWAITING_PAYER, _A.SUBMITTED, _A.EXPIRED, _A.CANCELLED},
    # That it was declined before it was called off may be heard later.
    _A.CANCELLED: _FACTS | {_A.AWAITING_PAYER, _A.FAILED},
    _A.EXPIRED: _FACTS,
    _A.REPLACED: _FACTS,
}

UNDER_WAY = frozenset({_A.SUBMITTED, _A.CONFIRMING, _A.UNKNOWN, _A.ORPHANED})
"""Money may be on its way: nothing may be cancelled or expired meanwhile."""

UNTOLD = frozenset({_A.CREATED, _A.UNKNOWN})
"""Nobody was told yet how to pay it."""

OPEN = UNDER_WAY | {_A.CREATED, _A.AWAITING_PAYER}
"""The attempt has not ended."""


class LegStatus(StrEnum):
    """Where the money of one order in one attempt stands."""

    AWAITING = "awaiting"
    SEEN = "seen"
    HELD = "held"
    FULFILLED = "fulfilled"
    DISPUTED = "disputed"
    RELEASED = "released"
    REFUNDED = "refunded"
    SPLIT = "split"
    CHARGED_BACK = "charged_back"
    ORPHANED = "orphaned"


HOLDING = frozenset({LegStatus.HELD, LegStatus.FULFILLED, LegStatus.DISPUTED})
"""Money is held and can move."""

PAID = HOLDING | {
    LegStatus.RELEASED,
    LegStatus.REFUNDED,
    LegStatus.SPLIT,
    LegStatus.CHARGED_BACK,
}
"""The payment of this leg is final by policy, whatever became of the money since."""


class PaymentState(StrEnum):
    """What a client sees of a payment: a projection of its attempts and legs."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"


class RefundReason(StrEnum):
    """Why money that arrived is owed back."""

    DUPLICATE_PAYMENT = "duplicate_payment"
    ORDER_EXPIRED = "order_expired"
    ORDER_CANCELLED = "order_cancelled"


class RefundStatus(StrEnum):
    """`awaiting_seller`: the seller is handed the refund call, the keeper steps in when the time
    to fulfil is over. `under_way`: we have the rail send it back. `taken`: the seller had some of
    it released instead, and nothing is held that could be sent back; it is `done` once the seller
    has reimbursed the buyer. `void`: the payment itself ceased to be true."""

    AWAITING_SELLER = "awaiting_seller"
    UNDER_WAY = "under_way"
    DONE = "done"
    TAKEN = "taken"
    VOID = "void"


class LegAction(StrEnum):
    """What a party asks of the rail for legs that hold money."""

    FULFIL = "fulfil"
    RELEASE = "release"
    REFUND = "refund"
