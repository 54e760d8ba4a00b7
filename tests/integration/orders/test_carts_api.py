"""`/api/carts` over HTTP."""

import pytest

from souk.modules.orders.schemas import CartOut
from tests.support.catalog_builders import a_listing, catalog_on
from tests.support.clock import MovableClock
from tests.support.market import market, refused, shared_market, token_of
from tests.support.seller_builders import a_seller

UNKNOWN = "prd_00000000000000000000000000"


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.fixture
def api(database_url, uow):
    with market(database_url, uow) as api:
        yield api


@pytest.fixture
def token(uow):
    return token_of(uow, "bruno")


@pytest.fixture
def cart(api, token):
    return "/api/carts/" + api("POST", "/api/carts", token=token, key="k1").json()["id"]


def put(api, cart, token, listing_id, quantity):
    body = {"listing_id": listing_id, "quantity": quantity}
    return api("PUT", f"{cart}/items", body, token=token)


def test_create_opens_one_cart_when_the_request_is_repeated(api, token):
    first, again = (api("POST", "/api/carts", token=token, key="k1") for _ in range(2))

    assert (first.status_code, again.json()) == (201, first.json())


def test_cart_shows_present_prices_and_what_is_left(api, uow, token, cart):
    store = a_seller(uow)
    jam = a_listing(uow, store, price=1000, on_hand=1)
    oil = a_listing(uow, a_seller(uow, "stefan"), price=250, on_hand=9)
    put(api, cart, token, jam.id, 1)
    put(api, cart, token, oil.id, 4)
    catalog_on(uow).unpublish(store.principal, jam.id)

    shown = api("GET", cart, token=token).json()

    assert CartOut.model_validate(shown).model_dump(mode="json") == shown
    assert shown["total"] == {"amount": "2000", "currency": "USD", "exponent": 2}
    lines = {line["listing_id"]: line for line in shown["items"]}
    assert (lines[jam.id]["on_sale"], lines[jam.id]["available"]) == (False, 1)
    assert (lines[oil.id]["on_sale"], lines[oil.id]["total"]["amount"]) == (True, "1000")


def test_remove_leaves_an_empty_cart(api, uow, token, cart):
    jam = a_listing(uow, a_seller(uow))
    assert put(api, cart, token, jam.id, 1).status_code == 204

    assert api("DELETE", f"{cart}/items/{jam.id}", token=token).status_code == 204

    shown = api("GET", cart, token=token).json()
    assert (shown["items"], shown["total"]["amount"]) == ([], "0")


@pytest.mark.pitfall("H3")
def test_cart_is_not_there_for_anybody_else(api, uow, token, cart):
    jam = a_listing(uow, a_seller(uow))
    stranger = token_of(uow, "stefan")

    assert refused(api("GET", cart, token=stranger)) == (404, "cart_not_found")
    assert refused(put(api, cart, stranger, jam.id, 1)) == (404, "cart_not_found")
    answer = api("DELETE", f"{cart}/items/{jam.id}", token=stranger)
    assert refused(answer) == (404, "cart_not_found")
    assert refused(api("GET", cart)) == (401, "sign_in_required")


@pytest.fixture(scope="module")
def asks(databases):
    """Puts something into a cart. The tests share it, since none of them writes anything."""
    with shared_market(databases, MovableClock()) as (api, uow):
        token = token_of(uow, "bruno")
        cart_id = api("POST", "/api/carts", token=token, key="k1").json()["id"]
        yield lambda body: api("PUT", f"/api/carts/{cart_id}/items", body, token=token)


@pytest.mark.pitfall("H1")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"listing_id": UNKNOWN, "quantity": 1}, (404, "listing_not_found")),
        ({"listing_id": "\x00", "quantity": 1}, (422, "invalid_request")),
        ({"listing_id": "x", "quantity": 1}, (404, "unknown_id")),
        ({"listing_id": UNKNOWN, "quantity": 0}, (422, "invalid_request")),
        ({"listing_id": UNKNOWN, "quantity": 1001}, (422, "invalid_request")),
        ({"listing_id": UNKNOWN, "quantity": 2**300}, (422, "invalid_request")),
        ({"listing_id": UNKNOWN}, (422, "invalid_request")),
    ],
)
def test_put_is_refused_when_the_item_is_wrong(asks, body, expected):
    assert refused(asks(body)) == expected
