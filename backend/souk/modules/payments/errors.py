"""What payments refuse.

NotFoundError
+-- PaymentNotFound          no such payment, or not one of the caller's
+-- SavedMethodNotFound      no such saved card or account among the caller's
ConflictError
+-- NothingHeld              no money is held that this could move
+-- DeadlinePassed           the time for this is over on the chain's clock
+-- CheckoutNotPayable       none of the orders waits for a payment any more
+-- PaymentUnderWay          an earlier payment was sent, its outcome is not final yet
+-- AttemptStillPayable      an earlier attempt can still be paid; says until when
+-- QuoteOver                the time of calls is over, and their payment may be in a block
+-- TooManyAttempts          this payment was tried too often; the goods are for others now
+-- AttemptNotOpen           the attempt is in another state than the request needs
+-- OfferOver                the time of an offer to divide the money is over
+-- MovementUnderWay         the rail was told to move this money already
+-- PayeeBalanceTooLow       the seller's account has too little to give back now
RejectedError
+-- ChoiceIncomplete         what the way to pay needs to be told is missing
+-- MethodUnavailable        this installation does not offer that method, chain or token
+-- PayerWalletUnproved      the wallet does not belong to the caller
+-- PartiesCollide           buyer, seller and arbiter must be three different wallets
+-- AmountOutOfRange         the amount is zero or too large for the rail
+-- MalformedTransactionHash the text is no transaction hash
+-- OfferTooLong             an offer to divide the money stands for too long
+-- SplitOutOfRange          the parts are nothing, or more than what is held
+-- MalformedConsent         the text is no signature of the kind that is needed
+-- SellerTakesNoCards       a seller has no account to be paid to by card
+-- HoldTooLong              the order takes longer than the card rail lets money wait
+-- CardDeclined             the bank of a card or an account refused; says why in a word
+-- OutsideLimits            the method takes no such amount
+-- RouteTooDear             the fee would be too large a share of the purchase
+-- RelayUnavailable         a signed payment is not sent for its payer, who can
+-- NothingAffordable        no wallet of the buyer's can pay in any way that was left to us
MalformedError
+-- WebhookRefused           what was sent as a webhook was not signed by the provider
UnavailableError
+-- ChainTimeUnknown         no block of the chain is known yet, so that nothing can be timed
+-- PriceUnusable            the price feed's answer is stale or absurd
ProviderRejected
+-- EscrowRefused            the escrow contract would revert this call
    +-- EscrowOrderRefused   a field of the order is out of the contract's bounds
    +-- EscrowStateConflict  the order's state in the contract does not allow this
    +-- EscrowTooEarly       the other party's time, or the arbiter's, is not over yet
    +-- EscrowTooLate        the time for this, or of a signature, is over
    +-- EscrowNotParty       the sender is not the party that may do this
    +-- EscrowAmountMismatch another amount arrived than was due
    +-- EscrowConsentRefused a signature is not the party's own over exactly this
    +-- EscrowConsentUsed    a signature was used before, or withdrawn
    +-- EscrowWayMissing     this chain or token cannot be paid in this way
    +-- EscrowNothingDue     all of it is settled already
    +-- EscrowBadRecipient   money cannot be sent to this address
    +-- EscrowGasTooLow      too little gas was given
    +-- EscrowReentered      a receiver called the escrow in the middle of its payout
    +-- EscrowFaulty         the contract failed in a way that no party causes
    +-- EscrowTokenRefused   the token does not transfer
        +-- EscrowBalanceTooLow   the wallet has less of the token than is due
        +-- EscrowAllowanceTooLow the wallet has not allowed the escrow to take enough
"""

from datetime import datetime

from souk.core.clock import rfc3339
from souk.core.errors import (
    ConflictError,
    MalformedError,
    NotFoundError,
    ProviderRejected,
    RejectedError,
    UnavailableError,
)


class PaymentNotFound(NotFoundError):
    """No such payment among those that the caller may see."""

    code = "payment_not_found"


class SavedMethodNotFound(NotFoundError):
    """No such card or account among those that are kept for the caller."""

    code = "saved_method_not_found"


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
        until = rfc3339(payable_until)
        super().__init__(
            "the calls of an earlier attempt can still be paid; pay those, choose anew when a"
            f" settled block is later than {until}, or pay by card with `anyway`: should both be"
            " paid, the card is returned",
            context={"attempt_id": attempt_id, "payable_until": until},
        )


class QuoteOver(ConflictError):
    """The time of calls that were handed out is over, and they may have been paid before that."""

    code = "quote_over"
    retryable = True


class TooManyAttempts(ConflictError):
    """The payment was tried too often: its goods cannot be kept from others any longer."""

    code = "too_many_attempts"


class AttemptNotOpen(ConflictError):
    """The attempt's state does not allow this."""

    code = "attempt_not_open"

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail, context={"status": status})


class OfferOver(ConflictError):
    """The last second of the offer is past by the chain's clock."""

    code = "offer_over"


