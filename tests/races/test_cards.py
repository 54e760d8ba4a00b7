"""Many hands on one payment by card: threads, processes, and real transactions."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import text

from souk.core.db import make_engine
from souk.core.errors import DomainError
from souk.modules.orders.domain import OrderStatus
from souk.modules.orders.errors import IllegalTransition
from souk.modules.payments.domain import Executed
from souk.modules.payments.errors import MovementUnderWay
from tests.support.card_flood import flood
from tests.support.card_hooks import failing
from tests.support.card_shop import AWAY, CardShop, a_card_shop
from tests.support.clock import MovableClock
from tests.support.payment_builders import a_choice
from tests.support.threads import at_once
from tests.support.waiting import eventually

TOTAL = 2_598
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime.now(UTC))


@pytest.fixture
def engine(database_url):
    """Wide enough that the threads meet in PostgreSQL, not in front of the pool."""
    engine = make_engine(database_url, pool_size=60)
    yield engine
    engine.dispose()


@pytest.fixture
def shop(committing_uow, card_server, clock) -> CardShop:
    return a_card_shop(committing_uow, card_server, clock)


def in_turn(engine, shop, acts: Sequence[Callable[[], object]]) -> list[object]:
    """Have every act wait for the order, one behind the other, and then let them go on in that
    order; the answers and refusals."""
    lock = text("SELECT 1 FROM orders WHERE id = :id FOR UPDATE")
    with ThreadPoolExecutor(len(acts)) as pool, engine.connect() as holder:
        holder.execute(lock, {"id": shop.order_id})
        # Statistics are frozen within a transaction, so each look is one of its own.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
            futures = []
            for act in acts:
                futures.append(pool.submit(act))
                count = len(futures)
                eventually(lambda n=count: watch.scalar(WAITING) == n, what="all wait")
        holder.rollback()
        return [future.exception(timeout=30) or future.result() for future in futures]


def completions(shop) -> tuple[int, int]:
    """How often the order was paid, and the payment said to be complete."""
    paid = (
        "SELECT count(*) FROM order_status_history"
        " WHERE order_id = :id AND to_status = 'paid' AND from_status <> to_status"
    )
    said = "SELECT count(*) FROM outbox WHERE name = 'payment.completed' AND aggregate = :id"
    return (
        int(str(shop.sees.read(paid, id=shop.order_id))),
        int(str(shop.sees.read(said, id=shop.payment_id))),
    )


def entries(shop) -> int:
    wanted = "SELECT count(*) FROM ledger_entry WHERE order_id = :id"
    return int(str(shop.sees.read(wanted, id=shop.order_id)))


@pytest.mark.pitfall("P1")
def test_completes_once_when_fifty_copies_of_a_webhook_are_handled_at_once(shop) -> None:
    started = shop.begin()
    shop.confirm(started)
    *_, (name, body) = shop.webhooks(started)

    answers = at_once(50, lambda _number: shop.payments.handle_webhook(name, body))

    assert answers == [None] * 50
    assert (completions(shop), entries(shop)) == ((1, 1), 1)
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P1")
@pytest.mark.pitfall("P2")
@pytest.mark.parametrize("copies", [400, pytest.param(10_000, marks=pytest.mark.deep)])
def test_has_one_effect_when_copies_of_a_webhook_reach_four_processes(
    shop, database_url, card_server, clock, copies
) -> None:
    started = shop.begin()
    shop.confirm(started)
    one = shop.webhooks(started)[-1:]

    done = flood(database_url, card_server, clock.now(), one, copies=copies, processes=4)

    assert (done["received"], done["swept"]) == (copies, 1)
    assert done["handled past the inbox"] >= copies // 10
    assert (completions(shop), entries(shop)) == ((1, 1), 1)
    shop.sees.assert_balanced()


@pytest.mark.deep
@pytest.mark.pitfall("P2")
def test_has_one_effect_each_when_all_webhooks_reach_four_processes_in_no_order(
    shop, database_url, card_server, clock
) -> None:
    """The payment, a refund of a part and the release of the rest, none of which was heard of."""
    started = shop.pay()
    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 500)
    shop.deliveries.release(shop.buyer, shop.order_id)
    every = shop.webhooks(started)

    done = flood(database_url, card_server, clock.now(), every, copies=2_000, processes=4)

    assert (done["received"], done["swept"]) == (2_000, len(every))
    assert (completions(shop), entries(shop)) == ((1, 1), 3)
    shop.sees.assert_balanced()


def browser(shop, started) -> str:
    """The payer's browser pays, and comes back."""
    shop.confirm(started)
    return str(shop.payments.confirm(shop.buyer, shop.payment_id))


def webhook(shop, started) -> bool:
    """The provider tells as soon as there is something to tell."""
    told = eventually(
        lambda: [m for m in shop.webhooks(started) if b"payment_intent.succeeded" in m[1]],
        seconds=60,
    )
    for name, body in told:
        shop.payments.handle_webhook(name, body)
    return True


