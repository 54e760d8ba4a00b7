"""The buyer's bank takes the money back, or asks for it: nobody is paid meanwhile, and in the end
everybody has what the bank's decision leaves."""

import pytest

from souk.core.errors import ProviderRejected
from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import OrderStatus
from souk.modules.orders.errors import OrderOnHold
from souk.modules.payments.domain import LegStatus, Pending
from souk.modules.payments.errors import NothingHeld
from tests.support.card_hooks import failing
from tests.support.card_shop import AWAY, a_card_shop
from tests.support.payment_builders import a_choice, reached


def release(shop) -> object:
    return shop.deliveries.release(shop.buyer, shop.order_id).outcome


def released(shop):
    """A payment that the seller has."""
    started = shop.pay()
    release(shop)
    return started


def later(shop, **passed: float) -> None:
    shop.wall.advance(**passed or {"minutes": 2})
    shop.payments.carry_out_due()


def leg(shop, started):
    (found,) = shop.legs(started)
    return found


def test_holds_the_order_up_when_a_webhook_tells_of_it(shop) -> None:
    started = shop.pay()
    shop.at_provider(started, "disputes")

    shop.tell(started)

    assert shop.sees.holds() == ["chargeback"]
    assert (leg(shop, started).status, shop.sees.money()) == (
        LegStatus.CHARGED_BACK,
        PaymentStatus.CHARGED_BACK,
    )
    assert shop.sees.status() is OrderStatus.PAID
    shop.sees.assert_balanced()


def test_keeps_the_money_and_pays_nobody_when_the_bank_merely_asks(shop) -> None:
    started = shop.pay()
    inquiry = shop.dispute(started, inquiry="true")

    for move in (release, lambda shop: shop.cancellations.cancel(shop.seller(), shop.order_id, "")):
        with pytest.raises(OrderOnHold):
            move(shop)
    assert (leg(shop, started).remaining, shop.balance("escrow")) == (2_598, 2_598)

    shop.decide(started, inquiry, won=True)
    release(shop)
    assert (shop.sees.holds(), shop.sees.status()) == ([], OrderStatus.COMPLETED)


def test_takes_the_money_when_the_bank_is_not_content_with_the_answer(shop) -> None:
    started = shop.pay()
    inquiry = shop.dispute(started, inquiry="true")

    shop.server.control(f"disputes/{inquiry}/escalate")
    shop.hear(started)

    assert (leg(shop, started).charged_back, shop.balance("escrow")) == (2_598, 0)
    shop.sees.assert_balanced()


def test_counts_what_the_bank_takes_beyond_what_is_left(shop) -> None:
    """Somebody gave a part back by hand while the bank merely asked, which then takes it all."""
    started = shop.pay()
    inquiry = shop.dispute(started, inquiry="true")
    shop.client.v1.refunds.create({"payment_intent": str(started.needs.reference), "amount": 500})
    shop.hear(started)

    shop.server.control(f"disputes/{inquiry}/escalate")
    shop.hear(started)

    assert (leg(shop, started).charged_back, shop.balance("escrow")) == (2_098, 0)
    assert shop.sees.holds() == ["chargeback"]
    shop.sees.assert_balanced()


def test_goes_on_where_it_was_when_the_bank_gives_the_money_back(shop) -> None:
    started = shop.pay()
    dispute = shop.dispute(started)

    shop.decide(started, dispute, won=True)

    assert (shop.sees.holds(), shop.sees.money()) == ([], PaymentStatus.HELD)
    release(shop)
    assert (shop.sees.status(), shop.transfers(started)) == (OrderStatus.COMPLETED, [2_534])
    shop.sees.assert_balanced()


def test_ends_the_order_when_the_bank_keeps_the_money(shop) -> None:
    started = shop.pay()
    dispute = shop.dispute(started)

    shop.decide(started, dispute, won=False)

    assert (shop.sees.holds(), shop.sees.status()) == ([], OrderStatus.CANCELLED)
    assert shop.instructions() == []
    with pytest.raises(NothingHeld):
        release(shop)
    shop.sees.assert_balanced()


