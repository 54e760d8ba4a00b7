"""What the database holds about an order, read by SQL of the demo's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import LiteralString, TypeVar

import psycopg
from psycopg.rows import class_row

T = TypeVar("T")
Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One row of `orders`."""

    id: str
    status: str
    total: Decimal
    buyer_id: str
    seller_id: str
    payout_wallet: str
    checkout_id: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of `order_status_history`."""

    sequence: int
    from_status: str | None
    to_status: str
    actor: str
    actor_id: str | None
    reason: str
    evidence: dict[str, object]
    occurred_at: datetime
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try to pay the order, with the state of its payment."""

    id: str
    payment_id: str
    payment_status: str
    number: int
    status: str
    method: str
    transaction_hash: str | None
    amount: Decimal
    steps: list[str]


@dataclass(frozen=True, slots=True)
class LegRow:
    """The order's part of an attempt."""

    id: str
    attempt_id: str
    status: str
    chain_id: int
    contract: str
    escrow_id: str
    asset: str
    token: str
    amount: Decimal
    buyer_wallet: str
    seller_wallet: str
    fee_to: str
    fee_bps: int
    pay_by: int
    fulfil_by: int
    window_seconds: int
    ref: str
    held: Decimal
    released: Decimal
    refunded: Decimal
    fee: Decimal
    deadline: datetime | None
    duplicate: bool


@dataclass(frozen=True, slots=True)
class PostingRow:
    """A posting with its entry and its account."""

    entry_id: str
    flow: str
    effect_reference: str
    reverses_id: str | None
    posting_count: int
    kind: str
    owner: str
    asset: str
    stage: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class EffectRow:
    """A business fact that the chain's watcher knows, and the block it stands in now."""

    kind: str
    sequence: int
    level: str | None
    block_number: int | None
    block_hash: str | None
    transaction_hash: str | None


@dataclass(frozen=True, slots=True)
class SightingRow:
    """A log as it was seen in one block, which may have left the chain since."""

    kind: str | None
    block_number: int
    block_hash: str
    transaction_hash: str
    canonical: bool


@dataclass(frozen=True, slots=True)
class StockRow:
    """What the order has to do with a listing's stock."""

    listing_id: str
    quantity: int
    state: str
    on_hand: int
    reserved: int


@dataclass(frozen=True, slots=True)
class TermsRow:
    """A terms document."""

    ref: str
    body: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else hangs on an order."""

    open_holds: int
    holds_ever: int
    refunds_due: int
    trackings: int
    completions: int
    outbox_messages: int
    undelivered: int
    keeper_action: str | None
    keeper_status: str | None
    keeper_transaction: str | None


@dataclass(frozen=True, slots=True)
class OrderRows:
    """Everything the database says about one order."""

    order: OrderRow
    history: Sequence[StepRow]
    attempts: Sequence[AttemptRow]
    legs: Sequence[LegRow]
    postings: Sequence[PostingRow]
    effects: Sequence[EffectRow]
    sightings: Sequence[SightingRow]
    stock: Sequence[StockRow]
    terms: Sequence[TermsRow]
    circumstances: Circumstances

    @property
    def leg(self) -> LegRow:
        """The order's only leg, as each story has it."""
        (only,) = self.legs
        return only

    @property
    def attempt(self) -> AttemptRow:
        """The order's only attempt, as each story has it."""
        (only,) = self.attempts
        return only

    @property
    def path(self) -> list[str]:
        """The statuses the order went through, noted facts left out."""
        return [s.to_status for s in self.history if s.from_status != s.to_status]

    def balance(self, kind: str, stage: str = "posted") -> Decimal:
        """What the order's entries changed in accounts of one kind."""
        moved = (p.amount for p in self.postings if (p.kind, p.stage) == (kind, stage))
        return sum(moved, Decimal())


@dataclass(frozen=True, slots=True)
class ProofRow:
    """A row of `ens_verifications`, and what its store shows."""

    seller_id: str
    account_id: str
    wallet: str
    owner: str | None
    chain_id: int
    block_number: int
    block_hash: str
    expires_at: datetime | None
    lost_at: datetime | None
    shown: str | None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message of the outbox about a store's name."""

    name: str
    told: str
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class NameRows:
    """Everything the database says about a name of ENS, whoever proved it, and what was told of
    the store's names."""

    proofs: Sequence[ProofRow]
    messages: Sequence[MessageRow]


