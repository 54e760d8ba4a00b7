"""Calls whose time is over by the newest block, while one that counts may still hold their
payment."""

import pytest

from tests.support.shop import NATIVE, Shop
from tests.support.wallet_purchases import Purchase, a_purchase


@pytest.fixture
def purchase(opened) -> Purchase:
    """Its calls can be signed no more, and nobody can tell yet that they were not paid."""
    shop: Shop = opened()
    shop.follow(blocks=shop.deployment.confirmations)
    bought = a_purchase(shop)
    bought.process(token=NATIVE)
    shop.chain.call("evm_increaseTime", 700)
    shop.follow(blocks=1)
    return bought


def codes(way: dict) -> list[str]:
    return [reason["code"] for reason in way["reasons"]]


@pytest.mark.parametrize("path", ["process", "action"])
def test_hands_out_nothing_that_would_be_reverted(purchase, path) -> None:
    ask = {
        "process": lambda: purchase.process(token=NATIVE),
        "action": lambda: purchase.ask("GET", f"/{purchase.payment_id}/action"),
    }

    answer = ask[path]()

    assert (answer.status_code, answer.json()["code"]) == (409, "quote_over")
    assert answer.json()["retryable"] is True
    assert "Retry-After" in answer.headers


def test_hands_out_nothing_of_it_when_all_is_left_to_us(opened) -> None:
    shop: Shop = opened()
    shop.follow(blocks=shop.deployment.confirmations)
    bought = a_purchase(shop)
    bought.crypto()
    shop.chain.call("evm_increaseTime", 700)
    shop.follow(blocks=1)

    assert bought.crypto().json()["code"] == "quote_over"


def test_calls_nothing_valid_that_would_be_reverted(purchase) -> None:
    answer = purchase.validate(token=NATIVE)

    assert (answer["valid"], codes(answer)) == (False, ["quote_over"])


def test_shows_it_among_what_does_not_work(purchase) -> None:
    way = next(way for way in purchase.alternatives() if way["token"] == NATIVE)

    assert (way["possible"], codes(way)) == (False, ["quote_over"])


def test_starts_anew_once_a_block_that_counts_is_later(purchase) -> None:
    purchase.shop.follow(blocks=purchase.shop.deployment.confirmations)

    answer = purchase.process(token=NATIVE)

    assert answer.status_code == 201
    assert [each["status"] for each in purchase.payment()["attempts"]] == [
        "expired",
        "awaiting_payer",
    ]