def test_takes_nothing_from_the_seller_until_the_bank_has_decided(shop) -> None:
    started = released(shop)
    dispute = shop.dispute(started)

    assert (shop.instructions(), shop.balance("receivable")) == (["release done"], -2_598)

    shop.decide(started, dispute, won=True)
    later(shop)
    assert (shop.instructions(), shop.balance("receivable")) == (["release done"], 0)
    shop.sees.assert_balanced()


def test_takes_it_from_the_seller_when_the_bank_keeps_what_was_released(shop) -> None:
    started = released(shop)
    dispute = shop.dispute(started)

    shop.decide(started, dispute, won=False)
    later(shop)

    # What the seller never had was our own fee, and that is what it cost us.
    fee = shop.checkout.total.amount * 250 // 10_000
    assert shop.sees.status() is OrderStatus.COMPLETED
    assert (shop.balance("seller"), shop.balance("receivable")) == (0, -fee)
    assert shop.worth() == 0
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P18")
def test_takes_it_from_the_seller_as_soon_as_there_is_enough(shop) -> None:
    started = released(shop)
    shop.empty_payee()
    shop.decide(started, shop.dispute(started), won=False)
    later(shop)
    assert (shop.instructions(), shop.balance("receivable")) == (
        ["release done", "recover open"],
        -2_598,
    )

    shop.fill_payee(5_000)
    later(shop, hours=1)

    fee = shop.checkout.total.amount * 250 // 10_000
    assert (shop.instructions(), shop.balance("receivable")) == (
        ["release done", "recover done"],
        -fee,
    )
    shop.sees.assert_balanced()


@pytest.mark.parametrize("won", [True, False])
def test_hands_on_only_what_the_bank_has_left_when_it_was_to_be_handed_on_before(shop, won) -> None:
    """The seller's money was to go when the provider was away, and the bank was faster."""
    started = shop.pay()
    shop.start_anew(before=failing("carry_out", AWAY))
    assert isinstance(release(shop), Pending)
    dispute = shop.dispute(started)
    later(shop)
    assert (shop.transfers(started), shop.instructions()) == ([], ["release open"])

    shop.decide(started, dispute, won=won)
    later(shop, hours=2)

    assert shop.transfers(started) == ([2_534] if won else [])
    assert shop.instructions() == [f"release {'done' if won else 'refused'}"]
    assert shop.sees.status() is (OrderStatus.COMPLETED if won else OrderStatus.CANCELLED)
    shop.sees.assert_balanced()


@pytest.mark.parametrize(
    ("won", "status", "held"), [(True, OrderStatus.PAID, 2_598), (False, OrderStatus.CANCELLED, 0)]
)
def test_gives_nothing_back_beside_the_bank(shop, won, status, held) -> None:
    """What was disputed the provider gives back by no other way, whatever the bank decides."""
    started = shop.pay()
    shop.start_anew(before=failing("carry_out", AWAY))
    shop.cancellations.cancel(shop.seller(), shop.order_id, "out of stock")
    dispute = shop.dispute(started)
    later(shop)
    assert (shop.refunds(started), shop.instructions()) == ([], ["refund open"])

    shop.decide(started, dispute, won=won)
    later(shop, hours=2)

    assert (shop.refunds(started), shop.instructions()) == ([], ["refund refused"])
    assert (shop.sees.status(), shop.balance("escrow")) == (status, held)
    shop.sees.assert_balanced()


