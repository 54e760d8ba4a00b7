"""A key belongs to one caller, one route and one body: on every route that moves money by card."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from souk.core.pagination import CursorCodec
from souk.modules.payments import api as payments_api
from souk.modules.payments.service import Payments
from tests.support.account_builders import a_session, accounts_on
from tests.support.card_shop import CardShop, a_card_shop
from tests.support.http import Api, assembled


@dataclass
class Route:
    """A request of `who` that is good, another one, and what the shop has done before."""

    path: str
    body: object
    other: object
    who: str = "bruno"
    other_path: str = ""
    steps: tuple[str, ...] = field(default=())


ROUTES = {
    "process": Route(
        "/api/payments/process",
        {"payment_id": "{payment}", "method": "CREDIT_CARD"},
        {"payment_id": "{payment}", "method": "BANK_TRANSFER"},
    ),
    "confirm": Route(
        "/api/payments/{payment}/confirm",
        {},
        {"transaction_hash": "0x" + "ab" * 32},
        steps=("begin",),
    ),
    "cancel": Route(
        "/api/payments/{payment}/cancel",
        None,
        None,
        other_path="/api/payments/pay_01h455vb4pex5vsknk084sn02q/cancel",
        steps=("begin",),
    ),
    "refund": Route(
        "/api/payments/{payment}/refund",
        {"order_id": "{order}", "amount": "500"},
        {"order_id": "{order}", "amount": "501"},
        who="sofia",
        steps=("pay",),
    ),
}


@pytest.fixture
def shop(committing_uow, card_server, clock) -> CardShop:
    return a_card_shop(committing_uow, card_server, clock)


@pytest.fixture
def api(shop, database_url) -> Iterator[Api]:
    codec = CursorCodec(b"a secret of sixteen bytes or more")
    container = assembled(
        database_url,
        shop.uow,
        payments_api.router,
        services={Payments: shop.payments, CursorCodec: codec},
        authenticate=accounts_on(shop.uow).authenticate,
    )
    with Api(container) as client:
        yield client


@dataclass
class Asking:
    """Asks of one shop."""

    api: Api
    shop: CardShop

    def __call__(self, path: str, body: object, who: str, key: str = "one"):
        token = a_session(self.shop.uow, who)
        return self.api("POST", self.fill(path), self.fill(body), token=token, key=key)

    def fill(self, value):
        names = {"{payment}": self.shop.payment_id, "{order}": self.shop.order_id}
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        for name, known in names.items():
            value = value.replace(name, known) if isinstance(value, str) else value
        return value


@pytest.fixture
def ask(api, shop) -> Asking:
    return Asking(api, shop)


@pytest.mark.pitfall("P15")
@pytest.mark.parametrize("name", ROUTES)
def test_binds_a_key_to_its_caller_and_its_request(ask, shop, name) -> None:
    route = ROUTES[name]
    for step in route.steps:
        getattr(shop, step)()
    first = ask(route.path, route.body, route.who)

    again = ask(route.path, route.body, route.who)
    other = ask(route.other_path or route.path, route.other, route.who)
    stranger = ask(route.path, route.body, "nobody")

    assert first.status_code in (200, 201), first.text
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (first.status_code, "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "payment_not_found")


def test_keeps_the_secret_for_the_first_answer_alone(ask, shop) -> None:
    body = {"payment_id": "{payment}", "method": "CREDIT_CARD"}

    first = ask("/api/payments/process", body, "bruno").json()["action"]
    again = ask("/api/payments/process", body, "bruno").json()["action"]
    anew = ask.api(
        "GET", f"/api/payments/{shop.payment_id}/action", token=a_session(shop.uow, "bruno")
    ).json()

    assert first["client_secret"]
    assert again == {**first, "client_secret": ""}
    assert anew == first


def test_moves_the_money_once_when_the_answer_was_lost(ask, shop) -> None:
    started = shop.pay()
    body = {"order_id": "{order}", "amount": "500"}

    answers = [ask("/api/payments/{payment}/refund", body, "sofia") for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert shop.refunds(started) == [500]
