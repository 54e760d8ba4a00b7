"""Accounts, entries and postings, and what an order's money amounts to.

An entry is immutable. What turns out not to be so is mirrored by a second entry, never deleted.
Every posting is in a stage: `pending` for what a block says that may still leave the chain,
`posted` for what counts. An entry sums to zero per stage and asset.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from souk.modules.ledger.errors import UnbalancedEntry

PLATFORM = "platform"
"""Owner of the accounts of fees and losses."""


class AccountKind(StrEnum):
    """Whose money an account counts. `buyer` goes below zero by what buyers put in, `receivable`
    by what a seller has to give back and has not yet, and above it by what a seller gave back and
    the buyer has not got, `losses` by what buyers got beyond all that they had paid."""

    BUYER = "buyer"
    ESCROW = "escrow"
    SELLER = "seller"
    FEES = "fees"
    RECEIVABLE = "receivable"
    LOSSES = "losses"


class Stage(StrEnum):
    """Whether a posting counts yet."""

    PENDING = "pending"
    POSTED = "posted"


class Flow(StrEnum):
    """Which way the money of an order goes: into escrow, on to the seller, back to the buyer out of
    escrow, back to the buyer after that by the seller's will or by the buyer's bank, from the
    seller to whoever has paid that meanwhile, and to the buyer at the platform's cost."""

    HOLD = "hold"
    RELEASE = "release"
    REFUND = "refund"
    REIMBURSE = "reimburse"
    RECOVER = "recover"
    CHARGE_BACK = "charge_back"
    LOSE = "lose"


class PaymentStatus(StrEnum):
    """What the books say about the money of an order; computed, never assigned."""

    UNPAID = "unpaid"
    PARTIALLY_PAID = "partially_paid"
    HELD = "held"
    RELEASED = "released"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"


@dataclass(frozen=True, slots=True, order=True)
class AccountKey:
    """An account: its kind, its owner (an account id, a leg id, a seller id or `PLATFORM`) and
    the code of the asset that it counts."""

    kind: AccountKind
    owner: str
    asset: str


@dataclass(frozen=True, slots=True)
class PostingDraft:
    """One signed change of one account, in the asset's smallest unit."""

    account: AccountKey
    stage: Stage
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry to be made. `external_reference` is unique among all entries; `effect_reference`
    names the outside fact, which may be booked, mirrored and booked again; `holder` is the owner
    of the escrow account. Raises `UnbalancedEntry`."""

    external_reference: str
    effect_reference: str
    flow: Flow
    order_id: str
    holder: str
    occurred_at: datetime
    postings: tuple[PostingDraft, ...]

    def __post_init__(self) -> None:
        sums: dict[tuple[Stage, str], int] = defaultdict(int)
        for posting in self.postings:
            sums[posting.stage, posting.account.asset] += posting.amount
        if not self.postings or any(sums.values()) or not all(p.amount for p in self.postings):
            raise UnbalancedEntry(f"{self.external_reference} does not sum to zero")


def hold_postings(
    *, buyer: str, holder: str, asset: str, amount: int, stage: Stage
) -> tuple[PostingDraft, ...]:
    """The buyer's money goes into escrow."""
    return (
        PostingDraft(AccountKey(AccountKind.BUYER, buyer, asset), stage, -amount),
        PostingDraft(AccountKey(AccountKind.ESCROW, holder, asset), stage, amount),
    )


def release_postings(
    *, holder: str, seller: str, asset: str, amount: int, fee: int, stage: Stage
) -> tuple[PostingDraft, ...]:
    """Held money goes to the seller less the fee; `amount` includes the fee."""
    moves = (
        (AccountKey(AccountKind.ESCROW, holder, asset), -amount),
        (AccountKey(AccountKind.FEES, PLATFORM, asset), fee),
        (AccountKey(AccountKind.SELLER, seller, asset), amount - fee),
    )
    return tuple(PostingDraft(account, stage, change) for account, change in moves if change)


def refund_postings(
    *, buyer: str, holder: str, asset: str, amount: int, stage: Stage
) -> tuple[PostingDraft, ...]:
    """Held money goes back to the buyer; no fee is taken."""
    return (
        PostingDraft(AccountKey(AccountKind.BUYER, buyer, asset), stage, amount),
        PostingDraft(AccountKey(AccountKind.ESCROW, holder, asset), stage, -amount),
    )


