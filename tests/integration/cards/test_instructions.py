"""What we tell the provider to do is stored before it hears of it, and done once, whatever happens
in between."""

from functools import partial

import pytest

from souk.core.errors import OutcomeUnknown, ProviderRejected
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import OrderStatus, Tracking
from souk.modules.payments.domain import Executed, Pending
from souk.modules.payments.errors import CheckoutNotPayable, MovementUnderWay
from tests.support.card_hooks import Killed, cut_off, dying, failing
from tests.support.card_shop import AWAY, BY_CARD, UNKNOWN
from tests.support.clock import START

TRACKING = Tracking(carrier="dhl", code="X1", status="sent", occurred_at=START)


def cancelled_by_seller(shop) -> None:
    shop.cancellations.cancel(shop.seller(), shop.order_id, "out of stock")


def gives(shop, amount: int, receipt: Receipt = NO_RECEIPT) -> object:
    """The seller gives so much back."""
    return shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, amount, receipt)


def later(shop, **passed: float) -> None:
    """Time goes by, and the sweeper does its part."""
    shop.wall.advance(**passed or {"minutes": 2})
    shop.payments.carry_out_due()


@pytest.mark.pitfall("P9")
@pytest.mark.parametrize("when", ["before", "after"])
def test_gives_back_once_when_the_process_dies_at_the_provider(shop, when) -> None:
    started = shop.pay()
    shop.start_anew(**{when: dying("carry_out")})
    with pytest.raises(Killed):
        cancelled_by_seller(shop)

    shop.start_anew()
    later(shop)

    assert shop.refunds(started) == [shop.checkout.total.amount]
    assert (shop.sees.status(), shop.instructions()) == (OrderStatus.CANCELLED, ["refund done"])
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P9")
@pytest.mark.parametrize("when", ["before", "after"])
def test_makes_one_payment_when_the_process_dies_at_the_provider(shop, when) -> None:
    shop.start_anew(**{when: dying("prepare_payment")})
    with pytest.raises(Killed):
        shop.begin()

    shop.start_anew()
    started = shop.begin()

    assert shop.intents() == [started.needs.reference]
    assert shop.sees.attempts() == ["awaiting_payer"]


@pytest.mark.pitfall("P8")
@pytest.mark.parametrize("when", ["before", "after"])
def test_asks_for_nothing_twice_when_nobody_knows_the_key_any_more(shop, when) -> None:
    started = shop.pay()
    shop.start_anew(**{when: failing("carry_out", UNKNOWN)})

    cancelled_by_seller(shop)
    shop.server.control("keys/forget")
    later(shop, hours=25)

    assert shop.refunds(started) == [shop.checkout.total.amount]
    assert shop.instructions() == ["refund done"]


@pytest.mark.pitfall("P8")
def test_looks_for_a_payment_when_nobody_knows_the_key_any_more(shop) -> None:
    shop.start_anew(after=failing("prepare_payment", UNKNOWN))
    with pytest.raises(OutcomeUnknown):
        shop.begin()
    assert shop.sees.attempts() == ["unknown"]

    shop.server.control("keys/forget")
    shop.wall.advance(hours=25)
    shop.expiries.expire_checkout(shop.checkout.checkout_id)

    (intent,) = shop.intents()
    assert shop.client.v1.payment_intents.retrieve(intent).status == "canceled"
    assert shop.sees.status() is OrderStatus.EXPIRED


def test_says_that_it_is_under_way_while_nobody_knows(shop) -> None:
    shop.pay()
    shop.start_anew(before=failing("carry_out", AWAY))

    assert isinstance(gives(shop, 500), Pending)
    assert shop.instructions() == ["refund open"]


def test_tries_again_the_later_the_more_often_it_was_in_vain(shop) -> None:
    shop.pay()
    shop.start_anew(before=failing("carry_out", AWAY, times=4))
    gives(shop, 500)

    tries = [shop.wall.advance(seconds=1) and shop.payments.carry_out_due() for _ in range(15)]

    assert [second for second, tried in enumerate(tries, 1) if tried] == [2, 6, 14]


@pytest.mark.pitfall("O6")
def test_lets_nobody_have_what_is_being_moved(shop) -> None:
    shop.pay()
    total = shop.checkout.total.amount
    shop.start_anew(before=failing("carry_out", AWAY))
    gives(shop, total - 100)

    with pytest.raises(MovementUnderWay):
        gives(shop, 200)
    assert shop.instructions() == ["refund open"]


WISHES = {
    "give_back": lambda shop, receipt: gives(shop, shop.checkout.total.amount, receipt),
    "cancel": lambda shop, receipt: shop.cancellations.cancel(
        shop.seller(), shop.order_id, "out of stock", receipt
    ),
    "release": lambda shop, receipt: shop.deliveries.release(shop.buyer, shop.order_id, receipt),
}


@pytest.mark.parametrize("wish", WISHES)
def test_answers_what_is_done_when_it_was_cut_off_before_its_answer(shop, wish) -> None:
    shop.pay()
    with pytest.raises(Killed):
        WISHES[wish](shop, Receipt("req_one", 200, cut_off))
    told = shop.instructions()

    answer = WISHES[wish](shop, Receipt("req_one"))

    assert isinstance(getattr(answer, "outcome", answer), Executed)
    assert (len(told), shop.instructions()) == (1, told)


