"""Story 1."""

from http import HTTPStatus

from souk.entrypoints.demo.checks.check import about, holds, same
from souk.entrypoints.demo.checks.orders import PAID, order_checks
from souk.entrypoints.demo.evidence import Released
from souk.entrypoints.demo.people import settled_fee

_STORY = "1 released"
_PATH = ["pending_payment", "paid", "processing", "shipped", "delivered", "completed"]
_ACTORS = ["buyer", "chain", "seller", "chain", "buyer", "chain"]


def _fee(seen: Released) -> int:
    leg = seen.order.rows.leg
    return settled_fee(int(leg.amount), leg.fee_bps)


def _settled_log(seen: Released) -> str:
    (log,) = seen.order.logs_named("Settled")
    return same(log.values, (1, 0, int(seen.order.rows.leg.amount), _fee(seen), 0))


def _fulfilled_log(seen: Released) -> str:
    (log,) = seen.order.logs_named("Fulfilled")
    return same(
        (log.transaction_hash, log.block_number), (seen.fulfilled.hash, seen.fulfilled.block_number)
    )


def _streamed(seen: Released) -> str:
    """Changes that follow each other quickly may share an event, so each tells the whole path."""
    told = [event.find("path") for event in seen.stream]
    walked = [step.to_status for step in seen.order.rows.history]
    grows = all(walked[: len(path)] == path for path in told if isinstance(path, list))
    return holds(grows and told[-1:] == [walked], told)


def _attempt_steps(seen: Released) -> str:
    steps = seen.order.rows.attempt.steps
    return holds(
        steps[0] == "created" and "confirming" in steps and steps[-1] == "succeeded", steps
    )


def _is_listed(seen: Released) -> str:
    wanted = (seen.order.rows.order.id, "completed", "released")
    lists = (seen.seller_list, seen.buyer_list)
    found = [
        [(o["id"].text, o["status"].text, o["payment_status"].text) for o in listed["data"]]
        for listed in lists
    ]
    return holds(all(wanted in rows for rows in found), found)


CHECKS = (
    *order_checks(_STORY, lambda e: e.released.order if e.released else None, *PAID),
    *about(
        _STORY,
        lambda e: e.released,
        ("the order went the whole way", lambda e: same(e.order.rows.path, _PATH)),
        (
            "each step was made by whom it belongs to",
            lambda e: same([s.actor for s in e.order.rows.history], _ACTORS),
        ),
        ("the attempt was confirming before it succeeded", _attempt_steps),
        (
            "the attempt names the buyer's transaction",
            lambda e: same(e.order.rows.attempt.transaction_hash, e.paid.hash),
        ),
        (
            "the buyer's wallet spent the amount and the gas",
            lambda e: same(e.buyer_spent, int(e.order.rows.leg.amount) + e.paid.gas_cost),
        ),
        (
            "the seller's wallet received the amount less the fee",
            lambda e: same(e.seller_gained, int(e.order.rows.leg.amount) - _fee(e)),
        ),
        ("the fee waits in the contract for its receiver", lambda e: same(e.fee_credited, _fee(e))),
        (
            "the contract keeps nothing of the order",
            lambda e: same((e.order.state.remaining, e.order.state.status), (0, "settled")),
        ),
        (
            "the contract released all of it",
            lambda e: same(e.order.state.released, int(e.order.rows.leg.amount)),
        ),
        ("the contract's Settled log is a release in full", _settled_log),
        ("the contract's Fulfilled log is the seller's", _fulfilled_log),
        (
            "the ledger's seller account has the amount less the fee",
            lambda e: same(e.order.rows.balance("seller"), e.order.rows.leg.amount - _fee(e)),
        ),
        ("the ledger's fees are the fee", lambda e: same(e.order.rows.balance("fees"), _fee(e))),
        (
            "the leg says released",
            lambda e: same(
                (e.order.rows.leg.status, e.order.rows.leg.released, e.order.rows.leg.fee),
                ("released", e.order.rows.leg.amount, _fee(e)),
            ),
        ),
        (
            "the payment is COMPLETED",
            lambda e: same(e.order.rows.attempt.payment_status, "COMPLETED"),
        ),
        (
            "the page says released",
            lambda e: same(e.order.page["payment_status"].text, "released"),
        ),
        ("it was completed once", lambda e: same(e.order.rows.circumstances.completions, 1)),
        ("the tracking is there", lambda e: same(e.order.rows.circumstances.trackings, 1)),
        (
            "one piece left the shelf",
            lambda e: same(e.stock_after, (e.stock_before[0] - 1, e.stock_before[1])),
        ),
        (
            "the reservation became an allocation",
            lambda e: same([s.state for s in e.order.rows.stock], ["allocated"]),
        ),
        ("the event stream told of every turn", _streamed),
        (
            "a repeated request is replayed",
            lambda e: same(
                (e.replayed.status, e.replayed.headers.get("idempotent-replayed")),
                (HTTPStatus.CREATED, "true"),
            ),
        ),
        (
            "the replayed answer is the first one",
            lambda e: same(e.replayed.document.raw, e.placed.raw),
        ),
        (
            "a client that has the page is told so",
            lambda e: same((e.cached.status, e.cached.body), (HTTPStatus.NOT_MODIFIED, "")),
        ),
        (
            "a client with an older page gets the new one",
            lambda e: same(e.stale.status, HTTPStatus.OK),
        ),
        ("buyer and seller have it in their lists", _is_listed),
    ),
)
