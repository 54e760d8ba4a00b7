"""Who may see and do what, lists, terms and timelines."""

import hashlib
import json
from collections.abc import Iterator

import pytest

from tests.support.shop import Person, Shop, shared_shop
from tests.support.stack import Databases


@pytest.fixture(name="shop", scope="module")
def one_shop(
    databases: Databases, _redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with shared_shop(databases, _redis_url, tmp_path_factory.mktemp("shop")) as running:
        yield running


@pytest.fixture
def seller(shop: Shop) -> Person:
    return shop.seller()


@pytest.fixture
def buyer(shop: Shop) -> Person:
    return shop.person("buyer")


def _refusal(answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def test_answers_the_same_when_a_request_is_repeated(shop: Shop, seller, buyer) -> None:
    body = {
        "items": [{"listing_id": shop.listing(seller), "quantity": 1}],
        "pay": shop.choice(buyer),
    }
    first = shop.ask(buyer, "POST", "/api/orders", body, key="once")

    again = shop.ask(buyer, "POST", "/api/orders", body, key="once")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()


def test_refuses_another_body_under_the_same_key(shop: Shop, seller, buyer) -> None:
    listing = shop.listing(seller)
    bodies = [{"items": [{"listing_id": listing, "quantity": n}]} for n in (1, 2)]
    shop.ask(buyer, "POST", "/api/orders", bodies[0], key="once")

    answer = shop.ask(buyer, "POST", "/api/orders", bodies[1], key="once")

    assert _refusal(answer) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "ambiguous_order"),
        ({"items": []}, "empty_cart"),
        ({"items": [], "cart_id": "crt_01h455vb4pex5vsknk084sn02q"}, "ambiguous_order"),
        ({"cart_id": "crt_01h455vb4pex5vsknk084sn02q"}, "cart_not_found"),
        ({"payment_id": "pay_01h455vb4pex5vsknk084sn02q"}, "payment_not_found"),
        ({"items": [{"listing_id": "prd_\x00", "quantity": 1}]}, "invalid_request"),
        ({"items": [{"listing_id": "prd_1", "quantity": 2**300}]}, "invalid_request"),
        ({"items": [{"listing_id": "prd_1", "quantity": 1}], "nonsense": 1}, "invalid_request"),
    ],
)
def test_refuses_what_cannot_be_ordered(shop: Shop, buyer, body, code) -> None:
    answer = shop.ask(buyer, "POST", "/api/orders", body)

    assert answer.status_code in (404, 422)
    assert _refusal(answer)[1] == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"wallet": "0x52908400098527886E0F7030069857D2E4169Ee7"}, "malformed_address"),
        ({"wallet": "0x" + "1" * 40}, "payer_wallet_unproved"),
        ({"chain_id": 1}, "method_unavailable"),
        ({"token": "0x" + "2" * 40}, "method_unavailable"),
    ],
)
def test_refuses_a_payment_that_nobody_could_make(shop: Shop, seller, buyer, change, code) -> None:
    items = [{"listing_id": shop.listing(seller), "quantity": 1}]
    pay = {**shop.choice(buyer), **change}

    answer = shop.ask(buyer, "POST", "/api/orders", {"items": items, "pay": pay})

    assert _refusal(answer) == (422, code)


def test_says_sold_out_when_the_last_one_is_reserved(shop: Shop, seller, buyer) -> None:
    listing = shop.listing(seller, stock=1)
    shop.place(buyer, (listing, 1), pay=False)
    items = {"items": [{"listing_id": listing, "quantity": 1}]}

    answer = shop.ask(shop.person("late"), "POST", "/api/orders", items)

    assert _refusal(answer) == (409, "listing_sold_out")


def test_hides_an_order_from_strangers(shop: Shop, seller, buyer) -> None:
    order_id = shop.place(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    stranger = shop.person("stranger")

    answers = [
        shop.ask(stranger, "GET", f"/api/orders/{order_id}"),
        shop.ask(stranger, "GET", f"/api/orders/{order_id}/terms"),
        shop.ask(stranger, "GET", f"/api/orders/{order_id}/events"),
        shop.move(stranger, order_id, "cancelled"),
    ]

    assert {_refusal(answer) for answer in answers} == {(404, "no_such_order")}


def test_asks_to_sign_in_when_nobody_is(shop: Shop) -> None:
    assert _refusal(shop.ask(None, "POST", "/api/orders", {"items": []})) == (
        401,
        "sign_in_required",
    )


def test_refuses_a_move_that_belongs_to_the_other_party(shop: Shop, seller, buyer) -> None:
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]

    assert _refusal(shop.move(seller, order_id, "completed")) == (403, "not_your_part")
    shipping = shop.move(buyer, order_id, "shipped")
    assert _refusal(shipping) == (409, "illegal_transition")
    assert shipping.json()["allowed"] == []


