"""Timers: rows that fire once, on the clock they name."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from souk.core.timers import (
    LEASE_SECONDS,
    MAX_BACKOFF_SECONDS,
    WALL,
    TimerSweeper,
    cancel,
    chain_clock,
    schedule,
)
from tests.support.threads import at_once


class Alarm:
    """Remembers what fired, and does `meanwhile` first."""

    def __init__(self) -> None:
        self.fired = []
        self.meanwhile = lambda _subject: None

    def __call__(self, subject):
        self.meanwhile(subject)
        self.fired.append(subject)


@pytest.fixture
def alarm():
    return Alarm()


@pytest.fixture
def sweeper(engine, alarm, clock):
    return TimerSweeper(engine, {"expire": alarm}, clock)


def set_timer(uow, clock, subject="ord_1", *, seconds=0, name=WALL, kind="expire"):
    with uow.begin() as tx:
        due_at = clock.now() + timedelta(seconds=seconds)
        schedule(tx, kind=kind, subject=subject, clock=name, due_at=due_at)
        tx.commit()


def unset_timer(uow, subject="ord_1"):
    with uow.begin() as tx:
        cancel(tx, kind="expire", subject=subject)
        tx.commit()


def one(engine, expression):
    with engine.connect() as connection:
        return connection.execute(text(f"SELECT {expression} FROM timer")).scalar_one()


def fail(_subject):
    raise RuntimeError("not now")


def test_sweep_fires_once_when_the_timer_is_due(committing_uow, sweeper, alarm, clock):
    set_timer(committing_uow, clock, seconds=5)
    early = sweeper.sweep(WALL, clock.now())
    clock.advance(seconds=5)
    assert (early, sweeper.sweep(WALL, clock.now()), sweeper.sweep(WALL, clock.now())) == (0, 1, 0)
    assert alarm.fired == ["ord_1"]


def test_sweep_judges_by_the_named_clock_when_wall_time_is_past(
    committing_uow, sweeper, alarm, clock
):
    due = clock.now() + timedelta(seconds=60)
    set_timer(committing_uow, clock, seconds=60, name=chain_clock(31337))
    clock.advance(days=1)
    assert sweeper.sweep(WALL, clock.now()) == 0
    assert sweeper.sweep(chain_clock(1), clock.now()) == 0
    assert sweeper.sweep(chain_clock(31337), due - timedelta(seconds=1)) == 0
    assert sweeper.sweep(chain_clock(31337), due) == 1


def test_schedule_moves_the_timer_when_it_exists(committing_uow, sweeper, clock, engine):
    set_timer(committing_uow, clock, seconds=0)
    set_timer(committing_uow, clock, seconds=60)
    assert sweeper.sweep(WALL, clock.now()) == 0
    assert one(engine, "count(*)") == 1


def test_schedule_fires_again_when_the_timer_has_fired(committing_uow, sweeper, alarm, clock):
    for _ in range(2):
        set_timer(committing_uow, clock)
        sweeper.sweep(WALL, clock.now())
    assert alarm.fired == ["ord_1", "ord_1"]


def test_sweep_keeps_the_timer_when_its_handler_set_it_again(committing_uow, sweeper, alarm, clock):
    alarm.meanwhile = lambda subject: set_timer(committing_uow, clock, subject, seconds=30)
    set_timer(committing_uow, clock)
    sweeper.sweep(WALL, clock.now())
    assert sweeper.sweep(WALL, clock.now()) == 0
    clock.advance(seconds=30)
    assert sweeper.sweep(WALL, clock.now()) == 1


def test_cancel_keeps_the_timer_from_firing(committing_uow, sweeper, clock):
    set_timer(committing_uow, clock)
    unset_timer(committing_uow)
    assert sweeper.sweep(WALL, clock.now()) == 0


def test_cancel_is_harmless_when_there_is_no_timer(committing_uow, sweeper, clock):
    unset_timer(committing_uow)
    assert sweeper.sweep(WALL, clock.now()) == 0


def test_sweep_skips_a_timer_when_it_was_cancelled_after_the_claim(
    committing_uow, sweeper, alarm, clock
):
    alarm.meanwhile = lambda _subject: unset_timer(committing_uow, "ord_2")
    set_timer(committing_uow, clock, "ord_1")
    clock.advance(seconds=1)
    set_timer(committing_uow, clock, "ord_2")
    assert sweeper.sweep(WALL, clock.now()) == 1
    assert alarm.fired == ["ord_1"]


def test_sweep_skips_a_timer_when_another_sweeper_claimed_it_meanwhile(
    committing_uow, engine, sweeper, alarm, clock
):
    handed_out = []

    def dawdle(subject):
        handed_out.append(subject)
        clock.advance(seconds=LEASE_SECONDS + 1)
        sweeper.sweep(WALL, clock.now())

    set_timer(committing_uow, clock, "ord_1")
    set_timer(committing_uow, clock, "ord_2")
    slow = TimerSweeper(engine, {"expire": dawdle}, clock)
    assert slow.sweep(WALL, clock.now()) == 1
    assert len(handed_out) == 1
    assert sorted(alarm.fired) == ["ord_1", "ord_2"]


def test_sweep_waits_longer_each_time_when_the_handler_keeps_failing(
    committing_uow, engine, sweeper, alarm, clock
):
    alarm.meanwhile = fail
    set_timer(committing_uow, clock)
    delays = []
    for _ in range(10):
        assert sweeper.sweep(WALL, clock.now()) == 0
        delays.append((one(engine, "leased_until") - clock.now()).total_seconds())
        clock.advance(seconds=delays[-1], microseconds=1)
    assert delays == [*(2**n for n in range(1, 9)), MAX_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS]
    assert one(engine, "last_error") == "RuntimeError: not now"


def test_sweep_postpones_a_timer_when_nobody_handles_its_kind(
    committing_uow, engine, sweeper, clock
):
    set_timer(committing_uow, clock, kind="unheard_of")
    assert sweeper.sweep(WALL, clock.now()) == 0
    assert one(engine, "last_error") == "KeyError: 'unheard_of'"


def test_sweep_fires_again_when_a_sweeper_died_holding_the_timer(
    committing_uow, engine, sweeper, alarm, clock
):
    class Killed(BaseException):
        pass

    def die(_subject):
        raise Killed

    set_timer(committing_uow, clock)
    with pytest.raises(Killed):
        TimerSweeper(engine, {"expire": die}, clock).sweep(WALL, clock.now())
    assert sweeper.sweep(WALL, clock.now()) == 0
    clock.advance(seconds=LEASE_SECONDS, microseconds=1)
    assert sweeper.sweep(WALL, clock.now()) == 1


def test_sweep_fires_each_timer_once_when_sweepers_compete(committing_uow, engine, alarm, clock):
    for number in range(20):
        set_timer(committing_uow, clock, f"ord_{number}")
    sweepers = [TimerSweeper(engine, {"expire": alarm}, clock) for _ in range(4)]
    assert sum(at_once(4, lambda n: sweepers[n].sweep(WALL, clock.now()))) == 20
    assert len(set(alarm.fired)) == len(alarm.fired) == 20


def test_sweep_takes_no_more_than_the_limit(committing_uow, sweeper, clock):
    for number in range(5):
        set_timer(committing_uow, clock, f"ord_{number}")
    assert [sweeper.sweep(WALL, clock.now(), limit=2) for _ in range(4)] == [2, 2, 1, 0]
