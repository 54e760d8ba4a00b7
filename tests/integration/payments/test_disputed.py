"""Disputes and reimbursements that the chain tells of."""

from datetime import timedelta

from sqlalchemy import text

from souk.modules.ledger.domain import PaymentStatus
from souk.modules.orders.domain import HoldKind, OrderStatus
from souk.modules.payments.domain import FactKind, LegAction, LegStatus
from tests.support.clock import START
from tests.support.order_builders import orders_on
from tests.support.payment_builders import Shop, a_paid_shop, orphaned, reached, seen

FULFILLED, SETTLED = FactKind.FULFILLED, FactKind.SETTLED
DISPUTED, REIMBURSED = FactKind.DISPUTED, FactKind.REIMBURSED


def due(shop: Shop, **duration: float) -> list[tuple[str, LegAction]]:
    with shop.uow.begin() as tx:
        found = shop.payments.legs_due(tx, "chain:31337", shop.now + timedelta(**duration), 20)
    return [(leg.id, action) for leg, action in found]


def a_disputed_shop(uow) -> tuple[Shop, object]:
    """A shipped order that its buyer has disputed."""
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, FULFILLED), reached(leg, DISPUTED))
    return shop, leg


def reasons(shop: Shop) -> list[str]:
    return shop.sees.column("SELECT reason FROM order_status_history ORDER BY sequence")


def test_holds_an_order_up_when_a_party_disputes(uow) -> None:
    shop, leg = a_disputed_shop(uow)

    assert shop.sees.holds() == [HoldKind.DISPUTE]
    assert shop.leg(leg.id).status is LegStatus.DISPUTED
    assert reasons(shop)[-1] == "a party has called the arbiter"


def test_holds_nothing_up_before_a_dispute_counts(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, FULFILLED), seen(leg, DISPUTED))

    assert shop.sees.holds() == []
    assert due(shop, days=15) == []


def test_goes_on_when_a_dispute_leaves_the_chain_and_stops_when_it_returns(uow) -> None:
    shop, leg = a_disputed_shop(uow)

    shop.observe(orphaned(leg, DISPUTED))
    without = (shop.sees.holds(), shop.leg(leg.id).status)
    shop.observe(reached(leg, DISPUTED, stay=2))

    assert without == ([], LegStatus.FULFILLED)
    assert shop.sees.holds() == [HoldKind.DISPUTE]


def test_holds_nothing_up_when_payment_and_fulfilment_return_without_the_dispute(uow) -> None:
    shop, leg = a_disputed_shop(uow)
    shop.observe(orphaned(leg), orphaned(leg, FULFILLED), orphaned(leg, DISPUTED))
    lost = shop.sees.holds()

    shop.observe(reached(leg, stay=2), reached(leg, FULFILLED, stay=2))

    assert (set(lost), shop.sees.holds()) == ({HoldKind.ORPHAN}, [])


def test_ends_a_dispute_when_nothing_is_held_any_more(uow) -> None:
    shop, leg = a_disputed_shop(uow)

    shop.observe(reached(leg, SETTLED, to_seller=5, to_buyer=leg.amount - 5))

    assert shop.sees.holds() == []
    assert shop.sees.status() is OrderStatus.COMPLETED
    shop.sees.assert_balanced()


def test_holds_an_order_up_again_when_the_ruling_leaves_the_chain(uow) -> None:
    shop, leg = a_disputed_shop(uow)
    shop.observe(reached(leg, SETTLED))

    shop.observe(orphaned(leg, SETTLED))

    assert HoldKind.DISPUTE in shop.sees.holds()
    assert shop.leg(leg.id).status is LegStatus.DISPUTED


def test_goes_on_with_a_dispute_when_a_part_is_settled(uow) -> None:
    shop, leg = a_disputed_shop(uow)

    shop.observe(reached(leg, SETTLED, to_buyer=5))

    assert shop.sees.holds() == [HoldKind.DISPUTE]
    assert shop.leg(leg.id).remaining == leg.amount - 5
    assert shop.sees.read("SELECT count(*) FROM order_hold") == 1


def test_is_divided_by_anyone_when_the_arbiter_was_silent(uow) -> None:
    shop, leg = a_disputed_shop(uow)

    assert due(shop, days=29) == []
    assert due(shop, days=31) == [(leg.id, LegAction.REFUND)]


def test_is_not_divided_while_something_else_holds_the_order_up(uow) -> None:
    shop, _leg = a_disputed_shop(uow)
    with uow.begin() as tx:
        orders_on(uow).open_hold(tx, shop.order_id, HoldKind.FRAUD, "a case")
        tx.commit()

    assert due(shop, days=31) == []


def test_lets_a_seller_give_all_of_a_dispute_back_while_the_node_is_away(uow) -> None:
    shop, leg = a_disputed_shop(uow)

    asked = shop.payments.give_back(shop.leg(leg.id))

    assert (asked.by, [call.to for call in asked.calls]) == (leg.terms.seller, [leg.contract])


