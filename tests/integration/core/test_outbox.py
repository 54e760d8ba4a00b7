"""Delivery of facts: at least once, in order per aggregate, by any number of relays."""

from collections import Counter

import pytest
from sqlalchemy import text

from souk.core.events import HandlerRegistry
from souk.core.outbox import LEASE_SECONDS, MAX_BACKOFF_SECONDS, OutboxRelay, append
from tests.support.events import Noted, Reader, publish, registry_of
from tests.support.threads import at_once


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def relay(engine, reader, clock):
    return OutboxRelay(engine, registry_of(reader), clock)


def column(engine, expression):
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT {expression} FROM outbox ORDER BY sequence"))
        return found.scalars().all()


def test_drain_delivers_once_when_called_twice(committing_uow, relay, reader):
    publish(committing_uow, "a", 1, 2, 3)
    assert (relay.drain(), relay.drain()) == (3, 0)
    assert reader.seen == [Noted(subject="a", number=n) for n in (1, 2, 3)]


def test_reads_a_long_queue_once_for_a_batch(committing_uow, relay, engine):
    """Also by a plan that was made when the queue was short."""
    for _ in range(8):
        publish(committing_uow, "a", *range(40))
        relay.deliver_due()
    queue(committing_uow)
    before = entries_read(engine)

    assert relay.deliver_due() == 50
    assert entries_read(engine) - before < 20_000


def queue(uow) -> None:
    """Facts about many subjects, all at once."""
    with uow.begin() as tx:
        for number in range(1_000):
            tx.publish(Noted(subject=f"subject {number % 500}", number=number))
        tx.commit()


def entries_read(engine) -> int:
    """How many entries of its indexes were ever read."""
    read = "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'outbox'"
    with engine.connect() as connection:
        backends = "SELECT pg_stat_force_next_flush() FROM pg_stat_activity"
        connection.execute(text(backends))
    with engine.connect() as connection:
        return int(connection.execute(text(read)).scalar_one())


def test_drain_hands_the_fact_to_every_handler(committing_uow, engine, clock):
    readers = Reader(), Reader()
    publish(committing_uow, "a", 1)
    OutboxRelay(engine, registry_of(*readers), clock).drain()
    assert [reader.numbers for reader in readers] == [[1], [1]]


def test_drain_is_done_with_a_fact_when_nobody_reads_it(committing_uow, engine, clock):
    publish(committing_uow, "a", 1)
    assert OutboxRelay(engine, registry_of(), clock).drain() == 1
    assert column(engine, "delivered_at") == [clock.now()]


@pytest.mark.pitfall("P20")
def test_drain_delivers_the_earlier_number_when_it_commits_last(committing_uow, relay, reader):
    def commit_another(_number):
        publish(committing_uow, "b", 2)
        return relay.drain()

    with committing_uow.begin() as late:
        # Written, and thereby numbered, well before the commit.
        append(late.session, [("evt_1", Noted(subject="a", number=1))], late.now)
        assert at_once(1, commit_another) == [1]
        late.commit()
    relay.drain()
    assert reader.numbers == [2, 1]


def test_drain_holds_back_the_aggregate_when_its_first_fact_fails(
    committing_uow, relay, reader, clock
):
    reader.failures = {1: 1}
    publish(committing_uow, "a", 1, 2)
    publish(committing_uow, "b", 3)
    assert relay.drain() == 1
    clock.advance(seconds=2)
    assert relay.drain() == 2
    assert reader.numbers == [3, 1, 2]


def test_drain_says_why_when_a_handler_fails(committing_uow, relay, reader, engine):
    reader.failures = {1: 1}
    publish(committing_uow, "a", 1)
    relay.drain()
    assert column(engine, "last_error") == ["RuntimeError: the reader was told to fail"]


def test_drain_waits_longer_each_time_when_a_handler_keeps_failing(
    committing_uow, relay, reader, engine, clock
):
    reader.failures = {1: 99}
    publish(committing_uow, "a", 1)
    delays = []
    for _ in range(8):
        relay.drain()
        (due,) = column(engine, "next_attempt_at")
        delays.append((due - clock.now()).total_seconds())
        clock.advance(seconds=delays[-1])
    assert delays == [2, 4, 8, 16, 32, *[MAX_BACKOFF_SECONDS] * 3]


def test_drain_delivers_again_when_a_relay_died_holding_the_fact(
    committing_uow, engine, relay, reader, clock
):
    class Killed(BaseException):
        pass

    def die(_event):
        raise Killed

    publish(committing_uow, "a", 1)
    with pytest.raises(Killed):
        OutboxRelay(engine, registry_of(die), clock).drain()
    assert relay.drain() == 0
    clock.advance(seconds=LEASE_SECONDS)
    assert relay.drain() == 1
    assert reader.numbers == [1]


