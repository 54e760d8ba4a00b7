"""The payment methods of test mode: ids that the documentation names, and card numbers.

https://docs.stripe.com/testing lists them with what each does.
"""

from dataclasses import dataclass

CARD = "card"
BANK = "us_bank_account"


@dataclass(frozen=True, slots=True)
class TestMethod:
    """What a payment method is, and what comes of charging it. `decline` is the decline code;
    `refund` is `fails` or `pending` for those whose refunds do not simply succeed; an `inquiry` is
    a dispute that takes no money yet; `answers` is false for a bank that never does."""

    number: str
    kind: str = CARD
    brand: str = "visa"
    funding: str = "credit"
    decline: str | None = None
    authenticate: bool = False
    disputed: str | None = None
    inquiry: bool = False
    refund: str | None = None
    at_once: bool = False
    answers: bool = True


def _bank(
    number: str, decline: str | None = None, *, disputed: str | None = None, answers: bool = True
) -> TestMethod:
    # Money goes back to a bank in days, as it came.
    return TestMethod(
        number, kind=BANK, decline=decline, disputed=disputed, refund="pending", answers=answers
    )


METHODS = {
    "pm_card_visa": TestMethod("4242424242424242"),
    "pm_card_visa_debit": TestMethod("4000056655665556", funding="debit"),
    "pm_card_mastercard": TestMethod("5555555555554444", brand="mastercard"),
    "pm_card_amex": TestMethod("378282246310005", brand="amex"),
    "pm_card_bypassPending": TestMethod("4000000000000077", at_once=True),
    "pm_card_chargeDeclined": TestMethod("4000000000000002", decline="generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": TestMethod(
        "4000000000009995", decline="insufficient_funds"
    ),
    "pm_card_chargeDeclinedLostCard": TestMethod("4000000000009987", decline="lost_card"),
    "pm_card_chargeDeclinedStolenCard": TestMethod("4000000000009979", decline="stolen_card"),
    "pm_card_chargeDeclinedVelocityLimitExceeded": TestMethod(
        "4000000000006975", decline="card_velocity_exceeded"
    ),
    "pm_card_chargeDeclinedExpiredCard": TestMethod("4000000000000069", decline="expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": TestMethod("4000000000000127", decline="incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": TestMethod(
        "4000000000000119", decline="processing_error"
    ),
    "pm_card_chargeCustomerFail": TestMethod("4000000000000341", decline="generic_decline"),
    "pm_card_authenticationRequired": TestMethod("4000002760003184", authenticate=True),
    "pm_card_threeDSecure2Required": TestMethod("4000000000003220", authenticate=True),
    "pm_card_threeDSecureRequiredChargeDeclined": TestMethod(
        "4000008400001629", authenticate=True, decline="generic_decline"
    ),
    "pm_card_createDispute": TestMethod("4000000000000259", disputed="fraudulent"),
    "pm_card_createDisputeProductNotReceived": TestMethod(
        "4000000000002685", disputed="product_not_received"
    ),
    "pm_card_createDisputeInquiry": TestMethod(
        "4000000000001976", disputed="fraudulent", inquiry=True
    ),
    "pm_card_pendingRefund": TestMethod("4000000000007726", refund="pending"),
    "pm_card_refundFail": TestMethod("4000000000005126", refund="fails"),
    "pm_usBankAccount_success": _bank("000123456789"),
    "pm_usBankAccount_accountClosed": _bank("000111111113", "account_closed"),
    "pm_usBankAccount_noAccount": _bank("000111111116", "no_account"),
    "pm_usBankAccount_insufficientFunds": _bank("000222222227", "insufficient_funds"),
    "pm_usBankAccount_debitNotAuthorized": _bank("000333333335", "debit_not_authorized"),
    "pm_usBankAccount_dispute": _bank("000555555559", disputed="debit_not_authorized"),
    "pm_usBankAccount_processing": _bank("000000000009", answers=False),
}

# The codes that are a code of their own; every other decline of a card is `card_declined`.
_OWN_CODES = frozenset({"expired_card", "incorrect_cvc", "processing_error"})

_MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}

_BANK_MESSAGES = {
    "account_closed": "The customer's bank account has been closed.",
    "no_account": "The bank account could not be located.",
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "debit_not_authorized": "The customer has notified their bank that this payment was"
    " unauthorized.",
}


def test_method(id_: str) -> str | None:
    """The test method that an id names; some have a second name."""
    known = id_.replace("pm_card_visa_charge", "pm_card_charge")
    return known if known in METHODS else None


def method_of_number(number: str) -> str | None:
    """The id of the test method with that number."""
    plain = "".join(number.split())
    return next((id_ for id_, each in METHODS.items() if each.number == plain), None)


def code_of(decline: str, kind: str = CARD) -> str:
    """The error code that goes with a decline code; a bank's are codes of their own."""
    return decline if kind == BANK or decline in _OWN_CODES else "card_declined"


def message_of(decline: str, kind: str = CARD) -> str:
    """What a buyer is told."""
    if kind == BANK:
        return _BANK_MESSAGES.get(decline, "The bank has refused the debit.")
    return _MESSAGES.get(decline, "Your card was declined.")
