"""Asking Stripe: one pinned API version, bounded waiting, and errors under our own names.

The library's messages may quote what was sent, so that none of them is passed on; what a person is
told follows from codes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import stripe

from souk.adapters.stripe.bucket import TokenBucket
from souk.adapters.stripe.declines import decline_reason
from souk.adapters.stripe.version import API_VERSION
from souk.core.errors import (
    DomainError,
    OutcomeUnknown,
    ProviderRefusesUs,
    ProviderRejected,
    ProviderUnavailable,
)
from souk.core.transaction_guard import refuse_open_transaction
from souk.modules.payments.domain.declines import sentence
from souk.modules.payments.errors import CardDeclined

KEY_USED = "idempotency_error"
"""The code of a refusal because the key was first used for something else."""

_CONNECT_SECONDS, _READ_SECONDS = 3.0, 15.0
_PATIENCE_SECONDS = 2.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StripeKeys:
    """How Stripe knows us. Never logged: `repr` shows whether they are for tests."""

    secret_key: str
    api_base: str | None = None

    def __repr__(self) -> str:
        return f"StripeKeys({'test' if self.is_test else 'live'})"

    @property
    def is_test(self) -> bool:
        """Whether no real money moves."""
        return "_test_" in self.secret_key


class StripeApi:
    """Asks Stripe one thing at a time; safe to share between threads, not over a fork.

    The library does not try again by itself: a request that may have had an effect is repeated by
    whoever stored its idempotency key, under that very key.
    """

    def __init__(
        self,
        keys: StripeKeys,
        *,
        requests_per_second: float,
        burst: int = 20,
        answer_seconds: float = _READ_SECONDS,
    ) -> None:
        self.is_test = keys.is_test
        self._bucket = TokenBucket(requests_per_second, burst)
        self._client = stripe.StripeClient(
            keys.secret_key,
            stripe_version=API_VERSION,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(_CONNECT_SECONDS, answer_seconds)),
            base_addresses={"api": keys.api_base} if keys.api_base else None,
        )

    def read(self, look: Callable[[stripe.StripeClient], T]) -> T:
        """Ask for something that changes nothing. Raises `ProviderUnavailable`,
        `ProviderRejected`."""
        return self._ask(look, writes=False)

    def write(self, act: Callable[[stripe.StripeClient], T]) -> T:
        """Ask for an effect; `act` passes the stored idempotency key on. Raises `CardDeclined`,
        `ProviderRejected`, `ProviderUnavailable` when surely nothing happened, and
        `OutcomeUnknown` when it may have."""
        return self._ask(act, writes=True)

    def _ask(self, act: Callable[[stripe.StripeClient], T], *, writes: bool) -> T:
        refuse_open_transaction()
        if not self._bucket.take(_PATIENCE_SECONDS):
            raise ProviderUnavailable("too many card payments at this moment; try again shortly")
        try:
            return act(self._client)
        except stripe.StripeError as error:
            raise renamed(error, writes=writes) from None


def is_replay(made: stripe.StripeObject) -> bool:
    """Whether an answer is that of an earlier request with the same key: it tells how the object
    was then."""
    response = made.last_response
    return response is not None and response.headers.get("Idempotent-Replayed") == "true"


def renamed(error: stripe.StripeError, *, writes: bool) -> DomainError:
    """The library's error as one of ours. It is not kept as the cause: it holds what was sent."""
    match error:
        case stripe.CardError():
            detail = error.error
            reason = decline_reason(error.code, detail.decline_code if detail else None)
            return CardDeclined(sentence(reason), reason)
        case stripe.RateLimitError():
            return ProviderUnavailable("the card provider asks us to wait; try again shortly")
        case stripe.AuthenticationError() | stripe.PermissionError():
            return ProviderRefusesUs(
                "the card provider does not accept this installation's key",
                context={"provider_code": error.code or "key_refused"},
            )
        case stripe.InvalidRequestError() | stripe.IdempotencyError():
            used = KEY_USED if isinstance(error, stripe.IdempotencyError) else None
            return ProviderRejected(
                "the card provider refused this request",
                context={"provider_code": error.code or used},
            )
        case _ if writes:
            return OutcomeUnknown("the card provider did not say what happened; it is looked up")
        case _:
            return ProviderUnavailable("the card provider does not answer; try again shortly")
