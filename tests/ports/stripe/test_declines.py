"""Decline codes become reasons that a buyer can do something about."""

import pytest

from souk.adapters.stripe.declines import decline_reason
from souk.modules.payments.domain.declines import DeclineReason, sentence


@pytest.mark.parametrize(
    ("code", "decline", "reason"),
    [
        ("card_declined", "insufficient_funds", DeclineReason.INSUFFICIENT_FUNDS),
        ("expired_card", "expired_card", DeclineReason.EXPIRED_CARD),
        ("incorrect_cvc", None, DeclineReason.WRONG_DETAILS),
        ("card_declined", "authentication_required", DeclineReason.AUTHENTICATION_FAILED),
        (
            "payment_intent_authentication_failure",
            None,
            DeclineReason.AUTHENTICATION_FAILED,
        ),
        ("card_declined", "card_velocity_exceeded", DeclineReason.LIMIT_EXCEEDED),
        ("card_declined", "issuer_not_available", DeclineReason.TRY_AGAIN_LATER),
        ("card_declined", "call_issuer", DeclineReason.CALL_ISSUER),
        ("card_declined", "generic_decline", DeclineReason.DECLINED),
        ("something_new", "something_newer", DeclineReason.DECLINED),
        (None, None, DeclineReason.DECLINED),
    ],
)
def test_reason_follows_from_the_codes(
    code: str | None, decline: str | None, reason: DeclineReason
) -> None:
    assert decline_reason(code, decline) is reason


@pytest.mark.parametrize(
    "decline", ["stolen_card", "lost_card", "pickup_card", "fraudulent", "merchant_blacklist"]
)
def test_holder_of_a_stolen_card_is_not_told(decline: str) -> None:
    assert decline_reason("card_declined", decline) is DeclineReason.DECLINED


@pytest.mark.parametrize("reason", list(DeclineReason))
def test_every_reason_says_what_to_do_next(reason: DeclineReason) -> None:
    assert ";" in sentence(reason)
