"""The floor: the same durable steps by hand, in plain psycopg, without a business around them.

What Souk keeps is kept here too, in the same tables under the same constraints and triggers: the
key of the request, stock, order and history, attempt, leg and its terms, the effect and what was
seen of it, the books, and every fact on the outbox. What is left out is judging: one listing, one
rail, one outcome.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psycopg
from psycopg.rows import namedtuple_row
from typeid import TypeID

from tests.support.bench_payments_sql import (
    COMPLETE,
    DELIVER,
    DRAFT,
    ENTER,
    EXTEND,
    HAND_OUT,
    LISTING,
    LOCK,
    LOCK_TO_PAY,
    NOTIFY,
    PLACE,
    PUBLISH,
    SEE,
    TAKE,
)

_QUOTE = timedelta(minutes=30)
_HANDLING_SECONDS = 9 * 86_400


class Fact(NamedTuple):
    """One row of the outbox."""

    aggregate: str
    name: str
    payload: dict[str, object]


@dataclass
class Drafted:
    """An attempt that is stored, and what its statements were given."""

    values: dict[str, object]

    def __getitem__(self, name: str) -> str:
        return str(self.values[name])


def connect(database_url: str) -> psycopg.Connection:
    """A connection that prepares whatever it runs."""
    return psycopg.connect(database_url, prepare_threshold=0, row_factory=namedtuple_row)


def new(prefix: str) -> str:
    """An id of the same kind as Souk's."""
    return str(TypeID(prefix=prefix))


def enter(connection: psycopg.Connection, buyer: str, key: str, fingerprint: str) -> str | None:
    """The key of the request, unless it was used before."""
    request = new("req")
    asked = {"buyer": buyer, "key": key, "fingerprint": fingerprint, "now": datetime.now(UTC)}
    with connection.transaction():
        fresh = connection.execute(ENTER, {"request": request, **asked}).fetchone()
    return None if fresh is None else request


def draft(connection: psycopg.Connection, buyer: str, listing: str, request: str) -> Drafted:
    """Order, stock, payment, attempt, leg and terms, in one transaction."""
    now = datetime.now(UTC)
    values = {**_ids(), "buyer": buyer, "listing": listing, "request": request, "now": now}
    values["pay_by"] = now + _QUOTE
    with connection.transaction():
        found = connection.execute(LISTING, values).fetchone()
        assert found is not None
        values.update(found._asdict())
        values.update(_terms(values))
        if connection.execute(TAKE, values).fetchone() is None:
            raise LookupError("sold out")
        for statement in (*PLACE, *DRAFT):
            connection.execute(statement, values)
        _publish(connection, now, _placed(values))
    return Drafted(values)


def draft_of(connection: psycopg.Connection, buyer: str, payment: str, request: str) -> Drafted:
    """Attempt, leg and terms of what was placed before, and more time for its goods."""
    now = datetime.now(UTC)
    values = {"buyer": buyer, "payment": payment, "request": request, "now": now}
    values["pay_by"] = now + _QUOTE
    with connection.transaction():
        found = connection.execute(LOCK_TO_PAY, values).fetchone()
        assert found is not None
        values = {**_ids(), **values, **found._asdict()}
        values.update(_terms(values))
        for statement in (*DRAFT, *EXTEND):
            connection.execute(statement, values)
    return Drafted(values)


def _ids() -> dict[str, object]:
    kinds = {
        "checkout": "chk",
        "order": "ord",
        "line": "oln",
        "reservation": "rsv",
        "step": "osh",
        "timer": "tmr",
        "payment": "pay",
        "attempt": "att",
        "attempt_step": "pah",
        "leg": "leg",
        "terms": "trm",
    }
    return {name: new(prefix) for name, prefix in kinds.items()}


def _terms(values: dict[str, object]) -> dict[str, object]:
    pay_by = values["pay_by"]
    assert isinstance(pay_by, datetime)
    until = int(pay_by.timestamp())
    content = {
        "document": "souk terms 1",
        "order_id": values["order"],
        "checkout_id": values["checkout"],
        "seller_id": values["seller_id"],
        "total": str(values["price"]),
        "lines": [{"listing_id": values["listing"], "title": values["title"]}],
        "salt": secrets.token_hex(32),
        "card": {"payee": values["payee"], "payBy": str(until)},
    }
    body = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return {
        "body": body,
        "ref": "0x" + hashlib.sha256(body.encode()).hexdigest(),
        "reference": f"{values['attempt']}:0",
        "pay_by_unix": until,
        "fulfil_by": until + _HANDLING_SECONDS,
    }


