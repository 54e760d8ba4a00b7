"""Many hands on one delivery: real threads, real transactions, a real server."""

from collections import Counter
from collections.abc import Iterator

import pytest

from souk.modules.webhooks.domain import MAX_ENDPOINTS
from souk.modules.webhooks.errors import EndpointExists, TooManyEndpoints
from souk.modules.webhooks.repository.deliveries import LEASE_SECONDS
from tests.support.account_builders import an_account
from tests.support.merchant import Answer, Merchant, merchant
from tests.support.order_builders import an_order
from tests.support.threads import at_once
from tests.support.webhook_builders import (
    a_move,
    an_endpoint,
    announce,
    rows,
    send_due,
    sender_on,
)


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.fixture
def server() -> Iterator[Merchant]:
    with merchant() as running:
        yield running


def read(engine, sql: str) -> list:
    with engine.connect() as connection:
        return rows(connection, sql)


@pytest.mark.pitfall("P4")
def test_delivery_is_sent_once_an_attempt_when_many_workers_are_after_it(
    uow, engine, clock, server
) -> None:
    server.answers = [Answer(500), Answer(500)]
    an_endpoint(uow, an_account(uow, "sofia"), server.url)
    announce(uow, a_move(an_order(uow).id))
    tried = []
    for seconds in (0, 5, 300, 1800):
        clock.advance(seconds=seconds)
        tried.append(sum(at_once(6, lambda _n: send_due(sender_on(uow, clock)))))
    assert tried == [1, 1, 1, 0]
    attempts = read(engine, "SELECT number, status FROM webhook_attempt ORDER BY number")
    assert [tuple(row.values()) for row in attempts] == [(1, 500), (2, 500), (3, 200)]


def test_deliveries_are_shared_when_many_workers_are_after_them(uow, engine, clock, server) -> None:
    sofia, order_id = an_account(uow, "sofia"), an_order(uow).id
    for number in range(5):
        an_endpoint(uow, sofia, f"{server.url}/{number}")
    for number in range(8):
        announce(uow, a_move(order_id), f"evt_{number}")

    def work(_number: int) -> int:
        done = 0
        while count := send_due(sender_on(uow, clock), limit=3):
            done += count
        return done

    done = at_once(4, work)
    # Whoever found the rows of its choice locked may have ended before the last of them.
    done.append(work(0))
    assert sum(done) == 40
    assert set(Counter((hook.path, hook.id) for hook in server.hooks).values()) == {1}


def test_lease_that_ran_out_is_taken_by_one_alone(uow, engine, clock, server) -> None:
    an_endpoint(uow, an_account(uow, "sofia"), server.url)
    announce(uow, a_move(an_order(uow).id))
    sender_on(uow, clock).claim(limit=1)
    clock.advance(seconds=LEASE_SECONDS)
    claimed = at_once(6, lambda _n: len(sender_on(uow, clock).claim(limit=1)))
    assert sorted(claimed) == [0, 0, 0, 0, 0, 1]


def test_event_is_announced_once_when_two_relays_have_it(uow, engine) -> None:
    an_endpoint(uow, an_account(uow, "sofia"))
    event = a_move(an_order(uow).id)
    assert sorted(at_once(6, lambda _n: announce(uow, event))) == [0, 0, 0, 0, 0, 1]
    assert len(read(engine, "SELECT id FROM webhook_delivery")) == 1


def test_account_gets_no_more_endpoints_than_it_may_have(uow, engine) -> None:
    sofia = an_account(uow, "sofia")
    for number in range(MAX_ENDPOINTS - 1):
        an_endpoint(uow, sofia, f"https://shop.example/{number}")
    made = at_once(6, lambda n: an_endpoint(uow, sofia, f"https://shop.example/new/{n}"))
    assert sum(isinstance(one, TooManyEndpoints) for one in made) == 5
    assert len(read(engine, "SELECT id FROM webhook_endpoint")) == MAX_ENDPOINTS


def test_address_is_taken_once(uow, engine) -> None:
    sofia = an_account(uow, "sofia")
    made = at_once(6, lambda _n: an_endpoint(uow, sofia))
    assert sum(isinstance(one, EndpointExists) for one in made) == 5
    assert len(read(engine, "SELECT id FROM webhook_endpoint")) == 1
