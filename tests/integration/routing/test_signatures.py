"""Paying by a signature over HTTP: what is handed in makes a call, and nothing is believed."""

import pytest

from tests.support.wallet_purchases import Purchase, a_purchase

SIGNED = ["permit", "authorization"]


def asked(shop, way: str) -> tuple[Purchase, dict]:
    """Somebody with the money, and the message to sign."""
    purchase = a_purchase(shop).has(cents=5_000)
    return purchase, purchase.process(way=way).json()


@pytest.mark.parametrize("way", SIGNED)
def test_answers_with_the_call_that_pays(shop, way) -> None:
    purchase, started = asked(shop, way)

    answer = purchase.hand_in(purchase.sign(started))

    assert answer.status_code == 200, answer.text
    shop.sign(purchase.buyer, answer.json())
    shop.follow(blocks=2)
    assert purchase.payment()["status"] == "COMPLETED"


def test_believes_nothing_of_what_is_handed_in(shop) -> None:
    purchase, started = asked(shop, "authorization")

    purchase.hand_in(purchase.sign(started))

    payment = purchase.payment()
    assert (payment["status"], payment["attempts"][0]["status"]) == ("PENDING", "awaiting_payer")


def test_says_no_to_a_signature_of_somebody_else(shop) -> None:
    purchase, started = asked(shop, "authorization")

    answer = purchase.hand_in(purchase.sign(started, shop.person("stranger")))

    assert (answer.status_code, answer.json()["code"]) == (422, "escrow_consent_refused")


def test_names_what_can_be_done_when_a_signature_is_refused(shop) -> None:
    purchase, _started = asked(shop, "authorization")

    problem = purchase.hand_in("0x" + "1b" * 65).json()

    assert [(way["symbol"], way["way"]) for way in problem["alternatives"]] == [
        ("tUSD", "authorization")
    ]
    assert problem["payment_id"] == purchase.payment_id


def test_answers_the_same_when_the_request_is_repeated(shop) -> None:
    purchase, started = asked(shop, "authorization")
    body = {"signature": purchase.sign(started)}
    path = f"/api/payments/{purchase.payment_id}/signature"

    first, again = (shop.ask(purchase.buyer, "POST", path, body, key="sig") for _ in range(2))

    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")


@pytest.mark.parametrize("way", [None, "calls"])
def test_takes_no_signature_when_none_is_waited_for(shop, way) -> None:
    purchase = a_purchase(shop).has(cents=5_000)
    if way is not None:
        purchase.process(way=way)

    answer = purchase.hand_in("0x" + "1b" * 65)

    assert (answer.status_code, answer.json()["code"]) == (409, "attempt_not_open")


def test_takes_no_signature_for_what_was_given_up(shop) -> None:
    purchase, started = asked(shop, "authorization")
    purchase.ask("POST", f"/{purchase.payment_id}/cancel")

    assert purchase.hand_in(purchase.sign(started)).json()["code"] == "attempt_not_open"


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        ("0x" + "1b" * 4_096, "escrow_consent_refused"),
        ("0x" + "1b" * 4_097, "invalid_request"),
        ("0x1b1", "malformed_consent"),
        ("sure", "malformed_consent"),
    ],
)
def test_takes_a_signature_of_any_length_up_to_a_bound(shop, signature, code) -> None:
    purchase, _started = asked(shop, "authorization")

    assert purchase.hand_in(signature).json()["code"] == code


@pytest.mark.pitfall("H3")
def test_takes_nothing_for_somebody_elses_payment(shop) -> None:
    purchase, started = asked(shop, "authorization")
    body = {"signature": purchase.sign(started)}
    path = f"/api/payments/{purchase.payment_id}/signature"

    answer = shop.ask(shop.person("stranger"), "POST", path, body)

    assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")


def test_sends_nothing_for_anybody_unless_it_was_given_a_key(shop) -> None:
    purchase, started = asked(shop, "authorization")

    answer = purchase.hand_in(purchase.sign(started), relay=True)

    assert (answer.status_code, answer.json()["code"]) == (422, "relay_unavailable")
    assert answer.json()["detail"].startswith("nobody sends payments for you here")
    assert purchase.payment()["attempts"][0]["status"] == "awaiting_payer"
