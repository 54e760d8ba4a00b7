"""Two hands on one order: the row's lock decides, and the second sees what the first did."""

import pytest
from sqlalchemy import text

from souk.modules.orders.domain import Actor, HoldKind, OrderStatus
from souk.modules.orders.errors import IllegalTransition, OrderOnHold
from tests.support.account_builders import an_account
from tests.support.catalog_builders import a_listing, stock_of
from tests.support.order_builders import an_order, find_order, history_of, move, orders_on, place
from tests.support.seller_builders import a_seller
from tests.support.threads import at_once, second_waits_for_first

S = OrderStatus
PAY, EXPIRE = ("mark_paid", Actor.CHAIN), ("expire", Actor.SYSTEM)


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.mark.pitfall("O4")
@pytest.mark.parametrize(
    ("first", "second", "status", "stock"),
    [(PAY, EXPIRE, S.PAID, (3, 0)), (EXPIRE, PAY, S.EXPIRED, (5, 0))],
)
def test_first_one_wins_when_payment_and_expiry_meet(
    uow, engine, first, second, status, stock
) -> None:
    order = an_order(uow)
    verb, actor = first

    late = second_waits_for_first(
        uow,
        engine,
        lambda tx: getattr(orders_on(uow), verb)(tx, order.id, actor=actor, reason="first"),
        lambda: move(uow, order.id, *second),
    )

    assert late.exception() is not None
    assert find_order(uow, order.id).status is status
    with engine.connect() as connection:
        assert stock_of(connection, order.lines[0].listing_id) == stock
        assert len(history_of(connection, order.id)) == 2


@pytest.mark.pitfall("O4")
def test_late_money_revives_the_order_when_expiry_was_first(uow, engine) -> None:
    order = an_order(uow)

    late = second_waits_for_first(
        uow,
        engine,
        lambda tx: orders_on(uow).expire(tx, order.id, actor=Actor.SYSTEM, reason="first"),
        lambda: move(uow, order.id, "revive", Actor.CHAIN),
    )

    assert late.result().status is S.PAID
    with engine.connect() as connection:
        assert stock_of(connection, order.lines[0].listing_id) == (3, 0)


@pytest.mark.pitfall("O4")
def test_exactly_one_wins_when_payment_and_expiry_are_let_go_together(uow, engine) -> None:
    listing = a_listing(uow, a_seller(uow), on_hand=100)
    buyer = an_account(uow, "bruno")
    for _ in range(10):
        (order,) = place(uow, buyer, (listing.id, 1)).orders
        answers = at_once(2, lambda n, order=order: move(uow, order.id, *(PAY, EXPIRE)[n]))
        assert sum(isinstance(answer, Exception) for answer in answers) == 1

    with engine.connect() as connection:
        paid = connection.scalar(text("SELECT count(*) FROM orders WHERE status = 'paid'"))
        assert stock_of(connection, listing.id) == (100 - paid, 0)


def test_order_completes_once_when_everybody_completes_it(uow, engine) -> None:
    order = an_order(uow, S.DELIVERED)
    actors = [Actor.BUYER, Actor.SYSTEM, Actor.STAFF, Actor.CHAIN] * 2

    answers = at_once(8, lambda n: move(uow, order.id, "complete", actors[n]))

    # The contract's facts are noted when they come too late; people are refused.
    assert {type(a) for a in answers if isinstance(a, Exception)} <= {IllegalTransition}
    with engine.connect() as connection:
        completions = text(
            "SELECT count(*) FROM order_status_history"
            " WHERE to_status = 'completed' AND from_status <> 'completed'"
        )
        assert connection.scalar(completions) == 1


def test_hold_is_seen_when_it_is_opened_just_before_completion(uow, engine) -> None:
    order = an_order(uow, S.DELIVERED)

    late = second_waits_for_first(
        uow,
        engine,
        lambda tx: orders_on(uow).open_hold(tx, order.id, HoldKind.DISPUTE, "0x1"),
        lambda: move(uow, order.id, "complete", Actor.SYSTEM),
    )

    assert isinstance(late.exception(), OrderOnHold)


@pytest.mark.pitfall("P1")
def test_request_places_one_checkout_when_it_runs_eight_times_at_once(uow, engine) -> None:
    listing = a_listing(uow, a_seller(uow), on_hand=8)
    buyer = an_account(uow, "bruno")

    placed = at_once(8, lambda _: place(uow, buyer, (listing.id, 1), request_key="req_1"))

    assert len({checkout.checkout_id for checkout in placed}) == 1
    assert all(checkout == placed[0] for checkout in placed)
    with engine.connect() as connection:
        assert stock_of(connection, listing.id) == (8, 1)


def test_history_stays_a_path_when_facts_arrive_together(uow, engine) -> None:
    order = an_order(uow, S.PAID)
    verbs = ["mark_shipped", "complete", "cancel", "note"] * 2

    answers = at_once(8, lambda n: move(uow, order.id, verbs[n], Actor.CHAIN))

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    with engine.connect() as connection:
        assert len(history_of(connection, order.id)) == 2 + 8
