"""Payments that count only at the level that was asked for when they were prepared."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from souk.core.documents import CachedDocuments
from souk.core.events import Event, HandlerRegistry
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Level
from souk.modules.chain.events import EscrowEventOrphaned, EscrowEventReached, EscrowEventSeen
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.domain import FinalityPolicy, Leg, LegStatus
from souk.modules.payments.handlers import subscriptions
from tests.support.escrow_events import said
from tests.support.http import NothingKept
from tests.support.payment_builders import (
    MONEY,
    NATIVE,
    Shop,
    a_choice,
    a_gateway,
    a_shop,
    payments_on,
)

PENDING, PAID = OrderStatus.PENDING_PAYMENT, OrderStatus.PAID
SECONDS = {Level.CONFIRMED: 24, Level.SAFE: 630, Level.FINAL: 1_440}
SEEN, CONFIRMED, SAFE, FINAL = "seen", "confirmed", "safe", "final"
Tell = Callable[..., list[OrderStatus]]


def ask_for(shop: Shop, **since: int) -> None:
    """From now on the installation asks this of payments, by level, from so many cents on."""
    steps = {Level(name): cents for name, cents in since.items()}
    policy = FinalityPolicy(since=steps, seconds=SECONDS)
    shop.payments = payments_on(shop.uow, shop.prices, money=replace(MONEY, finality=policy))


@pytest.fixture
def shop(uow: UnitOfWork) -> Shop:
    return a_shop(uow)


@pytest.fixture
def tell(shop: Shop) -> Tell:
    """Say that a leg's payment is at these levels, one after the other; where its order stands
    after each."""

    def tell(leg: Leg, *levels: str, **where: str) -> list[OrderStatus]:
        found = []
        for level in levels:
            hear(shop, _event(leg, level, **where))
            found.append(shop.sees.status())
        return found

    return tell


def hear(shop: Shop, event: Event) -> None:
    kept = CachedDocuments(NothingKept())
    registry = HandlerRegistry(subscriptions(shop.payments, a_gateway(), kept))
    registry.dispatch(event.name, event.version, event.to_payload())


def _event(leg: Leg, level: str, **where: str) -> Event:
    if level in ("seen", "orphaned"):
        return said(EscrowEventSeen if level == "seen" else EscrowEventOrphaned, leg, **where)
    return said(EscrowEventReached, leg, level=level, **where)


def steps_to_paid(shop: Shop) -> int:
    return shop.sees.column("SELECT to_status FROM order_status_history").count("paid")


def test_pays_a_large_order_at_the_level_that_is_asked_and_not_before(shop, tell) -> None:
    ask_for(shop, final=1)
    (leg,) = shop.start().attempt.legs

    path = tell(leg, SEEN, CONFIRMED, SAFE, FINAL)

    assert path == [PENDING, PENDING, PENDING, PAID]


def test_pays_a_small_order_by_its_depth_as_ever(shop, tell) -> None:
    ask_for(shop, safe=10**6, final=10**7)
    (leg,) = shop.start().attempt.legs

    assert tell(leg, SEEN, CONFIRMED) == [PENDING, PAID]


@pytest.mark.parametrize(
    "levels",
    [
        (FINAL,),
        (FINAL, SAFE, CONFIRMED, SEEN),
        (CONFIRMED, SEEN, FINAL, SAFE, FINAL),
        (SEEN, SEEN, CONFIRMED, CONFIRMED, SAFE, SAFE, FINAL, FINAL),
    ],
)
def test_pays_once_in_whatever_order_the_levels_are_heard(
    shop, tell, levels: Sequence[str]
) -> None:
    ask_for(shop, final=1)
    (leg,) = shop.start().attempt.legs

    tell(leg, *levels)

    assert (shop.sees.status(), steps_to_paid(shop)) == (PAID, 1)
    assert shop.sees.events().count("payment.completed") == 1
    shop.sees.assert_balanced()


def test_keeps_to_what_was_asked_when_the_policy_is_relaxed_meanwhile(shop, tell) -> None:
    ask_for(shop, final=1)
    (leg,) = shop.start().attempt.legs
    ask_for(shop)

    assert tell(leg, SEEN, CONFIRMED, SAFE, FINAL) == [PENDING, PENDING, PENDING, PAID]


def test_keeps_to_what_was_asked_when_the_policy_is_tightened_meanwhile(shop, tell) -> None:
    ask_for(shop)
    (leg,) = shop.start().attempt.legs
    ask_for(shop, final=1)

    assert tell(leg, SEEN, CONFIRMED) == [PENDING, PAID]


def test_pays_by_depth_what_was_prepared_before_there_was_a_choice(shop, tell) -> None:
    ask_for(shop, final=1)
    (leg,) = shop.start().attempt.legs
    with shop.uow.begin() as tx:
        tx.session.execute(text("UPDATE payment_attempt_leg SET finality = NULL"))
        tx.commit()

    assert tell(leg, SEEN, CONFIRMED) == [PENDING, PAID]


def test_waits_anew_when_the_payment_is_mined_again(shop, tell) -> None:
    ask_for(shop, final=1)
    (leg,) = shop.start().attempt.legs
    tell(leg, SEEN, CONFIRMED, SAFE, "orphaned")

    path = tell(leg, SEEN, SAFE, FINAL, observation_id="obs_again")

    assert (path, steps_to_paid(shop)) == ([PENDING, PENDING, PAID], 1)
    shop.sees.assert_balanced()


def test_asks_for_what_all_orders_of_an_attempt_come_to(uow) -> None:
    shop = a_shop(uow, sellers=("sofia", "stefan"))
    totals = [order.total.amount for order in shop.checkout.orders]
    ask_for(shop, final=sum(totals))

    legs = shop.start().attempt.legs

    assert max(totals) < sum(totals)
    assert [leg.finality for leg in legs] == [Level.FINAL, Level.FINAL]


def test_asks_the_same_whatever_is_paid_with(shop) -> None:
    cents = shop.checkout.orders[0].total.amount
    ask_for(shop, safe=cents, final=cents + 1)

    (leg,) = shop.start(a_choice(**NATIVE)).attempt.legs

    assert (leg.asset.symbol, leg.finality) == ("ETH", Level.SAFE)


def test_keeps_the_goods_and_tells_the_time_until_the_level_that_is_asked(shop) -> None:
    ask_for(shop, final=1)

    attempt = shop.start().attempt

    due = shop.sees.read("SELECT extract(epoch FROM due_at)::bigint FROM timer")
    assert due == int(attempt.pay_by.timestamp()) + 1_440 + 600
    assert (attempt.route["finality"], attempt.route["seconds_to_finality"]) == ("final", 1_440)


def test_gives_nothing_up_while_the_payment_waits_for_its_level(shop, tell) -> None:
    ask_for(shop, final=1)
    (leg,) = shop.start().attempt.legs
    tell(leg, SEEN, CONFIRMED)
    shop.pass_time(hours=1)

    with shop.uow.begin() as tx:
        live = shop.payments.has_live_attempt(tx, shop.checkout.checkout_id)

    assert live


def test_counts_what_stands_on_a_payment_only_once_that_counts(shop, tell) -> None:
    ask_for(shop, final=1)
    (leg,) = shop.start().attempt.legs
    tell(leg, SEEN, CONFIRMED)
    back = {"to_buyer": str(leg.amount), "to_seller": "0", "fee": "0", "kind": "2"}
    hear(shop, said(EscrowEventReached, leg, "settled", args=back, level="confirmed"))
    before = shop.leg(leg.id).status
    shop.sees.assert_balanced()

    tell(leg, FINAL)

    assert (before, shop.leg(leg.id).status) == (LegStatus.SEEN, LegStatus.REFUNDED)
    shop.sees.assert_balanced()
