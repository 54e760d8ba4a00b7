"""A fact that leaves the chain, and comes back, or does not."""

import pytest
from sqlalchemy import text

from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.domain import FactKind, LegStatus
from tests.support.order_builders import history_of
from tests.support.payment_builders import a_paid_shop, a_shop, orphaned, reached, seen

FULFILLED, SETTLED = FactKind.FULFILLED, FactKind.SETTLED


def test_forgets_a_payment_when_its_block_left_before_it_counted(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs

    shop.observe(seen(leg), orphaned(leg))

    assert (shop.sees.attempts(), shop.sees.state()) == (["orphaned"], "PROCESSING")
    assert shop.sees.read("SELECT pending FROM order_money") == 0
    shop.sees.assert_balanced()


def test_unpays_the_order_when_its_payment_left_the_chain(uow, session) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(orphaned(leg))

    assert shop.sees.status() is OrderStatus.PENDING_PAYMENT
    assert (shop.sees.attempts(), shop.sees.money()) == (["orphaned"], PaymentStatus.UNPAID)
    assert history_of(session, shop.order_id)[-1] == ("paid", "pending_payment", "chain")
    shop.sees.assert_balanced()


def test_pays_once_when_the_transaction_is_mined_again(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(orphaned(leg), seen(leg, stay=2), reached(leg, stay=2))

    assert (shop.sees.attempts(), shop.sees.state()) == (["succeeded"], "COMPLETED")
    assert shop.sees.status() is OrderStatus.PAID
    assert shop.sees.read("SELECT held FROM order_money") == leg.amount
    shop.sees.assert_balanced()


def test_keeps_the_booking_when_the_new_block_is_heard_of_before_the_old_one_left(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(seen(leg, stay=2), reached(leg, stay=2), orphaned(leg))

    assert shop.sees.status() is OrderStatus.PAID
    assert shop.sees.read("SELECT held FROM order_money") == leg.amount
    shop.sees.assert_balanced()


def test_waits_again_for_the_money_when_a_payment_left_the_chain(uow, session) -> None:
    shop, leg = a_paid_shop(uow)
    session.execute(text("UPDATE timer SET done_at = due_at"))
    session.commit()

    shop.observe(orphaned(leg))

    due = shop.sees.read("SELECT extract(epoch FROM due_at) FROM timer WHERE done_at IS NULL")
    assert due == leg.terms.pay_by + 60 + 600


def test_holds_the_order_up_when_it_was_shipped_already(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, FULFILLED))

    shop.observe(orphaned(leg, FULFILLED), orphaned(leg))

    assert (shop.sees.status(), shop.sees.holds()) == (OrderStatus.SHIPPED, ["orphan", "orphan"])
    assert shop.sees.money() is PaymentStatus.UNPAID
    shop.sees.assert_balanced()


def test_lets_the_order_go_on_when_the_facts_are_back(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, FULFILLED), orphaned(leg, FULFILLED), orphaned(leg))

    shop.observe(reached(leg, stay=2), reached(leg, FULFILLED, stay=2))

    assert (shop.sees.status(), shop.sees.holds()) == (OrderStatus.SHIPPED, [])
    assert shop.leg(leg.id).status is LegStatus.FULFILLED


def test_holds_a_completed_order_up_when_the_release_left_the_chain(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, SETTLED))

    shop.observe(orphaned(leg, SETTLED))

    assert (shop.sees.status(), shop.sees.holds()) == (OrderStatus.COMPLETED, ["orphan"])
    assert shop.sees.money() is PaymentStatus.HELD
    shop.sees.assert_balanced()


def test_holds_nothing_up_when_the_money_of_a_lost_fulfilment_went_back(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, FULFILLED), orphaned(leg, FULFILLED))
    before = shop.sees.holds()

    shop.observe(reached(leg, SETTLED, to_buyer=leg.amount))

    assert (before, shop.sees.holds()) == (["orphan"], [])
    assert shop.sees.status() is OrderStatus.CANCELLED


def test_books_what_the_other_branch_says_when_the_settlement_turned_out_different(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, SETTLED))

    shop.observe(orphaned(leg, SETTLED), reached(leg, SETTLED, stay=2, to_buyer=leg.amount))

    # The order had ended as completed, which it no longer is: a person has to look.
    assert (shop.sees.money(), shop.sees.holds()) == (PaymentStatus.REFUNDED, ["orphan"])
    assert shop.sees.read("SELECT released FROM order_money") == 0
    shop.sees.assert_balanced()


@pytest.mark.pitfall("W8")
def test_mirrors_the_settlement_too_when_the_payment_under_it_left(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, SETTLED))

    shop.observe(orphaned(leg))

    assert shop.sees.read("SELECT held + released + refunded FROM order_money") == 0
    shop.sees.assert_balanced()
