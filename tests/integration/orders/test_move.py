"""T4 to T12 on real rows: status, history and stock move together."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from souk.modules.catalog.errors import ReservationEnded
from souk.modules.orders.domain import Actor, HoldKind, OrderStatus
from souk.modules.orders.errors import IllegalTransition, OrderNotFound, OrderOnHold
from tests.support.account_builders import an_account
from tests.support.catalog_builders import stock_of
from tests.support.order_builders import an_order, find_order, history_of, move, orders_on, place

S = OrderStatus
# Two of five are ordered: (on_hand, reserved) in each state of the order's stock.
RESERVED, SOLD, FREE = (5, 2), (3, 0), (5, 0)


@pytest.mark.parametrize(
    ("start", "verb", "actor", "status", "stock"),
    [
        (S.PENDING_PAYMENT, "mark_paid", Actor.CHAIN, S.PAID, SOLD),
        (S.PENDING_PAYMENT, "expire", Actor.SYSTEM, S.EXPIRED, FREE),
        (S.PENDING_PAYMENT, "cancel", Actor.BUYER, S.CANCELLED, FREE),
        (S.PENDING_PAYMENT, "mark_shipped", Actor.CHAIN, S.SHIPPED, SOLD),
        (S.PENDING_PAYMENT, "complete", Actor.CHAIN, S.COMPLETED, SOLD),
        (S.PENDING_PAYMENT, "cancel", Actor.CHAIN, S.CANCELLED, FREE),
        (S.EXPIRED, "revive", Actor.CHAIN, S.PAID, SOLD),
        (S.PAID, "unpay", Actor.CHAIN, S.PENDING_PAYMENT, RESERVED),
        (S.PAID, "accept", Actor.SELLER, S.PROCESSING, SOLD),
        (S.PAID, "mark_shipped", Actor.CHAIN, S.SHIPPED, SOLD),
        (S.PAID, "complete", Actor.CHAIN, S.COMPLETED, SOLD),
        (S.PAID, "cancel", Actor.SELLER, S.CANCELLED, FREE),
        (S.PROCESSING, "unpay", Actor.CHAIN, S.PENDING_PAYMENT, RESERVED),
        (S.PROCESSING, "mark_shipped", Actor.SELLER, S.SHIPPED, SOLD),
        (S.PROCESSING, "cancel", Actor.CHAIN, S.CANCELLED, FREE),
        (S.SHIPPED, "mark_delivered", Actor.BUYER, S.DELIVERED, SOLD),
        (S.SHIPPED, "complete", Actor.BUYER, S.COMPLETED, SOLD),
        (S.SHIPPED, "cancel", Actor.CHAIN, S.CANCELLED, SOLD),
        (S.DELIVERED, "complete", Actor.SYSTEM, S.COMPLETED, SOLD),
        (S.DELIVERED, "mark_shipped", Actor.CHAIN, S.DELIVERED, SOLD),
        (S.COMPLETED, "cancel", Actor.CHAIN, S.COMPLETED, SOLD),
        (S.COMPLETED, "complete", Actor.CHAIN, S.COMPLETED, SOLD),
        (S.CANCELLED, "complete", Actor.CHAIN, S.CANCELLED, FREE),
        (S.EXPIRED, "mark_shipped", Actor.CHAIN, S.EXPIRED, FREE),
    ],
)
def test_move_changes_status_history_and_stock(
    uow, session, start, verb, actor, status, stock
) -> None:
    order = an_order(uow, start)

    moved = move(uow, order.id, verb, actor)

    assert moved.status is status
    assert history_of(session, order.id)[-1] == (start, status, actor)
    assert stock_of(session, order.lines[0].listing_id) == stock


def test_move_writes_who_why_and_what_shows_it(uow, session, clock) -> None:
    order = an_order(uow)
    seen = {"transaction_hash": "0xabc", "log_index": 3}
    mined = clock.now() - timedelta(seconds=30)

    move(
        uow, order.id, "mark_paid", Actor.CHAIN, actor_id="acc_1", evidence=seen,
        occurred_at=mined, reason="held in escrow",
    )  # fmt: skip

    row = session.execute(text("SELECT * FROM order_status_history WHERE sequence = 2")).one()
    assert (row.actor_id, row.reason, row.evidence) == ("acc_1", "held in escrow", seen)
    assert (row.occurred_at, row.observed_at) == (mined, clock.now())


def test_move_publishes_a_change_and_a_noted_fact(uow, session) -> None:
    order = an_order(uow, S.COMPLETED)
    move(uow, order.id, "cancel", Actor.CHAIN)

    rows = session.execute(
        text("SELECT name, payload FROM outbox WHERE aggregate = :id ORDER BY sequence DESC"),
        {"id": order.id},
    ).all()

    assert [row.name for row in rows[:2]] == ["order.fact_noted", "order.status_changed"]
    assert rows[1].payload["from_status"] == "paid"
    assert rows[1].payload["to_status"] == "completed"


@pytest.mark.parametrize(
    ("start", "verb", "actor"),
    [
        (S.PENDING_PAYMENT, "mark_shipped", Actor.SELLER),
        (S.PAID, "mark_paid", Actor.CHAIN),
        (S.PAID, "expire", Actor.SYSTEM),
        (S.SHIPPED, "unpay", Actor.CHAIN),
        (S.CANCELLED, "mark_paid", Actor.CHAIN),
        (S.CANCELLED, "revive", Actor.CHAIN),
        (S.COMPLETED, "cancel", Actor.SELLER),
    ],
)
def test_move_is_refused_and_writes_nothing_when_illegal(uow, session, start, verb, actor) -> None:
    order = an_order(uow, start)
    before = history_of(session, order.id)
    session.rollback()

    with pytest.raises(IllegalTransition) as refusal:
        move(uow, order.id, verb, actor)

    assert refusal.value.context["status"] == start
    assert history_of(session, order.id) == before


def test_mark_paid_is_refused_when_the_order_expired(uow) -> None:
    order = an_order(uow, S.EXPIRED)

    with pytest.raises(ReservationEnded):
        move(uow, order.id, "mark_paid", Actor.CHAIN)


def test_revive_writes_nothing_when_the_goods_are_gone(uow, session) -> None:
    order = an_order(uow, S.EXPIRED, quantity=2, on_hand=2)
    listing_id = order.lines[0].listing_id
    place(uow, an_account(uow, "bella"), (listing_id, 1))

    assert move(uow, order.id, "revive", Actor.CHAIN) is None
    assert find_order(uow, order.id).status is S.EXPIRED
    assert stock_of(session, listing_id) == (2, 1)


def test_note_adds_history_and_leaves_the_status(uow, session) -> None:
    order = an_order(uow, S.SHIPPED)

    noted = move(uow, order.id, "note", Actor.BUYER, reason="dispute opened")

    assert noted.status is S.SHIPPED
    assert history_of(session, order.id)[-1] == ("shipped", "shipped", "buyer")


def test_order_can_be_paid_again_when_its_payment_was_orphaned(uow, session) -> None:
    order = an_order(uow, S.PAID)

    move(uow, order.id, "unpay", Actor.CHAIN)
    move(uow, order.id, "mark_paid", Actor.CHAIN)

    statuses = [to for _, to, _ in history_of(session, order.id)]
    assert statuses == ["pending_payment", "paid", "pending_payment", "paid"]
    assert stock_of(session, order.lines[0].listing_id) == SOLD


def test_move_is_refused_when_there_is_no_such_order(uow) -> None:
    for verb in ("mark_paid", "revive", "note"):
        with pytest.raises(OrderNotFound):
            move(uow, "ord_0", verb, Actor.CHAIN)


def hold(uow, order_id: str, reference: str = "0x1", kind: HoldKind = HoldKind.DISPUTE) -> bool:
    with uow.begin() as tx:
        opened = orders_on(uow).open_hold(tx, order_id, kind, reference)
        tx.commit()
    return opened


@pytest.mark.parametrize("verb", ["complete", "cancel"])
def test_hold_stops_what_cannot_be_undone(uow, verb) -> None:
    order = an_order(uow, S.DELIVERED)
    hold(uow, order.id)
    hold(uow, order.id, kind=HoldKind.FRAUD)

    with pytest.raises(OrderOnHold) as refusal:
        move(uow, order.id, verb, Actor.SYSTEM)

    assert refusal.value.context["holds"] == ["dispute", "fraud"]


@pytest.mark.parametrize("verb", ["complete", "cancel"])
def test_hold_does_not_stop_the_contract(uow, verb) -> None:
    order = an_order(uow, S.DELIVERED)
    hold(uow, order.id)

    assert move(uow, order.id, verb, Actor.CHAIN).status in (S.COMPLETED, S.CANCELLED)


def test_hold_ends_when_it_is_closed(uow) -> None:
    order = an_order(uow, S.DELIVERED)
    hold(uow, order.id)

    with uow.begin() as tx:
        orders = orders_on(uow)
        assert orders.close_hold(tx, order.id, HoldKind.DISPUTE, "0x1")
        assert not orders.close_hold(tx, order.id, HoldKind.DISPUTE, "0x1")
        assert not orders.has_hold(tx, order.id)
        tx.commit()

    assert move(uow, order.id, "complete", Actor.BUYER).status is S.COMPLETED


def test_hold_is_one_when_it_is_opened_twice(uow) -> None:
    order = an_order(uow)

    assert [hold(uow, order.id), hold(uow, order.id), hold(uow, order.id, "0x2")] == [
        True,
        False,
        True,
    ]
    with uow.begin() as tx:
        assert orders_on(uow).list_holds(tx, order.id) == [HoldKind.DISPUTE]


def test_hold_is_refused_when_there_is_no_such_order(uow) -> None:
    with pytest.raises(OrderNotFound):
        hold(uow, "ord_0")
