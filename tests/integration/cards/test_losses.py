"""The buyer gets more than what was theirs: it is nobody's but the platform's loss, and the books
say so."""

from sqlalchemy import text

from souk.modules.orders.domain import OrderStatus
from tests.support.card_oracle import at_provider, in_books
from tests.support.card_shop import a_card_shop

TOTAL = 2_598


def give_back(shop, started, amount: int) -> None:
    """Somebody at the provider's own pages."""
    shop.client.v1.refunds.create({"payment_intent": started.needs.reference, "amount": amount})


def refuse(shop, number: int = 0) -> None:
    order = shop.checkout.orders[number]
    shop.cancellations.cancel(shop.seller_of(order), order.id, "sold out")


def lost(shop) -> int:
    return -shop.balance("losses")


def assert_agrees(shop, started) -> None:
    there = at_provider(shop.client, started.attempt_id)
    assert there == in_books(shop.uow, started.attempt_id)
    shop.sees.assert_balanced()


def given_back_while_asked(shop):
    """A bank asks for half, somebody gives all but 1000 back, and the bank takes what it asked
    for; and the dispute."""
    started = shop.pay()
    inquiry = shop.dispute(started, inquiry="true", amount=TOTAL // 2)
    give_back(shop, started, TOTAL - 1_000)
    shop.server.control(f"disputes/{inquiry}/escalate")
    shop.hear(started)
    return started, inquiry


def test_loses_what_a_bank_takes_of_what_the_buyer_had_back(shop) -> None:
    started, _ = given_back_while_asked(shop)

    (leg,) = shop.legs(started)
    assert (leg.charged_back, lost(shop), shop.balance("escrow")) == (1_000, 299, 0)
    assert (shop.balance("receivable"), shop.balance("buyer")) == (0, 299)
    assert_agrees(shop, started)


def test_has_lost_nothing_when_the_bank_gives_it_back(shop) -> None:
    started, dispute = given_back_while_asked(shop)

    shop.decide(started, dispute, won=True)

    assert (lost(shop), shop.balance("escrow")) == (0, 1_000)
    assert_agrees(shop, started)


def test_loses_all_that_a_bank_takes_of_what_is_refunded(shop) -> None:
    started = shop.pay()
    refuse(shop)
    dispute = shop.dispute(started, amount=TOTAL)
    contested = shop.sees.holds()

    shop.decide(started, dispute, won=False)

    assert (contested, shop.sees.holds()) == (["chargeback"], [])
    assert (lost(shop), shop.balance("buyer")) == (TOTAL, TOTAL)
    assert_agrees(shop, started)


def test_loses_a_refund_by_hand_that_met_one_of_ours(uow, card_server, clock) -> None:
    """Divided by a look that was taken before ours went, and told after it."""
    shop = a_card_shop(uow, card_server, clock, sellers=["sami", "boris"])
    started = shop.pay()
    give_back(shop, started, 1_000)
    told = list(shop.cards.gateway.list_said(shop.attempt(started)))
    refuse(shop)

    for said in told:
        shop.payments.observe(said)
    shop.hear(started)

    assert (lost(shop), [leg.remaining for leg in shop.legs(started)]) == (500, [0, 2_098])
    assert_agrees(shop, started)


def test_ends_an_order_whose_refund_by_hand_met_one_of_ours_half_way(
    uow, card_server, clock
) -> None:
    """A part of it counts, and with it the buyer has all."""
    shop = a_card_shop(uow, card_server, clock, sellers=["sami", "boris"])
    started, order = shop.pay(), shop.checkout.orders[0]
    give_back(shop, started, 1_000)
    told = list(shop.cards.gateway.list_said(shop.attempt(started)))
    shop.payments.refund_part(shop.seller_of(order), shop.payment_id, order.id, 2_398)

    for said in told:
        shop.payments.observe(said)
    shop.hear(started)

    assert (lost(shop), [leg.refunded for leg in shop.legs(started)]) == (300, [2_598, 500])
    status = shop.sees.read("SELECT status FROM orders WHERE id = :id", id=order.id)
    assert status == OrderStatus.CANCELLED
    assert_agrees(shop, started)


def test_books_anew_what_was_booked_without_its_loss(shop) -> None:
    """By a version that did not know of losses."""
    started, dispute = given_back_while_asked(shop)
    with shop.uow.begin() as tx:
        tx.session.execute(text("UPDATE payment_effect SET booked_lost = 0"))
        tx.commit()
    bookings = "SELECT bookings FROM payment_effect WHERE kind = 'charged_back'"
    # Twice already where the provider's clock tells what was given back from what the bank took.
    before = shop.sees.read(bookings)

    shop.decide(started, dispute, won=False)

    assert (shop.sees.read(bookings), lost(shop)) == (before + 1, 299)
    assert_agrees(shop, started)
