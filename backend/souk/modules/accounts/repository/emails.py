"""Every statement about e-mail addresses and what was sent to them."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.accounts.models import EmailChallengeRow, EmailRow


def lock_address(tx: Transaction, address: str) -> None:
    """Let no other transaction count what was sent to this address meanwhile; it need not be
    known."""
    tx.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('email ' || :address, 0))"),
        {"address": address},
    )


def count_sent(
    tx: Transaction, address: str, *, since: datetime, adding: bool, to: str | None = None
) -> tuple[int, datetime | None]:
    """How many messages of a kind were opened for an address after an instant, and when the first
    of them; of those that add it, all or what would add it `to` one account. What was used does not
    count, nor what could not be sent in its time and nobody has guessed at."""
    asked = EmailChallengeRow.account_id
    kind = asked.is_not(None) if adding else asked.is_(None)
    counted, first = tx.session.execute(
        select(func.count(), func.min(EmailChallengeRow.created_at)).where(
            EmailChallengeRow.address == address,
            EmailChallengeRow.created_at > since,
            EmailChallengeRow.consumed_at.is_(None),
            kind if to is None else asked == to,
            or_(
                EmailChallengeRow.seed.is_(None),
                EmailChallengeRow.attempts > 0,
                EmailChallengeRow.expires_at > tx.now,
            ),
        )
    ).one()
    return counted, first


def add(tx: Transaction, row: EmailChallengeRow) -> None:
    """Remember what is about to be sent."""
    tx.session.add(row)


def lock(tx: Transaction, challenge_id: str) -> EmailChallengeRow | None:
    """A message by its id. Nobody else uses what was sent to its address meanwhile."""
    return _lock(tx, EmailChallengeRow.id == challenge_id)


def lock_by_link(tx: Transaction, link_hash: bytes) -> EmailChallengeRow | None:
    """A message by its link, likewise."""
    return _lock(tx, EmailChallengeRow.link_hash == link_hash)


def _lock(tx: Transaction, which: ColumnElement[bool]) -> EmailChallengeRow | None:
    """The address before its messages: whoever uses one uses up all, which two could do crosswise
    if each began with a row."""
    found = select(EmailChallengeRow).where(which)
    row = tx.session.scalars(found).one_or_none()
    if row is not None:
        lock_address(tx, row.address)
        row = tx.session.scalars(
            found.with_for_update().execution_options(populate_existing=True)
        ).one_or_none()
    return row


def consume(tx: Transaction, address: str) -> None:
    """Use up everything that was sent to an address: whoever has proved it needs nothing of it."""
    tx.session.execute(
        update(EmailChallengeRow)
        .where(EmailChallengeRow.address == address, EmailChallengeRow.consumed_at.is_(None))
        .values(consumed_at=tx.now, seed=None)
    )


def find_account(tx: Transaction, address: str) -> str | None:
    """The account that an address signs in to."""
    return tx.session.execute(
        select(EmailRow.account_id).where(EmailRow.address == address)
    ).scalar_one_or_none()


def remove(tx: Transaction, account_id: str, address: str) -> bool:
    """Take an address from an account; `False` when it has no such one."""
    gone = tx.session.execute(
        delete(EmailRow)
        .where(EmailRow.account_id == account_id, EmailRow.address == address)
        .returning(EmailRow.id)
    )
    return gone.first() is not None


def bind(tx: Transaction, account_id: str, address: str) -> str:
    """Give the address to this account unless it has one; returns the account that holds it."""
    tx.session.execute(
        insert(EmailRow)
        .values(id=tx.new_id("ema"), account_id=account_id, address=address, proved_at=tx.now)
        .on_conflict_do_nothing(index_elements=["address"])
    )
    return tx.session.execute(
        select(EmailRow.account_id).where(EmailRow.address == address)
    ).scalar_one()


def find_of_account(tx: Transaction, account_id: str) -> str | None:
    """The address that this account proved first."""
    return tx.session.scalars(
        select(EmailRow.address)
        .where(EmailRow.account_id == account_id)
        .order_by(EmailRow.proved_at, EmailRow.id)
        .limit(1)
    ).first()


def delete_sent(tx: Transaction, *, before: datetime) -> int:
    """Forget messages that count no more; returns how many."""
    gone = (
        delete(EmailChallengeRow)
        .where(EmailChallengeRow.created_at < before)
        .returning(EmailChallengeRow.id)
    )
    return len(tx.session.execute(gone).all())
