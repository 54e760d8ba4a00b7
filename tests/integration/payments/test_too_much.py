"""Money that comes twice, or too late: each ends with all of it accounted for."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from souk.core.principal import Principal
from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import Actor, OrderStatus
from souk.modules.payments.domain import FactKind, LegStatus, NeedsSignature
from souk.modules.payments.errors import NothingHeld, PaymentNotFound
from souk.modules.payments.service import Payments
from tests.support.catalog_builders import catalog_on
from tests.support.order_builders import move, place
from tests.support.payment_builders import (
    NATIVE,
    Shop,
    a_choice,
    a_shop,
    orphaned,
    reached,
    seen,
)

SETTLED, REIMBURSED = FactKind.SETTLED, FactKind.REIMBURSED


def two_attempts(uow) -> tuple[Shop, list]:
    """A shop whose first attempt could not be paid any more when a second one was started, and
    the legs of both."""
    shop = a_shop(uow)
    (first,) = shop.start().attempt.legs
    shop.pass_time(seconds=601)
    (second,) = shop.start(a_choice(**NATIVE)).attempt.legs
    return shop, [first, second]


def expired(uow, **fields) -> tuple[Shop, object]:
    """A shop whose order expired before its money came, and the leg."""
    shop = a_shop(uow, **fields)
    (leg,) = shop.start().attempt.legs
    with uow.begin() as tx:
        shop.payments.void_unpaid(tx, shop.checkout.checkout_id, "not paid in time")
        tx.commit()
    move(uow, shop.order_id, "expire", Actor.SYSTEM)
    return shop, leg


@pytest.mark.pitfall("P17")
def test_owes_the_second_payment_back_when_an_order_is_paid_twice(uow) -> None:
    shop, (first, second) = two_attempts(uow)

    shop.observe(reached(second), reached(first))

    assert not shop.leg(second.id).duplicate
    assert shop.leg(first.id).duplicate
    assert shop.sees.refunds() == ["duplicate_payment awaiting_seller"]
    assert (shop.sees.status(), shop.sees.money()) == (OrderStatus.PAID, PaymentStatus.HELD)
    shop.sees.assert_balanced()


def test_hands_the_seller_the_refund_at_once_when_an_order_is_paid_twice(uow) -> None:
    shop, (first, second) = two_attempts(uow)
    shop.observe(reached(second), reached(first))

    seller = Principal(shop.checkout.orders[0].seller_account_id, "ses")
    outcome = shop.payments.refund_owed(seller, shop.payment_id)

    assert isinstance(outcome, NeedsSignature)
    assert (outcome.by, len(outcome.calls)) == (first.terms.seller, 1)
    with pytest.raises(PaymentNotFound):
        shop.payments.refund_owed(shop.buyer, shop.payment_id)


def test_asks_each_contract_for_its_own_when_money_is_owed_back_from_two(uow) -> None:
    shop, (first, second) = two_attempts(uow)
    move(uow, shop.order_id, "cancel", Actor.BUYER)
    shop.observe(reached(first), reached(second))
    older = "0x" + "0E" * 20
    with uow.begin() as tx:
        stored = text("UPDATE payment_attempt_leg SET contract = :older WHERE id = :id")
        tx.session.execute(stored, {"older": older, "id": first.id})
        tx.commit()

    seller = Principal(shop.checkout.orders[0].seller_account_id, "ses")
    outcome = shop.payments.refund_owed(seller, shop.payment_id)

    assert outcome.by == first.terms.seller
    called = {call.to: call.data for call in outcome.calls}
    assert set(called) == {older, second.contract}
    assert first.terms.ref[2:] in called[older]
    assert second.terms.ref[2:] in called[second.contract]


def test_goes_on_with_the_order_when_the_duplicate_was_refunded(uow) -> None:
    shop, (first, second) = two_attempts(uow)
    shop.observe(reached(first), reached(second))

    shop.observe(reached(second, SETTLED, to_buyer=second.amount))

    assert shop.sees.refunds() == ["duplicate_payment done"]
    assert (shop.sees.status(), shop.sees.state()) == (OrderStatus.PAID, "COMPLETED")
    assert shop.sees.money() is PaymentStatus.HELD
    shop.sees.assert_balanced()


def test_keeps_the_other_payment_when_the_first_leaves_the_chain(uow) -> None:
    shop, (first, second) = two_attempts(uow)
    shop.observe(reached(first), reached(second))

    shop.observe(orphaned(first))

    assert not shop.leg(second.id).duplicate
    assert shop.sees.status() is OrderStatus.PAID
    assert shop.sees.refunds() == ["duplicate_payment void"]
    shop.sees.assert_balanced()


def test_swaps_back_to_one_duplicate_when_the_first_is_mined_again(uow) -> None:
    shop, (first, second) = two_attempts(uow)
    shop.observe(reached(first), reached(second), orphaned(first))

    shop.observe(seen(first, stay=2), reached(first, stay=2))

    assert (shop.leg(first.id).duplicate, shop.leg(second.id).duplicate) == (True, False)
    assert sorted(shop.sees.refunds()) == [
        "duplicate_payment awaiting_seller",
        "duplicate_payment void",
    ]
    shop.sees.assert_balanced()


def test_keeps_a_refunded_duplicate_out_when_the_first_leaves_the_chain(uow) -> None:
    shop, (first, second) = two_attempts(uow)
    shop.observe(reached(first), reached(second))
    shop.observe(reached(second, SETTLED, to_buyer=second.amount))

    shop.observe(orphaned(first))

    assert shop.sees.status() is OrderStatus.PENDING_PAYMENT
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P17")
def test_revives_the_order_when_late_money_finds_the_goods_still_there(uow) -> None:
    shop, leg = expired(uow)

    shop.observe(reached(leg))

    assert (shop.sees.status(), shop.sees.state()) == (OrderStatus.PAID, "COMPLETED")
    assert shop.sees.refunds() == []
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P17")
def test_owes_late_money_back_when_the_goods_are_gone(uow) -> None:
    shop, leg = expired(uow, on_hand=2)
    line = shop.checkout.orders[0].lines[0]
    place(uow, shop.buyer, (line.listing_id, 2))

    shop.observe(seen(leg), reached(leg))

    assert shop.sees.status() is OrderStatus.EXPIRED
    assert shop.sees.refunds() == ["order_expired awaiting_seller"]
    shop.sees.assert_balanced()


def test_does_not_change_its_mind_when_the_goods_come_back(uow) -> None:
    shop, leg = expired(uow, on_hand=2)
    order = shop.checkout.orders[0]
    place(uow, shop.buyer, (order.lines[0].listing_id, 2))
    shop.observe(reached(leg))
    _restock(uow, order)

    shop.observe(seen(leg, SETTLED, to_buyer=leg.amount))

    assert shop.sees.status() is OrderStatus.EXPIRED
    assert shop.sees.refunds() == ["order_expired awaiting_seller"]


def _restock(uow, order) -> None:
    owner = Principal(order.seller_account_id, "ses")
    catalog_on(uow).set_stock(owner, order.lines[0].listing_id, on_hand=50)


@pytest.mark.pitfall("P17")
def test_owes_money_back_when_it_comes_for_a_cancelled_order(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    move(uow, shop.order_id, "cancel", Actor.BUYER)

    shop.observe(reached(leg))

    assert shop.sees.status() is OrderStatus.CANCELLED
    assert shop.sees.refunds() == ["order_cancelled awaiting_seller"]
    with uow.begin() as tx, pytest.raises(NothingHeld):
        shop.payments.held_leg(tx, shop.order_id)


@pytest.mark.parametrize("digital", [True, False])
def test_says_so_when_the_seller_took_what_was_owed_back(uow, digital) -> None:
    shop = a_shop(uow, digital=digital)
    (leg,) = shop.start().attempt.legs
    move(uow, shop.order_id, "cancel", Actor.BUYER)

    shop.observe(reached(leg), reached(leg, SETTLED))

    assert shop.sees.refunds() == ["order_cancelled taken"]


def test_settles_the_debt_when_the_seller_gave_back_what_was_taken(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    move(uow, shop.order_id, "cancel", Actor.BUYER)

    shop.observe(reached(leg), reached(leg, SETTLED), reached(leg, REIMBURSED, amount=leg.amount))

    assert shop.sees.refunds() == ["order_cancelled done"]


def test_settles_the_debt_when_late_money_went_back(uow) -> None:
    shop, leg = expired(uow, on_hand=2)
    place(uow, shop.buyer, (shop.checkout.orders[0].lines[0].listing_id, 2))
    shop.observe(reached(leg))

    shop.observe(reached(leg, SETTLED, to_buyer=leg.amount))

    assert shop.sees.refunds() == ["order_expired done"]
    assert shop.sees.status() is OrderStatus.EXPIRED
    assert shop.leg(leg.id).status is LegStatus.REFUNDED
    shop.sees.assert_balanced()


def test_forgets_the_debt_when_late_money_left_the_chain(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    move(uow, shop.order_id, "cancel", Actor.BUYER)
    shop.observe(reached(leg))

    shop.observe(orphaned(leg))

    assert shop.sees.refunds() == ["order_cancelled void"]
    shop.sees.assert_balanced()


def due(shop: Shop, payments: Payments, **duration: float) -> list[tuple[str, str]]:
    """What the keeper may do when this much chain time has passed."""
    with shop.uow.begin() as tx:
        at = shop.now + timedelta(**duration)
        return [
            (leg.id, str(action)) for leg, action in payments.legs_due(tx, "chain:31337", at, 20)
        ]


def test_never_releases_a_duplicate_and_refunds_it_after_its_time(uow) -> None:
    shop, (first, second) = two_attempts(uow)
    shop.observe(reached(first), reached(second))

    assert (second.id, "refund") in due(shop, shop.payments, days=30)


def test_never_releases_what_is_owed_back_when_nothing_was_to_be_fulfilled(uow) -> None:
    shop = a_shop(uow, digital=True)
    (leg,) = shop.start().attempt.legs
    move(uow, shop.order_id, "cancel", Actor.BUYER)

    shop.observe(reached(leg))

    assert due(shop, shop.payments, days=30) == []
