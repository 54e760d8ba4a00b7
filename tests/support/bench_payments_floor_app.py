"""The floor over HTTP: FastAPI and psycopg by hand, with the steps of Souk's own routes.

    granian --interface asgi --factory tests.support.bench_payments_floor_app:app
    python -m tests.support.bench_payments_floor_app

The first serves, the second does what Souk's worker does. Both read their settings from the
environment under the names that Souk gives them.
"""

import hashlib
import hmac
import json
import os
from datetime import UTC, datetime
from typing import Annotated

import psycopg
import stripe
from fastapi import Depends, FastAPI, Header, Request, Response
from psycopg.rows import namedtuple_row
from psycopg_pool import ConnectionPool

from tests.support.bench_payments_floor import (
    Drafted,
    complete,
    connect,
    deliver,
    draft_of,
    enter,
    hand_out,
    new,
)
from tests.support.bench_payments_sql import CLAIM, HANDLED, PRINCIPAL, RECEIVE, TO_PAY

_HELD = ("charge.succeeded", "payment_intent.succeeded")
_CONNECTIONS = 10
_WAIT_SECONDS = 0.25


class Floor:
    """What one process of the API has."""

    def __init__(self) -> None:
        self._pool = ConnectionPool(
            os.environ["DATABASE_URL"],
            min_size=_CONNECTIONS,
            max_size=_CONNECTIONS,
            open=True,
            kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": namedtuple_row},
        )
        self._stripe = stripe.StripeClient(
            os.environ["STRIPE_SECRET_KEY"],
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=15),
            base_addresses={"api": os.environ["STRIPE_API_BASE"]},
        )
        self._secret = os.environ["STRIPE_WEBHOOK_SECRETS"].encode()

    def caller(self, authorization: str) -> str:
        """Whose session a bearer token is."""
        token_hash = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest()
        with self._pool.connection() as connection:
            asked = {"token_hash": token_hash, "now": datetime.now(UTC)}
            found = connection.execute(PRINCIPAL, asked).fetchone()
        if found is None:
            raise LookupError("this session has ended")
        return str(found.account_id)

    def validate(self, buyer: str, payment: str) -> bytes:
        """The price, if it can be paid."""
        with self._pool.connection() as connection:
            found = connection.execute(TO_PAY, {"payment": payment, "buyer": buyer}).fetchone()
        price = None if found is None else {"amount": str(found.price), "currency": "USD"}
        return json.dumps({"valid": found is not None, "quote": {"total": price}}).encode()

    def process(self, buyer: str, payment: str, key: str) -> bytes:
        """An attempt, known to the provider and handed out."""
        body = json.dumps({"payment_id": payment, "method": "STRIPE"}, sort_keys=True)
        asked = hashlib.sha256(body.encode()).hexdigest()
        with self._pool.connection() as connection:
            request = enter(connection, buyer, key, asked)
            assert request is not None
            drafted = draft_of(connection, buyer, payment, request)
        intent = self._intent(drafted)
        with self._pool.connection() as connection:
            answer = json.loads(hand_out(connection, drafted, intent.id))
        action = {"reference": intent.id, "client_secret": intent.client_secret}
        return json.dumps({**answer, "action": action}).encode()

    def _intent(self, drafted: Drafted) -> stripe.PaymentIntent:
        attempt = drafted["attempt"]
        return self._stripe.v1.payment_intents.create(
            {
                "amount": int(drafted["price"]),
                "currency": "usd",
                "transfer_group": attempt,
                "metadata": {"attempt": attempt},
                "automatic_payment_methods": {"enabled": True},
            },
            {"idempotency_key": f"{attempt}:intent"},
        )

    def receive(self, body: bytes, signature: str) -> bool:
        """Keep what was signed; whether it was."""
        given = dict(part.split("=", 1) for part in signature.split(","))
        signed = hmac.new(self._secret, f"{given['t']}.".encode() + body, hashlib.sha256)
        if not hmac.compare_digest(signed.hexdigest(), given["v1"]):
            return False
        event = json.loads(body)
        event["data"]["object"].pop("client_secret", None)
        row = {"id": new("inb"), "external_id": event["id"], "now": datetime.now(UTC)}
        with self._pool.connection() as connection:
            connection.execute(RECEIVE, {**row, "body": json.dumps(event).encode()})
        return True


_Token = Annotated[str, Header(alias="Authorization")]


def app() -> FastAPI:
    """One process' application."""
    floor, made = Floor(), FastAPI(openapi_url=None)

    def caller(authorization: _Token) -> str:
        return floor.caller(authorization)

    caller_of = Annotated[str, Depends(caller)]

    @made.get("/health/live")
    def live() -> str:
        return "live"

    @made.post("/api/payments/validate")
    def validate(body: dict[str, str], buyer: caller_of) -> Response:
        return _json(floor.validate(buyer, body["payment_id"]))

    @made.post("/api/payments/process")
    def process(
        body: dict[str, str],
        buyer: caller_of,
        key: Annotated[str, Header(alias="Idempotency-Key")],
    ) -> Response:
        return _json(floor.process(buyer, body["payment_id"], key), status=201)

    @made.post("/api/webhooks/stripe")
    def receive(
        body: Annotated[bytes, Depends(_raw)],
        signature: Annotated[str, Header(alias="Stripe-Signature")],
    ) -> Response:
        return Response(status_code=200 if floor.receive(body, signature) else 400)

    return made


async def _raw(request: Request) -> bytes:
    return await request.body()


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


def work(connection: psycopg.Connection) -> int:
    """Bring about what has arrived and deliver what was published; how much that was."""
    claimed = connection.execute(CLAIM).fetchall()
    for row in claimed:
        event = json.loads(row.body)
        if event["type"] in _HELD:
            item = event["data"]["object"]
            charge = item["id"] if item["object"] == "charge" else item["latest_charge"]
            complete(connection, f"{item['metadata']['attempt']}:0", charge)
    if claimed:
        connection.execute(HANDLED, {"ids": [row.id for row in claimed]})
    return len(claimed) + deliver(connection)


def main() -> None:
    """Work until ended; woken by what is published, and twice a second anyway."""
    connection, bus = connect(os.environ["DATABASE_URL"]), connect(os.environ["DATABASE_URL"])
    connection.autocommit = bus.autocommit = True
    bus.execute("LISTEN souk_outbox")
    while True:
        if not work(connection):
            list(bus.notifies(timeout=_WAIT_SECONDS, stop_after=1))


if __name__ == "__main__":
    main()
