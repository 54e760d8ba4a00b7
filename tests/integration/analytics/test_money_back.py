"""A store in numbers, when a buyer has got the money back."""

from datetime import UTC, datetime

import pytest

from souk.modules.analytics.api import router
from tests.support.account_builders import accounts_on
from tests.support.card_fixtures import card_server
from tests.support.card_shop import CardShop, a_card_shop
from tests.support.clock import MovableClock
from tests.support.http import Api, assembled

__all__ = ["card_server"]


@pytest.fixture
def shop(committing_uow, card_server) -> CardShop:
    """A shop whose one order is completed."""
    shop = a_card_shop(committing_uow, card_server, MovableClock(datetime.now(UTC)))
    shop.pay()
    shop.deliveries.ship(shop.seller(), shop.order_id, None)
    shop.deliveries.release(shop.buyer, shop.order_id)
    return shop


@pytest.fixture
def api(database_url, shop):
    authenticate = accounts_on(shop.uow).authenticate
    container = assembled(database_url, shop.uow, router, services={}, authenticate=authenticate)
    with Api(container) as api:
        yield api


@pytest.mark.parametrize(
    ("given_back", "sales", "rate"),
    [(0, 1, "1.0000"), (500, 1, "1.0000"), (None, 0, "0.0000")],
    ids=["nothing", "a part", "everything"],
)
def test_stats_count_no_sale_whose_money_went_back(
    shop, api, given_back: int | None, sales: int, rate: str
) -> None:
    (order,) = shop.checkout.orders
    amount = order.total.amount if given_back is None else given_back
    if amount:
        shop.payments.refund_part(shop.seller(), shop.payment_id, order.id, amount)

    shown = api("GET", f"/api/marketplace/sellers/{order.seller_id}/stats").json()

    assert (shown["sales"], shown["completion_rate"]) == (sales, rate)
