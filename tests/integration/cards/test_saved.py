"""Cards that the provider keeps for whoever entered them."""

from dataclasses import replace

import pytest

from souk.modules.payments.errors import SavedMethodNotFound
from tests.support.account_builders import an_account
from tests.support.card_shop import BY_CARD


def saved(shop) -> str:
    """The buyer has entered a card to be kept."""
    asked = shop.payments.save_method(shop.buyer)
    shop.client.v1.setup_intents.confirm(asked.reference, {"payment_method": "pm_card_visa"})
    (kept,) = shop.payments.list_saved(shop.buyer)
    return str(kept.reference)


def test_shows_a_card_to_whoever_entered_it_alone(shop) -> None:
    kept = saved(shop)

    shown = {
        name: [each.reference for each in shop.payments.list_saved(who)]
        for name, who in {"buyer": shop.buyer, "other": an_account(shop.uow, "carla")}.items()
    }

    assert shown == {"buyer": [kept], "other": []}


def test_keeps_a_second_card_beside_the_first(shop) -> None:
    first = saved(shop)
    again = shop.payments.save_method(shop.buyer, "another one")
    shop.client.v1.setup_intents.confirm(again.reference, {"payment_method": "pm_card_mastercard"})

    shown = {each.reference: each.last4 for each in shop.payments.list_saved(shop.buyer)}

    assert (len(shown), shown[first], sorted(shown.values())) == (2, "4242", ["4242", "4444"])


def test_asks_once_for_one_wish_and_anew_for_another(shop) -> None:
    wishes = ("a", "a", "b", None, None)

    asked = [shop.payments.save_method(shop.buyer, wish).reference for wish in wishes]

    assert asked[0] == asked[1]
    assert len(set(asked)) == 4


def test_pays_with_a_card_that_was_kept(shop) -> None:
    started = shop.begin(replace(BY_CARD, saved_method=saved(shop)))

    intent = shop.intent(started)

    assert intent.payment_method == started.attempt.choice.saved_method
    assert intent.customer is not None


def test_forgets_a_card(shop) -> None:
    kept = saved(shop)

    shop.payments.forget_saved(shop.buyer, kept)

    assert list(shop.payments.list_saved(shop.buyer)) == []


def test_pays_with_no_card_of_another(shop) -> None:
    theirs = saved(replace(shop, buyer=an_account(shop.uow, "carla")))

    with pytest.raises(SavedMethodNotFound):
        shop.begin(replace(BY_CARD, saved_method=theirs))
