"""Story 3."""

from souk.entrypoints.demo.checks.check import about, holds, same
from souk.entrypoints.demo.checks.orders import order_checks
from souk.entrypoints.demo.evidence import Expired
from souk.entrypoints.demo.node import selector

_STORY = "3 expired"


def _too_late(seen: Expired) -> str:
    wanted = selector("TooLate(uint40)") + seen.order.rows.leg.pay_by.to_bytes(32, "big")
    return same(seen.late_revert, "0x" + wanted.hex())


CHECKS = (
    *order_checks(_STORY, lambda e: e.expired.order if e.expired else None),
    *about(
        _STORY,
        lambda e: e.expired,
        (
            "the order expired",
            lambda e: same(e.order.rows.path, ["pending_payment", "expired"]),
        ),
        ("the system expired it", lambda e: same(e.order.rows.history[-1].actor, "system")),
        (
            "it was reserved until then",
            lambda e: same(e.stock_meanwhile, (e.stock_before[0], e.stock_before[1] + 1)),
        ),
        ("the stock is back", lambda e: same(e.stock_after, e.stock_before)),
        (
            "the reservation is released",
            lambda e: same([s.state for s in e.order.rows.stock], ["released"]),
        ),
        (
            "it lasted until the chain's time was past the reservation",
            lambda e: holds(
                e.expired_at_chain_time > e.order.rows.order.expires_at.timestamp(),
                e.expired_at_chain_time,
            ),
        ),
        (
            "the reservation outlived payBy",
            lambda e: holds(
                e.order.rows.order.expires_at.timestamp() > e.order.rows.leg.pay_by,
                e.order.rows.leg.pay_by,
            ),
        ),
        (
            "a second attempt in another asset waits for payBy",
            lambda e: same(e.second_attempt.brief, "409 attempt_still_payable"),
        ),
        (
            "no attempt is started for an expired order",
            lambda e: same(e.new_attempt_after.brief, "409 checkout_not_payable"),
        ),
        ("the late payment was reverted", lambda e: same(e.late.succeeded, False)),
        ("by the contract, with TooLate and payBy", _too_late),
        (
            "the contract knows nothing of the order",
            lambda e: same((e.order.state.status, e.order.state.remaining), ("none", 0)),
        ),
        ("there is no log about it", lambda e: same(e.order.logs, ())),
        ("no chain fact was taken in", lambda e: same(list(e.order.rows.effects), [])),
        ("nothing was booked", lambda e: same(list(e.order.rows.postings), [])),
        (
            "the attempt ended unpaid",
            lambda e: holds(
                e.order.rows.attempt.status in ("expired", "failed", "cancelled"),
                e.order.rows.attempt.status,
            ),
        ),
        (
            "the payment is CANCELLED",
            lambda e: same(e.order.rows.attempt.payment_status, "CANCELLED"),
        ),
        ("the page says unpaid", lambda e: same(e.order.page["payment_status"].text, "unpaid")),
    ),
)
