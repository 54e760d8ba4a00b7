"""Ordering from stores that show a name, and paying them."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text

from souk.core.idempotency import Receipt
from souk.core.unit_of_work import UnitOfWork
from souk.modules.accounts.repository import emails as email_rows
from souk.modules.names.service import Notices
from souk.modules.payments.service import Payments
from souk.modules.trade.errors import StoreNameLost
from souk.modules.trade.service import Placements, Trust
from tests.support.account_builders import a_wallet, an_account
from tests.support.catalog_builders import a_listing
from tests.support.clock import START
from tests.support.fake_names import FakeNameService
from tests.support.name_builders import a_named_seller, last_looks_on, shown_at
from tests.support.order_builders import carts_on, orders_on
from tests.support.payment_builders import a_choice, payments_on, write_blocks
from tests.support.seller_builders import OpenedStore, a_seller, pay_elsewhere
from tests.support.shop import Shop
from tests.support.shop_names import ShopNames

MALLORY = a_wallet("mallory").address


@dataclass
class Market:
    """Stores on one side, and what places and pays orders on the other."""

    placements: Placements
    payments: Payments
    chain: FakeNameService


@pytest.fixture
def market(uow, clock) -> Market:
    chain = FakeNameService(clock.now())
    names = last_looks_on(uow, chain)
    payments = payments_on(uow, names=names)
    trust = Trust(names)
    write_blocks(uow, START)
    placements = Placements(uow, orders_on(uow), carts_on(uow), payments, trust)
    return Market(placements, payments, chain)


@pytest.fixture
def buyer(uow):
    return an_account(uow, "bruno")


@pytest.fixture
def store(uow, market) -> OpenedStore:
    return a_named_seller(uow, market.chain, "sofia", "fig.eth")


@pytest.fixture
def listing(uow, store) -> str:
    return a_listing(uow, store).id


def count(session, table: str) -> int:
    return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_order_goes_on_when_the_name_holds(uow, clock, market, buyer, store, listing):
    clock.advance(minutes=1)
    asked = market.chain.asked

    for _ in range(2):
        market.placements.place_and_pay(buyer, [(listing, 1)])

    assert (market.chain.asked, shown_at(uow, store.id)) == (asked + 1, "fig.eth")


def test_order_costs_its_chain_nothing_when_the_name_was_just_looked_at(
    clock, market, buyer, listing
):
    clock.advance(seconds=59)
    market.chain.away, asked = True, market.chain.asked

    market.placements.place_and_pay(buyer, [(listing, 1)])

    assert market.chain.asked == asked


@pytest.mark.pitfall("A10")
def test_order_is_refused_once_when_the_name_is_lost(
    uow, clock, session, market, buyer, store, listing
):
    clock.advance(minutes=1)
    market.chain.names["fig.eth"].address = MALLORY

    with pytest.raises(StoreNameLost) as refusal:
        market.placements.place_and_pay(buyer, [(listing, 1)])

    assert "fig.eth" in refusal.value.detail
    assert refusal.value.context == {
        "seller_ids": [store.id],
        "ens_names": ["fig.eth"],
        "reasons": ["repointed"],
    }
    assert (shown_at(uow, store.id), count(session, "checkout")) == (None, 0)
    assert market.placements.place_and_pay(buyer, [(listing, 1)]).checkout.orders


@pytest.mark.pitfall("A10")
def test_order_is_refused_when_the_time_of_the_name_is_over_and_the_chain_is_away(
    uow, clock, market, buyer, store, listing
):
    clock.advance(days=366)
    market.chain.away = True

    with pytest.raises(StoreNameLost):
        market.placements.place_and_pay(an_account(uow, "bruno"), [(listing, 1)])


def test_order_goes_on_when_the_chain_is_away(uow, clock, market, buyer, store, listing):
    clock.advance(minutes=1)
    market.chain.away, asked = True, market.chain.asked

    market.placements.place_and_pay(buyer, [(listing, 1)])

    assert (shown_at(uow, store.id), market.chain.asked) == ("fig.eth", asked + 1)


def test_cart_is_refused_for_the_store_that_has_lost_its_name_and_stays_as_it_is(
    uow, clock, session, market, buyer, store, listing
):
    other = a_named_seller(uow, market.chain, "olga", "olive.eth")
    plain = a_seller(uow, "paul")
    wanted = [listing, a_listing(uow, store).id]
    wanted += [a_listing(uow, each).id for each in (other, plain)]
    cart = carts_on(uow).create(buyer)
    for each in wanted:
        carts_on(uow).put_item(buyer, cart, each, 1)
    clock.advance(minutes=1)
    market.chain.names["olive.eth"].address, asked = MALLORY, market.chain.asked

    with pytest.raises(StoreNameLost) as refusal:
        market.placements.place_and_pay(buyer, cart_id=cart)

    assert refusal.value.context["seller_ids"] == [other.id]
    assert (market.chain.asked, shown_at(uow, store.id)) == (asked + 2, "fig.eth")
    placed = market.placements.place_and_pay(buyer, cart_id=cart)
    assert len(placed.checkout.orders) == 3


@pytest.mark.parametrize("by_cart", [False, True])
def test_repeat_finds_what_was_placed_when_the_name_is_lost_since(
    uow, clock, market, buyer, store, listing, by_cart
):
    receipt = Receipt("req_1")
    asked = {"wanted": [(listing, 1)]}
    if by_cart:
        cart = carts_on(uow).create(buyer)
        carts_on(uow).put_item(buyer, cart, listing, 1)
        asked = {"cart_id": cart}
    first = market.placements.place_and_pay(buyer, **asked, receipt=receipt)
    clock.advance(minutes=2)
    market.chain.names["fig.eth"].address = MALLORY

    again = market.placements.place_and_pay(buyer, **asked, receipt=receipt)

    assert again.checkout.checkout_id == first.checkout.checkout_id


def test_order_that_is_paid_at_once_is_looked_at_once(uow, clock, market, buyer, listing):
    clock.advance(minutes=1)
    market.chain.away, asked = True, market.chain.asked

    market.placements.place_and_pay(buyer, [(listing, 1)], pay=a_choice("bruno"))

    assert market.chain.asked == asked + 1


@pytest.mark.pitfall("A10")
def test_attempt_drops_the_name_and_is_not_refused_when_the_name_is_lost_since(
    uow, clock, market, buyer, store, listing
):
    checkout = market.placements.place_and_pay(buyer, [(listing, 1)]).checkout
    payment = market.payments.open(buyer, checkout.checkout_id)
    clock.advance(minutes=2)
    market.chain.names["fig.eth"].address = MALLORY

    started = market.payments.start_attempt(buyer, payment, a_choice("bruno"))

    assert started.attempt.legs
    assert shown_at(uow, store.id) is None


def test_attempt_goes_on_when_the_chain_of_names_is_away(uow, clock, market, buyer, store, listing):
    checkout = market.placements.place_and_pay(buyer, [(listing, 1)]).checkout
    payment = market.payments.open(buyer, checkout.checkout_id)
    clock.advance(minutes=2)
    market.chain.away = True

    assert market.payments.start_attempt(buyer, payment, a_choice("bruno")).attempt.legs
    assert shown_at(uow, store.id) == "fig.eth"


def test_attempt_asks_about_no_name_that_stands_for_another_wallet(
    uow, clock, market, buyer, store, listing
):
    pay_elsewhere(uow, "sofia", "another")
    checkout = market.placements.place_and_pay(buyer, [(listing, 1)]).checkout
    payment = market.payments.open(buyer, checkout.checkout_id)
    clock.advance(minutes=2)
    asked = market.chain.asked

    market.payments.start_attempt(buyer, payment, a_choice("bruno"))

    assert market.chain.asked == asked


@pytest.mark.pitfall("A10")
def test_order_over_http_is_refused_once_when_the_name_was_pointed_elsewhere(shop: Shop) -> None:
    names, seller, buyer = ShopNames(shop), shop.seller(), shop.person("buyer")
    listing = shop.listing(seller)
    names.register("fig", seller.address)
    shown = shop.ask(seller, "POST", "/api/ens/verify", {"ens_name": "fig.eth"})
    assert shown.json()["status"] == "verified", shown.text
    names.point("fig", buyer.address)
    shop.clock.advance(minutes=1)
    body = {"items": [{"listing_id": listing, "quantity": 1}]}

    refused, placed = (
        shop.ask(buyer, "POST", "/api/orders", body, key="one order") for _ in range(2)
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "store_name_lost")
    assert refused.json()["ens_names"] == ["fig.eth"]
    assert placed.status_code == 201, placed.text
    page = shop.ask(None, "GET", f"/api/marketplace/sellers/{seller.seller_id}").json()
    mine = shop.ask(seller, "GET", "/api/marketplace/sellers/me").json()
    assert (page["ens_name"], "payout_frozen_until" in page) == (None, False)
    assert mine["payout_frozen_until"] == "2026-03-04T12:01:00.000Z"


def test_seller_is_written_to_by_the_workers_when_a_buyers_look_has_found_the_name_lost(
    shop: Shop,
) -> None:
    names, seller, buyer = ShopNames(shop), shop.seller(), shop.person("buyer")
    listing = shop.listing(seller)
    with shop.container.get(UnitOfWork).begin() as tx:
        email_rows.bind(tx, seller.account_id, "sofia@sellers.example")
        tx.commit()
    names.register("fig", seller.address)
    shop.ask(seller, "POST", "/api/ens/verify", {"ens_name": "fig.eth"})
    names.point("fig", buyer.address)
    shop.clock.advance(minutes=1)
    body = {"items": [{"listing_id": listing, "quantity": 1}]}
    assert shop.ask(buyer, "POST", "/api/orders", body).status_code == 409

    shop.follow()
    assert shop.container.get(Notices).send_due() == 1

    (letter,) = (shop.container.settings.paths.state_dir / "mail").glob("*.eml")
    assert "To: sofia@sellers.example" in letter.read_text()