def _placed(values: dict[str, object]) -> Iterator[Fact]:
    order, payment = str(values["order"]), str(values["payment"])
    about = {"checkout_id": values["checkout"], "buyer_id": values["buyer"]}
    yield Fact(order, "order.placed", {"order_id": order, **about, "total": str(values["price"])})
    yield Fact(order, "order.status_changed", {"order_id": order, "to_status": "pending_payment"})
    yield Fact(payment, "payment.created", {"payment_id": payment, **about, "orders": [order]})


def _publish(connection: psycopg.Connection, now: datetime, facts: Iterator[Fact]) -> None:
    rows = list(facts)
    connection.execute(
        PUBLISH,
        {
            "now": now,
            "ids": [new("evt") for _ in rows],
            "aggregates": [row.aggregate for row in rows],
            "names": [row.name for row in rows],
            "payloads": [json.dumps(row.payload) for row in rows],
        },
    )
    connection.execute(NOTIFY)


def hand_out(connection: psycopg.Connection, drafted: Drafted, intent: str) -> str:
    """The attempt awaits its payer; the answer of the request, which is stored with it."""
    now, payment = datetime.now(UTC), drafted["payment"]
    answer = json.dumps(
        {
            "checkout_id": drafted["checkout"],
            "orders": [drafted["order"]],
            "payment": {"payment_id": payment, "attempt_id": drafted["attempt"]},
        }
    )
    values = {**drafted.values, "intent": intent, "now": now, "answer": answer}
    values["attempt_step"] = new("pah")
    moved = {"payment_id": payment, "attempt_id": drafted["attempt"], "to_status": "awaiting_payer"}
    with connection.transaction():
        for statement in HAND_OUT:
            connection.execute(statement, values)
        _publish(connection, now, iter([Fact(payment, "payment.attempt_changed", moved)]))
    return answer


def complete(connection: psycopg.Connection, reference: str, charge: str) -> bool:
    """The money of a leg is held: what follows, under the locks of order and payment; `False` when
    that is known."""
    now = datetime.now(UTC)
    with connection.transaction():
        locked = connection.execute(LOCK, {"reference": reference}).fetchone()
        assert locked is not None
        values = {**locked._asdict(), "charge": charge, "now": now}
        values["evidence"] = json.dumps({"charge": charge})
        values["entry_reference"] = f"{charge}:1:hold"
        values |= {"entry": new("len"), "step": new("osh"), "attempt_step": new("pah")}
        values |= {"buyer_account": new("lac"), "escrow_account": new("lac")}
        if connection.execute(SEE, values).fetchone() is None:
            return False
        for statement in COMPLETE:
            connection.execute(statement, values)
        _publish(connection, now, _completed(values))
    return True


def _completed(values: dict[str, object]) -> Iterator[Fact]:
    order, payment = str(values["order"]), str(values["payment"])
    about = {"payment_id": payment, "buyer_id": values["buyer"], "orders": [order]}
    yield Fact(payment, "payment.leg_changed", {**about, "to_status": "held"})
    yield Fact(order, "order.status_changed", {"order_id": order, "to_status": "paid"})
    yield Fact(payment, "payment.attempt_changed", {**about, "to_status": "succeeded"})
    yield Fact(payment, "payment.completed", about)


def deliver(connection: psycopg.Connection) -> int:
    """Mark what is on the outbox as delivered; nobody listens to it here."""
    with connection.transaction():
        return connection.execute(DELIVER).rowcount


class Floor:
    """One buyer's connection."""

    def __init__(self, database_url: str) -> None:
        self._connection = connect(database_url)

    def buy(self, account_id: str, listing_id: str) -> None:
        """One payment, as Souk does one."""
        connection = self._connection
        request = enter(connection, account_id, secrets.token_hex(8), secrets.token_hex(32))
        assert request is not None
        drafted = draft(connection, account_id, listing_id, request)
        hand_out(connection, drafted, f"pi_{drafted['attempt']}")
        assert complete(connection, drafted["reference"], f"ch_{drafted['leg']}")

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
