"""Payments over HTTP: whole answers, refusals, and what others may see."""

import pytest

from souk.core.pagination import CursorCodec
from souk.core.principal import Principal, Role
from souk.modules.orders.domain import Actor
from souk.modules.payments import api as payments_api
from souk.modules.payments.service import Payments
from tests.support.account_builders import a_session, a_wallet, accounts_on, an_account
from tests.support.http import Api, assembled
from tests.support.order_builders import move, place
from tests.support.payment_builders import (
    DOLLAR,
    a_shop,
    payments_on,
    reached,
)

HASH = "0x" + "ab" * 32


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.fixture
def shop(uow):
    return a_shop(uow, sellers=("sofia", "sami"))


@pytest.fixture
def api(database_url, uow):
    container = assembled(
        database_url,
        uow,
        payments_api.router,
        services={
            Payments: payments_on(uow),
            CursorCodec: CursorCodec(b"a secret of sixteen bytes or more"),
        },
        authenticate=accounts_on(uow).authenticate,
    )
    with Api(container) as client:
        yield client


@pytest.fixture
def bruno(uow, shop) -> str:
    return a_session(uow, "bruno")


def choice(shop, **changes) -> dict:
    body = {
        "payment_id": shop.payment_id,
        "method": "ESCROW",
        "chain_id": 31337,
        "token": DOLLAR,
        "wallet": a_wallet("bruno").address,
    }
    return {**body, **changes}


def test_opens_the_one_payment_of_a_checkout(api, shop, bruno) -> None:
    answer = api(
        "POST", "/api/payments", {"checkout_id": shop.checkout.checkout_id}, token=bruno, key="1"
    )

    assert answer.status_code == 201
    assert answer.json() == {"id": shop.payment_id, "checkout_id": shop.checkout.checkout_id}


def test_answers_with_calls_that_need_no_abi(api, shop, bruno) -> None:
    answer = api("POST", "/api/payments/process", choice(shop), token=bruno, key="1")

    needs = answer.json()["action"]
    assert answer.status_code == 201
    assert (needs["type"], needs["by"]) == ("needs_signature", a_wallet("bruno").address)
    assert [set(call) for call in needs["calls"]] == [
        {"chain_id", "to", "data", "value", "says"}
    ] * 2
    assert needs["until"] == answer.json()["pay_by"] == "2026-03-01T12:10:00.000Z"


def test_answers_the_same_when_the_request_is_repeated(api, shop, bruno) -> None:
    first = api("POST", "/api/payments/process", choice(shop), token=bruno, key="1")

    again = api("POST", "/api/payments/process", choice(shop), token=bruno, key="1")

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_shows_a_payment_with_its_attempts_legs_and_history(api, shop, bruno) -> None:
    legs = shop.start().attempt.legs
    shop.observe(*(reached(leg) for leg in legs))

    body = api("GET", f"/api/payments/{shop.payment_id}", token=bruno).json()

    (attempt,) = body["attempts"]
    assert (body["status"], attempt["status"]) == ("COMPLETED", "succeeded")
    assert [leg["status"] for leg in attempt["legs"]] == ["held", "held"]
    assert attempt["legs"][0]["held"] == {
        "amount": str(legs[0].amount),
        "currency": legs[0].asset.code,
        "exponent": 6,
    }
    assert [step["to_status"] for step in attempt["history"]] == [
        "created",
        "awaiting_payer",
        "confirming",
        "succeeded",
    ]


@pytest.mark.pitfall("H3")
def test_shows_a_seller_the_leg_of_the_own_order_alone(api, uow, shop) -> None:
    legs = shop.start().attempt.legs
    seller = next(n for n in ("sofia", "sami") if a_wallet(n).address == legs[0].terms.seller)

    answer = api(
        "GET", f"/api/payments/order/{legs[0].order_id}", token=a_session(uow, seller)
    ).json()

    assert [leg["id"] for leg in answer["attempts"][0]["legs"]] == [legs[0].id]


@pytest.mark.pitfall("H3")
def test_shows_a_seller_the_sums_of_the_own_order_alone(api, uow, shop) -> None:
    (leg, _others) = shop.start().attempt.legs
    order = next(order for order in shop.checkout.orders if order.id == leg.order_id)
    api.authenticate_as(Principal(order.seller_account_id, "ses"))

    payment = api("GET", f"/api/payments/order/{order.id}", token="any").json()

    assert payment["total"]["amount"] == str(order.total.amount)
    assert payment["attempts"][0]["total"]["amount"] == str(leg.amount)


def test_shows_a_seller_nothing_of_attempts_at_other_orders(api, uow, shop) -> None:
    cancelled, _left = shop.checkout.orders
    move(uow, cancelled.id, "cancel", Actor.BUYER)
    shop.start()
    api.authenticate_as(Principal(cancelled.seller_account_id, "ses"))

    payment = api("GET", f"/api/payments/order/{cancelled.id}", token="any").json()

    assert payment["attempts"] == []


@pytest.mark.parametrize("roles", [frozenset(), frozenset({Role.SUPPORT})], ids=["buyer", "staff"])
def test_shows_the_whole_sums_to_buyer_and_staff(api, uow, shop, roles) -> None:
    attempt = shop.start().attempt
    who = an_account(uow, "support").account_id if roles else shop.buyer.account_id
    api.authenticate_as(Principal(who, "ses", roles=roles))

    payment = api("GET", f"/api/payments/order/{shop.order_id}", token="any").json()

    assert payment["total"]["amount"] == str(shop.checkout.total.amount)
    assert payment["attempts"][0]["total"]["amount"] == str(attempt.amount)


