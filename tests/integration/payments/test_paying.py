"""From a placed checkout to a held, released or refunded payment."""

from datetime import timedelta

from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments.domain import FactKind, LegStatus
from tests.support.clock import START
from tests.support.payment_builders import a_paid_shop, a_shop, reached, seen


def test_awaits_the_payer_when_an_attempt_was_started(uow) -> None:
    shop = a_shop(uow)

    shop.start()

    assert shop.sees.attempts() == ["awaiting_payer"]
    assert (shop.sees.status(), shop.sees.state()) == (OrderStatus.PENDING_PAYMENT, "PENDING")


def test_waits_for_finality_when_the_payment_is_seen(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs

    shop.observe(seen(leg))

    assert (shop.sees.attempts(), shop.sees.state()) == (["confirming"], "PROCESSING")
    assert (shop.sees.status(), shop.sees.money()) == (
        OrderStatus.PENDING_PAYMENT,
        PaymentStatus.UNPAID,
    )
    assert shop.sees.read("SELECT pending FROM order_money") == leg.amount
    shop.sees.assert_balanced()


def test_pays_the_order_when_the_payment_counts(uow) -> None:
    shop, leg = a_paid_shop(uow)

    assert (shop.sees.attempts(), shop.sees.state()) == (["succeeded"], "COMPLETED")
    assert (shop.sees.status(), shop.sees.money()) == (OrderStatus.PAID, PaymentStatus.HELD)
    assert shop.leg(leg.id).status is LegStatus.HELD
    shop.sees.assert_balanced()


def test_ships_the_order_when_the_seller_fulfilled_on_the_chain(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, FactKind.FULFILLED))

    assert shop.sees.status() is OrderStatus.SHIPPED
    assert shop.leg(leg.id).deadline == START + timedelta(days=14)


def test_completes_the_order_when_the_money_was_released(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, FactKind.FULFILLED))

    shop.observe(seen(leg, FactKind.SETTLED), reached(leg, FactKind.SETTLED))

    assert (shop.sees.status(), shop.sees.money()) == (
        OrderStatus.COMPLETED,
        PaymentStatus.RELEASED,
    )
    assert shop.leg(leg.id).status is LegStatus.RELEASED
    assert shop.sees.read("SELECT fee FROM order_money") == leg.amount * 250 // 10_000
    shop.sees.assert_balanced()


def test_cancels_the_order_when_the_money_went_back(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, FactKind.SETTLED, to_buyer=leg.amount))

    assert (shop.sees.status(), shop.sees.money()) == (
        OrderStatus.CANCELLED,
        PaymentStatus.REFUNDED,
    )
    assert shop.sees.state() == "REFUNDED"
    assert "payment.refunded" in shop.sees.events()
    shop.sees.assert_balanced()


def test_completes_the_order_when_the_money_was_split(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, FactKind.SETTLED, to_buyer=1, to_seller=leg.amount - 1))

    assert shop.sees.status() is OrderStatus.COMPLETED
    assert shop.sees.money() is PaymentStatus.PARTIALLY_REFUNDED
    assert shop.sees.state() == "PARTIALLY_REFUNDED"
    shop.sees.assert_balanced()


def test_leaves_the_order_when_only_a_part_was_settled(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, FactKind.SETTLED, to_seller=leg.amount - 1))

    assert shop.sees.status() is OrderStatus.PAID
    assert shop.leg(leg.id).remaining == 1
    shop.sees.assert_balanced()


def test_settles_one_order_of_a_cart_when_its_seller_refunds(uow) -> None:
    shop = a_shop(uow, sellers=("sofia", "sami"))
    first, second = shop.start().attempt.legs
    shop.observe(reached(first), reached(second))

    shop.observe(reached(second, FactKind.SETTLED, to_buyer=second.amount))

    assert shop.sees.status(first.order_id) is OrderStatus.PAID
    assert shop.sees.status(second.order_id) is OrderStatus.CANCELLED
    assert shop.sees.state() == "PARTIALLY_REFUNDED"
    shop.sees.assert_balanced()


def test_is_processing_when_one_order_of_a_cart_is_not_final_yet(uow) -> None:
    shop = a_shop(uow, sellers=("sofia", "sami"))
    first, second = shop.start().attempt.legs

    shop.observe(seen(first), seen(second), reached(first))

    assert (shop.sees.attempts(), shop.sees.state()) == (["confirming"], "PROCESSING")
    assert shop.sees.status(second.order_id) is OrderStatus.PENDING_PAYMENT


def test_ignores_a_fact_when_the_escrow_id_is_a_strangers(uow) -> None:
    shop = a_shop(uow)
    (leg,) = shop.start().attempt.legs
    stranger = reached(leg)
    object.__setattr__(stranger, "leg_reference", leg.external_reference + "00")

    assert shop.observe(stranger) == [False]
    assert shop.sees.attempts() == ["awaiting_payer"]


def test_tells_each_step_on_the_outbox(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, FactKind.SETTLED))

    assert shop.sees.events() == [
        "payment.created",
        "payment.attempt_changed",
        "payment.leg_changed",
        "payment.attempt_changed",
        "payment.leg_changed",
        "payment.attempt_changed",
        "payment.completed",
        "payment.leg_changed",
    ]


def test_tells_by_which_transaction_the_money_moved(uow) -> None:
    shop, leg = a_paid_shop(uow)
    later = START + timedelta(hours=1)

    shop.observe(reached(leg, FactKind.SETTLED, stay=7, occurred_at=later, to_buyer=leg.amount))

    told = shop.sees.column(
        "SELECT payload ->> 'transaction_hash' FROM outbox WHERE name = 'payment.leg_changed'"
        " ORDER BY sequence"
    )
    assert told == [f"0x{stay:064x}" for stay in (1, 1, 7)]
