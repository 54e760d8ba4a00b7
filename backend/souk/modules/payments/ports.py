"""What payments need from outside: a gateway per rail, and a price feed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from souk.core.addresses import Address
from souk.modules.payments.domain import (
    Credit,
    EscrowOrder,
    Leg,
    LegLookup,
    Observation,
    OrderTerms,
    Outcome,
    Party,
    PayWay,
    PriceAnswer,
    Split,
    TermsDocument,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPlan:
    """One order to be paid: `amount` in the attempt's asset, to `seller`; `salt` goes into its
    terms document."""

    terms: OrderTerms
    seller: Address
    amount: int
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPlan:
    """An attempt before it exists: `payer` pays all legs at once until `pay_by` (unix seconds by
    block time); `token` is the zero address for the native coin."""

    chain_id: int
    token: Address
    payer: Address
    pay_by: int
    legs: tuple[LegPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDraft:
    """A leg as the rail will know it, and the document that both parties get."""

    external_reference: str
    chain_id: int
    contract: Address
    escrow_id: str
    terms: EscrowOrder
    document: TermsDocument


@dataclass(frozen=True, slots=True)
class RailMessage:
    """Something that a rail said, as it arrived: its name there, and its JSON content."""

    name: str
    payload: Mapping[str, object]


class PaymentGateway(Protocol):
    """One rail. What only computes or encodes may be called anywhere; what reaches outside
    refuses to run inside a transaction, and raises `ProviderUnavailable`, `ProviderRejected` or
    `OutcomeUnknown`."""

    def draft(self, plan: PaymentPlan) -> tuple[LegDraft, ...]:
        """The identity and the full terms of each leg, before anyone is asked to pay. Pure: the
        same plan gives the same drafts. Raises `PartiesCollide`."""
        ...

    def prepare_payment(
        self, legs: Sequence[Leg], way: PayWay = PayWay.CALLS, signature: str | None = None
    ) -> Outcome:
        """Have the payer pay all legs of one attempt together. In a way that needs a signature it
        is asked for first, and the payment prepared when it is given. Raises `EscrowWayMissing`,
        `MalformedConsent`."""
        ...

    def cancel_payment(self, legs: Sequence[Leg]) -> Outcome:
        """Give an unpaid attempt up. `Pending` where the rail cannot stop a payer who goes on."""
        ...

    def fulfil(self, legs: Sequence[Leg]) -> Outcome:
        """The seller says that the orders are on their way; the buyer's time begins."""
        ...

    def release(self, legs: Sequence[Leg]) -> Outcome:
        """All that is held goes to the sellers, less the fee."""
        ...

    def refund(self, legs: Sequence[Leg]) -> Outcome:
        """All that is held goes back to where it came from; where a dispute was left undecided, it
        is divided as the terms say."""
        ...

    def dispute(self, leg: Leg, by: Party) -> Outcome:
        """A party asks the arbiter to decide about what is held."""
        ...

    def resolve(self, leg: Leg, to_buyer: int) -> Outcome:
        """The arbiter gives the buyer a share of what is held, and the seller the rest."""
        ...

    def settle(
        self,
        leg: Leg,
        split: Split,
        consents: Mapping[Party, str] | None = None,
        sender: Party | None = None,
    ) -> Outcome:
        """Divide what is held, or a part of it, as the parties agree: a partial refund, a partial
        release or both. `consents` are signatures of the offer; `sender` is the party who will
        carry it out, which is consent as well, and `None` when anybody may. Raises `OfferTooLong`,
        `OfferOver`, `SplitOutOfRange`, `MalformedConsent`. Reaches outside."""
        ...

    def reimburse(self, leg: Leg, amount: int) -> Outcome:
        """The seller gives back a part, or all, of what was released."""
        ...

    def lookup(self, leg: Leg) -> LegLookup:
        """What the rail itself says about a leg now. Reaches outside."""
        ...

    def parse_observation(self, message: RailMessage) -> Observation | None:
        """What a message of this rail means for a leg; `None` when it means nothing. Pure."""
        ...


class CreditKeeper(Protocol):
    """A rail that keeps what it could not hand over until its owner fetches it. Reaches outside.
    Raises `ProviderUnavailable`."""

    def waiting(
        self, chain_id: int, accounts: Sequence[Address], tokens: Collection[Address] = ()
    ) -> Sequence[Credit]:
        """What waits for some accounts, in every asset that is on offer and in these tokens."""
        ...

    def withdraw(self, chain_id: int, token: Address, *, account: Address, to: Address) -> Outcome:
        """The account has all that waits for it in one token sent `to` an address. Raises what
        the rail would refuse."""
        ...


class PriceFeed(Protocol):
    """Dollar prices of native coins."""

    def latest(self, chain_id: int, feed: Address) -> PriceAnswer:
        """The feed's newest answer, unjudged. Reaches outside. Raises `ProviderUnavailable`."""
        ...
