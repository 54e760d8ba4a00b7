"""What an intent and its charges say: an attempt is paid, under way, refused, or closed.

A card answers at once, so that its charge is paid or refused. A bank takes days: meanwhile the
money is seen, and if the bank then says no, that was not so after all. The days of waiting are a
stay of their own, since what is paid counts from the moment at which it was paid.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from souk.adapters.stripe.declines import decline_reason
from souk.adapters.stripe.objects import Charge, Intent, PaymentError, instant
from souk.adapters.stripe.tags import PaymentTag, find_payment_tag
from souk.modules.payments.domain import (
    AttemptNews,
    AttemptTurn,
    Evidence,
    Fact,
    FactKind,
    FactStage,
    Observation,
)
from souk.modules.payments.domain.declines import sentence

_AT_ONCE = "card"


def evidence_of(**references: str | None) -> Evidence:
    """Where at Stripe it can be looked up: ids alone, never a secret or a number of a card."""
    known = {name: reference for name, reference in references.items() if reference}
    return {"provider": "stripe", **known}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    """One try to take an attempt's money, from whichever object it is known; `slow` when a bank
    takes days for it."""

    tag: PaymentTag
    intent: str | None
    charge: str
    amount: int
    slow: bool
    at: datetime

    def paid(self) -> Iterator[Observation]:
        return self._holds(FactStage.REACHED, self.charge)

    def under_way(self) -> Iterator[Observation | AttemptNews]:
        """A card is under way for seconds, which is no news."""
        if self.slow:
            yield self._processing()
            yield from self._holds(FactStage.SEEN, f"{self.charge}:pending")

    def refused(self, code: str | None, decline: str | None) -> Iterator[Observation | AttemptNews]:
        """That it was refused comes last, and after all that was before: whoever hears of that
        later has heard it, so that nothing is under way any more."""
        if self.slow:
            yield self._processing()
            yield from self._holds(FactStage.ORPHANED, f"{self.charge}:pending")
        yield self._news(AttemptTurn.DECLINED, sentence(decline_reason(code, decline)))

    def _processing(self) -> AttemptNews:
        return self._news(AttemptTurn.PROCESSING, "the bank takes its time")

    def _news(self, turn: AttemptTurn, reason: str) -> AttemptNews:
        return AttemptNews(
            attempt_id=self.tag.attempt_id,
            turn=turn,
            reference=f"{self.charge}:{turn}",
            reason=reason,
            occurred_at=self.at,
        )

    def _holds(self, stage: FactStage, stay: str) -> Iterator[Observation]:
        for position, amount in enumerate(self.tag.divide(self.amount)):
            yield Observation(
                leg_reference=self.tag.leg(position),
                effect_id=f"{self.tag.leg(position)}:held",
                observation_id=f"{stay}:{position}",
                stage=stage,
                fact=Fact(kind=FactKind.HELD, amount=amount),
                occurred_at=self.at,
                evidence=evidence_of(intent=self.intent, charge=self.charge),
            )


def said_of_charge(charge: Charge, at: datetime | None = None) -> list[Observation | AttemptNews]:
    """What a charge says since `at`; by itself it tells when it was made and paid."""
    tag = find_payment_tag(charge)
    if tag is None:
        return []
    details = charge.payment_method_details
    attempted = _Try(
        tag=tag,
        intent=charge.payment_intent,
        charge=charge.id,
        amount=charge.amount,
        slow=details is not None and details.type != _AT_ONCE,
        at=at or (charge.paid_at if charge.status == "succeeded" else charge.at),
    )
    match charge.status:
        case "succeeded":
            return list(attempted.paid())
        case "pending":
            return list(attempted.under_way())
        case "failed":
            reason = charge.outcome.reason if charge.outcome else None
            return list(attempted.refused(charge.failure_code, reason))
        case _:
            return []


def said_of_intent(intent: Intent, at: datetime) -> list[Observation | AttemptNews]:
    """What an intent says at a moment."""
    tag = find_payment_tag(intent)
    if tag is None:
        return []
    match intent.status:
        case "succeeded":
            return list(_last_try(tag, intent, at, slow=False).paid())
        case "processing":
            kind = intent.processing
            slow = kind is None or kind.type != _AT_ONCE
            return list(_last_try(tag, intent, at, slow=slow).under_way())
        case "requires_payment_method" if intent.last_payment_error is not None:
            return _refused(tag, intent, intent.last_payment_error, at)
        case "canceled":
            return [_closed(tag, intent, at)]
        case _:
            return []


def _last_try(tag: PaymentTag, intent: Intent, at: datetime, *, slow: bool) -> _Try:
    last = intent.latest_charge
    charge = last.id if isinstance(last, Charge) else last
    received = intent.amount_received or intent.amount
    return _Try(
        tag=tag,
        intent=intent.id,
        charge=charge or intent.id,
        amount=received,
        slow=slow,
        at=at,
    )


def _refused(
    tag: PaymentTag, intent: Intent, error: PaymentError, at: datetime
) -> list[Observation | AttemptNews]:
    """A try that its bank never saw has no charge, and is named by what should have paid."""
    method = error.payment_method
    attempted = _Try(
        tag=tag,
        intent=intent.id,
        charge=error.charge or (method.id if method else intent.id),
        amount=intent.amount,
        slow=bool(error.charge and method and method.type not in (None, _AT_ONCE)),
        at=at,
    )
    return list(attempted.refused(error.code, error.decline_code))


def _closed(tag: PaymentTag, intent: Intent, at: datetime) -> AttemptNews:
    return AttemptNews(
        attempt_id=tag.attempt_id,
        turn=AttemptTurn.CLOSED,
        reference=f"{intent.id}:{AttemptTurn.CLOSED}",
        reason="the payment was called off at the card provider",
        occurred_at=instant(intent.canceled_at) if intent.canceled_at else at,
    )