def test_drain_delivers_a_whole_batch_again_when_its_relay_died_in_it(
    committing_uow, engine, relay, reader, clock
):
    class Killed(BaseException):
        pass

    def die_at_the_second(event):
        if event.number == 2:
            raise Killed

    for number in (1, 2):
        publish(committing_uow, str(number), number)
    with pytest.raises(Killed):
        OutboxRelay(engine, registry_of(die_at_the_second), clock).drain()
    clock.advance(seconds=LEASE_SECONDS)
    assert relay.drain() == 2
    assert reader.numbers == [1, 2]


def test_drain_says_the_same_origin_each_time_when_a_fact_is_delivered_again(
    committing_uow, engine, clock
):
    origins = []

    def read_and_fail_once(_event, origin):
        origins.append(origin)
        if len(origins) == 1:
            raise RuntimeError("the reader fails once")

    published_at = clock.now()
    publish(committing_uow, "a", 1)
    relay = OutboxRelay(engine, HandlerRegistry([], [(Noted, [read_and_fail_once])]), clock)
    relay.drain()
    clock.advance(seconds=2)
    relay.drain()
    (row,) = column(engine, "id")
    assert origins == [(row, published_at)] * 2


def test_drain_leaves_a_fact_alone_when_its_claim_ran_out_in_the_batch(
    committing_uow, engine, relay, reader, clock
):
    handed_out = []

    def dawdle(event):
        handed_out.append(event.number)
        clock.advance(seconds=LEASE_SECONDS)
        relay.drain()

    publish(committing_uow, "a", 1)
    publish(committing_uow, "b", 2, 3)
    OutboxRelay(engine, registry_of(dawdle), clock).drain()
    assert (handed_out, sorted(reader.numbers)) == ([1], [1, 2, 3])


def test_drain_renews_its_claim_when_the_batch_takes_long(committing_uow, engine, relay, clock):
    handed_out, stolen = [], []

    def take_your_time(event):
        clock.advance(seconds=LEASE_SECONDS * 0.6)
        stolen.append(relay.drain())
        handed_out.append(event.number)

    for number in (1, 2, 3, 4):
        publish(committing_uow, str(number), number)
    OutboxRelay(engine, registry_of(take_your_time), clock).drain(limit=2)
    assert (handed_out, stolen) == ([1, 2], [2, 0])


def test_drain_changes_nothing_when_its_late_failure_meets_a_delivered_fact(
    committing_uow, engine, relay, reader, clock
):
    def fail_late(_event):
        clock.advance(seconds=LEASE_SECONDS)
        relay.drain()
        raise RuntimeError("too late")

    publish(committing_uow, "a", 1)
    OutboxRelay(engine, registry_of(fail_late), clock).drain()
    assert reader.numbers == [1]
    assert column(engine, "last_error") == [None]


def test_drain_passes_by_a_fact_when_another_holds_its_row(committing_uow, engine, relay, reader):
    publish(committing_uow, "a", 1)
    publish(committing_uow, "b", 2)
    with engine.begin() as other:
        other.execute(text("SELECT FROM outbox WHERE aggregate = 'a' FOR UPDATE"))
        assert relay.drain() == 1
    assert reader.numbers == [2]


def test_drain_stops_between_batches_when_told_to(committing_uow, relay, reader):
    for number in range(4):
        publish(committing_uow, str(number), number)
    answers = iter([True, False])
    assert relay.drain(limit=3, keep_on=lambda: next(answers)) == 3


@pytest.mark.pitfall("P2")
def test_drain_delivers_each_fact_once_and_in_order_when_relays_compete(
    committing_uow, engine, clock
):
    reader = Reader()
    for number in range(30):
        publish(committing_uow, f"aggregate {number % 5}", number)
    relays = [OutboxRelay(engine, registry_of(reader), clock) for _ in range(4)]
    delivered = at_once(4, lambda n: relays[n].drain(limit=3))
    while relays[0].drain():  # a relay may have seen nothing due while another held the heads
        pass
    assert all(isinstance(count, int) for count in delivered)
    assert set(Counter(reader.numbers).values()) == {1}
    for aggregate in range(5):
        mine = [number for number in reader.numbers if number % 5 == aggregate]
        assert mine == sorted(mine)
        assert len(mine) == 6


def test_oldest_undelivered_at_is_the_first_waiting_fact(committing_uow, relay, clock):
    assert relay.oldest_undelivered_at() is None
    first = clock.now()
    publish(committing_uow, "a", 1)
    clock.advance(seconds=5)
    publish(committing_uow, "a", 2)
    assert relay.oldest_undelivered_at() == first
