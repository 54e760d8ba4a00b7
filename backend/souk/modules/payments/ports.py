"""What payments need from outside: a gateway per rail, a price feed, and who signs webhooks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from souk.core.addresses import Address
from souk.core.money import Asset
from souk.modules.payments.domain import (
    Attempt,
    AttemptNews,
    CardTerms,
    Credit,
    EscrowOrder,
    Leg,
    LegLookup,
    Observation,
    OrderTerms,
    Outcome,
    Party,
    PayChoice,
    PayWay,
    PriceAnswer,
    Split,
    StoredInstruction,
    TermsDocument,
)
from souk.modules.payments.domain.following import SentTransaction
from souk.modules.payments.domain.funds import GasToPay, WalletFunds
from souk.modules.payments.errors import EscrowRefused
from souk.modules.sellers.domain import PayoutWallets


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPlan:
    """One order to be paid: `amount` in the attempt's asset, to the wallet that the seller has in
    `payouts` for the chain on which it is paid, or to the `card_account` that a seller has at the
    card provider; `salt` goes into its terms document."""

    terms: OrderTerms
    payouts: PayoutWallets
    card_account: str | None
    amount: int
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPlan:
    """An attempt before it exists, which `choice` pays all at once until `pay_by`, in unix seconds
    by the rail's clock."""

    attempt_id: str
    choice: PayChoice
    pay_by: int
    legs: tuple[LegPlan, ...]


@dataclass(frozen=True, slots=True)
class EscrowPlace:
    """Where a contract knows an order."""

    chain_id: int
    contract: Address
    escrow_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegDraft:
    """A leg as the rail will know it, and the document that both parties get; `place` where a
    contract holds it."""

    external_reference: str
    terms: EscrowOrder | CardTerms
    document: TermsDocument
    place: EscrowPlace | None = None


@dataclass(frozen=True, slots=True)
class RailMessage:
    """Something that a rail said, as it arrived: its name there, and its JSON content."""

    name: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeAccount:
    """A seller's account at the card provider: whether it can be paid to, and where its owner goes
    on to complete it, as long as there is something to complete."""

    reference: str
    ready: bool
    onboarding_url: str | None = None


Said = Observation | AttemptNews | PayeeAccount
"""What a rail says: about the money of a leg, about an attempt for which none has moved, or about
whom it can pay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Who pays by card: our account, and the customer that the provider knows it as, if any."""

    account_id: str
    customer_reference: str | None = None


class PaymentGateway(Protocol):
    """One rail. What only computes or encodes may be called anywhere; what reaches outside
    refuses to run inside a transaction, and raises `ProviderUnavailable`, `ProviderRejected` or
    `OutcomeUnknown`."""

    def draft(self, plan: PaymentPlan) -> tuple[LegDraft, ...]:
        """The identity and the full terms of each leg, before anyone is asked to pay. Pure: the
        same plan gives the same drafts. Raises `PartiesCollide`, `SellerTakesNoCards`,
        `HoldTooLong`."""
        ...

    def prepare_payment(
        self, attempt: Attempt, payer: Payer, signature: str | None = None
    ) -> Outcome:
        """Have the payer pay all legs of an attempt together; asking again changes nothing. In a
        way that needs a signature it is asked for first, and the payment prepared when it is
        given. Reaches outside. Raises `EscrowWayMissing`, `MalformedConsent`."""
        ...

    def cancel_payment(self, attempt: Attempt) -> Outcome:
        """Give an unpaid attempt up: `Executed` when nobody can pay it any more, or when what it
        then says in `facts` is that somebody did; `Pending` where the rail cannot stop a payer who
        goes on. Reaches outside."""
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

    def parse_observation(self, message: RailMessage) -> Sequence[Said]:
        """What a message of this rail means; often nothing. Pure."""
        ...


