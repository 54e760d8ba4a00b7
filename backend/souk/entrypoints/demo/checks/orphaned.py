"""Story 5."""

from souk.entrypoints.demo.checks.check import about, holds, same
from souk.entrypoints.demo.checks.orders import PAID, order_checks
from souk.entrypoints.demo.evidence import Orphaned

_STORY = "5 orphaned"


def _shown_meanwhile(seen: Orphaned) -> str:
    page = seen.meanwhile
    return same(
        (
            page["status"].text,
            page["payment_status"].text,
            page["attempts"][0]["status"].text,
            page["attempts"][0]["leg"]["status"].text,
        ),
        ("pending_payment", "unpaid", "orphaned", "orphaned"),
    )


def _attempt_steps(seen: Orphaned) -> str:
    """The attempt was there, was lost, and came back."""
    steps = seen.order.rows.attempt.steps
    lost = steps.index("orphaned")
    before, after = steps[:lost], steps[lost + 1 :]
    return holds("succeeded" in before and after[-1:] == ["succeeded"], steps)


def _sightings(seen: Orphaned) -> str:
    """One transaction, seen in two blocks, of which one counts."""
    found = [(s.transaction_hash, s.block_hash, s.canonical) for s in seen.order.rows.sightings]
    wanted = {
        (seen.first.hash, seen.first.block_hash, False),
        (seen.first.hash, seen.second.block_hash, True),
    }
    return same((set(found), len(found)), (wanted, 2))


def _mirrored(seen: Orphaned) -> str:
    """The first booking was mirrored by an entry, not deleted."""
    held = {p.entry_id for p in seen.order.rows.postings if p.reverses_id is None}
    mirrors = {p.reverses_id for p in seen.order.rows.postings if p.reverses_id is not None}
    return holds(len(held - mirrors) == 1 and bool(mirrors & held), (held, mirrors))


CHECKS = (
    *order_checks(_STORY, lambda e: e.orphaned.order if e.orphaned else None, *PAID),
    *about(
        _STORY,
        lambda e: e.orphaned,
        ("in between the order was shown as unpaid and the attempt as orphaned", _shown_meanwhile),
        (
            "in between the books held nothing",
            lambda e: same({k: v for k, v in e.meanwhile_balances.items() if v}, {}),
        ),
        (
            "the block of the first payment is not on the chain",
            lambda e: holds(
                e.hash_of_first_block_after not in (None, e.first.block_hash),
                e.hash_of_first_block_after,
            ),
        ),
        ("the same transaction was mined again", lambda e: same(e.second.hash, e.first.hash)),
        (
            "in another block",
            lambda e: holds(e.second.block_hash != e.first.block_hash, e.second.block_hash),
        ),
        (
            "the order was paid, unpaid and paid",
            lambda e: same(
                e.order.rows.path, ["pending_payment", "paid", "pending_payment", "paid"]
            ),
        ),
        (
            "the chain made all of these steps",
            lambda e: same([s.actor for s in e.order.rows.history][1:], ["chain"] * 3),
        ),
        ("the attempt succeeded, was orphaned, succeeded", _attempt_steps),
        ("the watcher saw it in two blocks and counts one", _sightings),
        (
            "the payment is one effect",
            lambda e: same([f.kind for f in e.order.rows.effects], ["paid"]),
        ),
        ("the lost booking was mirrored, and one stands", _mirrored),
        (
            "the ledger holds the amount once",
            lambda e: same(e.order.rows.balance("escrow"), e.order.rows.leg.amount),
        ),
        (
            "the contract holds the amount once",
            lambda e: same(e.order.state.remaining, int(e.order.rows.leg.amount)),
        ),
        (
            "the buyer's wallet paid once",
            lambda e: same(e.buyer_spent, int(e.order.rows.leg.amount) + e.second.gas_cost),
        ),
        (
            "the goods are allocated once",
            lambda e: same([s.state for s in e.order.rows.stock], ["allocated"]),
        ),
        ("the page says held", lambda e: same(e.order.page["payment_status"].text, "held")),
    ),
)
