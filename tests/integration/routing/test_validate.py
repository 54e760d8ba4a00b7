"""Whether a way to pay would work, by what really stands in a wallet on a real chain."""

import pytest
from sqlalchemy import text

from tests.support.shop import NATIVE
from tests.support.wallet_purchases import CENT, a_purchase, another_wallet, symbols


def codes(answer: dict) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


def test_is_valid_when_the_wallet_can_pay_and_quotes_what_is_then_locked(shop) -> None:
    purchase = a_purchase(shop)

    answer = purchase.validate(token=NATIVE)

    started = purchase.process(token=NATIVE).json()
    assert (answer["valid"], answer["reasons"], answer["alternatives"]) == (True, [], [])
    assert answer["quote"]["total"] == started["total"]


def test_says_how_much_is_missing(shop) -> None:
    answer = a_purchase(shop).has(cents=4_680).validate()

    (lack,) = [lack for lack in answer["missing"] if lack["code"] == "balance"]
    assert lack["says"] == "the wallet needs 3.2 tUSD more"
    assert int(lack["amount"]["amount"]) == 320 * CENT
    assert answer["valid"] is False


def test_is_valid_when_only_an_allowance_is_missing(shop) -> None:
    answer = a_purchase(shop).has(cents=5_000).validate()

    assert [lack["says"] for lack in answer["missing"]] == [
        "the wallet needs an allowance of 50 tUSD first"
    ]
    assert answer["valid"] is True


def test_sees_the_allowance_that_was_given(shop) -> None:
    purchase = a_purchase(shop).has(cents=5_000)
    approve, _pay = purchase.process().json()["action"]["calls"]
    shop.send(purchase.buyer, approve)

    assert purchase.validate()["missing"] == []


def test_says_how_much_coin_the_gas_takes(shop) -> None:
    answer = a_purchase(shop).has(cents=5_000, coin=0).validate()

    assert codes(answer) == ["gas"]
    assert answer["reasons"][0]["says"].endswith(" ETH more for gas")


def test_names_what_would_work_instead(shop) -> None:
    answer = a_purchase(shop).validate()

    assert symbols(answer["alternatives"]) == ["ETH"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"chain_id": 1}, "method_unavailable"),
        ({"token": "0x" + "1" * 40}, "method_unavailable"),
        ({"wallet": "0x" + "1" * 40}, "payer_wallet_unproved"),
        ({"method": "CREDIT_CARD"}, "method_unavailable"),
    ],
)
def test_says_why_it_is_not_possible_at_all(shop, changes, code) -> None:
    answer = a_purchase(shop).validate(**changes)

    assert (answer["valid"], codes(answer), answer["quote"]) == (False, [code], None)
    assert symbols(answer["alternatives"]) == ["ETH"]


def test_says_what_would_be_taken_when_it_is_left_to_us(shop) -> None:
    purchase = a_purchase(shop)
    body = {"payment_id": purchase.payment_id, "method": "CRYPTO"}

    answer = purchase.ask("POST", "/validate", body).json()

    assert (answer["valid"], answer["quote"]["token"]) == (True, NATIVE)


def test_looks_at_the_wallet_that_was_named_alone(shop) -> None:
    purchase = a_purchase(shop).has(coin=0)
    other = another_wallet(shop, purchase.buyer)

    assert codes(purchase.validate(token=NATIVE)) == ["balance", "gas"]
    assert purchase.validate(token=NATIVE, wallet=other)["valid"] is True


def test_says_until_when_an_earlier_attempt_stands_in_the_way(shop) -> None:
    purchase = a_purchase(shop).has(cents=5_000)
    purchase.process()

    assert purchase.validate()["valid"] is True
    assert codes(purchase.validate(token=NATIVE)) == ["attempt_still_payable"]


def test_looks_at_a_checkout_whose_payment_nobody_opened(shop) -> None:
    buyer = shop.person("bruno")
    placed = shop.place(buyer, (shop.listing(shop.seller()), 1), pay=False)
    body = {**shop.choice(buyer), "checkout_id": placed["checkout_id"]}

    answer = shop.ask(buyer, "POST", "/api/payments/validate", body)

    assert answer.json()["valid"] is True


@pytest.mark.pitfall("H3")
@pytest.mark.parametrize("opened", [True, False])
def test_knows_nothing_of_somebody_elses_purchase(shop, opened) -> None:
    stranger = shop.person("stranger")
    placed = shop.place(shop.person("bruno"), (shop.listing(shop.seller()), 1), pay=False)
    of = {"checkout_id": placed["checkout_id"]}
    if opened:
        of = {"payment_id": a_purchase(shop).payment_id}

    answer = shop.ask(stranger, "POST", "/api/payments/validate", {**shop.choice(stranger), **of})

    assert answer.status_code == 404


@pytest.mark.parametrize("given", [("payment_id", "checkout_id"), ()])
def test_wants_exactly_one_thing_to_pay(shop, given) -> None:
    purchase = a_purchase(shop)
    known = {"payment_id": purchase.payment_id, "checkout_id": purchase.placed["checkout_id"]}
    body = {**shop.choice(purchase.buyer), **{name: known[name] for name in given}}

    assert purchase.ask("POST", "/validate", body).status_code == 422


def test_stores_nothing(shop) -> None:
    purchase = a_purchase(shop)

    def rows() -> list[tuple]:
        with shop.container.engine.connect() as connection:
            tables = ("payment_attempt", "outbox", "timer", "idempotency_key")
            counted = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
            return list(connection.execute(text(f"SELECT {counted}")).one())

    before = rows()
    purchase.validate(token=NATIVE)

    assert rows() == before
