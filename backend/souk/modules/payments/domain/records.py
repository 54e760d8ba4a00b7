"""Payments and attempts as they are stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from souk.core.addresses import Address
from souk.core.money import Asset
from souk.modules.payments.domain.offers import PayChoice
from souk.modules.payments.domain.outcomes import Leg
from souk.modules.payments.domain.statuses import (
    AttemptStatus,
    LegAction,
    PaymentMethod,
    PaymentState,
)


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
    """One try to pay. `pay_by` and the quote's times are block time; `orders` are those it pays,
    by their legs."""

    id: str
    payment_id: str
    number: int
    request_key: str | None
    method: PaymentMethod
    status: AttemptStatus
    chain_id: int
    contract: Address
    token: Address
    payer: Address
    asset: Asset
    amount: int
    usd_amount: int
    pay_by: datetime
    quote_expires_at: datetime
    transaction_hash: str | None
    legs: tuple[Leg, ...]

    def is_for(self, choice: PayChoice, orders: frozenset[str]) -> bool:
        """Whether it pays exactly these orders in exactly this way."""
        mine = PayChoice(
            method=self.method, chain_id=self.chain_id, token=self.token, wallet=self.payer
        )
        return mine == choice and {leg.order_id for leg in self.legs} == orders


class DueLeg(NamedTuple):
    """A leg whose time is over, and what anyone may do about it now."""

    leg: Leg
    action: LegAction
