"""Idempotency keys on unsafe requests (IETF draft `Idempotency-Key` header).

Three steps: `enter` records who asked what under which key, in a transaction of its own; the use
case stores its answer through the `Receipt` in its last transaction; a repeat gets that answer
back. A request that crashed half-way holds its key until `locked_until`, is then entered again
with the same `request_key`, and finds what its first run left behind by that key.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Integer, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from souk.core.db import Base, Id, Instant
from souk.core.errors import ConflictError, RejectedError
from souk.core.unit_of_work import Transaction, UnitOfWork

LOCK_SECONDS = 60
KEEP_DAYS = 30


class IdempotencyKeyReused(RejectedError):
    """The key was used before with another request."""

    code = "idempotency_key_reused"


class RequestInFlight(ConflictError):
    """The same request is being worked on right now."""

    code = "request_in_flight"
    retryable = True

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            "this request is still being worked on; ask again with the same key shortly",
            context={"retry_after_seconds": retry_after_seconds},
        )
        self.retry_after_seconds = retry_after_seconds


class IdempotencyRow(Base):
    """One key of one caller on one route, and the answer once there is one."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("principal_id", "route", "key"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    principal_id: Mapped[Id]
    route: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]
    created_at: Mapped[Instant]
    locked_until: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    status: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[str | None] = mapped_column(Text)


_ENTER = text(
    """
    INSERT INTO idempotency_key
        (id, principal_id, route, key, fingerprint, created_at, locked_until, expires_at)
    VALUES (:id, :principal_id, :route, :key, :fingerprint, :now, :locked_until, :expires_at)
    ON CONFLICT DO NOTHING RETURNING id
    """
)
_STORE = text("UPDATE idempotency_key SET status = :status, body = :body WHERE id = :id")
_RELEASE = text("UPDATE idempotency_key SET locked_until = :now WHERE id = :id AND status IS NULL")


@dataclass(frozen=True, slots=True)
class Receipt:
    """Given to a use case, which calls `store` in its last transaction.

    `request_key` is unique to this request and the same in every re-entry of it: objects made on
    its behalf carry it under a unique constraint. It is `None` for callers without a key.
    """

    request_key: str | None
    status: int = 200
    render: Callable[[object], Mapping[str, object]] = lambda _result: {}

    def store(self, tx: Transaction, result: object) -> None:
        """Record the answer, so that a repeat gets the same one. It must hold no secret."""
        if self.request_key is None:
            return
        body = json.dumps(self.render(result), separators=(",", ":"))
        tx.session.execute(
            _STORE,
            {"status": self.status, "body": body, "id": self.request_key},
        )


NO_RECEIPT = Receipt(None)


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer that this request already got."""

    status: int
    body: str


def fingerprint(method: str, path: str, body: object) -> str:
    """A hash of what is asked: key order and white space in the body do not matter."""
    canonical = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


class Idempotency:
    """Enters requests."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def enter(self, *, principal_id: str, route: str, key: str, fingerprint: str) -> str | Replay:
        """The request key to work under, or the answer given before.

        Raises `IdempotencyKeyReused` when the key belongs to another request of this caller on
        this route, `RequestInFlight` while its first run may still be going on.
        """
        request = (principal_id, route, key, fingerprint)
        with self._uow.autocommit() as tx:
            answer: str | Replay | None = self._insert(tx, *request)
        # A second round is needed only when the key expired between the two.
        while answer is None:
            with self._uow.begin() as tx:
                answer = self._re_enter(tx, *request) or self._insert(tx, *request)
                tx.commit()
        return answer

    def _insert(
        self, tx: Transaction, principal_id: str, route: str, key: str, fingerprint: str
    ) -> str | None:
        entered = tx.session.execute(
            _ENTER,
            {
                "id": tx.new_id("req"),
                "principal_id": principal_id,
                "route": route,
                "key": key,
                "fingerprint": fingerprint,
                "now": tx.now,
                "locked_until": tx.now + timedelta(seconds=LOCK_SECONDS),
                "expires_at": tx.now + timedelta(days=KEEP_DAYS),
            },
        )
        return entered.scalar_one_or_none()

    def _re_enter(
        self, tx: Transaction, principal_id: str, route: str, key: str, fingerprint: str
    ) -> str | Replay | None:
        row = tx.session.execute(
            select(IdempotencyRow)
            .filter_by(principal_id=principal_id, route=route, key=key)
            .with_for_update()
        ).scalar_one_or_none()
        if row is None:
            return None
        if row.fingerprint != fingerprint:
            raise IdempotencyKeyReused(
                "this Idempotency-Key was used for another request; send a fresh key"
            )
        if row.status is not None and row.body is not None:
            return Replay(row.status, row.body)
        if row.locked_until > tx.now:
            left = int((row.locked_until - tx.now).total_seconds()) + 1
            raise RequestInFlight(left)
        row.locked_until = tx.now + timedelta(seconds=LOCK_SECONDS)
        return row.id

    def release(self, request_key: str) -> None:
        """After a refusal or a failure: the same request may be sent again at once."""
        with self._uow.autocommit() as tx:
            tx.session.execute(_RELEASE, {"now": tx.now, "id": request_key})

    def forget_expired(self) -> int:
        """Delete keys past their time; returns how many."""
        with self._uow.begin() as tx:
            done = tx.session.execute(
                text(
                    "WITH gone AS (DELETE FROM idempotency_key WHERE expires_at < :now RETURNING 1)"
                    " SELECT count(*) FROM gone"
                ),
                {"now": tx.now},
            ).scalar_one()
            tx.commit()
        return int(done)
