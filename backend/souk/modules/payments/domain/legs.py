"""Legs: the money of one order in one attempt, as the rails see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from souk.core.addresses import Address
from souk.core.money import Asset
from souk.modules.chain.domain import Level
from souk.modules.payments.domain.facts import Shares
from souk.modules.payments.domain.statuses import LegAction, LegStatus, PaymentMethod
from souk.modules.payments.domain.terms import CardTerms, EscrowOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The money of one order in one attempt. `external_reference` is how the rail knows it;
    `clock` judges its times; `deadline` is when the time of the party whose turn it is ends. From
    `finality` on its payment counts, where a chain holds it."""

    id: str
    payment_id: str
    attempt_id: str
    order_id: str
    seller_id: str
    method: PaymentMethod
    external_reference: str
    clock: str
    asset: Asset
    amount: int
    terms: EscrowOrder | CardTerms
    status: LegStatus
    held: int
    released: int
    refunded: int
    reimbursed: int
    charged_back: int
    fee: int
    deadline: datetime | None
    duplicate: bool
    finality: Level = Level.CONFIRMED

    @property
    def remaining(self) -> int:
        """What is still held: what was charged back is taken out of that first."""
        return max(0, self.held - self.released - self.refunded - self.charged_back)

    @property
    def by_us(self) -> bool:
        """Whether the money moves at our word, and not by the signatures of its parties."""
        return False

    @property
    def returnable(self) -> int:
        """What was released and the buyer does not have back, by whatever way."""
        back = self.refunded + self.reimbursed + self.charged_back
        return max(0, min(self.released - self.reimbursed, self.held - back))

    @property
    def identity(self) -> dict[str, str | int]:
        """How a client finds it on its rail."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowLeg(Leg):
    """Held by the contract, where the parties move it themselves."""

    chain_id: int
    contract: Address
    escrow_id: str
    terms: EscrowOrder

    @property
    def identity(self) -> dict[str, str | int]:
        """The contract and the order's id in it."""
        return {"escrow_id": self.escrow_id, "contract": self.contract}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLeg(Leg):
    """Held by us at the card provider, which moves it when we say so. `charge` is the provider's
    reference of what was paid, once it was; `divisions` says of each movement that names no order
    how it fell to all legs of the attempt."""

    terms: CardTerms
    charge: str | None = None
    divisions: Mapping[str, Shares] = field(default_factory=dict)

    @property
    def by_us(self) -> bool:
        """The provider does what we say."""
        return True


class DueLeg(NamedTuple):
    """A leg whose time is over, and what anyone may do about it now."""

    leg: Leg
    action: LegAction


@dataclass(frozen=True, slots=True, kw_only=True)
class LegLookup:
    """What the rail itself says about a leg now, in the leg's own terms. `status` never is `seen`
    or `orphaned`. `released` is all that went to the seller, like the leg's: reimbursements that
    the leg knows of are in it. One that it does not know of yet shows as so much less released,
    and in `status` as if that had been refunded."""

    status: LegStatus
    remaining: int
    released: int
    deadline: datetime | None
