"""What must be true of every order, and of every one that was paid."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from http import HTTPStatus

from souk.entrypoints.demo.checks.check import Check, about, holds, same
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import Evidence, OrderEvidence
from souk.entrypoints.demo.rows import PostingRow
from souk.entrypoints.demo.wallet import escrow_id_of

Rule = tuple[str, Callable[[OrderEvidence], str]]


def _numbered(seen: OrderEvidence) -> str:
    sequence = [step.sequence for step in seen.rows.history]
    return same(sequence, list(range(1, len(sequence) + 1)))


def _is_a_path(seen: OrderEvidence) -> str:
    before = [step.from_status for step in seen.rows.history]
    return same(before, [None, *(step.to_status for step in seen.rows.history)][: len(before)])


def _explained(seen: OrderEvidence) -> str:
    silent = [step.sequence for step in seen.rows.history if not step.reason.strip()]
    return same(silent, [])


def _evidenced(seen: OrderEvidence) -> str:
    """Each step of the chain names a transaction and a block in which our watcher saw it."""
    known = {(s.transaction_hash, s.block_hash, s.block_number) for s in seen.rows.sightings}
    named = [
        tuple(step.evidence.get(f) for f in ("transaction_hash", "block_hash", "block_number"))
        for step in seen.rows.history
        if step.actor == "chain"
    ]
    return same([place for place in named if place not in known], [])


def _sums(postings: Iterable[PostingRow]) -> dict[tuple[str, str, str], Decimal]:
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for p in postings:
        sums[p.entry_id, p.asset, p.stage] += p.amount
    return sums


def _entries_balance(seen: OrderEvidence) -> str:
    return same({k: v for k, v in _sums(seen.rows.postings).items() if v}, {})


def _entries_complete(seen: OrderEvidence) -> str:
    counted: dict[str, int] = defaultdict(int)
    for posting in seen.rows.postings:
        counted[posting.entry_id] += 1
    return same({p.entry_id: p.posting_count for p in seen.rows.postings}, dict(counted))


def _nothing_pending(seen: OrderEvidence) -> str:
    kinds = {p.kind for p in seen.rows.postings}
    left = {kind: seen.rows.balance(kind, "pending") for kind in kinds}
    return same({kind: amount for kind, amount in left.items() if amount}, {})


def _booked_once(seen: OrderEvidence) -> str:
    """Of each fact at most one booking stands that no other mirrors."""
    mirrored = {p.reverses_id for p in seen.rows.postings}
    standing = {
        p.entry_id: (p.effect_reference, p.flow)
        for p in seen.rows.postings
        if p.reverses_id is None and p.entry_id not in mirrored
    }
    facts = list(standing.values())
    return same(sorted(facts), sorted(set(facts)))


def _escrow_equals_contract(seen: OrderEvidence) -> str:
    return same(int(seen.rows.balance("escrow")), sum(state.remaining for state in seen.states))


def _document(seen: OrderEvidence) -> Document:
    (only,) = seen.rows.terms
    return Document.parse(only.body, "terms")


def _ref_is_hash(seen: OrderEvidence) -> str:
    (only,) = seen.rows.terms
    return same(seen.rows.leg.ref, "0x" + hashlib.sha256(only.body.encode()).hexdigest())


def _id_is_digest(seen: OrderEvidence) -> str:
    leg = seen.rows.leg
    return same(leg.escrow_id, escrow_id_of(_document(seen), leg.ref))


def _terms_name_order(seen: OrderEvidence) -> str:
    terms, order = _document(seen), seen.rows.order
    return same(
        (terms["order_id"].text, terms["total"]["amount"].number, terms["seller_id"].text),
        (order.id, order.total, order.seller_id),
    )


def _terms_handed_out(seen: OrderEvidence) -> str:
    handed = [(d["ref"].text, d["document"].text) for d in seen.terms["data"]]
    return same(handed, [(t.ref, t.body) for t in seen.rows.terms])


def _page_equals_rows(seen: OrderEvidence) -> str:
    page, rows = seen.page, seen.rows
    return same(
        (
            page["status"].text,
            page["total"]["amount"].number,
            [(s["sequence"].number, s["to"].text, s["actor"].text) for s in page["history"]],
            [a["status"].text for a in page["attempts"]],
        ),
        (
            rows.order.status,
            rows.order.total,
            [(s.sequence, s.to_status, s.actor) for s in rows.history],
            [a.status for a in rows.attempts],
        ),
    )


def _timeline_equals_page(seen: OrderEvidence) -> str:
    page, timeline = seen.page, seen.timeline.document
    parts = ("id", "status", "payment_status", "history", "lines", "money")
    return same([timeline.find(part) for part in parts], [page.find(part) for part in parts])


def _reservations(seen: OrderEvidence) -> str:
    wrong = [s for s in seen.rows.stock if not 0 <= s.reserved <= s.on_hand or s.quantity != 1]
    return holds(bool(seen.rows.stock) and not wrong, seen.rows.stock)


EVERY: tuple[Rule, ...] = (
    ("history is numbered without gaps", _numbered),
    ("history is a path", _is_a_path),
    (
        "history ends at the order's status",
        lambda e: same(e.rows.history[-1].to_status, e.rows.order.status),
    ),
    ("every step has a reason", _explained),
    ("every step of the chain names a transaction and block that were seen", _evidenced),
    ("every ledger entry sums to zero", _entries_balance),
    ("every ledger entry has all its postings", _entries_complete),
    ("no money is left pending in the books", _nothing_pending),
    ("every fact is booked at most once", _booked_once),
    ("the ledger's escrow account equals the contract's remaining", _escrow_equals_contract),
    ("ref is the sha-256 of the terms document", _ref_is_hash),
    ("the escrow id is the EIP-712 digest of the terms", _id_is_digest),
    ("the terms name the order, its seller and its total", _terms_name_order),
    ("the API hands the terms to the buyer", _terms_handed_out),
    ("the order's JSON equals its rows", _page_equals_rows),
    ("the timeline key shows the same order", _timeline_equals_page),
    ("the order's page is served", lambda e: same(e.html.status, HTTPStatus.OK)),
    ("no hold is open", lambda e: same(e.rows.circumstances.open_holds, 0)),
    ("the stock figures fit", _reservations),
    (
        "every message of the outbox was delivered",
        lambda e: holds(
            e.rows.circumstances.outbox_messages > 0 and not e.rows.circumstances.undelivered,
            e.rows.circumstances,
        ),
    ),
)


def _paid_log(seen: OrderEvidence) -> str:
    leg = seen.rows.leg
    (log,) = seen.logs_named("Paid")
    return same(
        (log.values, log.parties),
        (
            (leg.token.lower(), int(leg.amount), leg.ref),
            (leg.buyer_wallet.lower(), leg.seller_wallet.lower()),
        ),
    )


def _one_effect(seen: OrderEvidence) -> str:
    (log,) = seen.logs_named("Paid")
    paid = [f for f in seen.rows.effects if f.kind == "paid"]
    return same(
        [(f.sequence, f.block_hash, f.transaction_hash) for f in paid],
        [(paid[0].sequence, log.block_hash, log.transaction_hash)] if paid else "one effect",
    )


def _canonical_sightings(seen: OrderEvidence) -> str:
    """What the watcher holds for canonical is what the node shows."""
    ours = sorted((s.block_hash, s.transaction_hash) for s in seen.rows.sightings if s.canonical)
    return same(ours, sorted((log.block_hash, log.transaction_hash) for log in seen.logs))


PAID: tuple[Rule, ...] = (
    ("the contract's Paid log carries token, amount, ref and parties", _paid_log),
    ("the payment is one effect, in the block the node shows", _one_effect),
    ("the watcher's canonical logs are the node's", _canonical_sightings),
    (
        "what is held is what was asked for",
        lambda e: same(e.rows.leg.held, e.rows.leg.amount),
    ),
    (
        "the buyer's ledger account gave all that was held and not returned",
        lambda e: same(-e.rows.balance("buyer"), e.rows.leg.held - e.rows.leg.refunded),
    ),
    ("the attempt succeeded", lambda e: same(e.rows.attempt.status, "succeeded")),
    ("the payment is no duplicate", lambda e: same(e.rows.leg.duplicate, False)),
    ("nothing is owed back", lambda e: same(e.rows.circumstances.refunds_due, 0)),
)


def order_checks(
    story: str, pick: Callable[[Evidence], OrderEvidence | None], *more: Rule
) -> tuple[Check, ...]:
    """The checks of every order, and `more` of its own."""
    return about(story, pick, *EVERY, *more)