def test_lets_a_seller_give_a_dispute_back_until_a_day_after_now_on_a_chain_that_fell_behind(
    uow,
) -> None:
    shop, leg = a_disputed_shop(uow)
    with uow.begin() as tx:
        tx.session.execute(text("UPDATE chain_block SET timestamp = timestamp - 5 * 86400"))
        tx.commit()

    asked = shop.payments.give_back(shop.leg(leg.id))

    assert asked.until == START + timedelta(days=1)


def test_lets_a_seller_give_a_dispute_back_when_no_block_of_the_chain_is_known(uow) -> None:
    shop, leg = a_disputed_shop(uow)
    with uow.begin() as tx:
        tx.session.execute(text("DELETE FROM chain_block"))
        tx.commit()

    asked = shop.payments.give_back(shop.leg(leg.id))

    assert asked.until == START + timedelta(days=1)


def test_books_what_the_seller_gives_back_after_the_release(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, SETTLED), reached(leg, REIMBURSED, amount=leg.amount - 1))

    assert shop.leg(leg.id).reimbursed == leg.amount - 1
    assert (shop.sees.money(), shop.sees.state()) == (
        PaymentStatus.PARTIALLY_REFUNDED,
        "PARTIALLY_REFUNDED",
    )
    assert reasons(shop)[-1] == "the seller has reimbursed the buyer"
    shop.sees.assert_balanced()


def test_says_that_all_is_refunded_when_all_was_reimbursed(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, SETTLED), reached(leg, REIMBURSED, amount=leg.amount))

    assert (shop.sees.money(), shop.sees.state()) == (PaymentStatus.REFUNDED, "REFUNDED")
    assert shop.sees.status() is OrderStatus.COMPLETED


def reimbursements(shop: Shop) -> list[tuple[str, bool]]:
    """What was announced of them: the amount, and whether that was everything."""
    with shop.uow.begin() as tx:
        told = tx.session.scalars(
            text("SELECT payload FROM outbox WHERE name = 'payment.reimbursed' ORDER BY sequence")
        )
        return [(payload["amount"], payload["everything"]) for payload in told]


def test_announces_each_part_that_is_given_back_once(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, SETTLED))
    part, rest = reached(leg, REIMBURSED), {"effect": 2, "amount": leg.amount - 3}

    shop.observe(seen(leg, REIMBURSED), part, part, reached(leg, REIMBURSED, **rest))

    assert reimbursements(shop) == [("3", False), (str(leg.amount - 3), True)]


def test_adds_up_what_is_given_back_in_parts(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, SETTLED), *(reached(leg, REIMBURSED, effect=n) for n in (1, 2)))

    assert shop.leg(leg.id).reimbursed == 6
    assert _reimbursed(shop) == 6


def test_books_nothing_back_when_nothing_was_released(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(reached(leg, SETTLED, to_buyer=leg.amount), reached(leg, REIMBURSED))

    assert (shop.leg(leg.id).reimbursed, _reimbursed(shop)) == (0, 0)
    shop.sees.assert_balanced()


def test_books_no_more_back_than_is_left_when_another_settlement_takes_the_place(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(
        reached(leg, SETTLED),
        *(reached(leg, REIMBURSED, effect=n, amount=4) for n in (1, 2)),
        orphaned(leg, SETTLED),
    )

    shop.observe(reached(leg, SETTLED, stay=2, to_seller=5, to_buyer=leg.amount - 5))

    assert (shop.leg(leg.id).reimbursed, _reimbursed(shop)) == (4, 4)
    shop.sees.assert_balanced()


def test_books_no_more_out_than_was_held_when_another_settlement_takes_the_place(uow) -> None:
    shop, leg = a_paid_shop(uow)

    shop.observe(*(reached(leg, SETTLED, effect=n) for n in (1, 2)))

    assert (shop.leg(leg.id).released, shop.leg(leg.id).remaining) == (leg.amount, 0)
    shop.sees.assert_balanced()


def test_warns_of_what_there_is_no_money_for(uow, caplog) -> None:
    shop, leg = a_paid_shop(uow)
    caplog.clear()

    shop.observe(*(reached(leg, SETTLED, effect=n) for n in (1, 2)))

    assert caplog.messages == [f"{leg.id}: more is said to be settled than there is money for"]


def test_warns_of_nothing_while_a_release_and_what_comes_back_of_it_are_on_their_way(
    uow, caplog
) -> None:
    shop, leg = a_paid_shop(uow)
    caplog.clear()

    shop.observe(seen(leg, SETTLED), seen(leg, REIMBURSED), reached(leg, SETTLED))

    assert caplog.messages == []


def test_takes_a_reimbursement_back_that_left_the_chain(uow) -> None:
    shop, leg = a_paid_shop(uow)
    shop.observe(reached(leg, SETTLED), reached(leg, REIMBURSED))

    shop.observe(orphaned(leg, REIMBURSED))

    assert (shop.leg(leg.id).reimbursed, _reimbursed(shop), shop.sees.holds()) == (0, 0, [])
    shop.sees.assert_balanced()


def _reimbursed(shop: Shop) -> int:
    with shop.uow.begin() as tx:
        return int(tx.session.execute(text("SELECT sum(reimbursed) FROM order_money")).scalar_one())