def test_lists_orders_newest_first_with_a_cursor(shop: Shop, seller, buyer) -> None:
    listing = shop.listing(seller)
    placed = [shop.place(buyer, (listing, 1), pay=False)["orders"][0]["id"] for _ in range(3)]
    path = f"/api/orders/buyer/{buyer.account_id}?limit=2"

    first = shop.ask(buyer, "GET", path).json()
    second = shop.ask(buyer, "GET", f"{path}&cursor={first['next_cursor']}").json()

    listed = [row["id"] for row in first["data"] + second["data"]]
    assert listed == placed[::-1]
    assert second["next_cursor"] is None


def test_lists_a_stores_orders_for_its_owner_only(shop: Shop, seller, buyer) -> None:
    order_id = shop.place(buyer, (shop.listing(seller), 1), pay=False)["orders"][0]["id"]
    path = f"/api/orders/seller/{seller.seller_id}"

    own = shop.ask(seller, "GET", path).json()

    assert [row["id"] for row in own["data"]] == [order_id]
    assert _refusal(shop.ask(buyer, "GET", path)) == (403, "not_yours")


def test_refuses_another_accounts_list(shop: Shop, seller, buyer) -> None:
    answer = shop.ask(seller, "GET", f"/api/orders/buyer/{buyer.account_id}")

    assert _refusal(answer) == (403, "not_yours")


def test_hands_the_terms_that_ref_is_the_hash_of_to_both_parties(shop: Shop, seller, buyer) -> None:
    order_id = shop.place(buyer, (shop.listing(seller), 1))["orders"][0]["id"]

    pages = [
        shop.ask(who, "GET", f"/api/orders/{order_id}/terms").json() for who in (seller, buyer)
    ]

    assert pages[0] == pages[1]
    [terms] = pages[0]["data"]
    assert "0x" + hashlib.sha256(terms["document"].encode()).hexdigest() == terms["ref"]
    assert json.loads(terms["document"])["order_id"] == order_id


def test_opens_the_timeline_by_its_key_and_by_no_other(shop: Shop, seller, buyer) -> None:
    order_id = shop.place(buyer, (shop.listing(seller), 1), pay=False)["orders"][0]["id"]
    key = shop.order(buyer, order_id)["timeline_key"]

    opened = shop.ask(None, "GET", f"/api/orders/{order_id}/timeline?key={key}")
    forged = shop.ask(None, "GET", f"/api/orders/{order_id}/timeline?key={key[:-1]}x")

    assert opened.json()["id"] == order_id
    assert _refusal(forged) == (404, "timeline_link_invalid")


def test_shows_the_part_of_the_own_order_to_all_but_the_buyer(shop: Shop, seller, buyer) -> None:
    other = shop.listing(shop.seller("other"), cents=7_700)
    placed = shop.place(buyer, (shop.listing(seller), 1), (other, 1))
    order_id = next(o["id"] for o in placed["orders"] if o["seller_id"] == seller.seller_id)
    key = shop.order(seller, order_id)["timeline_key"]

    bought, sold = (shop.order(who, order_id)["attempts"][0] for who in (buyer, seller))
    timeline = shop.ask(None, "GET", f"/api/orders/{order_id}/timeline?key={key}").json()

    paid = shop.ask(buyer, "GET", f"/api/payments/{bought['payment_id']}").json()
    assert bought["total"] == paid["attempts"][0]["total"] != bought["leg"]["amount"]
    assert sold["total"] == timeline["attempts"][0]["total"] == bought["leg"]["amount"]


def test_answers_not_modified_when_the_page_is_known(shop: Shop, seller, buyer) -> None:
    order_id = shop.place(buyer, (shop.listing(seller), 1), pay=False)["orders"][0]["id"]
    path = f"/api/orders/{order_id}/timeline?key={shop.order(buyer, order_id)['timeline_key']}"
    etag = shop.ask(None, "GET", path).headers["etag"]

    again = shop.api("GET", path, if_none_match=etag)

    assert again.status_code == 304


def test_places_what_is_in_the_cart_and_empties_it(shop: Shop, seller, buyer) -> None:
    listing = shop.listing(seller)
    cart_id = shop.ask(buyer, "POST", "/api/carts").json()["id"]
    put = {"listing_id": listing, "quantity": 2}
    assert shop.ask(buyer, "PUT", f"/api/carts/{cart_id}/items", put).status_code < 300

    placed = shop.ask(buyer, "POST", "/api/orders", {"cart_id": cart_id}).json()

    assert placed["total"]["amount"] == "10000"
    assert shop.ask(buyer, "GET", f"/api/carts/{cart_id}").json()["items"] == []


def test_finds_the_checkout_that_a_payment_was_opened_for(shop: Shop, seller, buyer) -> None:
    placed = shop.place(buyer, (shop.listing(seller), 1))

    found = shop.ask(
        buyer, "POST", "/api/orders", {"payment_id": placed["payment"]["payment_id"]}
    ).json()

    assert found["checkout_id"] == placed["checkout_id"]
