"""What may be paid, and what is suggested, while the chain does not answer."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from souk.adapters.evm.presence import AT_ONE_CHAIN
from souk.core.pagination import CursorCodec
from souk.modules.payments import api as payments_api
from souk.modules.payments.repository import payees
from souk.modules.payments.repository.payees import Payee
from souk.modules.payments.service import Payments
from tests.support.account_builders import a_session, a_wallet, accounts_on
from tests.support.http import Api, assembled
from tests.support.payment_builders import DOLLAR, ESCROW, NATIVE, a_shop, payments_on
from tests.support.route_builders import CARDS
from tests.support.threads import at_once


@pytest.fixture
def uow(committing_uow):
    return committing_uow


@pytest.fixture
def shop(uow):
    return a_shop(uow)


@pytest.fixture
def node() -> Iterator[str]:
    """The address of a node that nobody has called by the end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(BlockingIOError):
            server.accept()


@dataclass(frozen=True)
class Silent:
    """A node that takes every question and answers none."""

    server: socket.socket

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def count_callers(self) -> int:
        """How many have called since this was asked last."""
        called = 0
        with suppress(BlockingIOError):
            while True:
                self.server.accept()[0].close()
                called += 1
        return called


@pytest.fixture
def silent() -> Iterator[Silent]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.setblocking(False)
        yield Silent(server)


def opened(database_url, uow, payments) -> Api:
    container = assembled(
        database_url,
        uow,
        payments_api.router,
        services={
            Payments: payments,
            CursorCodec: CursorCodec(b"a secret of sixteen bytes or more"),
        },
        authenticate=accounts_on(uow).authenticate,
    )
    return Api(container)


@pytest.fixture
def api(database_url, uow, shop):
    with opened(database_url, uow, payments_on(uow, shop.prices, card_money=CARDS)) as client:
        yield client


@pytest.fixture
def takes_cards(uow, shop) -> None:
    """The seller can be paid by card."""
    (order,) = shop.checkout.orders
    with uow.begin() as tx:
        payees.add(tx, Payee(order.seller_id, "acct_1", ready=True))
        tx.commit()


def wish(shop, **changes) -> dict:
    plain = {
        "payment_id": shop.payment_id,
        "method": "ESCROW",
        "chain_id": 31337,
        "token": DOLLAR,
        "wallet": a_wallet("bruno").address,
    }
    return {**plain, **changes}


def validate(api, uow, body: dict):
    return api("POST", "/api/payments/validate", body, token=a_session(uow, "bruno"))


@pytest.mark.parametrize("changes", [{}, {"method": "CRYPTO", "token": None}])
def test_says_that_it_cannot_tell_of_a_wallet_now(api, uow, shop, takes_cards, changes) -> None:
    answer = validate(api, uow, wish(shop, **changes))

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (503, "provider_unavailable")
    assert problem["retryable"] is True
    assert "Retry-After" in answer.headers
    assert {way["method"] for way in problem["alternatives"]} == {
        "STRIPE",
        "CREDIT_CARD",
        "DEBIT_CARD",
        "BANK_TRANSFER",
    }


def test_answers_about_cards_all_the_same(api, uow, shop, takes_cards) -> None:
    answer = validate(api, uow, wish(shop, method="CREDIT_CARD")).json()

    assert (answer["valid"], answer["quote"]["total"]["currency"]) == (True, "USD")


def test_says_that_the_seller_takes_no_cards(api, uow, shop) -> None:
    answer = validate(api, uow, wish(shop, method="CREDIT_CARD")).json()

    assert (answer["valid"], answer["alternatives"]) == (False, [])
    assert answer["reasons"] == [
        {
            "code": "seller_takes_no_cards",
            "says": "1 of 1 sellers cannot be paid by card yet",
        }
    ]


def test_shows_the_chain_as_what_does_not_work(api, uow, shop, takes_cards) -> None:
    path = f"/api/payments/alternatives?payment_id={shop.payment_id}"

    ways = api("GET", path, token=a_session(uow, "bruno")).json()["data"]

    refused = [way for way in ways if not way["possible"]]
    assert [way["possible"] for way in ways] == [True] * 4 + [False] * 2
    assert {way["reasons"][0]["code"] for way in refused} == {"chain_away"}


def test_lets_calls_be_signed_that_need_nobody_to_look(api, uow, shop) -> None:
    body = wish(shop)

    answer = api("POST", "/api/payments/process", body, token=a_session(uow, "bruno"), key="1")

    assert answer.status_code == 201
    assert [call["to"] for call in answer.json()["action"]["calls"]] == [DOLLAR, ESCROW]


def test_asks_no_network_what_to_suggest_when_the_network_has_failed(
    database_url, uow, shop, node
) -> None:
    shop.prices.answer = 0
    payments = payments_on(uow, shop.prices, url=node)
    with opened(database_url, uow, payments) as api:
        body = wish(shop, token=NATIVE["token"])
        answer = api("POST", "/api/payments/process", body, token=a_session(uow, "bruno"), key="1")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (503, "price_unusable")
    assert [(way["token"], way["checked"]) for way in problem["alternatives"]] == [(DOLLAR, False)]


@pytest.mark.parametrize("path", ["/process", "/{id}/action"])
def test_names_cards_when_the_time_of_the_calls_is_over(api, uow, shop, takes_cards, path) -> None:
    shop.start()
    shop.pass_time(seconds=601, blocks=1)
    method, body = ("POST", wish(shop)) if path == "/process" else ("GET", None)
    path = f"/api/payments{path.format(id=shop.payment_id)}"

    problem = api(method, path, body, token=a_session(uow, "bruno"), key="1").json()

    assert {way["method"] for way in problem["alternatives"]} == {
        "STRIPE",
        "CREDIT_CARD",
        "DEBIT_CARD",
        "BANK_TRANSFER",
    }
    assert {way["anyway"] for way in problem["alternatives"]} == {True}


def test_tells_of_ways_only_what_it_knows(api) -> None:
    (escrow,) = [
        method
        for method in api("GET", "/api/payments/methods").json()["data"]
        if method["method"] == "ESCROW"
    ]

    assert [asset["ways"] for asset in escrow["assets"]] == [["calls"], None]


def test_offers_no_chain_that_nobody_follows_yet(api, uow, engine, shop, takes_cards) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM chain_block"))

    problem = validate(api, uow, wish(shop)).json()

    assert problem["code"] == "chain_time_unknown"


def test_lets_few_wait_at_once_for_a_chain_that_does_not_answer(uow, shop, silent) -> None:
    payments = payments_on(uow, shop.prices, card_money=CARDS, url=silent.url)
    payer = accounts_on(uow).authenticate(a_session(uow, "bruno"))

    answers = at_once(24, lambda _: payments.alternatives(payer, shop.payment_id))

    assert {reasons_of_escrow(answer) for answer in answers} == {("chain_away",) * 2}
    assert 1 <= silent.count_callers() <= AT_ONE_CHAIN


def reasons_of_escrow(answer: dict) -> tuple[str, ...]:
    return tuple(way["reasons"][0]["code"] for way in answer["data"] if way["method"] == "ESCROW")
