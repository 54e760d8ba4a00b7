"""The connection dies after PostgreSQL has committed and before it says so: whatever is repeated
then counts once."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import sessionmaker

from souk.core.db import make_engine
from souk.core.errors import DatabaseUnavailable
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Outcome
from souk.modules.chain.service import Pace
from tests.support.chain_builders import CHAIN_ID, chains_of, course, forget, rows_of, standing
from tests.support.clock import MovableClock
from tests.support.lost_replies import Line, lossy_line
from tests.support.payment_builders import Shop, a_shop, orphaned, reached, seen
from tests.support.scripted_chain import ScriptedChain, a_fact
from tests.support.simchain.times import VirtualTime


@pytest.fixture
def line_and_work(database_url: str, ids) -> Iterator[tuple[Line, UnitOfWork]]:
    with lossy_line(database_url) as (line, url):
        engine = make_engine(url, pool_size=2)
        yield line, UnitOfWork(sessionmaker(engine), MovableClock(), ids)
        engine.dispose()


def until_done(act: Callable[[], object]) -> None:
    """As a job is run again that failed."""
    for _ in range(5):
        try:
            act()
        except DatabaseUnavailable:
            continue
        return
    raise AssertionError("it failed again and again")


def follow(uow: UnitOfWork, source: ScriptedChain) -> None:
    """Until there is nothing to do: by one watcher that goes on after a failure, and by another
    where that one could not begin. No lease is waited for."""
    time = VirtualTime(MovableClock())
    pace = Pace(lease_seconds=60, sleep=time.pass_by, monotonic=time.monotonic)
    chains = chains_of(uow, source, disposable=False, final_depth=6, pace=pace)
    for _ in range(5):
        turns = iter(range(12))
        done = chains.advance(
            CHAIN_ID, budget_seconds=60, keep_on=lambda turns=turns: next(turns, None) is not None
        )
        if done.outcome is Outcome.CAUGHT_UP:
            return
        until_done(lambda: end_lease(uow))
    raise AssertionError("it never caught up")


def end_lease(uow: UnitOfWork) -> None:
    with uow.autocommit() as tx:
        tx.session.execute(text("UPDATE chain SET lease_until = NULL"))


def live(uow: UnitOfWork) -> None:
    """Facts come, rise, leave with their branch, and come again."""
    chain = ScriptedChain()
    for number in range(3):
        chain.add(a_fact(escrow=number))
    follow(uow, chain)
    chain.grow(4)
    follow(uow, chain)
    chain.add(a_fact(escrow=7))
    follow(uow, chain)
    chain.cut(6)
    chain.grow(2, branch=1)
    chain.add(a_fact(escrow=7), branch=1)
    follow(uow, chain)


def told(connection: Connection) -> tuple:
    """All that is left of it, but for ids and times."""
    cursor = "SELECT next_block, head_hash, safe_block, final_block FROM chain"
    found = rows_of(connection, cursor), standing(connection), course(connection)
    connection.execute(text("DELETE FROM outbox"))
    forget(connection)
    connection.commit()
    return found


@pytest.mark.pitfall("W24")
def test_takes_a_chain_in_once_when_the_reply_to_any_commit_is_lost(
    line_and_work: tuple[Line, UnitOfWork], engine: Engine
) -> None:
    line, uow = line_and_work
    with engine.connect() as connection:
        live(uow)
        courses = [told(connection)]
        while line.lost == len(courses) - 1:
            line.lose = line.lost
            live(uow)
            courses.append(told(connection))

    assert line.lost >= 10
    assert [course for course in courses if course != courses[0]] == []


@pytest.mark.pitfall("W24")
def test_books_money_once_when_the_reply_to_any_commit_is_lost(
    line_and_work: tuple[Line, UnitOfWork], committing_uow: UnitOfWork
) -> None:
    line, uow = line_and_work
    shop = a_shop(committing_uow)
    (leg,) = shop.start().attempt.legs
    over_the_line = Shop(uow, shop.buyer, shop.checkout, shop.payment_id, shop.prices)

    for said in (seen(leg), reached(leg), orphaned(leg), seen(leg, stay=2), reached(leg, stay=2)):
        line.lose = 0
        until_done(lambda said=said: over_the_line.observe(said))

    assert line.lost == 5
    assert shop.sees.read("SELECT count(*) FROM ledger_entry WHERE reverses_id IS NULL") == 4
    assert (shop.leg(leg.id).held, shop.sees.status()) == (leg.amount, "paid")
