"""What payments refuse.

NotFoundError
+-- PaymentNotFound          no such payment, or not one of the caller's
+-- NothingHeldForOrder      no money is held for this order
ConflictError
+-- CheckoutNotPayable       none of the orders waits for a payment any more
+-- PaymentUnderWay          an earlier payment was sent, its outcome is not final yet
+-- AttemptStillPayable      an earlier attempt can still be paid; says until when
+-- AttemptNotOpen           the attempt is in another state than the request needs
RejectedError
+-- MethodUnavailable        this installation does not offer that method, chain or token
+-- PayerWalletUnproved      the wallet does not belong to the caller
+-- PartiesCollide           buyer, seller and arbiter must be three different wallets
+-- AmountOutOfRange         the amount is zero or too large for the rail
+-- MalformedTransactionHash the text is no transaction hash
UnavailableError
+-- ChainTimeUnknown         no block of the chain is known yet, so that nothing can be timed
+-- PriceUnusable            the price feed's answer is stale or absurd
ProviderRejected
+-- EscrowRefused            the escrow contract would revert this call; says why
"""

from datetime import datetime

from souk.core.errors import (
    ConflictError,
    NotFoundError,
    ProviderRejected,
    RejectedError,
    UnavailableError,
)


class PaymentNotFound(NotFoundError):
    """No such payment among those that the caller may see."""

    code = "payment_not_found"


class NothingHeld(ConflictError):
    """No money is held that this could move."""

    code = "nothing_held"


class DeadlinePassed(ConflictError):
    """The chain's time is past the last moment for this."""

    code = "deadline_passed"


class CheckoutNotPayable(ConflictError):
    """None of the orders of this checkout waits for a payment."""

    code = "checkout_not_payable"


class PaymentUnderWay(ConflictError):
    """A payment was sent and its outcome is not final yet."""

    code = "payment_under_way"
    retryable = True


class AttemptStillPayable(ConflictError):
    """Calls that were handed out before can still be paid, so that others could be paid twice."""

    code = "attempt_still_payable"
    retryable = True

    def __init__(self, attempt_id: str, payable_until: datetime) -> None:
        until = payable_until.isoformat().replace("+00:00", "Z")
        super().__init__(
            "the calls of an earlier attempt can still be paid; pay those, or choose anew when a"
            f" settled block is later than {until}",
            context={"attempt_id": attempt_id, "payable_until": until},
        )


class AttemptNotOpen(ConflictError):
    """The attempt's state does not allow this."""

    code = "attempt_not_open"

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail, context={"status": status})


class MethodUnavailable(RejectedError):
    """This method, chain or token is not on offer here."""

    code = "method_unavailable"


class PayerWalletUnproved(RejectedError):
    """The paying wallet has not been proved by a signature of this account."""

    code = "payer_wallet_unproved"


class PartiesCollide(RejectedError):
    """The payer is also the seller or the arbiter of an order."""

    code = "parties_collide"


class AmountOutOfRange(RejectedError):
    """The amount is zero in this asset, or more than the rail can hold."""

    code = "amount_out_of_range"


class MalformedTransactionHash(RejectedError):
    """A transaction hash is 0x followed by 64 hexadecimal digits."""

    code = "malformed_transaction_hash"


class ChainTimeUnknown(UnavailableError):
    """No block of this chain has been taken in yet."""

    code = "chain_time_unknown"


class PriceUnusable(UnavailableError):
    """The price feed gives no answer that money may be based on."""

    code = "price_unusable"


class EscrowRefused(ProviderRejected):
    """The escrow contract would revert this call. `code` names the reason."""

    def __init__(self, code: str, detail: str, **context: str | int) -> None:
        super().__init__(detail, context=context)
        self.code = code
