"""Endpoints of accounts that really signed in, and what is sent to them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import text
from standardwebhooks import Webhook

from souk.adapters.crypto.secret_box import XChaChaSecretBox
from souk.adapters.http.client import PublicHttp
from souk.adapters.http.targets import Policy
from souk.core.clock import Clock
from souk.core.events import Event, Origin
from souk.core.principal import Principal
from souk.core.unit_of_work import UnitOfWork
from souk.modules.orders.events import OrderStatusChanged
from souk.modules.webhooks.domain import EndpointWish, Revealed
from souk.modules.webhooks.service import Announcements, Endpoints, Resends, Sender
from tests.support.clock import START
from tests.support.merchant import Hook
from tests.support.order_builders import orders_on

KEY = b"k" * 32
_numbers = count(1)


def _nowhere(_host: str, _port: int) -> list[str]:
    """No test asks anybody for a name."""
    raise OSError("no such name")


HTTP = PublicHttp(Policy(to_loopback=True), resolve=_nowhere)


def new_secret() -> bytes:
    return b"%032d" % next(_numbers)


def endpoints_on(uow: UnitOfWork) -> Endpoints:
    return Endpoints(uow, HTTP, XChaChaSecretBox(KEY), new_secret)


def resends_on(uow: UnitOfWork) -> Resends:
    return Resends(uow)


def sender_on(
    uow: UnitOfWork, clock: Clock, *, key: bytes = KEY, http: PublicHttp = HTTP
) -> Sender:
    """Its delays are those of the schedule, none shorter or longer by chance."""
    return Sender(uow, http, XChaChaSecretBox(key), clock, lambda: 0.5)


def an_endpoint(
    uow: UnitOfWork,
    owner: Principal,
    url: str = "https://shop.example/hooks",
    events: Sequence[str] | None = None,
) -> Revealed:
    return endpoints_on(uow).create(owner, EndpointWish(url=url, events=events))


def announce(
    uow: UnitOfWork, event: Event, event_id: str = "evt_1", *, at: datetime = START
) -> int:
    """What the outbox does with an event; how many deliveries that made."""
    return Announcements(uow, orders_on(uow)).announce(event, Origin(event_id, at))


def a_move(order_id: str, to: str = "paid") -> OrderStatusChanged:
    return OrderStatusChanged(
        order_id=order_id, from_status="pending_payment", to_status=to, actor="chain", reason="paid"
    )


def send_due(sender: Sender, *, limit: int = 100) -> int:
    """Try everything that is due once; how much there was."""
    claimed = sender.claim(limit=limit)
    for delivery in claimed:
        sender.send(delivery)
    return len(claimed)


def is_signed(hook: Hook, secret: str) -> bool:
    """Whether somebody else's implementation makes this signature, too, at whatever time."""
    at = datetime.fromtimestamp(int(hook.headers["webhook-timestamp"]), UTC)
    expected = Webhook(secret).sign(hook.id, at, hook.body.decode())
    return expected in hook.headers["webhook-signature"].split()


def rows(session, sql: str, **values: object) -> list[Mapping[str, object]]:
    """Read past the product's own code."""
    return [dict(row) for row in session.execute(text(sql), values).mappings()]


def the_delivery(session, columns: str = "*") -> Mapping[str, object]:
    """The only delivery there is."""
    (row,) = rows(session, f"SELECT {columns} FROM webhook_delivery")
    return row


def the_attempts(session) -> list[Mapping[str, object]]:
    """All attempts, in order."""
    return rows(session, "SELECT * FROM webhook_attempt ORDER BY delivery_id, number")


def the_endpoint(session) -> Mapping[str, object]:
    """The only endpoint there is."""
    (row,) = rows(session, "SELECT * FROM webhook_endpoint")
    return row