def reimburse_postings(
    *, buyer: str, seller: str, payer: AccountKind, asset: str, amount: int, stage: Stage
) -> tuple[PostingDraft, ...]:
    """The buyer has back what was released; the fee stays where it is. It comes out of the seller's
    own account, or becomes what the seller has to give back (`receivable`)."""
    return (
        PostingDraft(AccountKey(payer, seller, asset), stage, -amount),
        PostingDraft(AccountKey(AccountKind.BUYER, buyer, asset), stage, amount),
    )


def recover_postings(
    seller: str, asset: str, amount: int, stage: Stage
) -> tuple[PostingDraft, ...]:
    """The seller gives back what the buyer has got meanwhile."""
    return (
        PostingDraft(AccountKey(AccountKind.SELLER, seller, asset), stage, -amount),
        PostingDraft(AccountKey(AccountKind.RECEIVABLE, seller, asset), stage, amount),
    )


def charge_back_postings(
    *,
    buyer: str,
    holder: str,
    seller: str,
    asset: str,
    amount: int,
    from_held: int,
    stage: Stage,
) -> tuple[PostingDraft, ...]:
    """The buyer's bank takes the money: what is held first, the rest has the seller to give
    back."""
    moves = (
        (AccountKey(AccountKind.BUYER, buyer, asset), amount),
        (AccountKey(AccountKind.ESCROW, holder, asset), -from_held),
        (AccountKey(AccountKind.RECEIVABLE, seller, asset), from_held - amount),
    )
    return tuple(PostingDraft(account, stage, change) for account, change in moves if change)


def loss_postings(buyer: str, asset: str, amount: int, stage: Stage) -> tuple[PostingDraft, ...]:
    """The buyer gets more than there was of theirs: the bank took what they had back already."""
    return (
        PostingDraft(AccountKey(AccountKind.BUYER, buyer, asset), stage, amount),
        PostingDraft(AccountKey(AccountKind.LOSSES, PLATFORM, asset), stage, -amount),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMoney:
    """The money of one order with one holder in one asset. `pending` waits for finality; `held`
    is all that ever came in, of which `released` (with `fee`) and `refunded` went out;
    `reimbursed` came back to the buyer later, out of what was released, and `charged_back` by the
    buyer's bank, of which `charged_from_held` out of what was held."""

    order_id: str
    holder: str
    asset: str
    pending: int = 0
    held: int = 0
    released: int = 0
    refunded: int = 0
    reimbursed: int = 0
    charged_back: int = 0
    charged_from_held: int = 0
    fee: int = 0

    @property
    def remaining(self) -> int:
        """What is still held."""
        return self.held - self.released - self.refunded - self.charged_from_held


def payment_status(
    due: int, *, held: int, released: int, refunded: int, charged_back: int = 0
) -> PaymentStatus:
    """What an order's money amounts to, `due` being what the buyer owes in the same asset, and
    `refunded` all that the buyer has back, reimbursements included. The SQL function
    `payment_status` says the same."""
    if held <= 0:
        return PaymentStatus.UNPAID
    if charged_back > 0:
        return PaymentStatus.CHARGED_BACK
    if refunded >= held:
        return PaymentStatus.REFUNDED
    if refunded > 0:
        return PaymentStatus.PARTIALLY_REFUNDED
    if held < due:
        return PaymentStatus.PARTIALLY_PAID
    return PaymentStatus.RELEASED if released >= held else PaymentStatus.HELD


@dataclass(frozen=True, slots=True)
class Holding:
    """What a holder holds of an asset now, and what counts."""

    holder: str
    asset: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetTotals:
    """All the money of one asset: what ever came in, and where it went, by buyers' banks
    (`charged_back`, of which `charged_from_held`) too; `lost` went to buyers beyond what was
    theirs. `holder` is one of those who hold or held it. `balanced`: its accounts sum to zero, and
    no holder gave away more than came in, or took back more than was given."""

    asset: str
    holder: str
    held: int
    released: int
    refunded: int
    reimbursed: int
    charged_back: int
    charged_from_held: int
    lost: int
    fees: int
    balanced: bool

    @property
    def remaining(self) -> int:
        """What is still held."""
        return self.held - self.released - self.refunded - self.charged_from_held


@dataclass(frozen=True, slots=True)
class Break:
    """A rule of the books that does not hold, where, and in what figures."""

    rule: str
    subject: str
    detail: str
