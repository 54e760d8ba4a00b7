"""From a webhook that comes in over HTTP to what follows from it, once the answer is given."""

import json
from collections.abc import Iterator

import pytest

from souk.core.inbox import InboxSweeper
from souk.core.pagination import CursorCodec
from souk.modules.orders.domain import OrderStatus
from souk.modules.payments import api as payments_api
from souk.modules.payments.handlers import inbox_handlers
from souk.modules.payments.service import Payments
from tests.support.account_builders import accounts_on
from tests.support.card_shop import CardShop, a_card_shop
from tests.support.card_webhooks import SECRET, Door
from tests.support.http import Api, assembled

OLD = "whsec_old"


@pytest.fixture
def shop(committing_uow, card_server, clock) -> CardShop:
    return a_card_shop(committing_uow, card_server, clock, secrets=(SECRET, OLD))


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


@pytest.fixture
def sweep(shop, engine, clock) -> InboxSweeper:
    """A process that handles what others have kept."""
    return InboxSweeper(engine, inbox_handlers(shop.payments), clock)


def paid(shop) -> bytes:
    """What the provider tells of a payment."""
    started = shop.begin()
    shop.confirm(started)
    told = [body for _, body in shop.webhooks(started)]
    return next(body for body in told if json.loads(body)["type"] == "payment_intent.succeeded")


@pytest.mark.pitfall("P3")
def test_handles_what_was_kept_by_a_process_that_died(shop, door, engine, clock) -> None:
    assert door.tell(paid(shop)).status_code == 200
    assert shop.sees.status() is OrderStatus.PENDING_PAYMENT

    shop.start_anew()
    swept = InboxSweeper(engine, inbox_handlers(shop.payments), clock).sweep()

    assert (swept, shop.sees.status()) == (1, OrderStatus.PAID)


@pytest.mark.pitfall("P7")
def test_books_once_what_two_endpoints_are_told(shop, door, sweep) -> None:
    body = paid(shop)

    answers = [door.tell(body, secret).status_code for secret in (SECRET, OLD)]

    assert (answers, sweep.sweep()) == ([200, 200], 1)
    assert shop.sees.read("SELECT count(*) FROM ledger_entry") == 1
    assert shop.sees.status() is OrderStatus.PAID


@pytest.mark.pitfall("P14")
@pytest.mark.parametrize("foreign", [{"livemode": True}, {"account": "acct_other"}])
def test_moves_nothing_for_what_is_meant_for_somebody_else(shop, door, sweep, foreign) -> None:
    event = {**json.loads(paid(shop)), **foreign}

    assert door.tell(event).status_code == 200

    assert (sweep.sweep(), shop.sees.status()) == (0, OrderStatus.PENDING_PAYMENT)
    assert [source for source, _ in door.kept()] == ["stripe.foreign"]


def test_tries_again_when_the_provider_is_away_while_it_is_handled(shop, door, sweep) -> None:
    """A chargeback takes a look at all of the payment."""
    started = shop.pay()
    shop.at_provider(started, "disputes")
    about = [body for _, body in shop.webhooks(started) if b"charge.dispute.created" in body]
    door.tell(about[0])

    shop.server.control("faults", kind="server_error", on="/v1/disputes")
    first = sweep.sweep()
    shop.wall.advance(seconds=5)

    assert (first, sweep.sweep(), shop.sees.holds()) == (0, 1, ["chargeback"])
