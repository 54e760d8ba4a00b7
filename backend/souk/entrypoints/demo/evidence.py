"""What was seen while the stories were played. The checks look at nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from souk.entrypoints.demo.books import Balance, Books
from souk.entrypoints.demo.client import Answer
from souk.entrypoints.demo.contracts import EscrowLog, EscrowState
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.ens import NameOnChain
from souk.entrypoints.demo.node import Mined
from souk.entrypoints.demo.rows import NameRows, OrderRows


@dataclass(frozen=True, slots=True)
class OrderEvidence:
    """One order at the end of its story, from all sides."""

    rows: OrderRows
    states: tuple[EscrowState, ...]
    logs: tuple[EscrowLog, ...]
    page: Document
    timeline: Answer
    html: Answer
    terms: Document

    @property
    def state(self) -> EscrowState:
        """What the contract keeps about the order's only leg."""
        (only,) = self.states
        return only

    def logs_named(self, name: str) -> list[EscrowLog]:
        """The contract's canonical logs of one kind."""
        return [log for log in self.logs if log.name == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Story 1. Gains are differences of balances on the chain."""

    order: OrderEvidence
    paid: Mined
    fulfilled: Mined
    released: Mined
    buyer_spent: int
    seller_gained: int
    fee_credited: int
    stock_before: tuple[int, int]
    stock_after: tuple[int, int]
    stream: tuple[Document, ...]
    cached: Answer
    stale: Answer
    replayed: Answer
    placed: Document
    seller_list: Document
    buyer_list: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """Story 2: the order that was released, the one that was refunded."""

    kept: OrderEvidence
    returned: OrderEvidence
    calls: Document
    approved: Mined
    paid: Mined
    buyer_spent: int
    buyer_refunded: int
    seller_gained: int
    returned_stock_before: tuple[int, int]
    returned_stock_after: tuple[int, int]
    cart_after: Document
    payment: Document
    prices: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """Story 3."""

    order: OrderEvidence
    stock_before: tuple[int, int]
    stock_meanwhile: tuple[int, int]
    stock_after: tuple[int, int]
    second_attempt: Answer
    new_attempt_after: Answer
    late: Mined
    late_revert: str
    expired_at_chain_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Story 4."""

    order: OrderEvidence
    early_revert: str
    buyer_nonce: int
    buyer_nonce_after: int
    seller_nonce: int
    seller_nonce_after: int
    seller_gained: int
    moved_seconds: int
    settled_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphaned:
    """Story 5: the order as it was shown between the two branches, and at the end."""

    order: OrderEvidence
    first: Mined
    second: Mined
    meanwhile: Document
    meanwhile_balances: Mapping[str, int]
    hash_of_first_block_after: str | None
    buyer_spent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOrder:
    """An order paid by card, as its pages and the books show it."""

    page: Document
    balances: tuple[Balance, ...]
    terms: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCard:
    """Stories 6 to 8. `intent`, `refunds` and `transfers` are the provider's own word, in cents."""

    orders: tuple[CardOrder, ...]
    placed: Document
    payment: Document
    intent: Document
    refunds: tuple[int, ...]
    transfers: tuple[int, ...]
    stock_before: tuple[int, int]
    stock_after: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Story 9: the order while its card was declined, and at the end."""

    order: CardOrder
    took: bool
    declined: Document
    second: Document
    intent: Document
    payment: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An edit of a store's profile: what it was made on and what it said, the answer to it and to
    the same edit once more, and the public page after that."""

    before: Document
    bio: str
    answer: Answer
    repeated: Answer
    page: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """What others got who wished for the name of a store, from us and from the contracts: when they
    signed in the name of its wallet, in that of their own, and without a store."""

    challenge: Answer
    forged: Answer
    of_itself: Answer
    without_store: Answer
    registering: str
    pointing: str
    look_alike: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Story 10. `spent` is what the name cost its buyer beside gas; `cached` is the answer to whom
    had the store's page from before it was shown."""

    wish: str
    name: str
    wallet: str
    account_id: str
    store_id: str
    suggested: Document
    free_on_chain: Mapping[str, bool]
    suggested_for_taken: Document
    before: Document
    spent: int
    on_chain: NameOnChain
    looked_up: Document
    profile: Document
    verified: Answer
    page: Answer
    cached: Answer
    block_hash: str | None
    edited: Edited
    others: Wished
    rows: NameRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What was refused, by the name of the try, and whether anything was written."""

    answers: Mapping[str, Answer]
    orders_before: int
    orders_after: int
    pages: Mapping[str, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Rules over everybody's rows, and the escrow contract against the books, by asset: what the
    ledger says that it holds and what it has."""

    books: Books
    escrowed: Mapping[str, tuple[int, int]]


@dataclass(slots=True)
class Evidence:
    """All of it. A story that could not be played to its end is missing, and `stopped` says why,
    by its name."""

    released: Released | None = None
    cart: Cart | None = None
    expired: Expired | None = None
    window: Window | None = None
    orphaned: Orphaned | None = None
    card_released: ByCard | None = None
    card_cart: ByCard | None = None
    card_given_up: ByCard | None = None
    card_declined: Declined | None = None
    named: Named | None = None
    door: Door | None = None
    whole: Whole | None = None
    stopped: dict[str, str] = field(default_factory=dict)
