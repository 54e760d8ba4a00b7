"""Several threads that start at the same moment, or one after the other's lock."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from sqlalchemy import Engine, text

from souk.core.unit_of_work import Transaction, UnitOfWork
from tests.support.waiting import eventually

T = TypeVar("T")
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def at_once(count: int, act: Callable[[int], T]) -> list[T | Exception]:
    """Run `act(0)` ... `act(count - 1)` in as many threads, released together; the answers and
    refusals in that order."""
    barrier = Barrier(count)

    def run(number: int) -> T | Exception:
        barrier.wait(timeout=30)
        try:
            return act(number)
        except Exception as refusal:
            return refusal

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def second_waits_for_first(
    uow: UnitOfWork,
    engine: Engine,
    first: Callable[[Transaction], object],
    second: Callable[[], T],
    meanwhile: Callable[[], object] = lambda: None,
) -> Future[T]:
    """Run `first(tx)`, start `second()` in another thread, and commit `first` once the second one
    waits for its lock and `meanwhile()` has run."""
    with ThreadPoolExecutor(1) as pool:
        with uow.begin() as tx:
            first(tx)
            waiting = pool.submit(second)
            # Statistics are frozen within a transaction, so each look is one of its own.
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                eventually(lambda: connection.scalar(_WAITING), what="the second waits")
            meanwhile()
            tx.commit()
        waiting.exception(timeout=10)
    return waiting