_ORDER: LiteralString = """
    SELECT id, status, total, buyer_id, seller_id, payout_wallet, checkout_id, created_at,
           expires_at
    FROM orders WHERE id = %s
"""
_HISTORY: LiteralString = """
    SELECT sequence, from_status, to_status, actor, actor_id, reason, evidence, occurred_at,
           observed_at
    FROM order_status_history WHERE order_id = %s ORDER BY sequence
"""
_ATTEMPTS: LiteralString = """
    SELECT a.id, a.payment_id, p.status AS payment_status, a.number, a.status, a.method,
           a.transaction_hash, a.amount,
           ARRAY(SELECT h.to_status FROM payment_attempt_history h
                 WHERE h.attempt_id = a.id ORDER BY h.sequence) AS steps
    FROM payment_attempt a JOIN payment p ON p.id = a.payment_id
    WHERE a.id IN (SELECT attempt_id FROM payment_attempt_leg WHERE order_id = %s)
    ORDER BY a.number
"""
_LEGS: LiteralString = """
    SELECT id, attempt_id, status, chain_id, contract, escrow_id, asset, token, amount,
           buyer_wallet, seller_wallet, fee_to, fee_bps, pay_by, fulfil_by, window_seconds, ref,
           held, released, refunded, fee, deadline, duplicate
    FROM payment_attempt_leg WHERE order_id = %s ORDER BY id
"""
_POSTINGS: LiteralString = """
    SELECT e.id AS entry_id, e.flow, e.effect_reference, e.reverses_id, e.posting_count, a.kind,
           a.owner, a.asset, p.stage, p.amount
    FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id
    JOIN ledger_account a ON a.id = p.account_id
    WHERE e.order_id = %s ORDER BY e.id, p.position
"""
_EFFECTS: LiteralString = """
    SELECT f.kind, f.sequence, f.level, f.block_number, e.block_hash, e.transaction_hash
    FROM chain_effect f LEFT JOIN chain_event e ON e.id = f.event_id
    JOIN payment_attempt_leg g ON g.chain_id = f.chain_id AND g.contract = f.contract
        AND g.escrow_id = f.escrow_id
    WHERE g.order_id = %s ORDER BY f.id
"""
_SIGHTINGS: LiteralString = """
    SELECT e.kind, e.block_number, e.block_hash, e.transaction_hash, b.canonical
    FROM chain_event e JOIN chain_block b ON b.chain_id = e.chain_id AND b.hash = e.block_hash
    JOIN payment_attempt_leg g ON g.chain_id = e.chain_id AND g.contract = e.contract
        AND g.escrow_id = e.escrow_id
    WHERE g.order_id = %s ORDER BY e.id
"""
_STOCK: LiteralString = """
    SELECT r.listing_id, r.quantity, r.state, s.on_hand, s.reserved
    FROM stock_reservation r JOIN stock_item s ON s.listing_id = r.listing_id
    WHERE r.order_id = %s ORDER BY r.listing_id
"""
_TERMS: LiteralString = "SELECT ref, body FROM terms_document WHERE order_id = %s ORDER BY id"
_CIRCUMSTANCES: LiteralString = """
    WITH mine AS (
        SELECT o.id, array_agg(g.id) AS legs, array_agg(g.payment_id) AS payments
        FROM orders o LEFT JOIN payment_attempt_leg g ON g.order_id = o.id
        WHERE o.id = %s GROUP BY o.id),
    sent AS (
        SELECT b.* FROM outbox b, mine
        WHERE b.aggregate = mine.id OR b.aggregate = ANY (mine.payments))
    SELECT (SELECT count(*) FROM order_hold h
            WHERE h.order_id = mine.id AND h.closed_at IS NULL) AS open_holds,
           (SELECT count(*) FROM order_hold h WHERE h.order_id = mine.id) AS holds_ever,
           (SELECT count(*) FROM refund_due r WHERE r.order_id = mine.id) AS refunds_due,
           (SELECT count(*) FROM order_tracking_event t
            WHERE t.order_id = mine.id) AS trackings,
           (SELECT count(*) FROM order_status_history s
            WHERE s.order_id = mine.id AND s.to_status = 'completed'
              AND s.from_status <> 'completed') AS completions,
           (SELECT count(*) FROM sent) AS outbox_messages,
           (SELECT count(*) FROM sent WHERE delivered_at IS NULL) AS undelivered,
           k.action AS keeper_action, t.status AS keeper_status,
           t.transaction_hash AS keeper_transaction
    FROM mine LEFT JOIN keeper_request k ON k.leg_id = ANY (mine.legs)
    LEFT JOIN chain_transaction t ON t.intent = k.intent
"""
_PROOFS: LiteralString = """
    SELECT v.seller_id, v.account_id, v.wallet, v.owner, v.chain_id, v.block_number, v.block_hash,
           v.expires_at, v.lost_at, s.ens_name AS shown
    FROM ens_verifications v JOIN seller s ON s.id = v.seller_id
    WHERE v.name = %s ORDER BY v.id
"""
_MESSAGES: LiteralString = """
    SELECT name, payload ->> 'ens_name' AS told, delivered_at
    FROM outbox WHERE aggregate = %s AND name LIKE 'ens.%%' ORDER BY sequence
"""


def read_names(connection: Connection, store_id: str, name: str) -> NameRows:
    """Who has proved a name, and what was told of a store's names."""
    with connection.transaction():
        with connection.cursor(row_factory=class_row(ProofRow)) as cursor:
            proofs = cursor.execute(_PROOFS, (name,)).fetchall()
        with connection.cursor(row_factory=class_row(MessageRow)) as cursor:
            messages = cursor.execute(_MESSAGES, (store_id,)).fetchall()
    return NameRows(proofs, messages)


def read_order(connection: Connection, order_id: str) -> OrderRows:
    """Everything about one order, in one snapshot."""

    def every(kind: type[T], query: LiteralString) -> list[T]:
        with connection.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(query, (order_id,)).fetchall()

    with connection.transaction():
        return OrderRows(
            order=every(OrderRow, _ORDER)[0],
            history=every(StepRow, _HISTORY),
            attempts=every(AttemptRow, _ATTEMPTS),
            legs=every(LegRow, _LEGS),
            postings=every(PostingRow, _POSTINGS),
            effects=every(EffectRow, _EFFECTS),
            sightings=every(SightingRow, _SIGHTINGS),
            stock=every(StockRow, _STOCK),
            terms=every(TermsRow, _TERMS),
            circumstances=every(Circumstances, _CIRCUMSTANCES)[0],
        )
