"""Webhooks as the provider sends them, and the door at which they arrive."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from sqlalchemy import Engine, text

from tests.support.clock import MovableClock
from tests.support.http import Api

SECRET = "whsec_cards"
PATH = "/api/webhooks/stripe"


def an_event(id_: str = "evt_1", **changes: object) -> dict[str, object]:
    """An event about nothing of ours, unless `changes` say otherwise."""
    event = {
        "id": id_,
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": 1_772_366_400,
        "livemode": False,
        "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
    }
    return {**event, **changes}


def signature(body: bytes, at: datetime, secret: str = SECRET) -> str:
    """The header with which the provider sends a body."""
    timestamp = int(at.timestamp())
    signed = hmac.new(secret.encode(), b"%d.%s" % (timestamp, body), hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"


@dataclass
class Door:
    """Where webhooks come in over HTTP, and what was kept of them."""

    api: Api
    engine: Engine
    clock: MovableClock
    sent: list[int] = field(default_factory=list)

    def send(self, body: bytes, header: str | None) -> httpx.Response:
        """Anything at all, with any signature or none."""
        named = {} if header is None else {"Stripe_Signature": header}
        answer = self.api("POST", PATH, body, **named)
        self.sent.append(answer.status_code)
        return answer

    def tell(self, event: object, secret: str = SECRET) -> httpx.Response:
        """What the provider has signed just now."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.send(body, signature(body, self.clock.now(), secret))

    def kept(self) -> list[tuple[str, str]]:
        """Source and name of every message that is stored."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                text("SELECT source, external_id FROM webhook_inbox ORDER BY id")
            )
            return [tuple(row) for row in rows]
