"""Many hands on one payment: real threads, real transactions."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import text

from souk.modules.orders.domain import Actor, OrderStatus
from souk.modules.payments.domain import FactKind, LegStatus
from souk.modules.payments.errors import AttemptStillPayable
from tests.support.order_builders import history_of, orders_on
from tests.support.payment_builders import (
    NATIVE,
    a_choice,
    a_paid_shop,
    a_shop,
    payments_on,
    reached,
)
from tests.support.threads import at_once
from tests.support.waiting import eventually

SETTLED = FactKind.SETTLED


@pytest.fixture
def uow(committing_uow):
    return committing_uow


WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def meet(engine, row: str, acts) -> list:
    """Run every act in a thread of its own, all stopped at the lock of one row (`table id`) until
    the last of them is there; the answers and refusals in order of the acts."""
    table, row_id = row.split()
    lock = text(f"SELECT 1 FROM {table} WHERE id = :id FOR UPDATE")
    with ThreadPoolExecutor(len(acts)) as pool, engine.connect() as holder:
        holder.execute(lock, {"id": row_id})
        # Statistics are frozen within a transaction, so each look is one of its own.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
            futures = [pool.submit(act) for act in acts]
            eventually(lambda: watch.scalar(WAITING) == len(acts), what="all wait for the lock")
        holder.rollback()
        return [future.exception(timeout=20) or future.result() for future in futures]


def observing(uow, *facts) -> list:
    return [partial(payments_on(uow).observe, fact) for fact in facts]


@pytest.mark.pitfall("P1")
@pytest.mark.pitfall("P2")
def test_books_a_payment_once_when_fifty_copies_arrive_at_once(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs

    answers = at_once(50, lambda _number: payments_on(uow).observe(reached(leg)))

    assert sorted(answers) == [False] * 49 + [True]
    assert shop.sees.read("SELECT count(*) FROM ledger_entry") == 1
    assert shop.sees.status() is OrderStatus.PAID
    shop.sees.assert_balanced()


def test_pays_every_order_of_a_cart_when_their_facts_arrive_at_once(uow, engine) -> None:
    shop = a_shop(uow, sellers=("sofia", "sami", "sara"))
    legs = shop.start().attempt.legs
    facts = [reached(leg) for leg in legs]

    answers = meet(engine, f"payment {shop.payment_id}", observing(uow, *facts))

    assert answers == [True] * 3
    assert (shop.sees.attempts(), shop.sees.state()) == (["succeeded"], "COMPLETED")
    assert {shop.sees.status(order) for order in shop.orders} == {OrderStatus.PAID}
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P17")
def test_keeps_one_payment_when_two_attempts_are_paid_at_once(uow, engine) -> None:
    shop = a_shop(uow)
    legs = list(shop.start().attempt.legs)
    shop.pass_time(seconds=601)
    legs += shop.start(a_choice(**NATIVE)).attempt.legs

    facts = [reached(leg) for leg in legs]
    answers = meet(engine, f"orders {shop.order_id}", observing(uow, *facts))

    assert answers == [True, True]
    assert sorted(shop.leg(leg.id).duplicate for leg in legs) == [False, True]
    assert shop.sees.refunds() == ["duplicate_payment awaiting_seller"]
    shop.sees.assert_balanced()


def test_completes_an_order_once_when_its_last_parts_settle_at_once(uow, engine) -> None:
    shop, leg = a_paid_shop(uow)
    half = leg.amount // 2
    parts = [reached(leg, SETTLED, effect=n, to_seller=half) for n in (1, 2)]

    meet(engine, f"orders {shop.order_id}", observing(uow, *parts))

    assert shop.leg(leg.id).status is LegStatus.RELEASED
    with engine.connect() as connection:
        steps = history_of(connection, shop.order_id)
    assert [step for step in steps if step[1] == "completed"] == [("paid", "completed", "chain")]
    shop.sees.assert_balanced()


@pytest.mark.pitfall("O6")
def test_lets_no_more_go_than_is_held_when_refunds_meet(uow, engine) -> None:
    shop, leg = a_paid_shop(uow)
    most = leg.amount * 7 // 10
    refunds = [reached(leg, SETTLED, effect=n, to_buyer=most) for n in (1, 2)]

    answers = meet(engine, f"orders {shop.order_id}", observing(uow, *refunds))

    assert answers == [True, True]
    assert shop.leg(leg.id).refunded == most
    shop.sees.assert_balanced()


def test_opens_one_payment_when_it_is_opened_at_once(uow) -> None:
    shop = a_shop(uow)

    ids = at_once(8, lambda _n: shop.payments.open(shop.buyer, shop.checkout.checkout_id))

    assert set(ids) == {shop.payment_id}


def test_starts_one_attempt_when_the_same_is_chosen_at_once(uow, engine) -> None:
    shop = a_shop(uow)

    started = meet(engine, f"orders {shop.order_id}", [shop.start] * 6)

    assert len({one.attempt_id for one in started}) == 1
    assert shop.sees.attempts() == ["awaiting_payer"]


def test_hands_out_one_way_to_pay_when_two_are_chosen_at_once(uow, engine) -> None:
    shop = a_shop(uow)
    choices = [partial(shop.start, a_choice()), partial(shop.start, a_choice(**NATIVE))]

    answers = meet(engine, f"orders {shop.order_id}", choices)

    assert [type(a) for a in answers if isinstance(a, Exception)] == [AttemptStillPayable]
    assert shop.sees.attempts() == ["awaiting_payer"]


@pytest.mark.pitfall("O4")
def test_keeps_order_and_money_together_when_payment_and_expiry_meet(uow, engine) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs

    def expire() -> bool:
        with uow.begin() as tx:
            (order,) = orders_on(uow).lock_checkout(tx, shop.checkout.checkout_id)
            if order.status is OrderStatus.PENDING_PAYMENT:
                shop.payments.void_unpaid(tx, shop.checkout.checkout_id, "not paid in time")
                orders_on(uow).expire(tx, order.id, actor=Actor.SYSTEM, reason="not paid in time")
                tx.commit()
        return True

    answers = meet(engine, f"orders {shop.order_id}", [*observing(uow, reached(leg)), expire])

    assert answers == [True, True]
    assert (shop.sees.status(), shop.sees.state()) == (OrderStatus.PAID, "COMPLETED")
    shop.sees.assert_balanced()
