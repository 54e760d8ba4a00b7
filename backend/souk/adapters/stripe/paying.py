"""Having an attempt paid, or giving it up: one PaymentIntent each,
https://docs.stripe.com/payments/paymentintents/lifecycle.

The intent is made under a key that follows from the attempt. Whoever does not know whether it was
made asks under that key again: within a day Stripe then answers with the one that was made.
"""

from datetime import timedelta
from typing import Literal

import stripe

from souk.adapters.stripe.client import KEY_USED, StripeApi, is_replay
from souk.adapters.stripe.holds import said_of_charge, said_of_intent
from souk.adapters.stripe.looking import Looking
from souk.adapters.stripe.objects import DOLLARS, Charge, Intent, read
from souk.adapters.stripe.tags import payment_metadata
from souk.core.clock import Clock
from souk.core.errors import OutcomeUnknown, ProviderRejected
from souk.modules.payments.domain import (
    Attempt,
    AttemptStatus,
    CardChoice,
    CardMoney,
    Executed,
    NeedsBrowser,
    Observation,
    Outcome,
    PaymentMethod,
    Pending,
)
from souk.modules.payments.errors import AttemptNotOpen, SavedMethodNotFound
from souk.modules.payments.ports import Payer

KEY_LIFE = timedelta(hours=23)
"""Stripe remembers a key for a day; an hour before that we do not count on it any more."""

# How Stripe refuses a payment method: one that does not exist, and without a word one of another
# customer.
_NOT_THEIRS = ("resource_missing", None)

# Whether a card is for credit or debit shows only once it was entered, and costs nobody anything:
# either pays an attempt by the other.
_KINDS: dict[PaymentMethod, Literal["card", "us_bank_account"]] = {
    PaymentMethod.CREDIT_CARD: "card",
    PaymentMethod.DEBIT_CARD: "card",
    PaymentMethod.BANK_TRANSFER: "us_bank_account",
}


