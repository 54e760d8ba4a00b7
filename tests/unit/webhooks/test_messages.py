"""What is told, and to whom."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from souk.core.addresses import ZERO_ADDRESS
from souk.core.events import Event
from souk.core.money import USD, Money
from souk.modules.catalog.domain import ListingKind
from souk.modules.orders.domain import OrderRecord, OrderStatus
from souk.modules.orders.events import OrderFactNoted, OrderStatusChanged
from souk.modules.payments import events as payment_events
from souk.modules.sellers.domain import PayoutWallets
from souk.modules.webhooks.domain import EventType, messages, order_ids, written
from souk.modules.webhooks.handlers import ANNOUNCED

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ABOUT = {"payment_id": "pay_1", "checkout_id": "chk_1", "buyer_id": "acc_buyer"}
MONEY = {"amount": "1299", "asset": "USD", "everything": True}
MOVED = OrderStatusChanged(
    order_id="ord_1", from_status="paid", to_status="shipped", actor="seller", reason="sent off"
)


def an_order(number: int = 1) -> OrderRecord:
    return OrderRecord(
        id=f"ord_{number}",
        checkout_id="chk_1",
        buyer_id="acc_buyer",
        seller_id=f"sel_{number}",
        seller_account_id=f"acc_seller_{number}",
        payouts=PayoutWallets(ZERO_ADDRESS),
        status=OrderStatus.PAID,
        total=Money(1299, USD),
        kind=ListingKind.DIGITAL,
        handling_days=None,
        transit_days=None,
        created_at=AT,
        expires_at=AT + timedelta(minutes=15),
        lines=(),
    )


def told(event: Event, *orders: OrderRecord) -> dict[str, object]:
    return {message.account_id: message.data for message in messages(event, orders)}


def test_seller_is_told_of_its_own_orders_alone() -> None:
    event = payment_events.PaymentCompleted(**ABOUT, orders=["ord_1", "ord_2"])
    about = {"payment_id": "pay_1", "checkout_id": "chk_1"}
    assert told(event, an_order(1), an_order(2)) == {
        "acc_buyer": {**about, "orders": ["ord_1", "ord_2"]},
        "acc_seller_1": {**about, "orders": ["ord_1"]},
        "acc_seller_2": {**about, "orders": ["ord_2"]},
    }


@pytest.mark.parametrize(
    ("event", "more"),
    [
        (payment_events.PaymentCreated(**ABOUT, orders=["ord_1"]), {}),
        (payment_events.PaymentCompleted(**ABOUT, orders=["ord_1"]), {}),
        (
            payment_events.PaymentFailed(**ABOUT, orders=["ord_1"], reason="declined"),
            {"reason": "declined"},
        ),
        (
            payment_events.PaymentCancelled(**ABOUT, orders=["ord_1"], reason="too late"),
            {"reason": "too late"},
        ),
        (payment_events.PaymentRefunded(**ABOUT, orders=["ord_1"], **MONEY), MONEY),
        (payment_events.PaymentReimbursed(**ABOUT, orders=["ord_1"], **MONEY), MONEY),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_payment_is_told_with_what_happened_to_it(event: Event, more: dict[str, object]) -> None:
    about = {"payment_id": "pay_1", "checkout_id": "chk_1", "orders": ["ord_1"]}
    assert told(event, an_order())["acc_buyer"] == {**about, **more}


def test_move_of_an_order_is_told_to_both_parties() -> None:
    data = {
        "order_id": "ord_1",
        "from": "paid",
        "to": "shipped",
        "actor": "seller",
        "reason": "sent off",
    }
    assert told(MOVED, an_order()) == {"acc_buyer": data, "acc_seller_1": data}


def test_every_type_is_announced() -> None:
    assert {event.name for event in ANNOUNCED} == set(EventType)


def test_nothing_else_is_told() -> None:
    noted = OrderFactNoted(order_id="ord_1", status="paid", actor="chain", reason="late")
    with pytest.raises(TypeError, match=r"order\.fact_noted"):
        order_ids(noted)
    with pytest.raises(TypeError, match=r"order\.fact_noted"):
        messages(noted, [an_order()])


def test_body_has_type_timestamp_and_data() -> None:
    body = written("payment.created", AT, {"payment_id": "pay_1"})
    assert json.loads(body) == {
        "type": "payment.created",
        "timestamp": "2026-03-01T12:00:00.000Z",
        "data": {"payment_id": "pay_1"},
    }