def test_ships_with_its_tracking_when_it_was_cut_off_before_its_answer(shop) -> None:
    shop.pay()
    ship = partial(shop.deliveries.ship, shop.seller(), shop.order_id, TRACKING)
    with pytest.raises(Killed):
        ship(Receipt("req_one", 200, cut_off))

    moved = ship(Receipt("req_one"))

    assert isinstance(moved.outcome, Executed)
    assert moved.status is OrderStatus.SHIPPED
    assert shop.sees.column("SELECT code FROM order_tracking_event") == [TRACKING.code]


def test_moves_nothing_more_when_the_same_wish_comes_again(shop) -> None:
    started = shop.pay()
    receipt = Receipt("req_one")

    answers = [gives(shop, 500, receipt), gives(shop, 500, receipt)]

    assert all(isinstance(answer, Executed) for answer in answers)
    assert shop.refunds(started) == [500]


def test_tells_wishes_apart_whose_names_are_alike(shop) -> None:
    started = shop.pay()

    gives(shop, 500, Receipt("req_one"))
    gives(shop, 300, Receipt("req%"))
    gives(shop, 200, Receipt("reqxone"))

    assert shop.refunds(started) == [200, 300, 500]


def by_hand(shop, started) -> None:
    """Somebody gives all of it back at the provider's own pages, and nobody tells us."""
    shop.client.v1.refunds.create({"payment_intent": str(started.needs.reference)})


def test_learns_what_it_missed_when_it_is_refused(shop) -> None:
    started = shop.pay()
    by_hand(shop, started)

    with pytest.raises(ProviderRejected):
        cancelled_by_seller(shop)

    assert (shop.sees.status(), shop.sees.money()) == (
        OrderStatus.CANCELLED,
        PaymentStatus.REFUNDED,
    )
    shop.sees.assert_balanced()


def test_refuses_again_when_a_wish_that_was_refused_comes_again(shop) -> None:
    started = shop.pay()
    by_hand(shop, started)

    gone = shop.legs(started)[0]

    for _ in range(2):
        with pytest.raises(ProviderRejected):
            shop.payments.give_back(gone, "req_one")
    assert shop.instructions() == ["refund refused"]


def test_does_the_rest_of_a_wish_when_a_part_of_it_is_refused(shop) -> None:
    started = released(shop)
    shop.start_anew(before=failing("carry_out", ProviderRejected("this account is closed")))

    with pytest.raises(ProviderRejected):
        gives(shop, 500)

    assert shop.refunds(started) == [500]
    assert shop.balance("receivable") == -500
    shop.sees.assert_balanced()


def released(shop) -> object:
    """A payment that the seller has."""
    started = shop.pay()
    shop.deliveries.ship(shop.seller(), shop.order_id, None)
    shop.deliveries.release(shop.buyer, shop.order_id)
    return started


@pytest.mark.pitfall("P18")
def test_takes_from_the_seller_later_what_the_seller_does_not_have_now(shop) -> None:
    started = released(shop)
    shop.empty_payee()

    assert isinstance(gives(shop, 500), Pending)
    later(shop)

    assert shop.refunds(started) == [500]
    assert (shop.balance("receivable"), shop.instructions()[-2:]) == (
        -500,
        ["recover open", "reimburse done"],
    )

    shop.fill_payee(2_000)
    later(shop, hours=1)

    assert (shop.balance("receivable"), shop.instructions()[-2:]) == (
        0,
        ["recover done", "reimburse done"],
    )
    shop.sees.assert_balanced()


def test_knows_the_payment_by_name_when_its_payer_was_told_a_second_time(shop) -> None:
    shop.start_anew(after=failing("prepare_payment", UNKNOWN))
    with pytest.raises(OutcomeUnknown):
        shop.begin()
    needs = shop.payments.read_action(shop.buyer, shop.payment_id)
    shop.client.v1.payment_intents.confirm(needs.reference, {"payment_method": "pm_card_visa"})
    shop.payments.confirm(shop.buyer, shop.payment_id)

    cancelled_by_seller(shop)

    assert shop.sees.money() is PaymentStatus.REFUNDED


@pytest.mark.pitfall("P5")
def test_takes_a_webhook_that_comes_before_the_answer(shop) -> None:
    """The payer is faster than our own commit: the provider tells of the payment while we still
    wait for its answer to our asking for one."""

    def pay_meanwhile(name: str, attempt: object, *_rest: object) -> None:
        if name == "prepare_payment":
            (intent,) = shop.intents()
            shop.client.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
            shop.tell_all()

    shop.start_anew(after=pay_meanwhile)
    with pytest.raises(CheckoutNotPayable):
        shop.begin(BY_CARD)
    cancelled_by_seller(shop)

    assert shop.sees.attempts() == ["succeeded"]
    assert shop.sees.money() is PaymentStatus.REFUNDED
    shop.sees.assert_balanced()
