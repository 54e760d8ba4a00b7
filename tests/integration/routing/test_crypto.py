"""What a buyer leaves open is decided by what stands in the wallets."""

from tests.support.shop import CHAIN_ID, NATIVE
from tests.support.wallet_purchases import ETHER, a_purchase, another_wallet, symbols

_FOR_GAS = ETHER // 1_000


def test_pays_in_the_coin_when_that_is_all_there_is(shop) -> None:
    purchase = a_purchase(shop)

    started = purchase.crypto().json()

    assert (started["method"], started["chain_id"]) == ("CRYPTO", CHAIN_ID)
    assert started["total"]["currency"].endswith("slip44:60")
    assert shop.sign(purchase.buyer, started["action"])


def test_pays_in_dollars_when_there_is_too_little_coin(shop) -> None:
    started = a_purchase(shop).has(cents=5_000, coin=_FOR_GAS).crypto(way="calls").json()

    assert started["total"]["amount"] == "50000000"
    assert [call["says"].split()[0] for call in started["action"]["calls"]] == ["Allow", "Pay"]


def test_pays_from_the_wallet_that_can(shop) -> None:
    purchase = a_purchase(shop).has(coin=0)
    other = another_wallet(shop, purchase.buyer)

    assert purchase.crypto().json()["wallet"] == other


def test_keeps_to_what_was_named(shop) -> None:
    purchase = a_purchase(shop).has(cents=5_000)

    started = purchase.crypto(token=purchase.dollar).json()

    assert purchase.dollar in started["total"]["currency"]


def test_keeps_with_the_attempt_what_was_weighed(shop) -> None:
    purchase = a_purchase(shop)

    started = purchase.crypto().json()

    (attempt,) = purchase.payment()["attempts"]
    assert attempt["route"] == started["route"]
    assert started["route"]["reason"].startswith("left to us: ranks first: costs 50.")
    (other,) = started["route"]["alternatives"]
    assert (other["symbol"], other["possible"]) == ("tUSD", False)
    assert other["why"] == "cannot be paid now: the wallet needs 50 tUSD more"


def test_hides_what_was_weighed_from_the_seller(shop) -> None:
    seller = shop.seller()
    listing = shop.listing(seller)
    buyer = shop.person("bruno")
    placed = shop.place(buyer, (listing, 1))
    path = f"/api/payments/order/{placed['orders'][0]['id']}"

    seen, own = (shop.ask(who, "GET", path).json()["attempts"][0] for who in (seller, buyer))

    assert "alternatives" in own["route"]
    assert {"alternatives", "why", "rank", "cost"} & set(seen["route"]) == set()


def test_comes_to_the_same_while_that_can_be_paid(shop) -> None:
    purchase = a_purchase(shop)
    first = purchase.crypto().json()
    purchase.has(cents=10_000, coin=_FOR_GAS)

    again = purchase.crypto()

    assert (again.status_code, again.json()["attempt_id"]) == (201, first["attempt_id"])


def test_says_what_is_missing_when_nothing_can_be_paid(shop) -> None:
    answer = a_purchase(shop).has(coin=0).crypto()

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "nothing_affordable")
    assert "tUSD: the wallet needs 50 tUSD more" in problem["detail"]
    assert "alternatives" not in problem


def test_waits_for_calls_that_can_still_be_paid(shop) -> None:
    purchase = a_purchase(shop).has(cents=5_000)
    purchase.process()

    problem = purchase.crypto().json()

    assert problem["code"] == "attempt_still_payable"
    assert symbols(problem["alternatives"]) == ["tUSD"]


def test_places_and_pays_with_what_there_is(shop) -> None:
    buyer = shop.person("bruno")
    listing = shop.listing(shop.seller())

    body = {"items": [{"listing_id": listing, "quantity": 1}], "pay": {"method": "CRYPTO"}}

    placed = shop.ask(buyer, "POST", "/api/orders", body).json()

    (call,) = placed["payment"]["action"]["calls"]
    assert int(call["value"]) > 0
    assert placed["payment"]["route"]["reason"].startswith("left to us: ")


def test_asks_for_no_chain_that_is_not_on_offer(shop) -> None:
    problem = a_purchase(shop).crypto(chain_id=1).json()

    assert problem["code"] == "method_unavailable"
    assert symbols(problem["alternatives"]) == ["ETH"]
    assert problem["alternatives"][0]["token"] == NATIVE
