"""Money from a card, from the sale to whoever has it in the end."""

from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import OrderStatus
from tests.support.card_shop import a_card_shop


def test_hands_the_money_on_when_the_buyer_releases_it(shop) -> None:
    started = shop.pay()
    total = shop.checkout.total.amount

    shop.deliveries.ship(shop.seller(), shop.order_id, None)
    shop.deliveries.release(shop.buyer, shop.order_id)

    fee = total * 250 // 10_000
    assert shop.transfers(started) == [total - fee]
    assert (shop.sees.status(), shop.sees.money()) == (
        OrderStatus.COMPLETED,
        PaymentStatus.RELEASED,
    )
    assert (shop.balance("seller"), shop.balance("fees")) == (total - fee, fee)
    shop.sees.assert_balanced()


def test_ships_at_the_sellers_word(shop) -> None:
    shop.pay()

    moved = shop.deliveries.ship(shop.seller(), shop.order_id, None)

    assert (moved.status, shop.sees.status()) == (OrderStatus.SHIPPED, OrderStatus.SHIPPED)


def test_gives_the_money_back_when_the_seller_cancels(shop) -> None:
    started = shop.pay()

    shop.cancellations.cancel(shop.seller(), shop.order_id, "out of stock")

    assert shop.refunds(started) == [shop.checkout.total.amount]
    assert (shop.sees.status(), shop.sees.money()) == (
        OrderStatus.CANCELLED,
        PaymentStatus.REFUNDED,
    )
    shop.sees.assert_balanced()


def test_touches_one_seller_only_when_that_one_cancels(uow, card_server, clock) -> None:
    shop = a_card_shop(uow, card_server, clock, sellers=["sofia", "boris"])
    shop.pay()
    (mine,) = [o for o in shop.checkout.orders if o.seller_account_id == shop.seller().account_id]

    shop.cancellations.cancel(shop.seller(), mine.id, "out of stock")

    others = [shop.sees.status(order) for order in shop.orders if order != mine.id]
    assert shop.sees.status(mine.id) is OrderStatus.CANCELLED
    assert others == [OrderStatus.PAID]
    shop.sees.assert_balanced()


def test_gives_a_part_back_and_hands_on_the_rest(shop) -> None:
    started = shop.pay()
    total = shop.checkout.total.amount

    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 500)
    shop.deliveries.ship(shop.seller(), shop.order_id, None)
    shop.deliveries.release(shop.buyer, shop.order_id)

    rest = total - 500
    assert (shop.refunds(started), shop.transfers(started)) == (
        [500],
        [rest - rest * 250 // 10_000],
    )
    assert shop.sees.state() == "PARTIALLY_REFUNDED"
    shop.sees.assert_balanced()


def test_takes_from_the_seller_what_the_buyer_gets_back_later(shop) -> None:
    started = shop.pay()
    shop.deliveries.ship(shop.seller(), shop.order_id, None)
    shop.deliveries.release(shop.buyer, shop.order_id)
    before = shop.balance("seller")

    shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 500)

    assert shop.refunds(started) == [500]
    assert (shop.balance("seller"), shop.balance("receivable")) == (before - 500, 0)
    shop.sees.assert_balanced()


def test_hands_the_money_on_by_itself_when_the_buyers_time_is_over(shop) -> None:
    started = shop.pay()
    shop.deliveries.ship(shop.seller(), shop.order_id, None)
    shop.pass_deadline(started)

    assert shop.keeper.settle_due_at_our_word() == 1

    assert shop.sees.status() is OrderStatus.COMPLETED


def test_gives_the_money_back_by_itself_when_the_sellers_time_is_over(shop) -> None:
    started = shop.pay()
    shop.pass_deadline(started)

    shop.keeper.settle_due_at_our_word()

    assert shop.refunds(started) == [shop.checkout.total.amount]
    assert shop.sees.status() is OrderStatus.CANCELLED
