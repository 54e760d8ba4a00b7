"""Payments and attempts as they are stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from souk.core.money import Asset
from souk.modules.chain.domain import Level
from souk.modules.payments.domain.legs import Leg
from souk.modules.payments.domain.offers import PayChoice
from souk.modules.payments.domain.statuses import AttemptStatus, PaymentMethod, PaymentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The paying of one checkout."""

    id: str
    checkout_id: str
    buyer_id: str
    state: PaymentState
    usd_amount: int
    closed_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to pay. `clock` judges `pay_by` and the quote's times. A rail may know it by
    `provider_reference`; from `closed_at` on nobody can pay it any more, by the rail's own word.
    `cancel_key` is of the request by which its payer gave it up; `route` says as JSON why it takes
    this way."""

    id: str
    payment_id: str
    number: int
    request_key: str | None
    cancel_key: str | None = None
    method: PaymentMethod
    status: AttemptStatus
    choice: PayChoice
    clock: str
    asset: Asset
    amount: int
    usd_amount: int
    pay_by: datetime
    quote_expires_at: datetime
    transaction_hash: str | None
    provider_reference: str | None
    closed_at: datetime | None
    legs: tuple[Leg, ...]
    route: Mapping[str, object] = field(default_factory=dict, compare=False)

    @property
    def finality(self) -> Level:
        """The level at which its payment counts, as it was promised when it was drawn up."""
        return next((leg.finality for leg in self.legs), Level.CONFIRMED)

    def is_for(self, choice: PayChoice, orders: frozenset[str]) -> bool:
        """Whether it pays exactly these orders in exactly this way."""
        return self.choice == choice and {leg.order_id for leg in self.legs} == orders