class MovementUnderWay(ConflictError):
    """The rail was told to move this money, and its outcome is not known yet."""

    code = "movement_under_way"
    retryable = True


class PayeeBalanceTooLow(ConflictError):
    """The seller's account at the card provider has less than is to be given back."""

    code = "payee_balance_too_low"
    retryable = True


class ChoiceIncomplete(RejectedError):
    """A field that this way to pay needs was not given."""

    code = "choice_incomplete"

    def __init__(self, detail: str, pointer: str) -> None:
        super().__init__(detail, context={"pointer": pointer})


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


class OfferTooLong(RejectedError):
    """An offer to divide held money may stand for 72 hours."""

    code = "offer_too_long"


class SplitOutOfRange(RejectedError):
    """The parts of a division are nothing, negative, or more than what is held."""

    code = "split_out_of_range"


class MalformedConsent(RejectedError):
    """The text is no signature of the kind that is needed here."""

    code = "malformed_consent"


class SellerTakesNoCards(RejectedError):
    """A seller of the checkout has no account yet to be paid to by card."""

    code = "seller_takes_no_cards"


class HoldTooLong(RejectedError):
    """Until the buyer's time is over the money would wait longer than the card rail allows."""

    code = "hold_too_long"


class CardDeclined(RejectedError):
    """The bank of a card or an account refused; `reason` says in a word why."""

    code = "card_declined"

    def __init__(self, detail: str, reason: str) -> None:
        super().__init__(detail, context={"reason": reason})
        self.reason = reason


class OutsideLimits(RejectedError):
    """The method takes no amount as small, or as large, as this."""

    code = "outside_limits"


class RouteTooDear(RejectedError):
    """What the network takes would be too large a share of the purchase."""

    code = "route_too_dear"


class RelayUnavailable(RejectedError):
    """Nobody sends this signed payment for its payer; the call can be sent by the payer."""

    code = "relay_unavailable"


class NothingAffordable(RejectedError):
    """What was left to us comes to nothing: no wallet of the buyer's can pay now."""

    code = "nothing_affordable"


class WebhookRefused(MalformedError):
    """What was sent as a webhook was not signed by the provider, or not just now."""

    code = "webhook_refused"


class ChainTimeUnknown(UnavailableError):
    """No block of this chain has been taken in yet."""

    code = "chain_time_unknown"


class PriceUnusable(UnavailableError):
    """The price feed gives no answer that money may be based on."""

    code = "price_unusable"


class EscrowRefused(ProviderRejected):
    """The escrow contract would revert this call."""

    code = "escrow_refused"


class EscrowOrderRefused(EscrowRefused):
    """A field of the order is out of the contract's bounds."""

    code = "escrow_order_refused"


class EscrowStateConflict(EscrowRefused):
    """The order's state in the contract does not allow this."""

    code = "escrow_state_conflict"


class EscrowTooEarly(EscrowRefused):
    """The other party's time, or the arbiter's, is not over yet."""

    code = "escrow_too_early"


class EscrowTooLate(EscrowRefused):
    """The time for this, or that of a signature, is over by the chain's clock."""

    code = "escrow_too_late"


class EscrowNotParty(EscrowRefused):
    """The sender is not the party that may do this."""

    code = "escrow_not_party"


class EscrowAmountMismatch(EscrowRefused):
    """Another amount arrived than was due."""

    code = "escrow_amount_mismatch"


class EscrowConsentRefused(EscrowRefused):
    """A signature is not the party's own over exactly what is to be done."""

    code = "escrow_consent_refused"


class EscrowConsentUsed(EscrowRefused):
    """A signature moves money once; this one did, or was withdrawn."""

    code = "escrow_consent_used"


class EscrowWayMissing(EscrowRefused):
    """This chain or token cannot be paid in the way that was chosen."""

    code = "escrow_way_missing"


class EscrowNothingDue(EscrowRefused):
    """All of it is settled already."""

    code = "escrow_nothing_due"


class EscrowBadRecipient(EscrowRefused):
    """Money cannot be sent to this address."""

    code = "escrow_bad_recipient"


class EscrowGasTooLow(EscrowRefused):
    """Too little gas was given to tell a payee that refuses from one that ran out of it."""

    code = "escrow_gas_too_low"


class EscrowReentered(EscrowRefused):
    """A contract that receives money called the escrow in the middle of the payout."""

    code = "escrow_reentered"


class EscrowFaulty(EscrowRefused):
    """The contract failed in a way that no party causes."""

    code = "escrow_faulty"


class EscrowTokenRefused(EscrowRefused):
    """The token does not transfer: balance or allowance are too low, or it says no."""

    code = "escrow_token_refused"


class EscrowBalanceTooLow(EscrowTokenRefused):
    """The wallet has less of the token than is due."""

    code = "escrow_balance_too_low"


class EscrowAllowanceTooLow(EscrowTokenRefused):
    """The wallet has not allowed the spender to take enough of the token."""

    code = "escrow_allowance_too_low"
