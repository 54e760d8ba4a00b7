"""What somebody moves at the provider's own pages, while we move money too."""

from datetime import timedelta

import pytest

from tests.support.card_comparison import a_statement
from tests.support.card_oracle import at_provider, in_books
from tests.support.card_shop import CardShop, a_card_shop


@pytest.fixture
def shop(uow, card_server, clock) -> CardShop:
    """With an order of each of two sellers."""
    return a_card_shop(uow, card_server, clock, sellers=["sami", "boris"])


def gives_back(shop, started, amount: int) -> None:
    """Somebody at the provider's own pages."""
    shop.client.v1.refunds.create({"payment_intent": started.needs.reference, "amount": amount})


def ships(shop, number: int) -> None:
    order = shop.checkout.orders[number]
    shop.deliveries.ship(shop.seller_of(order), order.id, None)


def refuses(shop, number: int) -> None:
    order = shop.checkout.orders[number]
    shop.cancellations.cancel(shop.seller_of(order), order.id, "sold out")


def assert_agrees(shop, started) -> None:
    there = at_provider(shop.client, started.attempt_id)
    assert there == in_books(shop.uow, started.attempt_id)
    shop.sees.assert_balanced()


def test_hands_on_what_a_refund_under_way_leaves(shop) -> None:
    started = shop.pay("pm_card_pendingRefund")
    gives_back(shop, started, 1_000)
    shop.hear(started)
    ships(shop, 0)

    shop.deliveries.release(shop.buyer, shop.checkout.orders[0].id)
    shop.hurry()
    shop.hear(started)

    assert [leg.remaining for leg in shop.legs(started)] == [0, 2_098]
    assert_agrees(shop, started)


def a_refund_and_all_of_an_order(shop):
    """One by hand that both orders share, and then the rest of the second order's; and the attempt
    as it was before."""
    started = shop.pay()
    before = shop.attempt(started)
    gives_back(shop, started, 2_598)
    shop.hear(started)
    refuses(shop, 1)
    return started, before


def test_takes_no_word_of_a_look_that_did_not_know_how_the_rest_is_divided(shop) -> None:
    started, before = a_refund_and_all_of_an_order(shop)
    shop.at_provider(started, "disputes", amount=1_299)

    shop.payments.look_at(before)
    unheard = [leg.charged_back for leg in shop.legs(started)]
    shop.hear(started)

    assert (unheard, [leg.charged_back for leg in shop.legs(started)]) == ([0, 0], [1_299, 0])
    assert_agrees(shop, started)


def test_hears_from_the_statement_what_fell_to_whom(shop, clock) -> None:
    started, _ = a_refund_and_all_of_an_order(shop)
    shop.at_provider(started, "disputes", amount=1_299)
    since = clock.now() - timedelta(minutes=10)
    clock.advance(minutes=10)
    statement = a_statement(shop.server, clock, shop.payments.divisions)

    for page in statement.observations(since, statement.position(timedelta(minutes=5))):
        for said in page:
            shop.payments.observe(said)

    assert [leg.charged_back for leg in shop.legs(started)] == [1_299, 0]
    assert_agrees(shop, started)


def test_fetches_no_more_than_was_not_fetched_by_hand(uow, card_server, clock) -> None:
    shop = a_card_shop(uow, card_server, clock)
    started = shop.pay()
    shop.deliveries.release(shop.buyer, shop.order_id)
    shop.empty_payee()
    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 1_000)
    shop.fill_payee(10_000)
    (sent,) = shop.client.v1.transfers.list({"transfer_group": started.attempt_id}).data
    shop.client.v1.transfers.reversals.create(sent.id, {"amount": 1_000})
    shop.hear(started)

    shop.wall.advance(hours=3)
    shop.payments.carry_out_due()

    assert shop.client.v1.transfers.retrieve(sent.id).amount_reversed == 1_000
    assert (shop.balance("receivable"), shop.instructions()[1:]) == (
        0,
        ["recover done", "reimburse done"],
    )
