"""Refusals that a key brings about."""

import pytest
import stripe

from souk.adapters.stripe.client import KEY_USED, renamed
from souk.core.errors import OutcomeUnknown, ProviderRejected


def test_key_that_was_used_for_something_else_has_a_code() -> None:
    refusal = renamed(stripe.IdempotencyError("used", None, 400), writes=True)

    assert isinstance(refusal, ProviderRejected)
    assert refusal.context == {"provider_code": KEY_USED}


@pytest.mark.parametrize("status", [409, 500])
def test_outcome_is_unknown_while_the_first_request_is_under_way(status: int) -> None:
    error = stripe.APIError("in use", None, status, code="idempotency_key_in_use")

    assert isinstance(renamed(error, writes=True), OutcomeUnknown)
