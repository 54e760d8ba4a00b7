"""Messages from outside: stored once, handled after the answer."""

from collections import Counter

import pytest
from sqlalchemy import text

from souk.core.inbox import LEASE_SECONDS, MAX_BACKOFF_SECONDS, InboxSweeper, receive
from tests.support.threads import at_once


class Handler:
    """Remembers what it was handed, and does `meanwhile` first."""

    def __init__(self) -> None:
        self.seen = []
        self.meanwhile = lambda: None

    def __call__(self, external_id, body):
        self.meanwhile()
        self.seen.append((external_id, body))


@pytest.fixture
def handler():
    return Handler()


@pytest.fixture
def sweeper(engine, handler, clock):
    return InboxSweeper(engine, {"shop": handler}, clock)


def deliver(uow, external_id="evt_1", source="shop"):
    with uow.begin() as tx:
        fresh = receive(tx, source=source, external_id=external_id, body=b"\x00\xff")
        tx.commit()
    return fresh


def one(engine, expression):
    with engine.connect() as connection:
        return connection.execute(text(f"SELECT {expression} FROM webhook_inbox")).scalar_one()


def fail():
    raise RuntimeError("not now")


@pytest.mark.pitfall("P1")
def test_receive_stores_one_message_when_fifty_copies_arrive_at_once(
    committing_uow, engine, sweeper, handler
):
    answers = at_once(50, lambda _number: deliver(committing_uow))
    assert Counter(answers) == {True: 1, False: 49}
    assert (one(engine, "count(*)"), sweeper.sweep()) == (1, 1)
    assert handler.seen == [("evt_1", b"\x00\xff")]


def test_receive_tells_sources_apart_when_their_ids_are_equal(committing_uow):
    assert deliver(committing_uow, source="shop")
    assert deliver(committing_uow, source="bank")


def test_sweep_handles_once_when_called_twice(committing_uow, sweeper):
    deliver(committing_uow)
    assert (sweeper.sweep(), sweeper.sweep()) == (1, 0)


@pytest.mark.pitfall("P3")
def test_sweep_handles_the_message_when_the_receiver_died_after_its_commit(
    committing_uow, engine, handler, clock
):
    deliver(committing_uow)
    assert InboxSweeper(engine, {"shop": handler}, clock).sweep() == 1


def test_sweep_takes_no_more_than_the_limit(committing_uow, sweeper):
    for number in range(5):
        deliver(committing_uow, f"evt_{number}")
    assert [sweeper.sweep(limit=2) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.pitfall("P2")
def test_sweep_passes_by_a_message_when_another_holds_its_row(
    committing_uow, engine, sweeper, handler
):
    deliver(committing_uow, "evt_1")
    deliver(committing_uow, "evt_2")
    with engine.begin() as other:
        other.execute(text("SELECT FROM webhook_inbox WHERE external_id = 'evt_1' FOR UPDATE"))
        assert sweeper.sweep() == 1
    assert [name for name, _ in handler.seen] == ["evt_2"]


@pytest.mark.pitfall("P2")
def test_sweep_handles_each_message_once_when_sweepers_compete(
    committing_uow, engine, handler, clock
):
    for number in range(20):
        deliver(committing_uow, f"evt_{number}")
    sweepers = [InboxSweeper(engine, {"shop": handler}, clock) for _ in range(4)]
    assert sum(at_once(4, lambda n: sweepers[n].sweep())) == 20
    assert len(set(handler.seen)) == len(handler.seen) == 20


@pytest.mark.pitfall("P4")
def test_sweep_waits_longer_each_time_when_handling_keeps_failing(
    committing_uow, engine, sweeper, handler, clock
):
    handler.meanwhile = fail
    deliver(committing_uow)
    delays = []
    for _ in range(13):
        assert sweeper.sweep() == 0
        delays.append((one(engine, "next_attempt_at") - clock.now()).total_seconds())
        clock.advance(seconds=delays[-1])
    assert delays == [*(2**n for n in range(1, 12)), MAX_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS]


def test_sweep_forgets_the_failure_when_a_later_try_succeeds(
    committing_uow, engine, sweeper, handler, clock
):
    deliver(committing_uow)
    handler.meanwhile = fail
    sweeper.sweep()
    assert one(engine, "last_error") == "RuntimeError: not now"
    handler.meanwhile = lambda: None
    clock.advance(seconds=2)
    assert sweeper.sweep() == 1
    assert one(engine, "last_error") is None


def test_sweep_leaves_messages_of_sources_that_it_cannot_handle(committing_uow, sweeper):
    deliver(committing_uow, source="bank")
    assert sweeper.sweep() == 0


def test_sweep_finds_nothing_when_it_has_no_handlers(committing_uow, engine, clock):
    deliver(committing_uow)
    assert InboxSweeper(engine, {}, clock).sweep() == 0


def test_sweep_leaves_a_message_alone_when_its_claim_ran_out_in_the_batch(
    committing_uow, engine, handler, sweeper, clock
):
    handed_out = []

    def dawdle(external_id, _body):
        handed_out.append(external_id)
        clock.advance(seconds=LEASE_SECONDS + 1)
        sweeper.sweep()

    deliver(committing_uow, "evt_1")
    deliver(committing_uow, "evt_2")
    assert InboxSweeper(engine, {"shop": dawdle}, clock).sweep() == 0
    assert len(handed_out) == 1
    assert sorted(external_id for external_id, _ in handler.seen) == ["evt_1", "evt_2"]


def test_sweep_renews_its_claim_when_the_batch_takes_long(committing_uow, handler, sweeper, clock):
    handler.meanwhile = lambda: clock.advance(seconds=LEASE_SECONDS * 0.6)
    for number in range(3):
        deliver(committing_uow, f"evt_{number}")
    assert sweeper.sweep() == 3
