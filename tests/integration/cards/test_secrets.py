"""Secrets stay where they belong, also when everything goes wrong: neither a key of ours nor what
opens a payment to its payer is logged, stored, told, or shown by anything that is printed."""

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from souk.core.errors import DomainError
from souk.core.inbox import InboxSweeper
from souk.core.pagination import CursorCodec
from souk.core.telemetry import JsonFormatter
from souk.modules.payments import api as payments_api
from souk.modules.payments.handlers import inbox_handlers
from souk.modules.payments.service import Payments
from souk.settings.cards import CardSettings
from tests.support.account_builders import a_session, accounts_on
from tests.support.card_server import CardServer
from tests.support.card_shop import BY_CARD, EMPTY, CardShop, a_card_shop
from tests.support.card_webhooks import Door, an_event, signature
from tests.support.http import Api, assembled

WEBHOOK_CANARY = "whsec_canary_of_the_webhooks"
WRONG_CANARY = "sk_test_canary_that_is_wrong"
FAULTS = ("server_error", "server_error_after_effect", "reset_after_effect", "rate_limit")


@dataclass
class Told:
    """All that was said to anybody."""

    texts: list[str] = field(default_factory=list)

    def take(self, *things: object) -> None:
        """How things look when they are printed."""
        self.texts += [form(thing) for thing in things for form in (repr, str)]

    @contextmanager
    def failure(self) -> Iterator[None]:
        """Something may fail, and be printed with all that led to it."""
        try:
            yield
        except DomainError as error:
            self.texts.append("".join(traceback.format_exception(error)))
            self.take(error, error.context, error.__cause__, error.__context__)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def shop(committing_uow, faulty_server, clock) -> CardShop:
    return a_card_shop(committing_uow, faulty_server, clock, secrets=(WEBHOOK_CANARY,))


@pytest.fixture
def door(shop, database_url, engine, clock) -> Iterator[Door]:
    codec = CursorCodec(b"a secret of sixteen bytes or more")
    container = assembled(
        database_url,
        shop.uow,
        payments_api.router,
        services={Payments: shop.payments, CursorCodec: codec},
        authenticate=accounts_on(shop.uow).authenticate,
    )
    with Api(container) as api:
        yield Door(api, engine, clock)


def stored(engine) -> str:
    """Every row of every table."""
    tables = text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    with engine.connect() as connection:
        names = list(connection.scalars(tables))
        rows = [
            str(row)
            for name in names
            for row in connection.scalars(text(f'SELECT t::text FROM "{name}" t'))
        ]
        bodies = connection.scalars(text("SELECT body FROM webhook_inbox"))
        return "\n".join([*rows, *(bytes(body).decode() for body in bodies)])


def misfortunes(shop, told) -> list[str]:
    """Payments, declines and refunds while the provider fails in every way; what opens them."""
    started = shop.pay(EMPTY)
    for fault in FAULTS:
        shop.server.control("faults", kind=fault, on="/v1/payment_intents")
        with told.failure():
            shop.payments.read_action(shop.buyer, shop.payment_id)
    shop.confirm(started)
    shop.hear(started)
    for fault in FAULTS:
        shop.server.control("faults", kind=fault, on="/v1/refunds")
        with told.failure():
            shop.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 100)
    for nobody in (CardServer("http://127.0.0.1:1", WRONG_CANARY, ""), wrong(shop.server)):
        astray = replace(shop, server=nobody)
        with told.failure():
            astray.payments.refund_part(shop.seller(), shop.payment_id, shop.order_id, 100)
        told.take(astray.payments, astray.cards, astray.cards.gateway, astray.cards.webhooks)
    return [str(shop.intent(started).client_secret)]


def wrong(server: CardServer) -> CardServer:
    return replace(server, secret_key=WRONG_CANARY)


@pytest.mark.pitfall("K3")
def test_tells_no_secret_whatever_goes_wrong(shop, door, engine, clock, told, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [door.tell(an_event(), WEBHOOK_CANARY), door.tell(an_event(), "whsec_guessed")]
    answers.append(door.send(b"{}", signature(b"", clock.now(), WEBHOOK_CANARY)))

    opening = misfortunes(shop, told)
    for id_, body in shop.webhooks_about(shop.payment_id):
        assert door.tell(body, WEBHOOK_CANARY).status_code == 200, id_
    InboxSweeper(engine, inbox_handlers(shop.payments), clock).sweep()
    shop.wall.advance(hours=2)
    shop.payments.carry_out_due()
    page = door.api("GET", f"/api/payments/{shop.payment_id}", token=a_session(shop.uow, "bruno"))

    logged = [JsonFormatter().format(record) for record in caplog.records]
    heard = [f"{answer.headers} {answer.text}" for answer in (*answers, page)]
    everything = "\n".join([*told.texts, *logged, *heard, stored(engine)])
    keys = [shop.server.secret_key, WEBHOOK_CANARY, WRONG_CANARY]
    assert [each for each in (*keys, *opening) if each in everything] == []
    assert [key for key in keys if key in caplog.text] == []
    assert ("is put off" in caplog.text, "evt_1" in everything) == (True, True)


@pytest.mark.pitfall("K3")
def test_shows_no_secret_of_the_settings_nor_of_what_opens_a_payment(shop) -> None:
    settings = CardSettings(
        stripe_secret_key=SecretStr(WRONG_CANARY),
        stripe_publishable_key="pk_test_public",
        stripe_webhook_secrets=(SecretStr(WEBHOOK_CANARY),),
    )
    started = shop.begin(BY_CARD)
    opening = str(started.needs.client_secret)

    shown = f"{settings!r} {settings} {settings.model_dump()} {started!r} {started.needs}"

    assert [each for each in (WRONG_CANARY, WEBHOOK_CANARY, opening) if each in shown] == []
    assert "pk_test_public" in shown
    assert opening in json.dumps(started.to_json())


@pytest.mark.pitfall("H3")
@pytest.mark.parametrize(("who", "is_told"), [("bruno", True), ("sofia", False)])
def test_tells_its_buyer_alone_what_the_provider_calls_it(shop, door, who, is_told) -> None:
    started = shop.begin()
    token = a_session(shop.uow, who)

    page = door.api("GET", f"/api/payments/order/{shop.order_id}", token=token).json()

    reference = str(started.needs.reference)
    assert page["attempts"][0]["provider_reference"] == (reference if is_told else None)
