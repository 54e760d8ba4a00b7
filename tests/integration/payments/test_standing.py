"""What payments answer to those who decide about orders, and what payers say about attempts."""

from datetime import timedelta

import pytest

from souk.core.principal import Principal
from souk.modules.orders.domain import HoldKind
from souk.modules.orders.errors import CheckoutNotFound
from souk.modules.payments.domain import Executed, FactKind, NeedsSignature
from souk.modules.payments.errors import (
    AttemptNotOpen,
    DeadlinePassed,
    MalformedTransactionHash,
    NothingHeld,
    PaymentUnderWay,
)
from tests.support.account_builders import an_account
from tests.support.order_builders import orders_on, place
from tests.support.payment_builders import (
    NATIVE,
    Shop,
    a_choice,
    a_paid_shop,
    a_shop,
    orphaned,
    reached,
    seen,
    stand_on_chain,
)

HASH = "0x" + "Ab" * 32
FULFILLED, SETTLED = FactKind.FULFILLED, FactKind.SETTLED


def is_live(shop: Shop) -> bool:
    with shop.uow.begin() as tx:
        return shop.payments.has_live_attempt(tx, shop.checkout.checkout_id)


def void(shop: Shop) -> None:
    with shop.uow.begin() as tx:
        shop.payments.void_unpaid(tx, shop.checkout.checkout_id, "given up")
        tx.commit()


def due(shop: Shop, **duration: float) -> list[tuple[str, str]]:
    with shop.uow.begin() as tx:
        at = shop.now + timedelta(**duration)
        found = shop.payments.legs_due(tx, "chain:31337", at, 20)
    return [(leg.order_id, str(action)) for leg, action in found]


def test_is_not_live_when_the_payer_is_only_awaited(uow) -> None:
    shop = a_shop(uow)
    shop.start()

    assert not is_live(shop)


