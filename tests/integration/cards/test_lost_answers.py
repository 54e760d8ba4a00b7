"""The provider was asked for a payment, and has not answered: nobody waits for that longer than it
takes to ask again."""

import pytest

from souk.core.errors import OutcomeUnknown
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.errors import CheckoutNotPayable
from tests.support.card_hooks import failing
from tests.support.card_shop import UNKNOWN, CardShop, a_card_shop
from tests.support.payment_builders import a_choice


@pytest.fixture
def shop(uow, faulty_server, clock) -> CardShop:
    return a_card_shop(uow, faulty_server, clock)


def asked_in_vain(shop, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(OutcomeUnknown):
            shop.begin()


def broken(shop, kind: str) -> None:
    """The provider fails once, and says the same under the same key for a day."""
    shop.server.control("faults", kind=kind, on="/v1/payment_intents")


def test_hands_out_what_was_made_when_it_is_asked_for_again(shop) -> None:
    broken(shop, "server_error_after_effect")
    asked_in_vain(shop)

    started = shop.begin()

    assert shop.sees.attempts() == ["awaiting_payer"]
    assert shop.intents() == [started.needs.reference]


def test_says_that_it_waits_for_its_payer_once_the_payer_was_told(shop) -> None:
    broken(shop, "server_error_after_effect")
    asked_in_vain(shop)

    shop.payments.read_action(shop.buyer, shop.payment_id)

    assert shop.sees.attempts() == ["awaiting_payer"]


def test_begins_another_payment_when_the_provider_keeps_saying_nothing(shop) -> None:
    broken(shop, "server_error")
    asked_in_vain(shop, 2)

    started = shop.begin()

    assert shop.sees.attempts() == ["cancelled", "awaiting_payer"]
    assert shop.intents() == [started.needs.reference]


def test_goes_into_escrow_when_the_provider_keeps_saying_nothing(shop) -> None:
    broken(shop, "server_error")
    asked_in_vain(shop)

    shop.start(a_choice())

    assert shop.sees.attempts() == ["cancelled", "awaiting_payer"]


def test_frees_the_goods_in_time_when_the_provider_keeps_saying_nothing(shop) -> None:
    broken(shop, "server_error")
    asked_in_vain(shop)
    shop.wall.advance(hours=1)

    shop.expiries.expire_checkout(shop.checkout.checkout_id)

    assert shop.sees.status() is OrderStatus.EXPIRED


def test_tells_nobody_how_to_pay_what_was_given_up_meanwhile(shop) -> None:
    """Another of our processes gives the checkout up, and gets no answer about it, while this one
    waits for its own."""
    other = a_process_beside(shop)
    other.start_anew(before=failing("cancel_payment", UNKNOWN))

    def expire(name: str, *_arguments: object) -> None:
        if name == "prepare_payment":
            shop.wall.advance(hours=1)
            other.expiries.expire_checkout(shop.checkout.checkout_id)

    shop.start_anew(before=expire)
    with pytest.raises(CheckoutNotPayable):
        shop.begin()

    assert shop.sees.status() is OrderStatus.EXPIRED


def a_process_beside(shop) -> CardShop:
    return CardShop(
        uow=shop.uow,
        buyer=shop.buyer,
        checkout=shop.checkout,
        payment_id=shop.payment_id,
        prices=shop.prices,
        server=shop.server,
        wall=shop.wall,
    )


def test_calls_off_what_its_payer_may_know_only_when_the_provider_says_so(shop) -> None:
    started = shop.begin()
    shop.start_anew(before=failing("cancel_payment", UNKNOWN))
    shop.wall.advance(hours=1)

    with pytest.raises(OutcomeUnknown):
        shop.expiries.expire_checkout(shop.checkout.checkout_id)

    assert shop.sees.status() is OrderStatus.PENDING_PAYMENT
    assert shop.intent(started).status == "requires_payment_method"
