"""Which ways to pay are offered, and whether what serves them answers."""

import pytest
from pydantic import SecretStr

from souk.settings import PaymentSettings
from souk.settings.cards import CardSettings
from tests.support.payment_builders import NOWHERE
from tests.support.shop import CHAIN_ID, Shop

BY_CARD = {"STRIPE", "CREDIT_CARD", "DEBIT_CARD", "BANK_TRANSFER"}


def health(shop: Shop) -> dict:
    answer = shop.ask(None, "GET", "/api/payments/health")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json()


def row(shop: Shop, method: str) -> dict:
    (found,) = [each for each in health(shop)["data"] if each["method"] == method]
    return found


def test_tells_everybody_that_a_chain_can_be_paid_on(opened) -> None:
    shop = opened()

    assert health(shop)["status"] == "ok"
    assert row(shop, "ESCROW") == {
        "method": "ESCROW",
        "provider": None,
        "chain_id": CHAIN_ID,
        "chain": "local",
        "offered": True,
        "reachable": True,
        "detail": f"block {int(str(shop.chain.call('eth_blockNumber')), 16)}",
    }


def test_says_that_nobody_follows_the_chain_any_more(opened) -> None:
    shop = opened()
    shop.clock.advance(seconds=31)

    silent = row(shop, "ESCROW")

    assert (silent["offered"], silent["reachable"]) == (True, False)
    assert silent["detail"] == "its worker has been silent for 31 s"
    assert health(shop)["status"] == "degraded"


def test_offers_no_cards_where_none_are_taken(opened) -> None:
    ways = health(opened())["data"]

    assert {way["method"] for way in ways if not way["offered"]} == BY_CARD
    assert {way["reachable"] for way in ways if not way["offered"]} == {False}


def test_says_that_the_card_provider_does_not_answer(opened) -> None:
    key = "sk_test_that_is_told_to_nobody"
    cards = CardSettings(
        stripe_secret_key=SecretStr(key),
        stripe_api_base=NOWHERE,
        stripe_webhook_secrets=(SecretStr("whsec_1"),),
    )
    shop = opened(cards=cards)

    card = row(shop, "CREDIT_CARD")

    assert (card["provider"], card["offered"], card["reachable"]) == ("stripe", True, False)
    assert health(shop)["status"] == "degraded"
    assert key not in str(health(shop))


@pytest.mark.parametrize(
    "settings",
    [{"payment_methods_off": ("ESCROW",)}, {"payment_rollout": {"ESCROW": 0}}],
    ids=["off", "for nobody"],
)
def test_says_what_the_settings_offer_to_nobody(opened, settings) -> None:
    shop = opened(payments=PaymentSettings(**settings))

    assert (row(shop, "ESCROW")["offered"], row(shop, "CRYPTO")["offered"]) == (False, True)
    assert health(shop)["status"] == "ok"
