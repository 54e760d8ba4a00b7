"""What carriers say moves no status, and is kept once."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from souk.modules.orders.domain import OrderStatus, Tracking
from souk.modules.orders.errors import BadTracking, OrderNotFound
from tests.support.clock import START
from tests.support.order_builders import an_order, find_order, orders_on

PARCEL = Tracking(
    carrier="DHL",
    code="JD014600",
    status="handed over",
    occurred_at=START,
    url="https://track.example/JD014600",
)


def record(uow, order_id: str, tracking: Tracking) -> bool:
    with uow.begin() as tx:
        new = orders_on(uow).record_tracking(tx, order_id, tracking)
        tx.commit()
    return new


def test_record_keeps_what_the_carrier_says(uow, session) -> None:
    order = an_order(uow, OrderStatus.PROCESSING)

    assert record(uow, order.id, PARCEL)

    row = session.execute(text("SELECT * FROM order_tracking_event")).one()
    assert (row.carrier, row.code, row.url) == ("DHL", "JD014600", PARCEL.url)
    assert find_order(uow, order.id).status is OrderStatus.PROCESSING


def test_record_keeps_it_once_when_the_carrier_repeats_itself(uow, session) -> None:
    order = an_order(uow)

    answers = [record(uow, order.id, PARCEL) for _ in range(2)]
    answers.append(record(uow, order.id, replace(PARCEL, status="on its way")))

    assert answers == [True, False, True]
    statement = text("SELECT count(*) FROM outbox WHERE name = 'order.tracked'")
    assert session.scalar(statement) == 2


def test_record_is_refused_when_a_field_is_wrong(uow) -> None:
    order = an_order(uow)

    with pytest.raises(BadTracking):
        record(uow, order.id, replace(PARCEL, url="ftp://track.example"))


def test_record_is_refused_when_there_is_no_such_order(uow) -> None:
    with pytest.raises(OrderNotFound):
        record(uow, "ord_0", PARCEL)
