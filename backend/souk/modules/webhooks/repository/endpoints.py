"""Endpoints and their secrets."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from souk.core.db import table_of
from souk.core.unit_of_work import Transaction
from souk.modules.webhooks.domain import (
    DisabledReason,
    EndpointRecord,
    EndpointWish,
    Subscriber,
)
from souk.modules.webhooks.errors import EndpointExists, EndpointNotFound
from souk.modules.webhooks.models import EndpointRow

_ENDPOINT = table_of(EndpointRow)


def lock_account(tx: Transaction, account_id: str) -> None:
    """Waits for its turn: from here to the end of the transaction nothing else adds an endpoint
    of this account."""
    key = func.hashtextextended(f"webhook endpoints of {account_id}", 0)
    tx.session.execute(select(func.pg_advisory_xact_lock(key)))


def count(tx: Transaction, account_id: str) -> int:
    """How many endpoints an account has."""
    statement = select(func.count()).where(
        EndpointRow.account_id == account_id, EndpointRow.deleted_at.is_(None)
    )
    return tx.session.execute(statement).scalar_one()


def add(
    tx: Transaction, endpoint_id: str, account_id: str, wish: EndpointWish, secret: bytes
) -> EndpointRecord:
    """A new endpoint, enabled, with a sealed secret. Raises `EndpointExists`."""
    statement = (
        insert(EndpointRow)
        .values(
            id=endpoint_id,
            account_id=account_id,
            url=wish.url,
            description=wish.description,
            events=_listed(wish),
            secret=secret,
            created_at=tx.now,
            updated_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(EndpointRow)
    )
    row = tx.session.scalars(statement).one_or_none()
    if row is None:
        raise EndpointExists
    return record(row)


def lock(tx: Transaction, endpoint_id: str, account_id: str) -> EndpointRow:
    """Raises `EndpointNotFound`, also when it is somebody else's or deleted."""
    row = tx.session.get(EndpointRow, endpoint_id, with_for_update=True, populate_existing=True)
    if row is None or row.account_id != account_id or row.deleted_at is not None:
        raise EndpointNotFound
    return row


def wish_of(row: EndpointRow) -> EndpointWish:
    """What the endpoint is like now."""
    return EndpointWish(url=row.url, description=row.description, events=row.events)


def write(tx: Transaction, row: EndpointRow, wish: EndpointWish) -> None:
    """Store an edited endpoint, whose row is locked; what failed at another address says nothing
    of this one. Raises `EndpointExists`."""
    if row.url != wish.url:
        row.first_failed_at = None
    row.url, row.description, row.events = wish.url, wish.description, _listed(wish)
    row.updated_at = tx.now
    try:
        with tx.session.begin_nested():
            tx.session.flush()
    except IntegrityError as error:
        raise EndpointExists from error


def enable(tx: Transaction, row: EndpointRow) -> None:
    """Begin to send again, as if nothing had ever failed."""
    row.disabled_at = row.disabled_reason = row.first_failed_at = None
    row.updated_at = tx.now


def disable(tx: Transaction, row: EndpointRow) -> None:
    """Stop sending because the owner wants it; harmless when nothing is sent anyway."""
    if row.disabled_at is None:
        row.disabled_at, row.disabled_reason = tx.now, DisabledReason.OWNER
        row.updated_at = tx.now


def exchange_secret(
    tx: Transaction, row: EndpointRow, sealed: bytes, *, keep_old_until: datetime | None
) -> None:
    """Sign with another secret from now on, and with the present one until then as well."""
    row.old_secret = None if keep_old_until is None else row.secret
    row.old_secret_until = keep_old_until
    row.secret = sealed
    row.updated_at = tx.now
    tx.session.flush()


def remove(tx: Transaction, row: EndpointRow) -> None:
    """Forget the secrets at once, and the rest with the log."""
    row.secret = row.old_secret = row.old_secret_until = None
    row.deleted_at = row.updated_at = tx.now
    tx.session.flush()


_WANTING = (
    select(_ENDPOINT.c.id, _ENDPOINT.c.account_id)
    .where(
        _ENDPOINT.c.deleted_at.is_(None),
        _ENDPOINT.c.disabled_at.is_(None),
        or_(
            _ENDPOINT.c.events.is_(None),
            _ENDPOINT.c.events.any_() == bindparam("event", type_=Text),
        ),
    )
    .order_by(_ENDPOINT.c.id)
)
_SUBSCRIBERS = _WANTING.where(
    _ENDPOINT.c.account_id == any_(bindparam("accounts", type_=ARRAY(Text)))
)
_ANYBODY = select(_WANTING.exists())


def exists_subscriber(tx: Transaction, type_: str) -> bool:
    """Whether any enabled endpoint at all wants to be told of such events."""
    return bool(tx.session.execute(_ANYBODY, {"event": type_}).scalar_one())


def list_subscribers(tx: Transaction, account_ids: Collection[str], type_: str) -> list[Subscriber]:
    """The enabled endpoints of these accounts that want to be told of such an event."""
    rows = tx.session.execute(_SUBSCRIBERS, {"accounts": list(account_ids), "event": type_})
    return [Subscriber(row.id, row.account_id) for row in rows]


# The address is compared, because its owner may have changed it while the old one failed.
_FAILED = text(
    "UPDATE webhook_endpoint SET first_failed_at = coalesce(first_failed_at, :now)"
    " WHERE id = :id AND url = :url AND deleted_at IS NULL RETURNING first_failed_at"
)
_WELL = text(
    "UPDATE webhook_endpoint SET first_failed_at = NULL"
    " WHERE id = :id AND url = :url AND first_failed_at IS NOT NULL"
)
_GIVEN_UP = text(
    "UPDATE webhook_endpoint"
    " SET disabled_at = :now, disabled_reason = :reason, updated_at = :now"
    " WHERE id = :id AND url = :url AND disabled_at IS NULL AND deleted_at IS NULL"
)


def note_failure(tx: Transaction, endpoint_id: str, url: str) -> datetime | None:
    """Since when the endpoint has been failing; `None` when it is another one by now."""
    asked = {"id": endpoint_id, "url": url, "now": tx.now}
    since: datetime | None = tx.session.execute(_FAILED, asked).scalar_one_or_none()
    return since


def note_success(tx: Transaction, endpoint_id: str, url: str) -> None:
    """End the run of failures, if there was one."""
    tx.session.execute(_WELL, {"id": endpoint_id, "url": url})


def give_up(tx: Transaction, endpoint_id: str, url: str, reason: DisabledReason) -> None:
    """Stop sending because of what came back; harmless when nothing is sent anyway."""
    asked = {"id": endpoint_id, "url": url, "reason": reason, "now": tx.now}
    tx.session.execute(_GIVEN_UP, asked)


def record(row: EndpointRow) -> EndpointRecord:
    """The row as its owner sees it."""
    reason = row.disabled_reason
    return EndpointRecord(
        id=row.id,
        account_id=row.account_id,
        url=row.url,
        description=row.description,
        events=None if row.events is None else tuple(row.events),
        disabled_at=row.disabled_at,
        disabled_reason=None if reason is None else DisabledReason(reason),
        first_failed_at=row.first_failed_at,
        old_secret_until=row.old_secret_until,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _listed(wish: EndpointWish) -> list[str] | None:
    return None if wish.events is None else list(wish.events)