class Paying:
    """Prepares payments and calls them off. Raises `ProviderUnavailable`, `ProviderRejected` and
    `OutcomeUnknown`."""

    def __init__(
        self,
        api: StripeApi,
        looking: Looking,
        money: CardMoney,
        *,
        publishable_key: str,
        clock: Clock,
    ) -> None:
        self._api = api
        self._looking = looking
        self._money = money
        self._publishable_key = publishable_key
        self._clock = clock

    def prepare(self, attempt: Attempt, payer: Payer) -> Outcome:
        """The payer goes on in a browser, or has paid already. Raises `AttemptNotOpen` when the
        payment was called off at Stripe, `SavedMethodNotFound` for what is not the payer's."""
        if _saved(attempt) is not None and payer.customer_reference is None:
            raise _not_kept()
        intent = self._find(attempt) or self._create(attempt, payer)
        if intent.status == "canceled":
            raise AttemptNotOpen(
                "cancelled", "this payment was called off at the card provider; start another one"
            )
        return self._paid(intent) or self._in_browser(attempt, intent)

    def cancel(self, attempt: Attempt) -> Outcome:
        """Nobody can pay it any more, or somebody has."""
        intent = self._find(attempt) or self._claim(attempt)
        if intent is None:
            return Executed(attempt.id)
        return self._paid(intent) or self._call_off(attempt, intent)

    def _claim(self, attempt: Attempt) -> Intent | None:
        """An intent of which we do not know whether it was made: it is made now if need be, so
        that a request that is still on its way finds its key used. `None` when there is none: once
        the key may be forgotten nothing is on its way any more, and what is refused now was
        refused before."""
        if self._is_forgotten(attempt):
            return None
        try:
            return self._create(attempt, Payer(account_id=""))
        except ProviderRejected:
            return self._looking.find_intent(attempt.id)

    def _find(self, attempt: Attempt) -> Intent | None:
        """The attempt's intent, where we know of it without asking under the key: after an error
        that key has no other answer for a day, whatever was made."""
        if attempt.provider_reference is not None:
            return self._looking.intent(attempt.provider_reference)
        lost = attempt.status is AttemptStatus.UNKNOWN or self._is_forgotten(attempt)
        return self._looking.find_intent(attempt.id) if lost else None

    def _is_forgotten(self, attempt: Attempt) -> bool:
        """Whether so much time has passed since the attempt began that its key may be free."""
        begun = attempt.pay_by - timedelta(seconds=self._money.quote_seconds)
        return self._clock.now() >= begun + KEY_LIFE

    def _create(self, attempt: Attempt, payer: Payer) -> Intent:
        """Make the intent, or have the one that was made. One that was asked for in the name of
        another customer is found by what is written on it. Raises `SavedMethodNotFound`."""
        wanted, key = self._wanted(attempt, payer), f"{attempt.id}:intent"
        try:
            made = self._api.write(
                lambda client: client.v1.payment_intents.create(wanted, {"idempotency_key": key})
            )
        except ProviderRejected as refusal:
            code = refusal.context.get("provider_code")
            if "payment_method" in wanted and code in _NOT_THEIRS:
                raise _not_kept() from None
            if code != KEY_USED:
                raise
            found = self._looking.find_intent(attempt.id)
            if found is None:
                raise OutcomeUnknown("this payment was asked for before; it is looked up") from None
            return found
        if is_replay(made):
            return self._looking.intent(made.id)
        return read(Intent, made.to_dict())

    def _wanted(self, attempt: Attempt, payer: Payer) -> stripe.params.PaymentIntentCreateParams:
        wanted: stripe.params.PaymentIntentCreateParams = {
            "amount": sum(leg.amount for leg in attempt.legs),
            "currency": DOLLARS,
            "transfer_group": attempt.id,
            "metadata": payment_metadata(attempt),
        }
        if attempt.method in _KINDS:
            wanted["allowed_payment_method_types"] = [_KINDS[attempt.method]]
        else:
            wanted["automatic_payment_methods"] = {"enabled": True}
        if payer.customer_reference is not None:
            wanted["customer"] = payer.customer_reference
            if (saved := _saved(attempt)) is not None:
                wanted["payment_method"] = saved
        return wanted

    def _paid(self, intent: Intent) -> Outcome | None:
        """What became of it, once somebody has paid."""
        if intent.status == "succeeded":
            return Executed(intent.id, self._facts(intent))
        if intent.status == "processing":
            return Pending(intent.id, self._facts(intent))
        return None

    def _facts(self, intent: Intent) -> tuple[Observation, ...]:
        charge = intent.latest_charge
        said = said_of_intent(intent, self._clock.now())
        if isinstance(charge, Charge) and charge.metadata:
            said = said_of_charge(charge)
        return tuple(one for one in said if isinstance(one, Observation))

    def _in_browser(self, attempt: Attempt, intent: Intent) -> NeedsBrowser:
        if intent.client_secret is None:
            raise ProviderRejected("the card provider gave no way to go on with this payment")
        return NeedsBrowser(
            provider=self._money.provider,
            reference=intent.id,
            client_secret=intent.client_secret,
            publishable_key=self._publishable_key,
            until=attempt.pay_by,
        )

    def _call_off(self, attempt: Attempt, intent: Intent) -> Outcome:
        """Called off twice is called off once. So each asking has a key of its own: under the
        same one, an error would be repeated for a day."""
        if intent.status == "canceled":
            return Executed(intent.id)
        key = f"{attempt.id}:cancel:{self._clock.now().timestamp():.3f}"
        try:
            self._api.write(
                lambda client: client.v1.payment_intents.cancel(
                    intent.id, {}, {"idempotency_key": key}
                )
            )
        except ProviderRejected:
            # The payer, or somebody else who called it off, was faster.
            now = self._looking.intent(intent.id)
            if (paid := self._paid(now)) is not None:
                return paid
            if now.status != "canceled":
                raise
        return Executed(intent.id)


def _saved(attempt: Attempt) -> str | None:
    """What the buyer chose of what is kept."""
    return attempt.choice.saved_method if isinstance(attempt.choice, CardChoice) else None


def _not_kept() -> SavedMethodNotFound:
    return SavedMethodNotFound("no such card or account is kept for you")
