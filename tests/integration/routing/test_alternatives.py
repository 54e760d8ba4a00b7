"""Other ways to pay, by what really stands in wallets on a real chain."""

import pytest

from tests.support.shop import NATIVE
from tests.support.wallet_purchases import a_purchase, another_wallet


def at(ways: list[dict], token: str) -> dict:
    return next(way for way in ways if way["token"] == token)


def test_ranks_what_the_wallet_can_pay_above_what_it_cannot(shop) -> None:
    purchase = a_purchase(shop)

    ways = purchase.alternatives()

    assert [(way["symbol"], way["possible"], way["rank"]) for way in ways] == [
        ("ETH", True, 1),
        ("tUSD", False, 2),
    ]
    assert ways[1]["why"] == "cannot be paid now: the wallet needs 50 tUSD more"


def test_says_what_it_costs_and_why_it_stands_there(shop) -> None:
    ways = a_purchase(shop).has(cents=5_000).alternatives()

    best, second = ways
    totals = [int(way["cost"]["total"]["amount"]) for way in ways]
    assert totals == sorted(totals)
    assert best["why"].startswith("ranks first: costs 50.")
    assert second["why"].startswith("ranks below the one before: it costs ")
    assert best["seconds_to_settle"] == shop.deployment.confirmations


def test_tells_in_which_ways_a_token_can_be_paid(shop) -> None:
    purchase = a_purchase(shop)

    listed = shop.ask(None, "GET", "/api/payments/methods").json()["data"][0]["assets"]

    assert at(listed, purchase.dollar)["ways"] == ["authorization", "calls", "permit"]
    assert at(listed, NATIVE)["ways"] == ["calls"]
    assert at(purchase.alternatives(), purchase.dollar)["ways"] == [
        "authorization",
        "calls",
        "permit",
    ]


def test_leaves_out_what_waits_to_be_paid_and_says_until_when_it_stands_in_the_way(shop) -> None:
    purchase = a_purchase(shop).has(cents=5_000)
    started = purchase.process().json()

    (other,) = [way for way in purchase.alternatives() if way["token"] == NATIVE]

    assert other["reasons"][0]["code"] == "attempt_still_payable"
    assert started["pay_by"] in other["why"]
    assert not [way for way in purchase.alternatives() if way["way"] == "calls" and way != other]


def test_looks_at_every_wallet_of_the_buyer(shop) -> None:
    purchase = a_purchase(shop).has(coin=0)
    rich = another_wallet(shop, purchase.buyer)

    best = purchase.alternatives()[0]

    assert (best["wallet"], best["possible"]) == (rich, True)


def test_offers_no_network_whose_fee_eats_the_purchase_up(shop) -> None:
    purchase = a_purchase(shop, cents=200)
    shop.chain.call("anvil_setNextBlockBaseFeePerGas", hex(2 * 10**9))
    shop.follow(blocks=1)

    dear = at(purchase.alternatives(), NATIVE)

    assert dear["reasons"][0]["code"] == "route_too_dear"
    assert " % of this purchase, more than 5 %" in dear["why"]


@pytest.mark.pitfall("H3")
def test_tells_nothing_about_somebody_elses_payment(shop) -> None:
    purchase = a_purchase(shop)
    path = f"/api/payments/alternatives?payment_id={purchase.payment_id}"

    answer = shop.ask(shop.person("stranger"), "GET", path)

    assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")


def test_has_nothing_to_offer_for_what_is_paid(shop) -> None:
    purchase = a_purchase(shop)
    started = purchase.process(token=NATIVE).json()
    shop.sign(purchase.buyer, started["action"])
    shop.follow(blocks=2)

    answer = purchase.ask("GET", f"/alternatives?payment_id={purchase.payment_id}")

    assert (answer.status_code, answer.json()["code"]) == (409, "checkout_not_payable")


def test_stores_nothing_by_looking(shop) -> None:
    purchase = a_purchase(shop).has(cents=5_000)

    purchase.alternatives()

    assert purchase.payment()["attempts"] == []


def test_shows_every_method_with_its_rules_before_anybody_signs_in(shop) -> None:
    methods = shop.ask(None, "GET", "/api/config").json()["methods"]

    assert {rule["method"]: rule["on"] for rule in methods}["ESCROW"] is True
