"""Stripe's error and decline codes as reasons: https://docs.stripe.com/declines/codes."""

from collections.abc import Mapping

from souk.modules.payments.domain.declines import DeclineReason

_REASONS: Mapping[DeclineReason, frozenset[str]] = {
    DeclineReason.INSUFFICIENT_FUNDS: frozenset(
        {"insufficient_funds", "withdrawal_count_limit_exceeded_funds"}
    ),
    DeclineReason.EXPIRED_CARD: frozenset({"expired_card"}),
    DeclineReason.WRONG_DETAILS: frozenset(
        {
            "bank_account_unusable",
            "incorrect_address",
            "incorrect_cvc",
            "incorrect_number",
            "incorrect_pin",
            "incorrect_zip",
            "invalid_account",
            "invalid_cvc",
            "invalid_expiry_month",
            "invalid_expiry_year",
            "invalid_number",
            "invalid_pin",
        }
    ),
    DeclineReason.AUTHENTICATION_FAILED: frozenset(
        {
            "authentication_not_handled",
            "authentication_required",
            "offline_pin_required",
            "online_or_offline_pin_required",
            "payment_intent_authentication_failure",
            "setup_intent_authentication_failure",
        }
    ),
    DeclineReason.LIMIT_EXCEEDED: frozenset(
        {"card_velocity_exceeded", "pin_try_exceeded", "withdrawal_count_limit_exceeded"}
    ),
    DeclineReason.NOT_SUPPORTED: frozenset(
        {
            "card_not_supported",
            "currency_not_supported",
            "invalid_amount",
            "not_permitted",
            "service_not_allowed",
            "testmode_decline",
            "transaction_not_allowed",
        }
    ),
    DeclineReason.TRY_AGAIN_LATER: frozenset(
        {
            "approve_with_id",
            "issuer_not_available",
            "processing_error",
            "reenter_transaction",
            "try_again_later",
        }
    ),
    DeclineReason.CALL_ISSUER: frozenset({"call_issuer", "new_account_information_available"}),
}

_BY_CODE = {code: reason for reason, codes in _REASONS.items() for code in codes}


def decline_reason(code: str | None, decline_code: str | None) -> DeclineReason:
    """The reason for an error's `code` and `decline_code`. Whatever is not known, and whatever
    speaks of theft or fraud, is a plain refusal."""
    for given in (decline_code, code):
        if given in _BY_CODE:
            return _BY_CODE[given]
    return DeclineReason.DECLINED