def test_is_live_when_a_transaction_was_sent_until_it_can_no_longer_be_mined(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.payments.confirm(shop.buyer, shop.payment_id, HASH)
    before = is_live(shop)

    shop.pass_time(seconds=601)

    assert (before, is_live(shop)) == (True, False)


@pytest.mark.pitfall("O4")
def test_is_live_when_the_chain_shows_a_payment_nobody_has_told_of_yet(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    stand_on_chain(uow, leg)
    shop.pass_time(hours=1)

    assert is_live(shop)


def test_is_live_when_a_payment_is_seen_whatever_the_time(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    shop.observe(seen(leg))
    shop.pass_time(days=1)

    assert is_live(shop)


def test_is_live_when_an_orphaned_payment_may_be_mined_again(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    shop.observe(seen(leg), orphaned(leg))
    before = is_live(shop)

    shop.pass_time(seconds=601)

    assert (before, is_live(shop)) == (True, False)


def test_expires_attempts_that_can_no_longer_be_paid_when_voided(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.pass_time(seconds=601)

    void(shop)

    assert (shop.sees.attempts(), shop.sees.state()) == (["expired"], "CANCELLED")
    assert shop.sees.events()[-1] == "payment.cancelled"


def test_cancels_attempts_that_could_still_be_paid_when_voided(uow) -> None:
    shop = a_shop(uow)
    shop.start()

    void(shop)

    assert shop.sees.attempts() == ["cancelled"]


def test_believes_nothing_when_a_hash_is_handed_in(uow) -> None:
    shop = a_shop(uow)
    shop.start()

    shop.payments.confirm(shop.buyer, shop.payment_id, HASH)

    assert (shop.sees.attempts(), shop.sees.state()) == (["submitted"], "PROCESSING")
    assert shop.sees.read("SELECT transaction_hash FROM payment_attempt") == HASH.lower()
    assert shop.sees.read("SELECT count(*) FROM ledger_entry") == 0


def test_takes_another_hash_when_the_payer_speeds_up(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.payments.confirm(shop.buyer, shop.payment_id, HASH)

    shop.payments.confirm(shop.buyer, shop.payment_id, "0x" + "cd" * 32)

    assert shop.sees.read("SELECT transaction_hash FROM payment_attempt") == "0x" + "cd" * 32


def test_leaves_what_the_chain_said_when_a_hash_comes_late(uow) -> None:
    shop, _leg = a_paid_shop(uow)

    shop.payments.confirm(shop.buyer, shop.payment_id, HASH)

    assert shop.sees.attempts() == ["succeeded"]


@pytest.mark.parametrize("text", ["", "0x12", "ab" * 32, "0x" + "zz" * 32, HASH + "00"])
def test_refuses_what_is_no_transaction_hash(uow, text) -> None:
    shop = a_shop(uow)

    with pytest.raises(MalformedTransactionHash):
        shop.payments.confirm(shop.buyer, shop.payment_id, text)


def test_refuses_a_hash_when_no_attempt_is_open(uow) -> None:
    shop = a_shop(uow)

    with pytest.raises(AttemptNotOpen):
        shop.payments.confirm(shop.buyer, shop.payment_id, HASH)


def test_refuses_to_cancel_what_was_sent(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.payments.confirm(shop.buyer, shop.payment_id, HASH)

    with pytest.raises(PaymentUnderWay):
        shop.payments.cancel(shop.buyer, shop.payment_id)


def test_refuses_to_cancel_twice(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.payments.cancel(shop.buyer, shop.payment_id)

    with pytest.raises(AttemptNotOpen):
        shop.payments.cancel(shop.buyer, shop.payment_id)


def test_finds_no_held_leg_when_the_money_is_not_final_or_gone(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    for observation in (seen(leg), reached(leg), reached(leg, SETTLED)):
        shop.observe(observation)
        if observation.stage == "reached" and observation.fact.kind is FactKind.HELD:
            continue
        with uow.begin() as tx, pytest.raises(NothingHeld):
            shop.payments.held_leg(tx, shop.order_id)


def test_asks_seller_and_buyer_for_their_signatures(uow) -> None:
    shop, leg = a_paid_shop(uow)
    with uow.begin() as tx:
        held = shop.payments.held_leg(tx, shop.order_id)

    asks = [shop.payments.fulfil(held), shop.payments.release(held), shop.payments.refund(held)]

    assert all(isinstance(ask, NeedsSignature) for ask in asks)
    assert [ask.by for ask in asks] == [leg.terms.seller, leg.terms.buyer, leg.terms.seller]


def test_has_nothing_to_ask_when_nothing_is_to_be_fulfilled(uow) -> None:
    shop, _leg = a_paid_shop(uow, digital=True)
    with uow.begin() as tx:
        held = shop.payments.held_leg(tx, shop.order_id)

    assert shop.payments.fulfil(held) == Executed(held.id)


def test_refuses_to_fulfil_when_the_contract_would_find_it_too_late(uow) -> None:
    shop, _leg = a_paid_shop(uow)
    with uow.begin() as tx:
        held = shop.payments.held_leg(tx, shop.order_id)
    shop.pass_time(days=30)

    with pytest.raises(DeadlinePassed):
        shop.payments.fulfil(held)


@pytest.mark.parametrize(("duration", "found"), [({"days": 8}, False), ({"days": 10}, True)])
def test_is_due_back_when_the_sellers_time_is_over(uow, duration, found) -> None:
    shop, _leg = a_paid_shop(uow)

    assert (due(shop, **duration) == [(shop.order_id, "refund")]) is found


@pytest.mark.parametrize(("duration", "found"), [({"days": 13}, False), ({"days": 15}, True)])
def test_is_due_to_the_seller_when_the_buyers_time_is_over(uow, duration, found) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, FULFILLED))

    assert (due(shop, **duration) == [(shop.order_id, "release")]) is found


def test_is_not_due_when_a_hold_is_open(uow) -> None:
    shop, _leg = a_paid_shop(uow)
    with uow.begin() as tx:
        orders_on(uow).open_hold(tx, shop.order_id, HoldKind.FRAUD, "a doubt")
        tx.commit()

    assert due(shop, days=30) == []


def test_is_due_back_when_the_fulfilment_left_the_chain(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, FULFILLED), orphaned(leg, FULFILLED))

    assert due(shop, days=30) == [(shop.order_id, "refund")]


def test_is_due_to_the_seller_when_the_release_left_the_chain(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, FULFILLED), reached(leg, SETTLED), orphaned(leg, SETTLED))

    assert due(shop, days=30) == [(shop.order_id, "release")]


def test_is_due_all_the_same_when_a_duplicate_is_held_up(uow) -> None:
    shop = a_shop(uow)
    (first,) = shop.start().attempt.legs
    shop.pass_time(seconds=601)
    (second,) = shop.start(a_choice(**NATIVE)).attempt.legs
    shop.observe(reached(first), reached(second))
    with uow.begin() as tx:
        orders_on(uow).open_hold(tx, shop.order_id, HoldKind.FRAUD, "a doubt")
        tx.commit()

    assert due(shop, days=30) == [(shop.order_id, "refund")]


def test_is_not_due_when_its_settlement_is_under_way(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(seen(leg, SETTLED, to_buyer=leg.amount))

    assert due(shop, days=30) == []


def test_passes_over_held_orders_when_others_are_due_later(uow) -> None:
    shop = a_shop(uow, sellers=("sofia", "sami", "sara"))
    legs = shop.start().attempt.legs
    shop.observe(*(reached(leg) for leg in legs))
    with uow.begin() as tx:
        for order_id in shop.orders[:2]:
            orders_on(uow).open_hold(tx, order_id, HoldKind.FRAUD, "a doubt")
        found = shop.payments.legs_due(tx, "chain:31337", shop.now + timedelta(days=30), 1)

    assert [leg.order_id for leg, _action in found] == [shop.orders[2]]


def test_refuses_a_hash_when_the_attempt_was_given_up(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.payments.cancel(shop.buyer, shop.payment_id)

    with pytest.raises(AttemptNotOpen):
        shop.payments.confirm(shop.buyer, shop.payment_id, HASH)


def test_has_nothing_to_ask_when_no_leg_is_named(uow) -> None:
    shop = a_shop(uow)

    with pytest.raises(NothingHeld):
        shop.payments.release()


def test_owes_a_seller_nothing_when_all_is_in_order(uow) -> None:
    shop, _leg = a_paid_shop(uow)
    seller = Principal(shop.checkout.orders[0].seller_account_id, "ses")

    with pytest.raises(NothingHeld):
        shop.payments.refund_owed(seller, shop.payment_id)


def test_has_nothing_to_give_up_when_no_payment_was_opened(uow) -> None:
    shop = a_shop(uow)
    line = shop.checkout.orders[0].lines[0]
    other = place(uow, shop.buyer, (line.listing_id, 1))

    with uow.begin() as tx:
        live = shop.payments.has_live_attempt(tx, other.checkout_id)
        shop.payments.void_unpaid(tx, other.checkout_id, "given up")

    assert (live, shop.sees.events()) == (False, ["payment.created"])


def test_leaves_an_ended_attempt_as_it_ended_when_voided(uow) -> None:
    shop = a_shop(uow)
    shop.start()
    shop.payments.cancel(shop.buyer, shop.payment_id)
    shop.pass_time(hours=1)

    void(shop)

    assert shop.sees.attempts() == ["cancelled"]


def test_opens_no_payment_of_somebody_elses_checkout(uow) -> None:
    shop = a_shop(uow)

    with pytest.raises(CheckoutNotFound):
        shop.payments.open(an_account(uow, "stranger"), shop.checkout.checkout_id)