def test_hands_on_the_rest_when_the_bank_takes_a_part(shop) -> None:
    started = shop.pay()
    dispute = shop.dispute(started, amount=1_000)
    with pytest.raises(OrderOnHold):
        release(shop)

    shop.decide(started, dispute, won=False)
    release(shop)

    assert shop.transfers(started) == [1_598 - 1_598 * 250 // 10_000]
    assert shop.sees.status() is OrderStatus.COMPLETED
    shop.sees.assert_balanced()


def test_gives_back_no_more_than_the_bank_has_left(shop) -> None:
    started = released(shop)
    shop.decide(started, shop.dispute(started, amount=1_000), won=False)

    assert leg(shop, started).returnable == 1_598


def test_divides_what_the_bank_takes_of_a_cart(uow, card_server, clock) -> None:
    shop = a_card_shop(uow, card_server, clock, sellers=["sofia", "boris"])
    started = shop.pay()

    dispute = shop.dispute(started, amount=1_001)
    held_up = [shop.sees.money(order) for order in shop.orders]
    shop.decide(started, dispute, won=False)

    assert held_up == [PaymentStatus.CHARGED_BACK] * 2
    assert sorted(each.charged_back for each in shop.legs(started)) == [500, 501]
    shop.sees.assert_balanced()


@pytest.mark.pitfall("P16")
def test_returns_a_card_after_the_bank_when_both_ways_were_paid(shop) -> None:
    (by_wallet,) = shop.start(a_choice()).attempt.legs
    started = shop.begin_anyway()
    shop.confirm(started)
    shop.hear(started)
    dispute = shop.dispute(started)
    shop.observe(reached(by_wallet))
    later(shop)

    shop.decide(started, dispute, won=True)
    later(shop, hours=2)

    kept = [each for each in (*shop.legs(started), shop.leg(by_wallet.id)) if not each.duplicate]
    assert sum(each.remaining for each in kept) == sum(each.held for each in kept)
    assert shop.sees.holds() == []
    shop.sees.assert_balanced()


def sent_back(shop, amount: int | None = None):
    """A payment of which a bank has sent a refund back, all of it unless an amount is given."""
    started = shop.pay("pm_card_refundFail")
    if amount is None:
        shop.cancellations.cancel(shop.seller(), shop.order_id, "out of stock")
    else:
        shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, amount)
    shop.hurry()
    shop.tell(started)
    return started


def test_holds_and_owes_again_what_a_bank_has_sent_back(shop) -> None:
    started = sent_back(shop)

    assert shop.sees.status() is OrderStatus.CANCELLED
    assert (leg(shop, started).remaining, shop.balance("escrow")) == (2_598, 2_598)
    assert shop.sees.refunds() == ["order_cancelled under_way"]
    assert shop.instructions() == ["refund refused", "refund open"]
    shop.sees.assert_balanced()


def test_gives_again_a_day_later_what_a_bank_has_sent_back(shop) -> None:
    started = sent_back(shop)
    later(shop)
    assert len(shop.refunds(started)) == 1

    later(shop, days=1)

    assert shop.refunds(started) == [2_598, 2_598]
    assert (leg(shop, started).status, shop.sees.refunds()) == (
        LegStatus.REFUNDED,
        ["order_cancelled done"],
    )
    shop.sees.assert_balanced()


def test_keeps_for_the_buyer_the_part_that_a_bank_has_sent_back(shop) -> None:
    started = sent_back(shop, 500)

    assert shop.sees.holds() == []
    assert leg(shop, started).remaining == 2_598
    shop.wall.advance(days=2)
    shop.payments.carry_out_due()
    release(shop)

    assert shop.transfers(started) == [2_098 - 2_098 * 250 // 10_000]
    assert (shop.sees.status(), shop.balance("escrow")) == (OrderStatus.COMPLETED, 0)
    shop.sees.assert_balanced()


def test_hears_of_what_was_sent_back_also_by_asking(shop) -> None:
    started = shop.pay("pm_card_refundFail")
    shop.cancellations.cancel(shop.seller(), shop.order_id, "out of stock")

    shop.hurry()
    shop.hear(started)

    assert shop.instructions() == ["refund refused", "refund open"]


def test_refuses_to_move_what_was_given_up_when_it_is_asked_for_again(shop) -> None:
    started = shop.pay()
    held = leg(shop, started)
    shop.start_anew(before=failing("carry_out", AWAY))
    shop.payments.release(held, request_key="req_one")
    shop.decide(started, shop.dispute(started), won=False)
    later(shop)

    with pytest.raises(ProviderRejected):
        shop.payments.release(held, request_key="req_one")
    assert shop.transfers(started) == []
