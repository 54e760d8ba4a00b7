"""Money that is not what was asked for, or not when: each comes to a named end, all accounted
for."""

import pytest

from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import Actor, OrderStatus
from souk.modules.payments.errors import NothingHeld
from tests.support.account_builders import an_account
from tests.support.order_builders import orders_on, place

TOTAL = 2_598


def paid_amount(shop, amount: int):
    """Somebody has changed the amount at the provider's own pages, and the buyer has paid it."""
    started = shop.begin()
    intent = str(started.needs.reference)
    shop.client.v1.payment_intents.update(intent, {"amount": amount})
    shop.confirm(started)
    shop.hear(started)
    return started


def expired_unheard(shop):
    """A payment whose checkout ended without its being called off."""
    started = shop.begin()
    with shop.uow.begin() as tx:
        shop.payments.void_unpaid(tx, shop.checkout.checkout_id, "not paid in time")
        orders_on(shop.uow).expire(tx, shop.order_id, actor=Actor.SYSTEM, reason="not paid in time")
        tx.commit()
    return started


@pytest.mark.pitfall("P17")
@pytest.mark.parametrize("amount", [50, TOTAL - 1])
def test_gives_back_what_is_too_little(shop, amount) -> None:
    started = paid_amount(shop, amount)

    shop.payments.carry_out_due()

    assert shop.refunds(started) == [amount]
    assert shop.sees.refunds() == ["duplicate_payment done"]
    assert (shop.sees.status(), shop.balance("escrow")) == (OrderStatus.PENDING_PAYMENT, 0)
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P17")
def test_hands_on_what_is_too_much(shop) -> None:
    started = paid_amount(shop, TOTAL + 402)
    assert shop.sees.status() is OrderStatus.PAID

    shop.deliveries.release(shop.buyer, shop.order_id)

    assert shop.transfers(started) == [3_000 - 75]
    assert (shop.balance("escrow"), shop.balance("buyer")) == (0, -3_000)
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P17")
def test_sells_after_all_when_money_comes_late_and_the_goods_are_there(shop) -> None:
    started = expired_unheard(shop)

    shop.confirm(started)
    shop.hear(started)

    assert (shop.sees.status(), shop.sees.money()) == (OrderStatus.PAID, PaymentStatus.HELD)
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P17")
def test_gives_back_what_comes_late_when_the_goods_are_gone(shop) -> None:
    started = expired_unheard(shop)
    (line,) = shop.checkout.orders[0].lines
    place(shop.uow, an_account(shop.uow, "berta"), (line.listing_id, 5))

    shop.confirm(started)
    shop.hear(started)
    shop.payments.carry_out_due()

    assert shop.refunds(started) == [TOTAL]
    assert (shop.sees.status(), shop.sees.refunds()) == (
        OrderStatus.EXPIRED,
        ["order_expired done"],
    )
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P17")
def test_gives_back_what_comes_after_the_buyer_has_cancelled(shop) -> None:
    started = shop.begin()
    with shop.uow.begin() as tx:
        shop.payments.void_unpaid(tx, shop.checkout.checkout_id, "changed my mind")
        orders_on(shop.uow).cancel(tx, shop.order_id, actor=Actor.BUYER, reason="changed my mind")
        tx.commit()

    shop.confirm(started)
    shop.hear(started)
    shop.payments.carry_out_due()

    assert shop.refunds(started) == [TOTAL]
    assert shop.sees.refunds() == ["order_cancelled done"]
    with pytest.raises(NothingHeld):
        shop.deliveries.release(shop.buyer, shop.order_id)
    shop.sees.assert_balanced()