@pytest.mark.pitfall("H3")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/payments/{payment}", None),
        ("GET", "/api/payments/order/{order}", None),
        ("POST", "/api/payments/process", "choice"),
        ("POST", "/api/payments/{payment}/confirm", {"transaction_hash": HASH}),
        ("POST", "/api/payments/{payment}/cancel", None),
        ("POST", "/api/payments/{payment}/refund", None),
    ],
)
def test_knows_no_payment_of_somebody_else(api, uow, shop, method, path, body) -> None:
    stranger = a_session(uow, "stranger")
    known = path.format(payment=shop.payment_id, order=shop.order_id)
    wallet = a_wallet("stranger").address
    sent = choice(shop, wallet=wallet) if body == "choice" else body

    answer = api(method, known, sent, token=stranger, key="1")

    assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")


def test_lists_the_callers_payments_page_by_page(api, uow, shop, bruno) -> None:
    line = shop.checkout.orders[0].lines[0]
    for _number in range(2):
        checkout = place(uow, shop.buyer, (line.listing_id, 1))
        shop.payments.open(shop.buyer, checkout.checkout_id)
    path = f"/api/payments/user/{shop.buyer.account_id}?limit=2"

    first = api("GET", path, token=bruno).json()
    rest = api("GET", f"{path}&cursor={first['next_cursor']}", token=bruno).json()

    ids = [row["id"] for row in first["data"] + rest["data"]]
    assert (len(ids), ids) == (3, sorted(ids, reverse=True))
    assert rest["next_cursor"] is None


def test_lists_nobody_elses_payments(api, uow, shop) -> None:
    stranger = a_session(uow, "stranger")

    listed = api("GET", f"/api/payments/user/{shop.buyer.account_id}", token=stranger)
    by_status = api("GET", "/api/payments/status/PENDING", token=stranger)

    assert (listed.status_code, listed.json()["code"]) == (403, "not_yours")
    assert by_status.json() == {"data": [], "next_cursor": None}


def test_lists_everybodys_payments_for_staff(api, uow, shop) -> None:
    support = an_account(uow, "support")
    api.authenticate_as(Principal(support.account_id, "ses", roles=frozenset({Role.SUPPORT})))

    answers = [
        api("GET", path, token="any").json()
        for path in (
            f"/api/payments/user/{shop.buyer.account_id}",
            "/api/payments/status/PENDING",
        )
    ]

    assert [[row["id"] for row in answer["data"]] for answer in answers] == [[shop.payment_id]] * 2


def test_lists_the_ways_to_pay_for_everybody(api) -> None:
    (method,) = api("GET", "/api/payments/methods").json()["data"]

    assert (method["method"], method["chain_id"]) == ("ESCROW", 31337)
    assert [asset["symbol"] for asset in method["assets"]] == ["ETH", "tUSD"]


def test_takes_a_hash_and_a_change_of_mind(api, shop, bruno) -> None:
    shop.start()
    path = f"/api/payments/{shop.payment_id}"

    cancelled = api("POST", f"{path}/cancel", token=bruno, key="1")
    shop.start()
    confirmed = api("POST", f"{path}/confirm", {"transaction_hash": HASH}, token=bruno, key="2")

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "PENDING")
    assert confirmed.json() == {"id": shop.payment_id, "status": "PROCESSING"}


def test_says_what_to_do_when_another_attempt_stands_in_the_way(api, shop, bruno) -> None:
    shop.start()

    answer = api(
        "POST",
        "/api/payments/process",
        choice(shop, token="0x" + "0" * 40),
        token=bruno,
        key="1",
    )

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "attempt_still_payable")
    assert problem["retryable"] is True


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"wallet": "0x" + "Ab" * 20}, 422, "malformed_address"),
        ({"token": "vitalik.eth"}, 422, "malformed_address"),
        ({"chain_id": 1}, 422, "method_unavailable"),
        ({"method": "GOLD"}, 422, None),
        ({"chain_id": 2**256}, 422, None),
        ({"payment_id": "pay_\u0000"}, 422, None),
        ({"payment_id": "ord_" + "0" * 26}, 404, "unknown_id"),
        ({"payment_id": "pay_" + "0" * 26}, 404, "payment_not_found"),
        ({"surprise": 1}, 422, None),
    ],
)
def test_refuses_bad_input_and_writes_nothing(api, shop, bruno, changes, status, code) -> None:
    answer = api("POST", "/api/payments/process", choice(shop, **changes), token=bruno, key="1")

    assert answer.status_code == status
    assert code in (None, answer.json()["code"])
    assert shop.sees.attempts() == []


@pytest.mark.parametrize("path", ["/process", "", "/{id}/confirm", "/{id}/cancel"])
def test_needs_a_key_wherever_something_changes(api, shop, bruno, path) -> None:
    bodies = {
        "": {"checkout_id": shop.checkout.checkout_id},
        "/process": choice(shop),
        "/{id}/confirm": {"transaction_hash": HASH},
    }

    answer = api(
        "POST",
        "/api/payments" + path.format(id=shop.payment_id),
        bodies.get(path),
        token=bruno,
    )

    assert answer.json()["code"] == "idempotency_key_required"


def test_is_closed_to_those_who_are_not_signed_in(api, shop) -> None:
    answer = api("GET", f"/api/payments/{shop.payment_id}")

    assert answer.status_code == 401