class DirectedRail(Protocol):
    """What a rail has besides, whose money moves at our word, and which nobody follows for us: it
    is told what to do, and asked what it knows."""

    def carry_out(self, stored: StoredInstruction, leg: Leg, attempt: Attempt) -> Outcome:
        """Move money as we said, under the instruction's key: once, however often it is called.
        `Executed` with what the rail said of it in `facts`, `Pending` while the rail takes its
        time. Reaches outside. Raises `PayeeBalanceTooLow` when the seller has not enough to give
        back."""
        ...

    def list_said(self, attempt: Attempt) -> Sequence[Said]:
        """All that the rail itself knows of an attempt and its legs now: for whoever missed what it
        said. Nothing where somebody else follows the rail. Reaches outside."""
        ...

    def needs_look(self, message: RailMessage) -> str | None:
        """The provider's reference of an attempt that a message concerns and does not say enough
        of, so that `list_said` has to. Pure."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMethod:
    """A card or bank account that the provider keeps for a buyer: as much as may be shown."""

    reference: str
    kind: str
    brand: str
    last4: str
    expires: str | None


class CardDesk(Protocol):
    """What people keep at the card provider: sellers an account to be paid to, buyers their cards.
    Everything reaches outside and raises `ProviderUnavailable`, `ProviderRejected`,
    `OutcomeUnknown`; `key` is ours, and the same for the same wish."""

    def open_account(self, seller_id: str, *, key: str, return_url: str) -> PayeeAccount:
        """Open the account of a seller, who goes on at its `onboarding_url`."""
        ...

    def look_up_account(self, reference: str, *, return_url: str | None = None) -> PayeeAccount:
        """How it stands now; where its owner goes on is made out for who says whereto to return."""
        ...

    def open_customer(self, account_id: str, *, key: str) -> str:
        """A customer to keep cards for; the provider's reference."""
        ...

    def save_method(self, customer: str, *, key: str) -> Outcome:
        """Have a buyer enter a card or account to be kept: in a browser, at the provider."""
        ...

    def list_saved(self, customer: str) -> Sequence[SavedMethod]:
        """What is kept for a customer."""
        ...

    def forget_saved(self, customer: str, reference: str) -> None:
        """Keep one no longer. Raises `SavedMethodNotFound` for another's as well."""
        ...


class Topic(StrEnum):
    """What a message is about, and so who handles it."""

    MONEY = "money"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """A message that its sender has signed: `external_id` names it for good, `body` is what may be
    kept of it. One that is not meant for this installation, such as a test's on a live one, is
    `foreign`."""

    external_id: str
    topic: Topic
    foreign: bool
    occurred_at: datetime
    body: bytes


class WebhookGate(Protocol):
    """Opens what a provider sends. Pure."""

    def open(self, body: bytes, signature: str | None) -> SignedMessage:
        """Whose word it is. Raises `WebhookRefused`."""
        ...

    def read(self, body: bytes) -> RailMessage:
        """What a body says that was opened before."""
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


class TokenWays(Protocol):
    """In which ways a token can be paid. Asks each now and then and keeps the answer."""

    def spenders(self, chain_id: int, token: Address) -> Mapping[PayWay, Address | None]:
        """Every way to pay a chain's escrow in a token, or in the native coin, and whom the payer
        has to let at the token first in each; `None` where nobody. Reaches outside. Raises
        `ProviderUnavailable`."""
        ...


class WalletReader(Protocol):
    """What stands in a wallet, and what paying from it takes."""

    def read(
        self, chain_id: int, wallet: Address, spenders: Mapping[Address, Collection[Address]]
    ) -> WalletFunds:
        """Everything that decides whether a wallet can pay, as of one block: its coin, and of each
        token its balance and what each of the token's `spenders` may take. What one token answers,
        or does not, changes nothing about the others. Reaches outside. Raises
        `ProviderUnavailable`."""
        ...

    def gas_to_pay(self, way: PayWay, token: Address, orders: int) -> GasToPay:
        """The most gas that paying so many orders at once takes in a way; `token` is the zero
        address for the native coin. Pure."""
        ...


class TransactionReader(Protocol):
    """What became of transactions that others have sent. Reaches outside. Raises
    `ProviderUnavailable`."""

    def look(self, chain_id: int, hashes: Sequence[str]) -> Mapping[str, SentTransaction | None]:
        """Each of these transactions by its hash, `None` where it is not known. One about which
        there is no proper answer is left out, and the others are there all the same."""
        ...

    def count_used(self, chain_id: int, account: Address, *, up_to_block: int) -> int:
        """How many transactions of an account stand in blocks up to this one; 0 while that cannot
        be known."""
        ...

    def why_reverted(
        self, chain_id: int, transaction: SentTransaction, asset: Asset
    ) -> EscrowRefused:
        """Why a transaction was reverted in the block in which it stands, as well as can be told
        afterwards; amounts are written in `asset`. Raises nothing."""
        ...
