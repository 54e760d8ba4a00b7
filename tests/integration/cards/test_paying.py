"""Paying by card, from the choice to the order."""

import pytest

from souk.core.idempotency import Receipt
from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.domain import NeedsBrowser
from souk.modules.payments.errors import (
    CheckoutNotPayable,
    HoldTooLong,
    MethodUnavailable,
    SellerTakesNoCards,
)
from tests.support.card_shop import BY_CARD, EMPTY, GOOD, a_card_shop
from tests.support.payment_builders import a_shop

HASH = "0x" + "ab" * 32


def test_asks_the_payer_to_go_on_at_the_provider(shop) -> None:
    started = shop.begin()

    assert isinstance(started.needs, NeedsBrowser)
    assert shop.sees.attempts() == ["awaiting_payer"]
    assert shop.intent(started).amount == shop.checkout.total.amount


def test_pays_the_order_when_the_provider_has_told(shop) -> None:
    started = shop.begin()
    shop.confirm(started)

    shop.tell(started)

    assert shop.sees.status() is OrderStatus.PAID
    assert (shop.sees.money(), shop.sees.state()) == (PaymentStatus.HELD, "COMPLETED")
    shop.sees.assert_balanced()


def test_pays_the_order_when_nobody_told_and_we_look(shop) -> None:
    started = shop.begin()
    shop.confirm(started)
    shop.wall.advance(seconds=61)

    shop.payments.look_at_open()

    assert shop.sees.status() is OrderStatus.PAID


def test_pays_the_order_when_the_payer_comes_back(shop) -> None:
    started = shop.begin()
    shop.confirm(started)

    assert shop.payments.confirm(shop.buyer, shop.payment_id) == "COMPLETED"


def test_says_why_when_the_card_was_declined(shop) -> None:
    shop.pay(EMPTY)

    assert (shop.sees.attempts(), shop.sees.state()) == (["failed"], "FAILED")
    assert "not enough money" in str(shop.sees.read("SELECT failure_reason FROM payment_attempt"))


def test_takes_another_card_in_the_same_attempt(shop) -> None:
    declined = shop.pay(EMPTY)

    again = shop.pay()

    assert again.attempt_id == declined.attempt_id
    assert shop.sees.attempts() == ["succeeded"]
    assert shop.sees.status() is OrderStatus.PAID


def test_stays_paid_when_the_decline_is_told_once_more(shop) -> None:
    shop.pay(EMPTY)
    started = shop.pay()

    shop.tell(started)

    assert shop.sees.attempts() == ["succeeded"]


def test_charges_a_cart_once_for_all_its_sellers(uow, card_server, clock) -> None:
    shop = a_card_shop(uow, card_server, clock, sellers=["sofia", "boris"])

    started = shop.pay()

    assert shop.intent(started).amount_received == shop.checkout.total.amount
    assert [shop.sees.status(order) for order in shop.orders] == [OrderStatus.PAID] * 2
    shop.sees.assert_balanced()


def test_refuses_cards_when_one_seller_cannot_be_paid(uow, card_server, clock) -> None:
    shop = a_card_shop(uow, card_server, clock)
    with uow.begin() as tx:
        tx.session.connection().exec_driver_sql("UPDATE payee_account SET ready = false")
        tx.commit()

    with pytest.raises(SellerTakesNoCards):
        shop.begin()
    assert shop.sees.attempts() == []


@pytest.mark.parametrize("days", [{"handling_days": 30}, {"transit_days": 45}])
def test_refuses_cards_when_the_money_would_wait_longer_than_they_let_it(
    uow, card_server, clock, days
) -> None:
    terms = {"handling_days": 2, "transit_days": 17, **days}
    shop = a_card_shop(uow, card_server, clock, **terms)

    said = shop.payments.validate(shop.buyer, BY_CARD, payment_id=shop.payment_id)
    assert [reason["code"] for reason in said["reasons"]] == ["hold_too_long"]
    with pytest.raises(HoldTooLong):
        shop.begin()


def test_keeps_the_secret_out_of_the_stored_answer(shop) -> None:
    kept = []
    receipt = Receipt("req_one", 201, lambda started: kept.append(started.to_json()) or {})

    started = shop.begin(receipt=receipt)

    (stored,) = kept
    assert started.needs.client_secret
    assert stored["action"] == {**started.to_json()["action"], "client_secret": ""}


def test_reads_the_secret_anew(shop) -> None:
    started = shop.begin()

    assert shop.payments.read_action(shop.buyer, shop.payment_id) == started.needs


def test_makes_one_intent_when_the_same_request_comes_twice(shop) -> None:
    receipt = Receipt("req_one", 201)

    first, again = shop.begin(receipt=receipt), shop.begin(receipt=receipt)

    assert first.needs.reference == again.needs.reference
    assert shop.sees.attempts() == ["awaiting_payer"]


def test_pays_nothing_twice(shop) -> None:
    shop.pay()

    with pytest.raises(CheckoutNotPayable):
        shop.begin()


def test_offers_no_cards_where_none_are_taken(uow) -> None:
    shop = a_shop(uow)

    with pytest.raises(MethodUnavailable):
        shop.start(BY_CARD)


@pytest.mark.parametrize("method", [None, GOOD])
def test_believes_no_hash_of_a_transaction_when_it_is_paid_by_card(shop, method) -> None:
    started = shop.begin()
    if method is not None:
        shop.confirm(started, method)

    state = shop.payments.confirm(shop.buyer, shop.payment_id, HASH)

    assert state == ("PENDING" if method is None else "COMPLETED")
    assert shop.sees.attempts() == ["awaiting_payer" if method is None else "succeeded"]


def test_leaves_the_payment_open_when_a_hash_is_named_for_a_card(shop) -> None:
    started = shop.begin()

    shop.payments.confirm(shop.buyer, shop.payment_id, HASH)

    assert shop.begin().attempt_id == started.attempt_id
