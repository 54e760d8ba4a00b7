"""The log is kept for thirty days."""

import pytest

from souk.modules.webhooks.service import DeliveryLog
from tests.support.order_builders import an_order
from tests.support.webhook_builders import (
    a_move,
    an_endpoint,
    announce,
    endpoints_on,
    rows,
    send_due,
    sender_on,
    the_attempts,
)


@pytest.fixture
def log(uow) -> DeliveryLog:
    return DeliveryLog(uow)


@pytest.fixture
def made(uow, sofia, server):
    return an_endpoint(uow, sofia, server.url).endpoint


def kept(session) -> list[str]:
    found = rows(session, "SELECT event_id FROM webhook_delivery ORDER BY event_id")
    return [str(row["event_id"]) for row in found]


def test_forget_takes_deliveries_with_their_attempts_when_they_are_old(
    uow, session, log, made, clock
) -> None:
    order_id = an_order(uow).id
    announce(uow, a_move(order_id), "evt_1")
    send_due(sender_on(uow, clock))
    clock.advance(days=29)
    announce(uow, a_move(order_id), "evt_2")
    assert (log.forget_old(), kept(session)) == (0, ["evt_1", "evt_2"])
    clock.advance(days=1, seconds=1)
    assert (log.forget_old(), kept(session), the_attempts(session)) == (1, ["evt_2"], [])


def test_forget_takes_more_than_a_batch(uow, session, log, made) -> None:
    with uow.begin() as tx:
        tx.session.connection().exec_driver_sql(
            "INSERT INTO webhook_delivery (id, endpoint_id, event_id, type, body, created_at,"
            "  next_attempt_at, tries, attempts)"
            " SELECT 'whd_' || n, id, 'evt_' || n, 't', '{}', '2020-01-01', '2020-01-01', 0, 0"
            " FROM webhook_endpoint, generate_series(1, 2500) AS n"
        )
        tx.commit()
    assert (log.forget_old(), kept(session)) == (2500, [])


def test_forget_takes_a_deleted_endpoint_only_after_its_log(
    uow, session, log, made, sofia, clock
) -> None:
    announce(uow, a_move(an_order(uow).id))
    clock.advance(days=20)
    endpoints_on(uow).remove(sofia, made.id)
    clock.advance(days=20)
    log.forget_old()
    assert len(rows(session, "SELECT id FROM webhook_endpoint")) == 1
    clock.advance(days=11)
    log.forget_old()
    assert rows(session, "SELECT id FROM webhook_endpoint") == []


def test_attempt_is_let_go_when_its_delivery_was_forgotten(uow, session, log, made, clock) -> None:
    announce(uow, a_move(an_order(uow).id))
    sender = sender_on(uow, clock)
    (claimed,) = sender.claim(limit=1)
    clock.advance(days=31)
    log.forget_old()
    sender.send(claimed)
    assert the_attempts(session) == []
