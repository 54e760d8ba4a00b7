"""Why a card or a bank did not pay, in the few ways that matter to a buyer."""

from enum import StrEnum


class DeclineReason(StrEnum):
    """What a buyer can do something about. Suspicion of theft or fraud is `declined` like any
    other refusal: whoever holds a stolen card is not told that it is known."""

    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    WRONG_DETAILS = "wrong_details"
    AUTHENTICATION_FAILED = "authentication_failed"
    LIMIT_EXCEEDED = "limit_exceeded"
    NOT_SUPPORTED = "not_supported"
    TRY_AGAIN_LATER = "try_again_later"
    CALL_ISSUER = "call_issuer"


_SENTENCES = {
    DeclineReason.DECLINED: "the bank refused this payment; use another card or way to pay",
    DeclineReason.INSUFFICIENT_FUNDS: "there is not enough money on this card or account; use"
    " another one, or choose another way to pay",
    DeclineReason.EXPIRED_CARD: "this card has expired; use another one",
    DeclineReason.WRONG_DETAILS: "the number, date or code of the card is wrong; enter it again",
    DeclineReason.AUTHENTICATION_FAILED: "the bank could not make sure that it is you; try again"
    " and confirm the payment with your bank",
    DeclineReason.LIMIT_EXCEEDED: "the limit of this card is reached; use another one",
    DeclineReason.NOT_SUPPORTED: "this card does not take such payments; use another one",
    DeclineReason.TRY_AGAIN_LATER: "the bank does not answer at present; try again in a minute",
    DeclineReason.CALL_ISSUER: "the bank wants to speak to you first; call it, or use another card",
}


def sentence(reason: DeclineReason) -> str:
    """What a buyer is told, and what to do next."""
    return _SENTENCES[reason]
