"""The loop of the senders, as a worker runs it."""

import threading
from collections.abc import Iterator

import pytest

from souk.core.clock import SystemClock
from souk.core.wakeups import PostgresBus
from souk.modules.webhooks.service import WAKE_CHANNEL, send_webhooks
from souk.modules.webhooks.service.loops import POLL_SECONDS
from tests.support.account_builders import an_account
from tests.support.merchant import Merchant, merchant
from tests.support.order_builders import an_order
from tests.support.waiting import eventually
from tests.support.webhook_builders import a_move, an_endpoint, announce, rows, sender_on


@pytest.fixture
def uow(committing_uow):
    return committing_uow


class Running:
    """The loop in a thread of its own."""

    def __init__(self, uow, database_url: str) -> None:
        self.bus = PostgresBus(database_url, channel=WAKE_CHANNEL)
        # Times that the clock of the tests has not reached are not waited for.
        self.loop = send_webhooks(sender_on(uow, SystemClock()), self.bus)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.loop.run, args=(self._keep_on,))

    def _keep_on(self) -> bool:
        return not self.stop.is_set()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(20)
        self.bus.close()


@pytest.fixture
def running(uow, database_url) -> Iterator[Running]:
    running = Running(uow, database_url)
    running.thread.start()
    yield running
    running.end()
    assert not running.thread.is_alive()


@pytest.fixture
def slow() -> Iterator[Merchant]:
    with merchant() as server:
        server.gate.clear()
        yield server


def test_loop_sends_everything_that_is_announced(uow, engine, running, sofia, server) -> None:
    an_endpoint(uow, sofia, server.url)
    order_id = an_order(uow).id
    for number in range(40):
        announce(uow, a_move(order_id), f"evt_{number}")
    eventually(lambda: len(set(server.ids)) == 40, what="all of them arrive")
    running.end()
    with engine.connect() as connection:
        sent = rows(connection, "SELECT id FROM webhook_delivery WHERE sent_at IS NOT NULL")
    assert (len(server.ids), len(sent)) == (40, 40)


def test_loop_is_woken_when_something_is_announced(uow, running, sofia, server) -> None:
    an_endpoint(uow, sofia, server.url)
    order_id = an_order(uow).id
    for number in range(5):
        announce(uow, a_move(order_id), f"evt_{number}")
        eventually(
            lambda expected=number + 1: len(server.ids) == expected, seconds=POLL_SECONDS * 0.9
        )
    assert len(server.ids) == 5


def test_loop_goes_on_with_others_when_one_server_is_slow(
    uow, running, sofia, server, slow
) -> None:
    order_id = an_order(uow).id
    an_endpoint(uow, sofia, slow.url)
    for number in range(100):
        announce(uow, a_move(order_id), f"evt_{number}")
    eventually(lambda: slow.ids, what="the slow one is busy")
    an_endpoint(uow, an_account(uow, "bruno"), server.url)
    announce(uow, a_move(order_id), "evt_new")
    eventually(lambda: server.ids == ["evt_new"], what="the other one is served")
    assert len(slow.ids) <= 4
    slow.gate.set()


def test_loop_ends_only_when_what_is_in_hand_is_written_down(
    uow, engine, running, sofia, slow
) -> None:
    an_endpoint(uow, sofia, slow.url)
    announce(uow, a_move(an_order(uow).id))
    eventually(lambda: slow.ids, what="it is being sent")
    running.stop.set()
    slow.gate.set()
    running.end()
    with engine.connect() as connection:
        assert rows(connection, "SELECT id FROM webhook_delivery WHERE sent_at IS NOT NULL")
