"""Story 4."""

from souk.entrypoints.demo.checks.check import about, holds, same
from souk.entrypoints.demo.checks.orders import PAID, order_checks
from souk.entrypoints.demo.evidence import Window
from souk.entrypoints.demo.node import selector
from souk.entrypoints.demo.people import settled_fee

_STORY = "4 window"
_DAY = 86_400
_WINDOW_DAYS = 8  # One day in transit and seven more.


def _fee(seen: Window) -> int:
    leg = seen.order.rows.leg
    return settled_fee(int(leg.amount), leg.fee_bps)


def _deadline(seen: Window) -> str:
    """The buyer's time runs from the block of `fulfil`."""
    (log,) = seen.order.logs_named("Fulfilled")
    return same((log.values[0],), (seen.order.state.deadline,))


def _by_nobody_else(seen: Window) -> str:
    leg = seen.order.rows.leg
    parties = {leg.buyer_wallet.lower(), leg.seller_wallet.lower()}
    return holds(seen.settled_by.lower() not in parties, seen.settled_by)


CHECKS = (
    *order_checks(_STORY, lambda e: e.window.order if e.window else None, *PAID),
    *about(
        _STORY,
        lambda e: e.window,
        (
            "the order was completed without a delivery",
            lambda e: same(
                e.order.rows.path,
                ["pending_payment", "paid", "processing", "shipped", "completed"],
            ),
        ),
        (
            "before the window's end anybody's release is TooEarly",
            lambda e: same(e.early_revert[:10], "0x" + selector("TooEarly(uint40)").hex()),
        ),
        (
            "the window is transit and seven days",
            lambda e: same(e.order.rows.leg.window_seconds, _WINDOW_DAYS * _DAY),
        ),
        ("the contract counts it from fulfil", _deadline),
        (
            "the clock was moved past it",
            lambda e: holds(e.moved_seconds > (_WINDOW_DAYS - 1) * _DAY, e.moved_seconds),
        ),
        ("the buyer sent nothing", lambda e: same(e.buyer_nonce_after, e.buyer_nonce)),
        ("the seller sent nothing", lambda e: same(e.seller_nonce_after, e.seller_nonce)),
        ("somebody else settled it", _by_nobody_else),
        (
            "the keeper asked for a release",
            lambda e: same(e.order.rows.circumstances.keeper_action, "release"),
        ),
        (
            "the keeper's transaction is the one that settled it",
            lambda e: same(
                e.order.rows.circumstances.keeper_transaction,
                e.order.rows.history[-1].evidence.get("transaction_hash"),
            ),
        ),
        (
            "the seller received the amount less the fee",
            lambda e: same(e.seller_gained, int(e.order.rows.leg.amount) - _fee(e)),
        ),
        (
            "the ledger's seller account says so too",
            lambda e: same(e.order.rows.balance("seller"), e.seller_gained),
        ),
        (
            "the contract keeps nothing of the order",
            lambda e: same((e.order.state.remaining, e.order.state.status), (0, "settled")),
        ),
        ("it was completed once", lambda e: same(e.order.rows.circumstances.completions, 1)),
        (
            "the page says released",
            lambda e: same(e.order.page["payment_status"].text, "released"),
        ),
    ),
)
