"""Story 2."""

from souk.entrypoints.demo.checks.check import about, holds, same
from souk.entrypoints.demo.checks.orders import PAID, order_checks
from souk.entrypoints.demo.evidence import Cart
from souk.entrypoints.demo.node import selector
from souk.entrypoints.demo.people import settled_fee

_STORY = "2 cart"
_CENT = 10_000  # A dollar token has six decimals, a cent of it four.


def _fee(seen: Cart) -> int:
    leg = seen.kept.rows.leg
    return settled_fee(int(leg.amount), leg.fee_bps)


def _calls(seen: Cart) -> str:
    approve, pay = (call["data"].text[:10] for call in seen.calls)
    order = "(address,address,address,uint96,address,address,uint16,uint16,uint40,uint40,uint32,"
    wanted = [selector("approve(address,uint256)"), selector(f"pay({order}bytes32)[])")]
    return same([approve, pay], ["0x" + part.hex() for part in wanted])


def _one_transaction(seen: Cart) -> str:
    logs = [*seen.kept.logs_named("Paid"), *seen.returned.logs_named("Paid")]
    return same([log.transaction_hash for log in logs], [seen.paid.hash] * 2)


def _one_attempt(seen: Cart) -> str:
    attempts = [seen.kept.rows.attempt, seen.returned.rows.attempt]
    return same({a.id for a in attempts}, {attempts[0].id})


def _two_legs(seen: Cart) -> str:
    legs = [seen.kept.rows.leg, seen.returned.rows.leg]
    return same(
        [(leg.attempt_id, int(leg.amount)) for leg in legs],
        [(legs[0].attempt_id, cents * _CENT) for cents in seen.prices],
    )


def _refund_log(seen: Cart) -> str:
    (log,) = seen.returned.logs_named("Settled")
    return same(log.values, (2, int(seen.returned.rows.leg.amount), 0, 0, 0))


def _reason_kept(seen: Cart) -> str:
    last = seen.returned.rows.history[-1]
    return same((last.actor, last.to_status), ("chain", "cancelled"))


CHECKS = (
    *order_checks(f"{_STORY}, the kept order", lambda e: e.cart.kept if e.cart else None, *PAID),
    *order_checks(
        f"{_STORY}, the returned order", lambda e: e.cart.returned if e.cart else None, *PAID
    ),
    *about(
        _STORY,
        lambda e: e.cart,
        ("the calls were approve and one pay", _calls),
        ("both orders were paid in one transaction", _one_transaction),
        ("there was one attempt", _one_attempt),
        ("it has two legs with their own amounts", _two_legs),
        (
            "the attempt's amount is the sum",
            lambda e: same(int(e.kept.rows.attempt.amount), sum(e.prices) * _CENT),
        ),
        ("the token moved once", lambda e: same(e.paid.transfers, 1)),
        (
            "the buyer's wallet spent the sum",
            lambda e: same(e.buyer_spent, sum(e.prices) * _CENT),
        ),
        (
            "the orders have different sellers and one checkout",
            lambda e: holds(
                e.kept.rows.order.seller_id != e.returned.rows.order.seller_id
                and e.kept.rows.order.checkout_id == e.returned.rows.order.checkout_id,
                (e.kept.rows.order, e.returned.rows.order),
            ),
        ),
        (
            "the kept order went from paid to completed",
            lambda e: same(e.kept.rows.path, ["pending_payment", "paid", "completed"]),
        ),
        (
            "the first seller received the amount less the fee",
            lambda e: same(e.seller_gained, int(e.kept.rows.leg.amount) - _fee(e)),
        ),
        (
            "the ledger's seller account says so too",
            lambda e: same(e.kept.rows.balance("seller"), e.seller_gained),
        ),
        (
            "the returned order went from paid to cancelled",
            lambda e: same(e.returned.rows.path, ["pending_payment", "paid", "cancelled"]),
        ),
        ("it was cancelled by the contract's word", _reason_kept),
        (
            "the buyer got all of it back",
            lambda e: same(e.buyer_refunded, int(e.returned.rows.leg.amount)),
        ),
        (
            "a refund costs no fee",
            lambda e: same((e.returned.rows.leg.fee, e.returned.rows.balance("fees")), (0, 0)),
        ),
        ("the contract's Settled log is a refund in full", _refund_log),
        (
            "the buyer's ledger account is even again",
            lambda e: same(e.returned.rows.balance("buyer"), 0),
        ),
        (
            "the lantern is on the shelf again",
            lambda e: same(e.returned_stock_after, e.returned_stock_before),
        ),
        (
            "the payment is PARTIALLY_REFUNDED",
            lambda e: same(e.kept.rows.attempt.payment_status, "PARTIALLY_REFUNDED"),
        ),
        (
            "the API says so too",
            lambda e: same(e.payment["status"].text, "PARTIALLY_REFUNDED"),
        ),
        ("the cart is empty", lambda e: same(len(e.cart_after["items"]), 0)),
    ),
)
