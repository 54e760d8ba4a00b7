"""Stories 6 to 9."""

import hashlib
from collections.abc import Callable
from decimal import Decimal

from souk.entrypoints.demo.checks.check import Check, about, holds, same
from souk.entrypoints.demo.evidence import ByCard, CardOrder, Declined, Evidence
from souk.entrypoints.demo.people import settled_fee

_PAID_PATH = ["pending_payment", "paid", "processing", "shipped", "delivered", "completed"]
_ACTORS = ["buyer", "gateway", "seller", "gateway", "buyer", "gateway"]
_FEE_BPS = 250


def _path(order: CardOrder) -> list[str]:
    return [step["to"].text for step in order.page["history"]]


def _actors(order: CardOrder) -> list[str]:
    return [step["actor"].text for step in order.page["history"]]


def _balance(order: CardOrder, kind: str) -> Decimal:
    found = [b.amount for b in order.balances if b.kind == kind and b.asset == "USD"]
    return sum(found, Decimal(0))


def _even(order: CardOrder) -> str:
    return same(sum((b.amount for b in order.balances), Decimal(0)), Decimal(0))


def _total(order: CardOrder) -> int:
    return order.page["total"]["amount"].number


def _bound_by_terms(order: CardOrder) -> str:
    known = {
        "0x" + hashlib.sha256(d["document"].text.encode()).hexdigest() for d in order.terms["data"]
    }
    refs = {attempt["leg"]["ref"].text for attempt in order.page["attempts"]}
    return same(refs, known)


def _all(rule: Callable[[CardOrder], str]) -> Callable[[ByCard], str]:
    return lambda seen: "; ".join(filter(None, map(rule, seen.orders)))


def _common(story: str, pick: Callable[[Evidence], ByCard | None]) -> tuple[Check, ...]:
    return about(
        story,
        pick,
        ("the books of every order sum to zero", _all(_even)),
        ("nothing is left pending", _all(_nothing_pending)),
        ("the terms of every attempt hash to its ref", _all(_bound_by_terms)),
        ("no card number came to us", _no_number),
        ("nothing that was answered is kept with the secret", _no_secret),
    )


def _nothing_pending(order: CardOrder) -> str:
    return same([b.kind for b in order.balances if b.stage == "pending" and b.amount], [])


def _no_number(seen: ByCard) -> str:
    """What anybody can read of it, whole."""
    told = f"{seen.payment!r}" + "".join(f"{order.page!r}" for order in seen.orders)
    return holds("4242424242424242" not in told, "a page with a card number")


def _no_secret(seen: ByCard) -> str:
    secret = seen.placed["payment"]["action"]["client_secret"].text
    pages = [f"{seen.payment.raw}", *(f"{order.page.raw}" for order in seen.orders)]
    return holds(bool(secret) and not any(secret in page for page in pages), "a page with it")


def _handed_on(seen: ByCard) -> str:
    (order,) = seen.orders
    fee = settled_fee(_total(order), _FEE_BPS)
    return same((seen.transfers, seen.refunds), ((_total(order) - fee,), ()))


def _released_books(seen: ByCard) -> str:
    (order,) = seen.orders
    fee = settled_fee(_total(order), _FEE_BPS)
    kinds = ("buyer", "escrow", "seller", "fees")
    got = tuple(int(_balance(order, kind)) for kind in kinds)
    return same(got, (-_total(order), 0, _total(order) - fee, fee))


def _by_status(seen: ByCard) -> dict[str, CardOrder]:
    return {order.page["status"].text: order for order in seen.orders}


def _one_charge(seen: ByCard) -> str:
    total = sum(_total(order) for order in seen.orders)
    return same(seen.intent["amount_received"].number, total)


def _one_sent_back(seen: ByCard) -> str:
    orders = _by_status(seen)
    back = orders["cancelled"]
    return same((seen.refunds, seen.transfers), ((_total(back),), ()))


def _other_untouched(seen: ByCard) -> str:
    kept = _by_status(seen)["paid"]
    return same(
        (int(_balance(kept, "escrow")), kept.page["payment_status"].text), (_total(kept), "held")
    )


def _called_off(seen: ByCard) -> str:
    return same(
        (seen.intent["status"].text, seen.intent["amount_received"].number), ("canceled", 0)
    )


def _declined_reason(seen: Declined) -> str:
    attempt = seen.declined["attempts"][-1]
    return holds("not enough money" in attempt["failure_reason"].text, attempt)


def _attempts(seen: Declined) -> str:
    made = [(a["method"].text, a["status"].text) for a in seen.payment["attempts"]]
    return same(made, [("CREDIT_CARD", "failed"), ("ESCROW", "succeeded")])


RELEASED = (
    *_common("6 by card", lambda e: e.card_released),
    *about(
        "6 by card",
        lambda e: e.card_released,
        ("the order went the whole way", lambda s: same(_path(s.orders[0]), _PAID_PATH)),
        ("each step was made by whom it belongs to", lambda s: same(_actors(s.orders[0]), _ACTORS)),
        ("the provider took the price once", _one_charge),
        ("the provider handed on the price less the fee", _handed_on),
        ("the books say where the money is", _released_books),
        ("the payment is completed", lambda s: same(s.payment["status"].text, "COMPLETED")),
        ("one piece left the shelf", lambda s: same(s.stock_after, (s.stock_before[0] - 1, 0))),
    ),
)
CART = (
    *_common("7 cart by card", lambda e: e.card_cart),
    *about(
        "7 cart by card",
        lambda e: e.card_cart,
        ("one charge pays both orders", _one_charge),
        (
            "one order is paid, the other cancelled",
            lambda s: same(sorted(_by_status(s)), ["cancelled", "paid"]),
        ),
        ("exactly the cancelled order's price went back", _one_sent_back),
        ("the other order's money is held as before", _other_untouched),
        ("what was sent back is on the shelf again", lambda s: same(s.stock_after, s.stock_before)),
        ("the payment says so", lambda s: same(s.payment["status"].text, "PARTIALLY_REFUNDED")),
    ),
)
GIVEN_UP = (
    *_common("8 given up", lambda e: e.card_given_up),
    *about(
        "8 given up",
        lambda e: e.card_given_up,
        ("the provider lets nobody pay it any more", _called_off),
        ("the payment is cancelled", lambda s: same(s.payment["status"].text, "CANCELLED")),
        ("no money moved", lambda s: same((s.refunds, s.transfers), ((), ()))),
        ("the goods are on the shelf again", lambda s: same(s.stock_after, s.stock_before)),
    ),
)
DECLINED = about(
    "9 declined",
    lambda e: e.card_declined,
    ("the bank did not take the card", lambda s: same(s.took, False)),
    ("the buyer was told why", _declined_reason),
    ("the order is paid from the wallet", lambda s: same(s.order.page["status"].text, "paid")),
    ("the card was called off", lambda s: same(s.intent["status"].text, "canceled")),
    ("both attempts are kept", _attempts),
    ("the books sum to zero", lambda s: _even(s.order)),
)
CHECKS = (*RELEASED, *CART, *GIVEN_UP, *DECLINED)
