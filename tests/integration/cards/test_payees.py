"""The accounts by which sellers are paid by card."""

import httpx
import pytest

from souk.core.principal import NotYours
from souk.modules.sellers.domain import SellerStatus
from souk.modules.sellers.errors import PayoutsFrozen
from tests.support.account_builders import an_account
from tests.support.payment_builders import a_shop
from tests.support.seller_builders import sellers_on, staff


@pytest.fixture
def seller_id(shop) -> str:
    """A store that has no account there yet."""
    other = a_shop(shop.uow, sellers=["stella"])
    return str(other.checkout.orders[0].seller_id)


def test_opens_one_account_however_often_it_is_asked(shop, seller_id) -> None:
    stella = shop.seller("stella")

    opened, again = (shop.payments.open_payee(stella, seller_id) for _ in range(2))

    assert (opened.ready, again.reference, again.ready) == (False, opened.reference, False)


def test_says_that_the_seller_can_be_paid_once_the_papers_are_in_order(shop, seller_id) -> None:
    stella = shop.seller("stella")
    httpx.post(shop.payments.open_payee(stella, seller_id).onboarding_url)

    found = shop.payments.open_payee(stella, seller_id)

    kept = "SELECT ready FROM payee_account WHERE seller_id = :seller"
    assert (found.ready, shop.sees.read(kept, seller=seller_id)) == (True, True)


def test_opens_no_account_for_the_store_of_another(shop, seller_id) -> None:
    with pytest.raises(NotYours):
        shop.payments.open_payee(an_account(shop.uow, "carla"), seller_id)


def test_opens_no_account_when_the_store_is_suspended(shop, seller_id) -> None:
    clerk = staff(shop.uow)
    sellers_on(shop.uow).move_status(clerk, seller_id, SellerStatus.SUSPENDED, "complaints")

    with pytest.raises(PayoutsFrozen):
        shop.payments.open_payee(shop.seller("stella"), seller_id)
