"""Whoever is refused is told what may be done instead."""

import pytest

from souk.settings import PaymentSettings
from tests.support.shop import NATIVE
from tests.support.wallet_purchases import Purchase, a_purchase, symbols


def place(shop, buyer, listing: str, pay: dict):
    body = {"items": [{"listing_id": listing, "quantity": 1}], "pay": pay}
    return shop.ask(buyer, "POST", "/api/orders", body)


def test_names_alternatives_when_the_token_is_not_on_the_list(shop) -> None:
    purchase = a_purchase(shop)

    problem = purchase.process(token="0x" + "1" * 40).json()

    assert problem["code"] == "method_unavailable"
    assert symbols(problem["alternatives"]) == ["ETH"]
    assert problem["payment_id"] == purchase.payment_id


@pytest.mark.parametrize("missing", ["chain_id", "wallet"])
def test_names_alternatives_when_the_choice_is_not_complete(shop, missing) -> None:
    purchase = a_purchase(shop)

    problem = purchase.process(**{missing: None}).json()

    assert problem["code"] == "choice_incomplete"
    assert symbols(problem["alternatives"]) == ["ETH"]
    assert problem["errors"][0]["pointer"] == f"/{missing}"


def test_can_be_paid_as_the_refusal_says(shop) -> None:
    purchase = a_purchase(shop)
    (way,) = purchase.process(method="CREDIT_CARD").json()["alternatives"]

    started = purchase.process(**{name: way[name] for name in ("token", "wallet", "way")})

    assert shop.sign(purchase.buyer, started.json()["action"])


def test_places_nothing_and_names_alternatives_when_the_choice_can_never_be_honoured(shop) -> None:
    seller, buyer = shop.seller(), shop.person("bruno")
    listing = shop.listing(seller, stock=1)
    before = shop.ask(seller, "GET", f"/api/marketplace/products/{listing}").json()

    answer = place(shop, buyer, listing, shop.choice(buyer, "0x" + "1" * 40))

    assert (answer.status_code, answer.json()["code"]) == (422, "method_unavailable")
    assert symbols(answer.json()["alternatives"]) == ["ETH"]
    assert shop.ask(seller, "GET", f"/api/marketplace/products/{listing}").json() == before
    assert shop.ask(buyer, "GET", f"/api/orders/buyer/{buyer.account_id}").json()["data"] == []


def test_names_the_payment_when_the_order_stands_and_only_its_payment_was_refused(shop) -> None:
    buyer = shop.person("bruno")
    shop.chain.call("anvil_setBalance", buyer.address, "0x0")
    listing = shop.listing(shop.seller())

    problem = place(shop, buyer, listing, {"method": "CRYPTO"}).json()

    assert problem["code"] == "nothing_affordable"
    (order,) = shop.ask(buyer, "GET", f"/api/orders/buyer/{buyer.account_id}").json()["data"]
    assert order["status"] == "pending_payment"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"payment_methods_off": ("ESCROW",)}, "method_unavailable"),
        ({"payment_rollout": {"ESCROW": 0}}, "method_unavailable"),
        ({"payment_limits": {"ESCROW": "6000-"}}, "outside_limits"),
        ({"payment_limits": {"ESCROW": "0-4999"}}, "outside_limits"),
    ],
)
def test_keeps_to_the_settings_and_says_what_they_leave(opened, settings, code) -> None:
    purchase = a_purchase(opened(payments=PaymentSettings(**settings)))

    problem = purchase.process(token=NATIVE).json()

    assert problem["code"] == code
    assert purchase.payment()["attempts"] == []
    assert ("alternatives" in problem) is (code == "method_unavailable")


def test_leaves_nothing_in_the_way_when_the_token_cannot_be_paid_so(shop) -> None:
    purchase = a_purchase(shop).has(cents=5_000)

    problem = purchase.process(way="permit2").json()

    assert problem["code"] == "escrow_way_missing"
    # Which is dearer depends on what the chain asks for gas by then.
    assert set(symbols(problem["alternatives"])) == {"ETH", "tUSD"}
    assert purchase.payment()["attempts"] == []


def test_refuses_a_network_whose_fee_eats_the_purchase_up(opened) -> None:
    purchase = a_purchase(opened(payments=PaymentSettings(route_max_fee_bps=1)))

    problem = purchase.process(token=NATIVE).json()

    assert problem["code"] == "route_too_dear"
    assert " % of this purchase, more than 0.1 %" in problem["detail"]


def test_says_which_methods_are_on(opened) -> None:
    shop = opened(
        payments=PaymentSettings(
            payment_methods_off=("CREDIT_CARD",),
            payment_rollout={"CRYPTO": 25},
            payment_limits={"ESCROW": "500-"},
        )
    )

    rules = {
        rule["method"]: rule for rule in shop.ask(None, "GET", "/api/config").json()["methods"]
    }

    assert (rules["CREDIT_CARD"]["on"], rules["CRYPTO"]["share"]) == (False, 25)
    assert (rules["ESCROW"]["least"]["amount"], rules["ESCROW"]["most"]) == ("500", None)


def test_lets_nobody_be_sent_to_what_is_off(opened) -> None:
    shop = opened(payments=PaymentSettings(payment_methods_off=("ESCROW", "CRYPTO")))
    purchase: Purchase = a_purchase(shop)

    assert symbols(purchase.alternatives()) == []
    assert shop.ask(None, "GET", "/api/payments/methods").json()["data"] == []
