"""Legs as the rails see them, and what a rail answers when it is asked to move money."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from souk.core.addresses import Address
from souk.core.clock import rfc3339
from souk.core.money import Asset, Money
from souk.modules.payments.domain.statuses import LegStatus, PaymentMethod
from souk.modules.payments.domain.terms import EscrowOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The money of one order in one attempt. `external_reference` is how the rail knows it;
    `deadline` is when the time of the party whose turn it is ends, by block time."""

    id: str
    payment_id: str
    attempt_id: str
    order_id: str
    seller_id: str
    method: PaymentMethod
    external_reference: str
    chain_id: int
    contract: Address
    escrow_id: str
    asset: Asset
    amount: int
    terms: EscrowOrder
    status: LegStatus
    held: int
    released: int
    refunded: int
    reimbursed: int
    fee: int
    deadline: datetime | None
    duplicate: bool

    @property
    def remaining(self) -> int:
        """What is still held."""
        return self.held - self.released - self.refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class CallToSign:
    """A transaction for a wallet to sign: `data` is 0x-hex calldata, `value` in the native coin's
    smallest unit, `says` one sentence for the person."""

    chain_id: int
    to: Address
    data: str
    value: int
    says: str

    def to_json(self) -> dict[str, object]:
        """The call for a client, ready for `eth_sendTransaction` but for its numbers, which are
        decimal strings."""
        return {
            "chain_id": self.chain_id,
            "to": self.to,
            "data": self.data,
            "value": str(self.value),
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Executed:
    """Done, by the rail's own word."""

    reference: str


@dataclass(frozen=True, slots=True)
class Pending:
    """Under way; an observation will tell."""

    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsSignature:
    """Nothing moves until `by` (`None` when the legs have different parties, or anybody may) signs
    the calls, in order, not after `until` where there is a limit. Where `typed_data` is given,
    `by` then signs that message (EIP-712), and the rail is asked again with the signature."""

    by: Address | None
    calls: tuple[CallToSign, ...]
    typed_data: Mapping[str, object] | None = None
    until: datetime | None = None


Outcome = Executed | Pending | NeedsSignature


def outcome_json(outcome: Outcome) -> dict[str, object]:
    """An outcome for a client; amounts as strings, times as RFC 3339."""
    match outcome:
        case Executed(reference):
            return {"type": "executed", "reference": reference}
        case Pending(reference):
            return {"type": "pending", "reference": reference}
        case NeedsSignature():
            return {
                "type": "needs_signature",
                "by": outcome.by,
                "calls": [call.to_json() for call in outcome.calls],
                "typed_data": outcome.typed_data,
                "until": None if outcome.until is None else rfc3339(outcome.until),
            }
        case _:
            assert_never(outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Money that a rail keeps for an account because it could not be handed over; `token` is the
    zero address for the native coin."""

    account: Address
    token: Address
    amount: Money


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