def poll(shop, started) -> bool:
    """A worker looks, again and again, until there is something to see."""
    return eventually(
        lambda: shop.hear(started) or shop.sees.status() is OrderStatus.PAID, seconds=60
    )


@pytest.mark.pitfall("P1")
@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=pytest.mark.deep)])
def test_completes_once_when_browser_webhook_and_poll_come_at_once(
    committing_uow, card_server, clock, rounds
) -> None:
    for number in range(rounds):
        shop = a_card_shop(committing_uow, card_server, clock, sellers=[f"sofia-{number}"])
        started = shop.begin()
        ways = [partial(way, shop, started) for way in (browser, webhook, poll)]

        answers = at_once(3, lambda number, ways=ways: ways[number]())

        assert answers == ["COMPLETED", True, True]
        assert (completions(shop), entries(shop)) == ((1, 1), 1)
    shop.sees.assert_balanced()


@pytest.mark.pitfall("O4")
@pytest.mark.parametrize("webhook_first", [True, False])
def test_keeps_the_order_when_it_is_paid_in_the_moment_of_its_end(
    shop, engine, webhook_first
) -> None:
    started = shop.begin()
    shop.confirm(started)
    *_, (name, body) = shop.webhooks(started)
    shop.wall.advance(hours=1)
    acts = [
        partial(shop.payments.handle_webhook, name, body),
        partial(shop.expiries.expire_checkout, shop.checkout.checkout_id),
    ]

    answers = in_turn(engine, shop, acts if webhook_first else acts[::-1])

    assert answers == [None, None]
    assert (shop.sees.status(), completions(shop)) == (OrderStatus.PAID, (1, 1))
    shop.sees.assert_balanced()


@pytest.mark.pitfall("O4")
@pytest.mark.parametrize("cancel_first", [True, False])
def test_ends_an_unpaid_order_once_when_it_is_cancelled_as_it_expires(
    shop, engine, cancel_first
) -> None:
    started = shop.begin()
    shop.wall.advance(hours=1)
    acts = [shop.cancel, partial(shop.expiries.expire_checkout, shop.checkout.checkout_id)]

    answers = in_turn(engine, shop, acts if cancel_first else acts[::-1])

    assert [type(one) for one in answers if isinstance(one, Exception)] in ([], [IllegalTransition])
    assert shop.sees.status() in (OrderStatus.CANCELLED, OrderStatus.EXPIRED)
    assert shop.intent(started).status == "canceled"


@pytest.mark.pitfall("O6")
@pytest.mark.parametrize("amounts", [(1_500, 1_400), (1_400, 1_500)])
def test_gives_back_no_more_than_was_paid_when_two_refunds_meet(shop, engine, amounts) -> None:
    started = shop.pay()
    give = partial(shop.payments.refund_part, shop.seller(), shop.payment_id, shop.order_id)

    first, second = in_turn(engine, shop, [partial(give, amount) for amount in amounts])

    assert isinstance(first, Executed)
    assert isinstance(second, MovementUnderWay)
    assert shop.refunds(started) == [amounts[0]]
    shop.sees.assert_balanced()


@pytest.mark.pitfall("O6")
@pytest.mark.parametrize("refund_first", [True, False])
def test_moves_the_money_one_way_when_it_is_released_and_refunded_at_once(
    shop, engine, refund_first
) -> None:
    started = shop.pay()
    acts = [
        partial(shop.cancellations.cancel, shop.seller(), shop.order_id, "out of stock"),
        partial(shop.deliveries.release, shop.buyer, shop.order_id),
    ]

    answers = in_turn(engine, shop, acts if refund_first else acts[::-1])

    assert [isinstance(one, DomainError) for one in answers].count(True) == 1
    assert len(shop.refunds(started)) + len(shop.transfers(started)) == 1
    shop.sees.assert_balanced()


def test_carries_each_instruction_out_once_when_sweepers_compete(shop) -> None:
    started = shop.pay()
    shop.start_anew(before=failing("carry_out", AWAY, times=10))
    for amount in range(101, 111):
        shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, amount)
    shop.start_anew()
    shop.wall.advance(minutes=5)

    done = at_once(4, lambda _number: shop.payments.carry_out_due())

    assert sum(done) == 10
    assert shop.refunds(started) == list(range(101, 111))
    shop.sees.assert_balanced()


def test_makes_one_payment_when_a_card_is_chosen_six_times_at_once(shop) -> None:
    started = at_once(6, lambda _number: shop.begin())

    assert len({one.attempt_id for one in started}) == 1
    assert shop.intents() == [started[0].needs.reference]


def test_leaves_one_way_to_pay_when_card_and_escrow_are_chosen_at_once(shop) -> None:
    acts = [shop.begin, partial(shop.start, a_choice())]

    at_once(2, lambda number: acts[number]())

    live = [status for status in shop.sees.attempts() if status != "cancelled"]
    open_intents = [one for one in shop.intents() if shop.status_of(one) != "canceled"]
    assert len(live) == 1
    assert len(open_intents) <= 1
